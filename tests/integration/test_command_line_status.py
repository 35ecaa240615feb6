"""Readiness on the command line: in lists, in full, and what to do next; as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_engine.databases import Databases
from tests.integration.reference_worlds import EVERYONE, calculate, city, document
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def test_an_organization_without_segments_is_told_what_comes_first(loaded: Run) -> None:
    """The command answers where there is nothing yet."""
    code, output, _ = loaded("status")
    assert (code, "1. Create the first segment (now)" in output) == (0, True)


@pytest.fixture
def two(loaded: Run, files: Path, databases: Databases) -> Run:
    """One segment that is ready and one with nobody in it."""
    for name, criteria in (("Everyone", EVERYONE), ("Nobody", document(city("Nowhere")))):
        (files / "criteria.json").write_text(json.dumps(criteria))
        assert loaded("segments", "create", name, files / "criteria.json")[0] == 0
    calculate(databases)
    return loaded


def test_lists_and_segments_say_whether_they_can_be_used(two: Run) -> None:
    """A script can ask for what is ready only, and reads the reason of what is not (T80)."""
    rows = {row["name"]: row for row in json.loads(two("segments", "list", "--json")[1])}
    assert {name: (row["readiness"], row["reasons"]) for name, row in rows.items()} == {
        "Everyone": ("ready", []),
        "Nobody": ("do_not_use", ["empty"]),
    }
    ready = json.loads(two("segments", "list", "--ready", "ready", "--json")[1])
    assert [row["name"] for row in ready] == ["Everyone"]
    assert "do_not_use" in two("segments", "list")[1]
    shown = json.loads(two("segments", "show", "Nobody", "--json")[1])
    assert (shown["readiness"], shown["freshness"], shown["checks"]) == ("do_not_use", "fresh", "failed")
    assert shown["reasons"] == [
        {
            "axis": "checks",
            "code": "empty",
            "readiness": "do_not_use",
            "sentence": "The last run found no contact. Check the criteria and the last imports.",
        }
    ]
    assert "The last run found no contact." in two("segments", "show", "Nobody")[1]


def test_the_status_of_everything(two: Run) -> None:
    """Figures by readiness and by reason, and the steps that follow from them."""
    found = json.loads(two("status", "--json")[1])
    assert (found["active"], found["readiness"]) == (2, {"ready": 1, "use_with_care": 0, "do_not_use": 1})
    assert (found["reasons"]["empty"], found["status"]["success"], found["unused"]) == (1, 2, 2)
    assert [(step["topic"], step["urgency"]) for step in found["next"]] == [("do_not_use", "soon"), ("unused", "later")]
    code, output, _ = two("status")
    assert code == 0
    assert "ready          1" in output
    assert "empty   1" in output
    assert "1. Check 1 segment with nobody in them (soon)" in output
