"""Static lists and members by hand from the command line, with their JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.imports.arrow import pa, parquet
from tests.integration.reference_worlds import calculate, document, in_lists
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def test_a_list_from_a_file_to_members(loaded: Run, files: Path, databases: Databases) -> None:
    """import-list, lists, a segment over it, an export that is a list again, delete-list (T86, T87)."""
    (files / "guests.csv").write_text("note,id\nfirst,0007\nagain,0007\nwrong,none\nblank,\ntorn\n")
    code, output, _ = loaded("import-list", files / "guests.csv", "--name", "Guests", "--key", "id", "--json")
    made = json.loads(output)
    assert (code, made["matched"], made["duplicate"], made["unknown"], made["invalid"], made["read"]) == (
        0,
        1,
        1,
        1,
        2,
        5,
    )
    (files / "criteria.json").write_text(json.dumps(document(in_lists(made["list"], op="not_in_any"))))
    assert loaded("segments", "create", "Others", files / "criteria.json")[0] == 0
    calculate(databases)
    assert loaded("members", "Others", "--output", files / "others.csv")[0] == 0
    code, output, _ = loaded("import-list", files / "others.csv", "--name", "guests", "--replace", "--json")
    assert (code, json.loads(output)["list"], json.loads(output)["matched"]) == (0, made["list"], 2)
    assert [row["name"] for row in json.loads(loaded("lists", "--json")[1])] == ["Guests"]
    code, output, _ = loaded("delete-list", "Guests")
    assert (code, "used by segment “Others”" in output) == (1, True)
    assert loaded("segments", "delete", "Others")[0] == 0
    assert loaded("delete-list", made["list"])[0] == 0
    assert loaded("delete-list", "Guests")[0] == 5


def test_keys_of_a_parquet_file(loaded: Run, files: Path) -> None:
    """Numbers are written as keys, also where gaps made them floats; a column that is not there is named."""
    table = pa.table({"id": pa.array([7, None, 8, 7.5], pa.float64())})
    parquet.write_table(table, files / "keys.parquet")
    code, output, _ = loaded("import-list", files / "keys.parquet", "--name", "Numbers", "--json")
    assert code == 0
    assert {key: json.loads(output)[key] for key in ("matched", "unknown", "invalid")} == {
        "matched": 1,
        "unknown": 2,
        "invalid": 1,
    }
    code, _, complaint = loaded("import-list", files / "keys.parquet", "--name", "More", "--key", "number")
    assert (code, "no column “number”" in complaint) == (1, True)
    assert loaded("import-list", files / "keys.parquet", "--name", "Numbers")[0] == 1


@pytest.mark.usefixtures("files")
def test_members_by_hand(loaded: Run, files: Path, databases: Databases) -> None:
    """The commands overrides put-in, take-out, list and end (T84)."""
    assert loaded("segments", "create", "Good", files / "criteria.json")[0] == 0
    assert loaded("overrides", "put-in", "Good", "7", "--reason", "Asked by phone")[0] == 0
    code, output, _ = loaded("overrides", "take-out", "good", "0007", "--reason", "Left", "--json")
    taken = json.loads(output)
    assert (code, taken["contact"], taken["decision"], taken["created_by"]) == (
        0,
        "0007",
        "taken_out",
        "Local operator",
    )
    calculate(databases)
    assert loaded("members", "Good")[1].splitlines()[1:] == ['"007","Bo",,,', '"7","Chris",,"Gent",']
    code, _, complaint = loaded("overrides", "put-in", "Good", "0007", "--reason", "Back")
    assert (code, "was taken out by Local operator" in complaint) == (1, True)
    assert loaded("overrides", "put-in", "Good", "nobody", "--reason", "Back")[0] == 5
    assert loaded("overrides", "end", "Good", taken["override"])[0] == 0
    assert loaded("overrides", "end", "Good", taken["override"])[0] == 5
    assert loaded("overrides", "end", "Good", "first")[0] == 1
    assert [row["contact"] for row in json.loads(loaded("overrides", "list", "Good", "--json")[1])] == ["7"]
    ended = json.loads(loaded("overrides", "list", "Good", "--ended", "--json")[1])
    assert [(row["contact"], row["ended_by"]) for row in ended] == [("7", None), ("0007", "Local operator")]
    assert "put in by hand" in loaded("segments", "show", "Good")[1]
