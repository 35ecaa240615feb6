"""The audit log: found by everything that stands in it, page by page, exported safely, and changed by nobody."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import text

from segment_engine.audit_file import AUDIT_COLUMNS, audit_file_name, make_audit_file
from segment_engine.databases import Databases
from segment_engine.db import audit
from segment_engine.domain.access import LOCAL_IDENTITY, PERMISSIONS, Identity, OrganizationContext, Permission, Role
from segment_engine.domain.audit import AuditQuery, AuditResult
from segment_engine.domain.audit_sentences import audit_sentence
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound, PermissionDenied, SegmentEngineError
from segment_engine.use_cases.refusals import record_refusal
from tests.integration.racing import race
from tests.isolation.calls.shared import EVERYONE

ADA = Identity("https://id.example.org", "ada", "Ada")


@pytest.fixture
def ada(engine: Engine, organization_id: int) -> OrganizationContext:
    """A second administrator."""
    engine.organizations.give_seat(organization_id, ADA, Role.ADMIN)
    return engine.context_for(ADA)


def sentences(engine: Engine, context: OrganizationContext, query: AuditQuery | None = None) -> list[str]:
    """Read lines as people do, the newest first."""
    found = engine.audit.find(context, query or AuditQuery()).lines
    return [f"{line.person_name} {audit_sentence(line)}" for line in found]


def test_lines_are_found_by_everything_in_them(
    engine: Engine, context: OrganizationContext, ada: OrganizationContext
) -> None:
    """By person, action, thing, result, period and text; as sentences, with today's name of the thing."""
    segment = engine.segments.create(ada, SegmentDraft("Old name", "", EVERYONE))
    engine.segments.update(
        context, segment.segment_id, expected_revision=1, draft=SegmentDraft("New name", "", EVERYONE)
    )
    engine.people.invite(ada, "cy@example.org", Role.VIEWER)
    viewer = replace(ada, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    with pytest.raises(PermissionDenied):
        engine.segments.delete(viewer, [segment.segment_id])
    created, edited = "Ada created the segment “New name”", "Local operator edited the segment “New name” (version 1)"
    invited, refused = (
        "Ada invited cy@example.org as viewer",
        "Ada was not allowed to delete segments (segments.delete)",
    )
    assert sentences(engine, context) == [refused, invited, edited, created]
    now = datetime.now(UTC)
    for query, expected in (
        (AuditQuery(person_id=context.person_id), [edited]),
        (AuditQuery(actions=("segment.create", "segment.update")), [edited, created]),
        (AuditQuery(object_kind="segment", object_id=str(segment.segment_id)), [edited, created]),
        (AuditQuery(result=AuditResult.REFUSED), [refused]),
        (AuditQuery(text="CY@example"), [invited]),
        (AuditQuery(text=str(segment.segment_id), result=AuditResult.REFUSED), [refused]),
        (AuditQuery(text="100%_"), []),
        (AuditQuery(until=now - timedelta(hours=1)), []),
        (AuditQuery(since=now - timedelta(hours=1), until=now + timedelta(hours=1), text="invitation"), [invited]),
    ):
        assert sentences(engine, context, query) == expected, query
    choices = engine.audit.choices(context)
    assert choices.people == ((ada.person_id, "Ada"), (context.person_id, "Local operator"))
    assert choices.actions == ("invitation.create", "segment.create", "segment.update", "segments.delete")
    for wrong in (
        AuditQuery(text="x" * 300), AuditQuery(since=now, until=now), AuditQuery(text="\0"), AuditQuery(object_id="\0"),
    ):  # fmt: skip
        with pytest.raises(InputError):
            engine.audit.find(context, wrong)


def test_pages_leave_nothing_out_and_repeat_nothing(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """Also while new lines arrive: a page begins after a line and not at a number of lines."""
    write(databases, context, 25)
    first = engine.audit.find(context, AuditQuery(), limit=10)
    write(databases, context, 3)
    second = engine.audit.find(context, AuditQuery(before=first.next_before), limit=10)
    third = engine.audit.find(context, AuditQuery(before=second.next_before), limit=10)
    assert [len(page.lines) for page in (first, second, third)] == [10, 10, 5]
    assert third.next_before is None
    numbers = [line.number for page in (first, second, third) for line in page.lines]
    assert numbers == sorted(set(numbers), reverse=True)
    assert engine.audit.get(context, numbers[4]) == first.lines[4]
    for unknown in (numbers[0] + 1000, 0, -1):
        with pytest.raises(NotFound):
            engine.audit.get(context, unknown)


def write(databases: Databases, context: OrganizationContext, count: int, name: str = "List") -> None:
    """Write some lines."""
    with databases.app.transaction(context.organization_id) as transaction:
        for place in range(count):
            audit.record(
                transaction, context, action="list.create", object_kind="list", object_id=uuid4(),
                detail={"name": f"{name} {place}"},
            )  # fmt: skip


def test_the_file_is_safe_capped_and_in_the_log(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """A spreadsheet reads no formula, the cap holds and is told, and who exported what stands in the log (D3)."""
    write(databases, context, 12, name='=HYPERLINK("http://example.org")')
    made = make_audit_file(engine, context, AuditQuery(actions=("list.create",)), most=5)
    rows = list(csv.reader(io.StringIO(made.data.decode(), newline="")))
    assert (tuple(rows[0]), len(rows), made.lines, made.cut) == (AUDIT_COLUMNS, 6, 5, True)
    assert {row[AUDIT_COLUMNS.index("object_name")][0] for row in rows[1:]} == {"'"}
    exported = engine.audit.find(context, AuditQuery(actions=("audit.export",))).lines
    assert [line.detail for line in exported] == [{"actions": ["list.create"]}]
    whole = make_audit_file(engine, context, AuditQuery())
    assert (whole.lines, whole.cut) == (14, False)
    assert audit_file_name() != audit_file_name()


def test_the_log_of_another_organization_cannot_be_read(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """Neither its lines nor its people, by page, number, search or file."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    write(databases, other, 3, name="Theirs")
    (line, *_) = engine.audit.find(other, AuditQuery()).lines
    with pytest.raises(NotFound):
        engine.audit.get(context, line.number)
    assert engine.audit.find(context, AuditQuery(before=10**9, text="theirs")).lines == ()
    assert engine.audit.choices(context).people == ()
    assert b"Theirs" not in make_audit_file(engine, context, AuditQuery()).data


def test_nobody_changes_the_log(databases: Databases, context: OrganizationContext) -> None:
    """Changing, removing and emptying are refused to the application, the worker and the owner alike."""
    write(databases, context, 1)
    refused = 0
    for database in (databases.app, databases.worker, databases.owner):
        for statement in ("UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"):
            try:
                with database.transaction(context.organization_id) as transaction:
                    touched = transaction.run(text(statement))
            except SegmentEngineError:
                refused += 1
            else:
                # The owner, held by row-level security, finds no line to change or remove.
                assert (database, touched) == (databases.owner, 0), statement
    assert refused == 7
    with databases.migrator.transaction() as transaction:
        assert transaction.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'list.create'")) == 1


def test_an_act_that_cannot_be_written_down_does_not_happen(
    engine: Engine, databases: Databases, context: OrganizationContext, ada: OrganizationContext
) -> None:
    """Seats, roles and invitations stay as they were when the log refuses their line (E25)."""
    person_id = ada.person_id
    invitation = engine.people.invite(context, "cy@example.org", Role.VIEWER)
    engine.organizations.give_seat(context.organization_id, Identity("i", "bo", "Bo"), Role.ADMIN)
    before = (engine.people.find(context), engine.people.invitations(context))
    with databases.migrator.transaction() as transaction:
        transaction.run(text("REVOKE INSERT ON audit_events FROM segment_app"))
    for act in (
        lambda: engine.people.change_role(context, person_id, Role.VIEWER, expected_revision=1),
        lambda: engine.people.take_seat(context, person_id, expected_revision=1),
        lambda: engine.people.invite(context, "di@example.org", Role.VIEWER),
        lambda: engine.people.revoke(context, invitation.invitation_id),
        lambda: engine.people.invite_again(context, invitation.invitation_id),
        lambda: make_audit_file(engine, context, AuditQuery()),
    ):
        with pytest.raises(SegmentEngineError):
            act()
    assert (engine.people.find(context), engine.people.invitations(context)) == before


# Refusals ----------------------------------------------------------------------------------------------------------


def refusals(engine: Engine, context: OrganizationContext) -> list[tuple[str, str]]:
    """Read which acts were refused, about what."""
    found = engine.audit.find(context, AuditQuery(result=AuditResult.REFUSED)).lines
    return [(line.action, line.object_id) for line in found]


def test_what_was_refused_stands_in_the_log_once_a_minute(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """With the permission that was missing; however often it is tried, and however many try at once, it is one line."""
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    segment_id = uuid4()

    def try_it() -> None:
        engine.segments.delete(viewer, [segment_id])

    for _ in range(5):
        assert all(isinstance(each, PermissionDenied) for each in race(try_it, try_it, try_it, try_it))
    assert refusals(engine, context) == [("segments.delete", str(segment_id))]
    with pytest.raises(PermissionDenied):
        next(iter(engine.segments.export(viewer, segment_id)))
    with pytest.raises(PermissionDenied):
        engine.people.find(viewer)
    assert refusals(engine, context) == [
        ("people.find", ""),
        ("segments.export", str(segment_id)),
        ("segments.delete", str(segment_id)),
    ]
    (line, *_) = engine.audit.find(context, AuditQuery(result=AuditResult.REFUSED)).lines
    assert line.detail == {"permission": "ce.people.manage", "role": "viewer"}
    assert audit_sentence(line) == "was not allowed to manage people (people.find)"
    with databases.migrator.transaction() as transaction:  # a minute passes
        transaction.run(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        transaction.run(text("UPDATE audit_events SET happened_at = happened_at - interval '61 seconds'"))
        transaction.run(text("ALTER TABLE audit_events ENABLE TRIGGER USER"))
    with pytest.raises(PermissionDenied):
        try_it()
    assert len(refusals(engine, context)) == 4


def test_refusals_at_the_same_moment_are_one_line(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """Four threads of one person, refused the same at once: one line, in 20 races."""
    refused = PermissionDenied(Permission.PEOPLE_MANAGE.value, "No.")
    acts = [f"people.act_{letter}" for letter in "abcdefghijklmnopqrst"]
    for act in acts:
        race(*[partial(record_refusal, databases.app, context, refused, act=act)] * 4)
    assert sorted(action for action, _ in refusals(engine, context)) == acts


def test_a_refusal_stays_a_refusal_when_it_cannot_be_written(
    engine: Engine, databases: Databases, context: OrganizationContext, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that refuses its line opens nothing; the operator finds it in the program's own log."""
    with databases.migrator.transaction() as transaction:
        transaction.run(text("REVOKE INSERT ON audit_events FROM segment_app"))
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    with pytest.raises(PermissionDenied):
        engine.people.find(viewer)
    assert "people.find" in caplog.text
