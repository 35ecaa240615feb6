"""Checks and causes from the command line, with their JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from segment_engine.databases import Databases
from tests.integration.reference_worlds import EVERYONE, calculate
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def test_checks_from_the_command_line(loaded: Run, files: Path, databases: Databases) -> None:
    """Check add, list, publish-anyway, remove; a withheld result fails the run; run show tells why members changed."""
    (files / "all.json").write_text(json.dumps(EVERYONE))
    assert loaded("segments", "create", "All", files / "all.json")[0] == 0
    calculate(databases)
    first = json.loads(loaded("runs", "All", "--json")[1])[0]
    shown = json.loads(loaded("run", "show", first["run"], "--json")[1])
    assert shown["causes"] == [{"cause": "first", "joined": first["members"], "left": 0}]
    assert f"first: {first['members']:,} joined" in loaded("run", "show", first["run"])[1]
    code, output, _ = loaded("check", "add", "All", "count_between", "--lowest", "9999", "--block", "--json")
    made = json.loads(output)
    assert (code, made["level"], made["demands"]) == (0, "block", "At least 9,999 contacts")
    assert loaded("recalculate", "All")[0] == 0
    calculate(databases)
    newest = json.loads(loaded("runs", "All", "--json")[1])[0]
    assert (newest["status"], "A check withheld" in newest["sentence"]) == ("failed", True)
    listed = json.loads(loaded("check", "list", "All", "--json")[1])
    assert [(each["check"], each["verdict"]) for each in listed] == [(made["check"], "failed")]
    assert loaded("check", "publish-anyway", "All")[0] == 0
    calculate(databases)
    assert json.loads(loaded("runs", "All", "--json")[1])[0]["status"] == "success"
    assert json.loads(loaded("check", "list", "All", "--json")[1])[0]["verdict"] == "warned"
    assert loaded("check", "remove", "All", made["check"])[0] == 0
    assert loaded("check", "remove", "All", made["check"])[0] == 5
    assert loaded("check", "add", "All", "change_at_most", "--percent", "much")[0] == 1
    assert loaded("check", "remove", "All", "that one")[0] == 1
    assert loaded("run", "show", made["check"])[0] == 5
