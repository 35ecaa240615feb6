"""The command line on real PostgreSQL: every command, its JSON, and the exit codes scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segment_engine.command_line import main
from segment_engine.databases import Databases
from segment_engine.db.session import Database
from segment_engine.imports.arrow import parquet
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.worker.loop import Pace, Worker

Run = Callable[..., tuple[int, str, str]]

CONTACTS = """customer,first_name,city,score,joined
0007,Ada,Utrecht,10,2025-01-31
007,Bo,,20,2025-02-28
7,Chris,Gent,,2025-03-31
"""
PURCHASES = """customer,at,amount
0007,2025-06-01T10:00:00Z,19.90
0007,2025-06-02T10:00:00Z,5.00
7,2025-06-03T10:00:00Z,100.00
nobody,2025-06-03T10:00:00Z,1.00
"""
CRITERIA: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {
        "group": "any",
        "of": [
            {"kind": "attribute", "field": "contact.score", "op": "gte", "value": 20},
            {"kind": "event", "event": "purchased", "verb": "did", "count": {"op": "gte", "n": 2}},
        ],
    },
}


@pytest.fixture
def run(
    server: LocalServer,
    database_name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run one command in this process against this test's database; returns exit code, output and complaints."""
    monkeypatch.setenv("DATABASE_URL", server.url(ADMINISTRATOR, database_name))

    def command(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two import files and a criteria document."""
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    (tmp_path / "purchases.csv").write_text(PURCHASES)
    (tmp_path / "criteria.json").write_text(json.dumps(CRITERIA))
    return tmp_path


@pytest.fixture
def loaded(run: Run, files: Path) -> Run:
    """An organization with three contacts and three purchases."""
    assert run("organization", "create", "Shop", "--time-zone", "Europe/Amsterdam")[0] == 0
    assert run("import", "contacts", files / "contacts.csv", "--source", "CRM", "--key", "customer")[0] == 0
    code, output, _ = run(
        "import", "events", files / "purchases.csv", "--source", "Till", "--event", "purchased", "--key", "customer",
        "--time", "at", "--json",
    )  # fmt: skip
    assert (code, json.loads(output)["added"]) == (0, 3)
    return run


@pytest.fixture
def working(databases: Databases) -> Iterator[None]:
    """A worker beside the commands."""
    worker = Worker(databases.worker, pace=Pace(poll=0.2))
    thread = threading.Thread(target=worker.work)
    thread.start()
    yield
    worker.stop()
    thread.join()


def test_evaluate_counts_lists_shows_and_says(loaded: Run, files: Path) -> None:
    """Nothing is saved; keys come back exactly as given, in byte order."""
    criteria = files / "criteria.json"
    assert loaded("evaluate", criteria, "--count") == (0, "2\n", "")
    assert loaded("evaluate", criteria, "--ids") == (0, "0007\n007\n", "")
    assert json.loads(loaded("evaluate", criteria, "--ids", "--json")[1]) == {"ids": ["0007", "007"]}
    assert loaded("evaluate", criteria, "--count", "--as-of", "2025-06-02")[1] == "1\n"
    assert loaded("evaluate", criteria, "--count", "--as-of", "2025-06-02T10:00:00.000001Z")[1] == "2\n"
    sentence = loaded("evaluate", criteria, "--sentence")[1]
    assert sentence.startswith("Contacts")
    assert "at least 2 times" in sentence
    sql = json.loads(loaded("evaluate", criteria, "--sql", "--json")[1])
    assert "organization_id" in sql["sql"]
    assert sql["parameters"]
    assert loaded("segments", "list")[1] == "nothing\n"


def test_every_problem_of_a_document_is_named_with_its_place(loaded: Run, files: Path) -> None:
    """Refused with exit code 1, all problems at once, also as JSON."""
    nobody: list[object] = []
    wrong = {**CRITERIA, "root": {"group": "all", "of": [{"kind": "wish"}, {"group": "any", "of": nobody}]}}
    (files / "wrong.json").write_text(json.dumps(wrong))
    code, output, complaints = loaded("evaluate", files / "wrong.json", "--count")
    assert (code, output) == (1, "")
    assert "$.root.of[0]" in complaints
    assert "$.root.of[1]" in complaints
    code, _, complaints = loaded("evaluate", files / "wrong.json", "--count", "--json")
    assert {problem["code"] for problem in json.loads(complaints)["problems"]} == {"unknown_kind", "empty_group"}
    assert loaded("evaluate", files / "none.json", "--count")[0] == 1


@pytest.mark.usefixtures("working")
def test_a_segment_from_creation_to_members(loaded: Run, files: Path) -> None:
    """create, recalculate --wait, runs, show, members as CSV and Parquet, delete."""
    code, output, _ = loaded("segments", "create", "Good customers", files / "criteria.json", "--json")
    assert (code, json.loads(output)["status"]) == (0, "queued")
    code, output, _ = loaded("recalculate", "good CUSTOMERS", "--wait", "--json")
    assert (code, json.loads(output)["members"]) == (0, 2)
    assert json.loads(loaded("runs", "Good customers", "--json")[1])[0]["status"] == "success"
    shown = json.loads(loaded("segments", "show", "Good customers", "--json")[1])
    assert (shown["members"], shown["status"], shown["published_version"]) == (2, "success", 1)
    target = files / "members.csv"
    assert loaded("members", "Good customers", "--output", target)[0] == 0
    about = Path(f"{target}.txt").read_text(encoding="utf-8")
    assert about.startswith("Good customers\nMembers: 2\nAs of: ")
    assert "Contacts where" in about
    assert target.read_text() == (
        '"external_key","name","email","city","country"\n"0007","Ada",,"Utrecht",\n"007","Bo",,,\n'
    )
    assert loaded("members", "Good customers", "--format", "parquet", "--output", files / "members.parquet")[0] == 0
    table = parquet.read_table(files / "members.parquet")
    assert table.column("external_key").to_pylist() == ["0007", "007"]
    assert json.loads(loaded("segments", "list", "--status", "success", "--json")[1])[0]["members"] == 2
    assert loaded("segments", "delete", "Good customers")[0] == 0
    assert loaded("segments", "show", "Good customers")[0] == 5


@pytest.mark.usefixtures("working")
def test_waiting_for_a_run_that_fails_has_its_own_exit_code(
    loaded: Run, files: Path, administrator: Database, databases: Databases
) -> None:
    """A script can tell a failed run from a refused command."""
    assert administrator is not databases.app
    loaded("segments", "create", "Scores", files / "criteria.json")
    with databases.migrator.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM fields WHERE key = 'contact.score'")
    loaded("recalculate", "Scores", "--wait")
    code, output, _ = loaded("recalculate", "Scores", "--wait", "--json")
    assert code == 3
    assert "contact.score" in json.loads(output)["sentence"]


def test_unknown_things_and_ambiguous_ones(loaded: Run) -> None:
    """No such segment or organization is exit code 5; several organizations must be told apart."""
    assert loaded("runs", "Nobody")[0] == 5
    assert loaded("segments", "list", "--organization", "Nowhere")[0] == 5
    assert loaded("organization", "create", "Second")[0] == 0
    assert loaded("organization", "create", "Second")[0] == 1
    code, _, complaints = loaded("segments", "list")
    assert code == 1
    assert "“Shop”, “Second”" in complaints
    assert [row["name"] for row in json.loads(loaded("organization", "list", "--json")[1])] == ["Shop", "Second"]


@pytest.mark.parametrize("moment", ["tomorrow", "2025-06-02T10:00:00", "2025-13-01"])
def test_a_moment_that_cannot_be_read_is_refused(loaded: Run, files: Path, moment: str) -> None:
    """A time without a zone is never guessed."""
    code, _, complaints = loaded("evaluate", files / "criteria.json", "--count", "--as-of", moment)
    assert code == 1
    assert moment in complaints


def test_doctor_and_upgrade_on_a_healthy_database(run: Run) -> None:
    """Everything is ok, and a second upgrade applies nothing."""
    assert json.loads(run("db", "upgrade", "--json")[1]) == {"applied": []}
    code, output, _ = run("doctor", "--json")
    assert (code, {found["result"] for found in json.loads(output)}) == (0, {"ok"})


def test_doctor_finds_a_table_without_row_level_security(run: Run, databases: Databases) -> None:
    """The doctor has teeth."""
    with databases.migrator.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY")
    code, output, _ = run("doctor")
    assert code == 1
    assert "contacts" in output


def test_wrong_usage_and_an_unreachable_database_as_a_script_sees_them(tmp_path: Path) -> None:
    """Exit code 2 for usage, 4 for a database that does not answer; one sentence, no traceback."""
    command = [sys.executable, "-m", "segment_engine"]
    usage = subprocess.run([*command, "fly"], capture_output=True, check=False, text=True)
    assert usage.returncode == 2
    environment = {"DATABASE_URL": f"postgresql://nobody@/none?host={tmp_path}", "PATH": ""}
    gone = subprocess.run([*command, "segments", "list"], capture_output=True, check=False, text=True, env=environment)
    assert gone.returncode == 4
    assert "Traceback" not in gone.stderr
    assert len(gone.stderr.strip().splitlines()) == 1
