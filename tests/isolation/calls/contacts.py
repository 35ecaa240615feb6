"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "contacts.find": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.find(c, "theirs")),
    "contacts.get": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.get(c, "nobody")),
    "contacts.memberships": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.memberships(c, "nobody")),
    "contacts.membership": (Permission.MEMBERS_VIEW, lambda e, c, i: e.contacts.membership(c, "nobody", i)),
    "contacts.campaigns": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.campaigns(c, "nobody")),
    "contacts.reach_chain": (Permission.MEMBERS_VIEW, lambda e, c, i: e.contacts.reach_chain(c, i, "nobody")),
}
