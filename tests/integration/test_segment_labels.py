"""What people say about a segment beside its criteria: tags, an owner, notes and a day for a review."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.segment import Segment, SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound, StaleVersion
from segment_engine.use_cases.organizations import Identity
from tests.isolation.calls import EVERYONE


def saved(engine: Engine, context: OrganizationContext, name: str = "Loyal") -> Segment:
    """Save a segment."""
    draft = SegmentDraft(name, "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
    return engine.segments.create(context, draft)


def described(engine: Engine, context: OrganizationContext, segment: Segment, **changes: Any) -> Segment:
    """Describe a segment as it was read, but for the changes."""
    said: dict[str, Any] = {"tags": (), "owner_id": None, "notes": "", "review_on": None, **changes}
    return engine.segments.describe(context, segment.segment_id, expected_revision=segment.revision, **said)


def test_what_is_said_about_a_segment_is_kept_and_makes_no_version(
    engine: Engine, context: OrganizationContext
) -> None:
    """Labels change the revision, so that other editors notice, and neither version, criteria nor run."""
    before = saved(engine, context)
    owner = engine.segments.owners(context)[0]
    after = described(
        engine, context, before, tags=("  Holiday  2026 ", "vip", "VIP"), owner_id=owner.person_id,
        notes=" Ask before use. ", review_on=date(2026, 12, 1),
    )  # fmt: skip
    assert (after.tags, after.owner, after.notes) == (("Holiday 2026", "vip"), owner, "Ask before use.")
    assert after.review_on == date(2026, 12, 1)
    assert (after.version, after.revision) == (before.version, before.revision + 1)
    assert len(engine.runs.find(context, before.segment_id)) == 1
    assert engine.segments.get(context, before.segment_id) == after
    cleared = described(engine, context, after)
    assert (cleared.tags, cleared.owner, cleared.notes, cleared.review_on) == ((), None, "", None)


def test_two_who_describe_at_once(engine: Engine, context: OrganizationContext) -> None:
    """The second is told, and what the first said stays (E24)."""
    seen = saved(engine, context)
    described(engine, context, seen, notes="first")
    with pytest.raises(StaleVersion):
        described(engine, context, seen, notes="second")
    assert engine.segments.get(context, seen.segment_id).notes == "first"


def test_a_tag_has_one_spelling(engine: Engine, context: OrganizationContext) -> None:
    """The same tag in other letters is the same tag, and takes the spelling that is there."""
    described(engine, context, saved(engine, context, "A"), tags=("Übersee", "Trial"))
    second = described(engine, context, saved(engine, context, "B"), tags=("ÜBERSEE",))
    assert second.tags == ("Übersee",)
    assert [(tag.tag, tag.segments) for tag in engine.segments.tags(context)] == [("Trial", 1), ("Übersee", 2)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tags": ("",)}, "cannot be blank"),
        ({"tags": ("x" * 41,)}, "at most 40 characters"),
        ({"tags": tuple(f"tag {number}" for number in range(21))}, "at most 20 tags"),
        ({"tags": ("a\x07b",)}, "control character"),
        ({"notes": "x" * 2001}, "longer than 2000"),
        ({"owner_id": UUID(int=7)}, "holds a seat"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    engine: Engine, context: OrganizationContext, changes: dict[str, Any], said: str
) -> None:
    """Nothing of a refused description is stored."""
    segment = saved(engine, context)
    with pytest.raises(InputError, match=said):
        described(engine, context, segment, **changes)
    assert engine.segments.get(context, segment.segment_id) == segment


def test_owners_are_those_with_a_seat_here(engine: Engine, context: OrganizationContext) -> None:
    """Somebody of another organization is offered to nobody and accepted from nobody (B1)."""
    other = engine.organizations.create("Other")
    stranger = Identity("test", "stranger", "Stranger")
    engine.organizations.give_seat(other, stranger, Role.ADMIN)
    theirs = engine.context_for(stranger, other)
    assert theirs.person_id in {owner.person_id for owner in engine.segments.owners(theirs)}
    assert theirs.person_id not in {owner.person_id for owner in engine.segments.owners(context)}
    with pytest.raises(InputError, match="holds a seat"):
        described(engine, context, saved(engine, context), owner_id=theirs.person_id)
    with pytest.raises(NotFound):
        engine.segments.describe(
            context, uuid4(), expected_revision=1, tags=(), owner_id=None, notes="", review_on=None
        )


def test_describing_stands_in_the_audit_log(engine: Engine, context: OrganizationContext, databases: Databases) -> None:
    """Who said what about which segment can be read later."""
    segment = described(engine, context, saved(engine, context), tags=("vip",))
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        found = transaction.rows(text("SELECT detail FROM audit_events WHERE action = 'segment.describe'"))
    assert [row.detail for row in found] == [{"name": segment.name, "tags": ["vip"]}]
