"""Who answers for the segments of the demo: owners, tags, notes, and the days on which somebody should look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from segment_engine.databases import Databases
from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import Identity, OrganizationContext, Role
from segment_engine.domain.folding import fold
from segment_engine.use_cases.organizations import Organizations, context_for

_QUERIES = load_queries("demo")
# Teams rather than people: nobody of the demo exists.
_TEAMS: Mapping[str, tuple[str, Role]] = {
    "analytics": ("Analytics team", Role.ANALYST),
    "campaigns": ("Campaign desk", Role.CAMPAIGN_MANAGER),
    "stores": ("Store marketing", Role.CAMPAIGN_MANAGER),
    "operations": ("Data operations", Role.OPS_LEAD),
}


@dataclass(frozen=True, slots=True)
class Care:
    """What people wrote about a segment. Units: `review_in` days from today, below zero when it is over."""

    team: str
    tags: tuple[str, ...]
    notes: str = ""
    review_in: int | None = None


CARE: Mapping[str, Care] = {
    "Loyal customers": Care(
        "analytics", ("loyalty", "core"),
        "Agreed with the campaign desk: two of three signs are enough. Compare with the tier report every quarter.", 41,
    ),
    "Regular buyers gone quiet": Care("analytics", ("win back", "core"), review_in=20),
    "New contacts": Care("campaigns", ("welcome", "core")),
    "Birthday in the next two weeks": Care("campaigns", ("birthday",), review_in=75),
    "Browsed the sale or filled a cart, did not buy": Care("campaigns", ("sale",)),
    "Newsletter readers": Care("campaigns", ("newsletter", "core"), review_in=12),
    "High average order value": Care("analytics", ("loyalty",)),
    "Needs care after a complaint": Care(
        "operations", ("exclusion", "core"), "Left out of every promotion. Depends on the support desk.",
    ),
    "First order in the last 30 days": Care("campaigns", ("welcome",)),
    "Utrecht store regulars": Care("stores", ("stores",), "Ask the CRM team about the field for the preferred store."),
    "Antwerp store regulars": Care("stores", ("stores",)),
    "Gold and platinum, resting": Care("analytics", ("loyalty", "win back")),
    "Anniversary weeks, quiet since": Care("campaigns", ("anniversary",), "The action is over.", -18),
    "Loyal, reachable by mail": Care("campaigns", ("loyalty", "mail")),
    "Cart left behind": Care("campaigns", ("sale",)),
    "Test group: one subscriber in ten": Care("analytics", ("test",), "Stable: the same tenth every time."),
    "The 250 best buyers of the quarter": Care("stores", ("events",), "Guests of the customer evenings.", 6),
    "Loyal customers, second copy": Care("analytics", ("test",), "Made to compare the old editor with the new one."),
    "Newsletter readers in Amsterdam": Care("stores", ("events", "newsletter"), "The evening was last month.", -25),
    "Egg hunt on the website": Care("campaigns", ("seasonal",), review_in=-60),
    "Garden lovers who buy": Care("stores", ("seasonal",)),
}  # fmt: skip


def take_care(databases: Databases, context: OrganizationContext, segments: Mapping[str, UUID], *, today: date) -> None:
    """Give the teams their seats and write down what they know about the segments."""
    organizations = Organizations(databases.owner)
    teams: dict[str, UUID] = {}
    for key, (name, role) in _TEAMS.items():
        identity = Identity("local", f"demo-{key}", display_name=name)
        organizations.give_seat(context.organization_id, identity, role)
        teams[key] = context_for(databases.app, identity, context.organization_id).person_id
    with databases.app.transaction(context.organization_id) as transaction:
        for name, care in CARE.items():
            own: dict[str, object] = {"organization": context.organization_id, "segment": segments[name]}
            day = None if care.review_in is None else today + timedelta(days=care.review_in)
            described = {"owner": teams[care.team], "notes": care.notes, "review_on": day}
            transaction.run(_QUERIES["describe_segment"], {**own, **described})
            _tag(transaction, own, care.tags)


def _tag(transaction: Transaction, own: Mapping[str, object], tags: Sequence[str]) -> None:
    transaction.run(_QUERIES["tag_segment"], [{**own, "tag": tag, "tag_fold": fold(tag)} for tag in tags])
