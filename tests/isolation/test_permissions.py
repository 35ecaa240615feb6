"""Who may do what: every method asks first, for every role, and another organization's ids look like random ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Permission, Role
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.errors import NotFound, NotSignedIn, PermissionDenied, SegmentEngineError
from segment_engine.use_cases.analysis import Analysis
from segment_engine.use_cases.contacts import Contacts
from segment_engine.use_cases.evaluation import Evaluation
from segment_engine.use_cases.lists import Lists
from segment_engine.use_cases.offers import Offers
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Identity
from segment_engine.use_cases.overrides import Overrides
from segment_engine.use_cases.runs import Runs
from segment_engine.use_cases.segments import Segments

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}
DRAFT = SegmentDraft("Probe", "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
Call = Callable[[Engine, OrganizationContext, UUID], object]

# Every public method that takes a context, with the permission it must ask for.
CALLS: dict[str, tuple[Permission, Call]] = {
    "catalog": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.catalog(c)),
    "segments.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.find(c, SegmentQuery())),
    "segments.summary": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.summary(c)),
    "segments.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.get(c, i)),
    "segments.id_by_name": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.id_by_name(c, "Theirs")),
    "segments.create": (Permission.SEGMENTS_CREATE, lambda e, c, _i: e.segments.create(c, DRAFT)),
    "segments.update": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.segments.update(c, i, expected_revision=1, draft=DRAFT),
    ),
    "segments.activate": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.activate(c, [i])),
    "segments.deactivate": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.deactivate(c, [i])),
    "segments.delete": (Permission.SEGMENTS_DELETE, lambda e, c, i: e.segments.delete(c, [i])),
    "segments.sentence": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.sentence(c, EVERYONE)),
    "segments.sql": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.sql(c, i)),
    "segments.sources": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.sources(c, i)),
    "segments.members": (Permission.MEMBERS_VIEW, lambda e, c, i: e.segments.members(c, i)),
    "segments.export": (Permission.MEMBERS_EXPORT, lambda e, c, i: list(e.segments.export(c, i))),
    "segments.lint": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.lint(c, EVERYONE, segment_id=i)),
    "segments.duplicates": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.duplicates(c, i)),
    "segments.history": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.history(c, i)),
    "runs.request": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.request(c, i)),
    "runs.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.runs.get(c, i)),
    "runs.find": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.runs.find(c, i)),
    "runs.cancel": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.cancel(c, i)),
    "contacts.segments_of": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.segments_of(c, "nobody")),
    "lists.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.lists.find(c)),
    "lists.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.lists.get(c, i)),
    "lists.id_by_name": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.lists.id_by_name(c, "Theirs")),
    "lists.create": (Permission.SEGMENTS_EDIT, lambda e, c, _i: e.lists.create(c, "Probe", ["nobody"])),
    "lists.replace": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.lists.replace(c, i, ["nobody"])),
    "lists.delete": (Permission.SEGMENTS_DELETE, lambda e, c, i: e.lists.delete(c, [i])),
    "overrides.find": (Permission.MEMBERS_VIEW, lambda e, c, i: e.overrides.find(c, i)),
    "overrides.put_in": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.overrides.put_in(c, i, "nobody", reason="asked"),
    ),
    "overrides.take_out": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.overrides.take_out(c, i, "nobody", reason="asked"),
    ),
    "overrides.end": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.overrides.end(c, i, i)),
    "offers.segments": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.segments(c)),
    "offers.lists": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.lists(c)),
    "offers.campaigns": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.campaigns(c)),
    "offers.topics": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.topics(c)),
    "offers.values": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.values(c, "contact.none")),
    "analysis.preview": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.preview(c, EVERYONE, segment_id=i)),
    "analysis.counts": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.counts(c, EVERYONE, segment_id=i)),
    "analysis.explain": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.explain(c, "nobody", segment_id=i)),
    "analysis.edit_diff": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.edit_diff(c, i, EVERYONE)),
    "evaluation.count": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.count(c, EVERYONE)),
    "evaluation.keys": (Permission.MEMBERS_VIEW, lambda e, c, _i: list(e.evaluation.keys(c, EVERYONE))),
    "evaluation.sql": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.sql(c, EVERYONE)),
    "evaluation.sentence": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.sentence(c, EVERYONE)),
}


def test_every_public_method_stands_in_the_table() -> None:
    """A new method cannot forget its permission."""
    rooms = {
        "segments": Segments,
        "runs": Runs,
        "contacts": Contacts,
        "evaluation": Evaluation,
        "lists": Lists,
        "overrides": Overrides,
        "offers": Offers,
        "analysis": Analysis,
    }
    public = {f"{room}.{name}" for room, kind in rooms.items() for name in dir(kind) if not name.startswith("_")}
    assert public | {"catalog"} == set(CALLS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_exactly_what_the_table_says(engine: Engine, context: OrganizationContext, role: Role) -> None:
    """Role by method: refused with the permission's name, or allowed (B13)."""
    acting = replace(context, role=role, permissions=PERMISSIONS[role])
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
