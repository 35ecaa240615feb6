"""Schedules from the command line, with their JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from tests.integration.reference_worlds import EVERYONE
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def test_a_schedule_from_set_to_remove(loaded: Run, files: Path, databases: Databases) -> None:
    """set, show, list, pause, resume and remove; what cannot be meant is a sentence and exit code 1."""
    (files / "criteria.json").write_text(json.dumps(EVERYONE))
    assert loaded("segments", "create", "Everyone", files / "criteria.json")[0] == 0

    def said(*words: str) -> dict[str, object]:
        code, output, trouble = loaded("schedule", *words, "--json")
        assert code == 0, trouble
        return json.loads(output)

    assert said("show", "Everyone")["schedule"] is None
    for options, sentence in (
        (("--daily", "06:30", "--zone", "Asia/Tokyo"), "Every day at 06:30 (Asia/Tokyo)"),
        (("--weekly", "friday", "07:00", "--zone", "UTC"), "Every Friday at 07:00 (UTC)"),
        (("--every", "2d"), "Every 48 hours"),
        (("--every", "90m"), "Every 90 minutes"),
        (("--on-change",), "When something it reads has changed"),
    ):
        assert said("set", "Everyone", *options)["schedule"] == sentence
    for options in (("--every", "1m"), ("--every", "soon"), ("--daily", "25:00"), ("--weekly", "never", "07:00")):
        assert loaded("schedule", "set", "Everyone", *options)[0] == 1
    assert loaded("schedule", "show", "Nobody")[0] == 5
    assert said("pause")["paused"] is True
    assert "All schedules are paused" in loaded("schedule", "list")[1]
    (listed,) = said("list")["schedules"]  # type: ignore[misc] - a list
    assert (listed["segment"], listed["standing"]) == ("Everyone", "paused")
    assert said("resume")["paused"] is False
    with databases.migrator.transaction() as transaction:
        transaction.run(text("UPDATE segment_schedules SET suspended_at = now(), suspended_because = 'Five failed.'"))
    assert said("show", "Everyone")["standing"] == "suspended"
    assert said("resume", "Everyone")["suspended_because"] is None
    assert said("remove", "Everyone")["schedule"] is None
    assert loaded("recalculate", "Everyone", "--read-first")[0] == 0
    with pytest.raises(SystemExit):
        loaded("recalculate", "Everyone", "--read-first", "--as-of", "2026-01-01")
