"""The commands that look at criteria on real PostgreSQL: what they print, and the JSON scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

from segment_engine.databases import Databases
from segment_engine.worker.loop import Worker
from tests.integration.test_command_line import CRITERIA, Run, files, loaded, run

__all__ = ["files", "loaded", "run"]  # fixtures

EVERYONE = {**CRITERIA, "root": {"group": "all", "of": [{"kind": "all_contacts"}]}}


def test_preview_counts_and_names_members(loaded: Run, files: Path) -> None:
    """The size with its kind and its base, in text and in JSON."""
    code, output, _ = loaded("preview", files / "criteria.json", "--json", "--as-of", "2026-01-01")
    found = json.loads(output)
    assert (code, found["kind"], found["member_count"], found["low"], found["high"]) == (0, "exact", 2, 2, 2)
    assert (found["base_count"], found["as_of"]) == (3, "2025-12-31T23:00:00+00:00")
    assert [member["external_key"] for member in found["sample"]] == ["0007", "007"]
    code, output, _ = loaded("preview", files / "criteria.json", "--exact")
    assert (code, "members      2" in output, "exact" in output) == (0, True, True)


def test_counts_of_every_node(loaded: Run, files: Path) -> None:
    """A row for each node; its three counts add up to the base."""
    code, output, _ = loaded("counts", files / "criteria.json", "--json")
    found = json.loads(output)
    assert code == 0
    assert [node["path"] for node in found["nodes"]] == ["$.root", "$.root.of[0]", "$.root.of[1]"]
    assert all(node["true"] + node["false"] + node["unknown"] == 3 for node in found["nodes"])
    assert found["nodes"][1]["unknown"] == 1
    code, output, _ = loaded("counts", files / "criteria.json")
    assert output.splitlines()[0].split() == ["node", "holds", "for", "true", "false", "unknown", "left", "so", "far"]
    assert output.splitlines()[-1] == "2 members of 3 contacts, exact."


def test_explain_says_why(loaded: Run, files: Path, databases: Databases) -> None:
    """Of criteria, of a segment and of a past run; somebody unknown is exit code 5, nonsense is 1."""
    code, output, _ = loaded("explain", "7", "--criteria", files / "criteria.json")
    assert code == 0
    assert output.splitlines()[0] == "Not a member: none of 2 parts of the criteria holds."
    assert "    → needs 1 more purchased" in output
    assert "score: not known" in output
    assert loaded("segments", "create", "Buyers", files / "criteria.json")[0] == 0
    Worker(databases.worker).work_once()
    code, output, _ = loaded("explain", "0007", "--segment", "Buyers", "--json")
    told = json.loads(output)
    assert (code, told["member"], told["root"]["children"][1]["rows"][0]["total"]) == (0, True, 2)
    run_id = json.loads(loaded("runs", "Buyers", "--json")[1])[0]["run"]
    code, output, _ = loaded("explain", "0007", "--segment", "Buyers", "--at-run", run_id)
    assert (code, "The run stored: a member." in output) == (0, True)
    assert loaded("explain", "nobody", "--segment", "Buyers")[0] == 5
    assert loaded("explain", "0007", "--at-run", "yesterday")[0] == 1
    assert loaded("explain", "0007")[0] == 1


def test_diff_names_who_comes_and_goes(loaded: Run, files: Path, databases: Databases) -> None:
    """The edit beside the published members, with those concerned."""
    assert loaded("segments", "create", "Buyers", files / "criteria.json")[0] == 0
    Worker(databases.worker).work_once()
    (files / "everyone.json").write_text(json.dumps(EVERYONE))
    code, output, _ = loaded("diff", "Buyers", files / "everyone.json", "--json")
    found = json.loads(output)
    assert (code, found["added"]["count"], found["removed"]["count"], found["kept"]["count"]) == (0, 1, 0, 2)
    assert [member["external_key"] for member in found["added"]["sample"]] == ["7"]
    code, output, _ = loaded("diff", "Buyers", files / "everyone.json")
    assert (code, "added by the edit         1 (7)" in output) == (0, True)


def test_lint_ends_with_1_when_there_are_errors(loaded: Run, files: Path) -> None:
    """Findings in a table; notes and warnings alone are no failure."""
    never = {
        "kind": "attribute", "field": "contact.score", "op": "gt", "value": 65,
    }, {
        "kind": "attribute", "field": "contact.score", "op": "lt", "value": 18,
    }  # fmt: skip
    (files / "never.json").write_text(json.dumps({**CRITERIA, "root": {"group": "all", "of": list(never)}}))
    code, output, _ = loaded("lint", files / "never.json", "--json")
    assert (code, "L-CONTRADICTION" in {finding["code"] for finding in json.loads(output)}) == (1, True)
    code, output, _ = loaded("lint", files / "criteria.json", "--json")
    assert code == 0
    assert all(finding["level"] != "error" for finding in json.loads(output))
