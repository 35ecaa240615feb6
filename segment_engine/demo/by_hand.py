"""What people of the demo did by hand: a list of contacts to leave out, and two decisions about a segment's members."""

from __future__ import annotations

from uuid import UUID

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.use_cases.lists import Lists
from segment_engine.use_cases.overrides import Overrides
from segment_engine.use_cases.segments import Segments

STAFF = "Staff and suppliers"
_EVERY = 23
_MOST = 60
_PUT_IN = "000007"


def add_list(databases: Databases, context: OrganizationContext) -> UUID:
    """Deliver a static list as a person would: with a key twice, one that nobody has, and an empty line."""
    keys: list[str | None] = [f"{number:06d}" for number in range(_EVERY, _EVERY * (_MOST + 1), _EVERY)]
    return Lists(databases.app).create(context, STAFF, [*keys, keys[0], "external-17", None]).list_id


def decide_by_hand(databases: Databases, context: OrganizationContext, segment_id: UUID) -> None:
    """Put a contact into the segment and take one of its members out."""
    overrides = Overrides(databases.app)
    page = Segments(databases.app).members(context, segment_id, limit=2)
    member = next(member.external_key for member in page.members if member.external_key != _PUT_IN)
    overrides.put_in(context, segment_id, _PUT_IN, reason="Hosts our customer evenings; always invited.")
    overrides.take_out(context, segment_id, member, reason="Asked on the telephone not to be invited any more.")
