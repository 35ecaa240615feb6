"""Who may do what: every method asks first, for every role, and another organization's ids look like random ones."""

from __future__ import annotations

import ast
import inspect
import textwrap
from contextlib import suppress
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.audit import AuditQuery, AuditResult
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import NotFound, NotSignedIn, PermissionDenied, SegmentEngineError
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Identity
from tests.isolation.calls import CALLS, EVERYONE, Call
from tests.sources import attributes, calls, python_files


def test_every_public_method_stands_in_the_table(engine: Engine) -> None:
    """A new method cannot forget its permission."""
    kept: dict[str, object] = vars(engine)
    rooms: dict[str, type[object]] = {name: type(room) for name, room in kept.items() if not name.startswith("_")}
    del rooms["organizations"]  # asked before there is a context
    public = {f"{room}.{name}" for room, kind in rooms.items() for name in dir(kind) if not name.startswith("_")}
    assert public | {"catalog"} == set(CALLS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_exactly_what_the_table_says(engine: Engine, context: OrganizationContext, role: Role) -> None:
    """Role by method: refused with the permission's name, or allowed (B13); every refusal is in the audit log, once."""
    acting = replace(context, role=role, permissions=PERMISSIONS[role])
    wanted: list[str] = []
    for name, (permission, call) in CALLS.items():
        refused: PermissionDenied | None = None
        with suppress(SegmentEngineError):
            try:
                call(engine, acting, uuid4())
            except PermissionDenied as error:
                refused = error
        if permission in PERMISSIONS[role]:
            assert refused is None, name
        else:
            assert refused is not None, name
            assert (refused.permission, refused.reason in str(refused)) == (permission.value, True), name
            wanted.append(name)
    found = engine.audit.find(context, AuditQuery(result=AuditResult.REFUSED), limit=len(CALLS)).lines
    assert sorted(line.action for line in found) == sorted(wanted)
    assert all(line.detail["permission"] == CALLS[line.action][0].value for line in found)


def test_every_method_asks_for_the_permission_first(engine: Engine) -> None:
    """`require` is the first line of whatever takes a context, read from the source of the methods there are (RP3)."""
    for name, (permission, _call) in CALLS.items():
        room, _, method = name.rpartition(".")
        owner: object = getattr(engine, room) if room else engine
        kind = type(owner)
        source = textwrap.dedent(inspect.getsource(getattr(kind, method)))
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef), name
        first = function.body[1] if ast.get_docstring(function) else function.body[0]
        assert ast.unparse(first) == f"require(context, Permission.{permission.name})", name


def test_pages_cannot_do_what_the_command_line_does() -> None:
    """No page, and nothing a page can ask, lets a first person in or reaches people across organizations (C12)."""
    for path in python_files("app.py", "pages", "auth"):
        asked = {name.rpartition(".")[2] for name, _ in calls(path)}
        assert asked.isdisjoint({"give_seat", "create_organization", "Installation"}), path.name
        # guard.organizations() lists one's own; the room of that name works as the owner.
        assert not {name for name in attributes(path) if name.endswith("engine().organizations")}, path.name
        assert "running_engine().organizations." not in path.read_text(encoding="utf-8"), path.name


def test_another_organizations_segment_looks_like_a_random_id(engine: Engine, context: OrganizationContext) -> None:
    """Same answer, same words, nothing changed (B1)."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    theirs = engine.segments.create(other, SegmentDraft("Theirs", "", EVERYONE))
    run = engine.runs.find(other, theirs.segment_id)[0]
    random = uuid4()
    for name, (_permission, call) in CALLS.items():
        if name in {"segments.create", "lists.create"}:
            continue
        known = run.run_id if name in {"runs.get", "runs.cancel"} else theirs.segment_id
        first, second = outcome(engine, context, call, known), outcome(engine, context, call, random)
        assert first.replace(str(known), "ID") == second.replace(str(random), "ID"), name
    assert engine.segments.get(other, theirs.segment_id) == theirs
    assert engine.runs.get(other, run.run_id) == run


def outcome(engine: Engine, context: OrganizationContext, call: Call, given: UUID) -> str:
    """What the caller learns, in one comparable text; times and durations of a preview aside."""
    try:
        answer = call(engine, context, given)
    except SegmentEngineError as error:
        return f"{type(error).__name__}: {error}"
    return type(answer).__name__ if not isinstance(answer, tuple | list) else repr(answer)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any answer


def test_another_organizations_list_and_decision_look_like_random_ids(
    engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Lists and members by hand of others cannot be read, changed or named (B1)."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    with databases.app.transaction(other.organization_id) as transaction:
        add_contact(transaction, other.organization_id, "theirs")
    theirs = engine.lists.create(other, "Theirs", ["theirs"])
    segment = engine.segments.create(other, SegmentDraft("Theirs", "", EVERYONE))
    decided = engine.overrides.take_out(other, segment.segment_id, "theirs", reason="asked")
    random = uuid4()
    for name in ("lists.get", "lists.replace", "lists.delete"):
        call = CALLS[name][1]
        first, second = outcome(engine, context, call, theirs.list_id), outcome(engine, context, call, random)
        assert first.replace(str(theirs.list_id), "ID") == second.replace(str(random), "ID"), name
    mine = engine.segments.create(context, SegmentDraft("Mine", "", EVERYONE))
    for given in (segment.segment_id, mine.segment_id):
        with pytest.raises(NotFound):
            engine.overrides.end(context, given, decided.override_id)
        with pytest.raises(NotFound):
            engine.overrides.put_in(context, given, "theirs", reason="asked")
    assert engine.offers.lists(context) == ()
    assert engine.lists.get(other, theirs.list_id) == theirs
    assert engine.overrides.find(other, segment.segment_id) == (decided,)


def add_contact(transaction: Transaction, organization_id: int, key: str) -> None:
    """Add one contact with its key."""
    for statement in (
        "INSERT INTO contacts (organization_id, number, external_key) VALUES (:o, 1, :key)",
        "INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:o, 'key', :key, 1)",
    ):
        transaction.run(text(statement), {"o": organization_id, "key": key})


def test_without_a_seat_there_is_no_context(engine: Engine, organization_id: int) -> None:
    """No seat, no data, and a removed seat works at the next call (RP2)."""
    stranger = Identity("local", "stranger")
    with pytest.raises(NotSignedIn):
        engine.context_for(stranger, organization_id)
    engine.organizations.give_seat(organization_id, stranger, Role.VIEWER)
    assert engine.context_for(stranger, organization_id).role is Role.VIEWER
    with pytest.raises(NotSignedIn):
        engine.context_for(stranger, organization_id + 1)
    assert [choice.role for choice in engine.organizations_of(stranger)] == [Role.VIEWER]


def test_a_name_of_another_organization_is_not_found(engine: Engine, context: OrganizationContext) -> None:
    """Looking up by name stays inside the organization."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    engine.segments.create(other, SegmentDraft("Theirs", "", EVERYONE))
    with pytest.raises(NotFound):
        engine.segments.id_by_name(context, "Theirs")
