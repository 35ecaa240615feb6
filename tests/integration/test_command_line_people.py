"""The commands around people and the audit log: the first administrator, shutting somebody out, who did what."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from segment_engine.command_line import EXIT_DONE, EXIT_NOT_FOUND, EXIT_REFUSED, main
from segment_engine.databases import Databases
from segment_engine.domain.access import LOCAL_IDENTITY, Identity, Role
from segment_engine.engine import Engine
from segment_engine.errors import NotSignedIn
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.use_cases.accepting import accept_invitations

Run = Callable[..., tuple[int, str, str]]
ADA = Identity("https://id.example.org", "ada", "Ada", email="ada@example.org")
WHO = ("--issuer", ADA.issuer, "--subject", ADA.subject)


@pytest.fixture
def run(
    server: LocalServer, database_name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run one command against this test's database; gives exit code, output and complaints."""
    monkeypatch.setenv("DATABASE_URL", server.url(ADMINISTRATOR, database_name))

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_the_first_administrator_comes_in_by_command(run: Run, engine: Engine, organization_id: int) -> None:
    """By issuer and subject before they ever came; another role, and the end of the seat, by command too (C12)."""
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA)
    assert run("seat", "give", *WHO, "--role", "admin", "--name", "Ada")[0] == EXIT_DONE
    assert engine.context_for(ADA).role is Role.ADMIN
    assert run("seat", "give", *WHO, "--role", "viewer")[0] == EXIT_DONE
    assert engine.context_for(ADA).role is Role.VIEWER
    listed = json.loads(run("seat", "list", "--json")[1])
    assert [(each["name"], each["role"]) for each in listed] == [("Local operator", "admin"), ("Ada", "viewer")]
    assert run("seat", "take", *WHO)[0] == EXIT_DONE
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA, organization_id)
    code, _, complaint = run("seat", "take", *WHO)
    assert (code, "no seat in this organization" in complaint) == (EXIT_NOT_FOUND, True)
    sentences = [each["sentence"] for each in json.loads(run("audit", "list", "--json")[1])]
    assert sentences == [
        "took the seat of Ada, who was viewer",
        "changed the role of Ada from admin to viewer",
        "gave Ada a seat as admin",
    ]


def test_an_administrator_is_invited_by_address(
    run: Run, engine: Engine, databases: Databases, organization_id: int
) -> None:
    """The seat waits for the verified address, and shows until it is taken up."""
    assert run("invite", "Ada@Example.org", "--role", "admin", "--days", "2")[0] == EXIT_DONE
    assert "invitation open, until" in run("seat", "list")[1]
    assert run("invite", "ada@example.org", "--role", "viewer")[0] == EXIT_REFUSED
    assert accept_invitations(databases.app, ADA) == 1
    assert engine.context_for(ADA, organization_id).role is Role.ADMIN
    assert "invitation" not in run("seat", "list")[1]


def test_somebody_is_shut_out_and_let_in_again(run: Run, engine: Engine, organization_id: int) -> None:
    """From the next click on, in every organization, each of which has it in its log (C3)."""
    other = engine.organizations.create("Other")
    for each in (organization_id, other):
        assert run("seat", "give", *WHO, "--role", "analyst", "--organization", str(each))[0] == EXIT_DONE
    assert json.loads(run("person", "disable", *WHO, "--json")[1])["changed"] is True
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA)
    (known,) = [each for each in json.loads(run("person", "list", "--json")[1]) if each["subject"] == "ada"]
    assert known["disabled_at"]
    assert known["seats"] == "Other (analyst), Test organization (analyst)"
    assert json.loads(run("person", "disable", *WHO, "--json")[1])["changed"] is False
    assert run("person", "enable", *WHO)[0] == EXIT_DONE
    assert engine.context_for(ADA).role is Role.ANALYST
    assert run("person", "sign-out", *WHO)[0] == EXIT_DONE
    for each in (organization_id, other):
        lines = json.loads(run("audit", "list", "--json", "--organization", str(each))[1])
        assert [line["action"] for line in lines] == [
            "person.sign_out", "person.enable", "person.disable", "seat.give",
        ]  # fmt: skip


@pytest.mark.usefixtures("organization_id")
def test_what_the_operator_is_told(run: Run) -> None:
    """The command line's own seat stays, and nobody unknown is shut out."""
    own = ("--issuer", LOCAL_IDENTITY.issuer, "--subject", LOCAL_IDENTITY.subject)
    for command in (("seat", "give", "--role", "viewer", *own), ("seat", "take", *own), ("person", "disable", *own)):
        code, _, complaint = run(*command)
        assert (code, "the command line itself works in" in complaint) == (EXIT_REFUSED, True), command
    for command in ("disable", "enable", "sign-out"):
        assert run("person", command, *WHO)[0] == EXIT_NOT_FOUND
    assert run("person", "disable", "--issuer", " ", "--subject", "x")[0] == EXIT_REFUSED


@pytest.mark.usefixtures("organization_id")
def test_the_log_is_read_and_written_to_a_file(run: Run, tmp_path: Path) -> None:
    """Narrowed by what stands in it, to the screen and to CSV; the export is in the log."""
    run("seat", "give", *WHO, "--role", "viewer", "--name", "=Ada")
    run("invite", "bo@example.org", "--role", "viewer")
    for narrowed, expected in (
        ((), 2), (("--what", "seat.give"), 1), (("--person", "Local operator"), 2), (("--text", "BO@"), 1),
        (("--result", "refused"), 0), (("--since", "2200-01-01"), 0), (("--until", "2200-01-01"), 2),
        (("--limit", "1"), 1), (("--about", "nothing"), 0),
    ):  # fmt: skip
        assert len(json.loads(run("audit", "list", "--json", *narrowed)[1])) == expected, narrowed
    assert run("audit", "list", "--person", "Nobody")[0] == EXIT_NOT_FOUND
    target = tmp_path / "log.csv"
    assert run("audit", "export", "--output", str(target), "--what", "seat.give")[0] == EXIT_DONE
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"), newline="")))
    assert [row["sentence"] for row in rows] == ["gave =Ada a seat as viewer"]
    assert [row["detail"] for row in rows] == ['{"name": "=Ada", "role": "viewer"}']
    assert "audit.export" in run("audit", "export")[1]
    assert run("audit", "export", "--output", str(tmp_path))[0] == EXIT_REFUSED
