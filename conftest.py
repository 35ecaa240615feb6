"""Registers the tests' own plugins, which pytest accepts from the topmost folder only."""

pytest_plugins = ("tests.scoreboard",)
