"""What nobody foresaw, outside the pages: a number for the person, the whole of it in the log, nothing of others."""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from segment_engine import command_line
from segment_engine.databases import Databases
from segment_engine.db.translation import translate
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound
from segment_engine.worker.loop import Worker
from tests.integration.reference_worlds import EVERYONE, add_contacts, save

INSIDE = "SELECT password FROM people; 'hunter2' in /srv/segments/segment_engine/db/people.py"
COMMANDS = (
    ("status",), ("doctor",), ("worker",), ("demo",), ("db", "upgrade"), ("organization", "list"), ("lists",),
    ("segments", "list"), ("segments", "show", "x"), ("runs", "x"), ("members", "x"), ("recalculate", "x"),
)  # fmt: skip


def broken(*_given: object, **_named: object) -> object:
    """Fail as nobody foresaw, with everything in the text that must not be shown."""
    raise RuntimeError(INSIDE)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=("text", "json"))
def test_a_command_says_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], form: tuple[str, ...]
) -> None:
    """Exit code 1 and one sentence, or one JSON document; the cause stands in the log under the same number (D8)."""
    noted: list[BaseException] = []

    def note(problem: BaseException, _where: str) -> str:
        noted.append(problem)
        return "0a1b2c3d"

    monkeypatch.setattr(command_line, "load_settings", broken)
    monkeypatch.setattr(command_line, "note_incident", note)
    assert command_line.main([*command, *form]) == command_line.EXIT_REFUSED
    told = capsys.readouterr()
    said = json.loads(told.err)["sentence"] if form else told.err.strip()
    assert said == "Something unexpected went wrong. Tell an administrator the number 0a1b2c3d."
    assert [str(each) for each in noted] == [INSIDE]
    assert told.out == ""


def test_a_run_says_a_number(
    engine: Engine, context: OrganizationContext, databases: Databases, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """A fault of a worker fails the run with a number; what it was stands in the log only (D8)."""
    add_contacts(databases, context.organization_id, ["Utrecht"])
    segment_id = save(engine, context, "Everyone", EVERYONE)
    monkeypatch.setattr("segment_engine.worker.computing.compile_criteria", broken)
    worker = Worker(databases.worker)
    with caplog.at_level(logging.ERROR):
        while worker.work_once():
            with databases.migrator.transaction(context.organization_id) as transaction:
                transaction.run(text("UPDATE runs SET not_before = now() WHERE status = 'queued'"))
    (run,) = engine.runs.find(context, segment_id)
    assert run.status is RunStatus.FAILED
    said = run.error_sentence or ""
    assert re.search(r"number [0-9a-f]{8}", said)
    assert "SELECT" not in said
    assert any(INSIDE in str(each.exc_info) for each in caplog.records)


@pytest.mark.parametrize("typed", ["a\0b", "\ud800", "\U0010ffff", "x" * 100_000])
def test_a_text_that_cannot_be_stored_is_a_sentence(engine: Engine, context: OrganizationContext, typed: str) -> None:
    """NUL, half of a pair and huge texts are refused or not found, wherever something is looked up (A9)."""
    for ask in (
        lambda: engine.contacts.get(context, typed), lambda: engine.contacts.find(context, typed),
        lambda: engine.segments.id_by_name(context, typed), lambda: engine.lists.id_by_name(context, typed),
        lambda: engine.views.save(context, typed, "q=x"), lambda: engine.offers.values(context, typed),
    ):  # fmt: skip
        with suppress(NotFound, InputError):
            ask()


def test_no_sentence_about_the_database_repeats_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the server answers, of every code it has, the words and values in it stay out of the sentence (A16)."""
    every: list[object] = [getattr(kind, "sqlstate", None) for kind in vars(errors).values()]
    codes = sorted({code for code in every if isinstance(code, str)})
    assert len(codes) >= 200
    with caplog.at_level(logging.CRITICAL):
        for code in codes:
            cause = errors.lookup(code)("Key (email)=(ada@example.org) exists in people_of_theirs")
            said = str(translate(DBAPIError("SELECT theirs", {"key": "ada@example.org"}, cause)))
            assert all(part not in said for part in ("ada@", "theirs", "SELECT", "Key (")), code
