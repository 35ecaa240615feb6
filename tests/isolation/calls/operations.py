"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from tests.isolation.calls.shared import Calls

CALLS: Calls = {}
