"""The twelve audiences asked for most, filled in from what an organization has. A template is a whole document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pages.template_roles import Roles, roles_of
from segment_engine import Catalog, EventType, Field

Document = dict[str, Any]

NEEDS_EVENT = "an event of your contacts"
NEEDS_PURCHASE = "an event for orders or purchases"
NEEDS_AMOUNT = "orders with an amount of money"
NEEDS_CART = "an event for filled carts, beside orders"
NEEDS_SIGN_UP = "a date on which contacts signed up"
NEEDS_BIRTHDAY = "a birthday"
NEEDS_CAMPAIGNS = "campaign history of what was {}"
NEEDS_EMAIL = "e-mail addresses of your contacts"


@dataclass(frozen=True)
class Template:
    """An audience to begin with.

    Shape: `document` is None where the organization lacks something; then `needs` names it.
    """

    name: str
    sentence: str
    icon: str
    document: Document | None
    needs: str = ""


class _LackError(Exception):
    """Something a template needs is not in the catalog."""


@dataclass(frozen=True)
class _Parts:
    """The roles of a catalog as templates ask for them: a missing one ends the template with what it needs."""

    roles: Roles

    @property
    def purchase(self) -> str:
        return _key(self.roles.purchase, NEEDS_PURCHASE)

    @property
    def visit(self) -> str:
        return _key(self.roles.visit, NEEDS_EVENT)

    @property
    def cart(self) -> str:
        return _key(self.roles.cart, NEEDS_CART)

    @property
    def signed_up(self) -> str:
        return _key(self.roles.signed_up, NEEDS_SIGN_UP)

    @property
    def birthday(self) -> str:
        return _key(self.roles.birthday, NEEDS_BIRTHDAY)

    @property
    def amount(self) -> str:
        return _key(self.roles.amount, NEEDS_AMOUNT)

    def interaction(self, name: str) -> str:
        if name not in self.roles.interactions:
            raise _LackError(NEEDS_CAMPAIGNS.format(name))
        return name

    def require_email(self) -> None:
        if not self.roles.email:
            raise _LackError(NEEDS_EMAIL)


def _key(found: EventType | Field | None, needs: str) -> str:
    if found is None:
        raise _LackError(needs)
    return found.key


def templates(catalog: Catalog) -> tuple[Template, ...]:
    """Give the twelve templates, filled in where the catalog has what they need."""
    parts = _Parts(roles_of(catalog))
    return tuple(_filled(parts, *row) for row in _TEMPLATES)


def _filled(parts: _Parts, name: str, sentence: str, icon: str, make: Callable[[_Parts], Document]) -> Template:
    try:
        return Template(name, sentence, icon, make(parts))
    except _LackError as lack:
        return Template(name, sentence, icon, None, str(lack))


# Pieces of documents -----------------------------------------------------------------------------------------------


def _all(*conditions: Document, limit: Document | None = None) -> Document:
    root = {"group": "all", "of": list(conditions)}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root, "limit": limit}


def _days(n: int) -> Document:
    return {"n": n, "unit": "day"}


def _did(event: str, days: int | None = None, count: Document | None = None) -> Document:
    found: Document = {"kind": "event", "event": event, "verb": "did", "count": count or {"op": "gte", "n": 1}}
    return found if days is None else found | {"window": {"in_last": _days(days)}}


def _did_not(event: str, days: int | None = None) -> Document:
    found: Document = {"kind": "event", "event": event, "verb": "did_not"}
    return found if days is None else found | {"window": {"in_last": _days(days)}}


def _when(event: str, which: str, op: str, value: Document) -> Document:
    return {"kind": "event_time", "event": event, "which": which, "op": op, "value": value}


def _field(key: str, op: str, value: object) -> Document:
    return {"kind": "attribute", "field": key, "op": op, "value": value}


def _campaign(verb: str, interaction: str, days: int, count: Document | None = None) -> Document:
    found: Document = {"kind": "campaign", "verb": verb, "interaction": interaction, "window": {"in_last": _days(days)}}
    return found if count is None else found | {"count": count}


# The twelve --------------------------------------------------------------------------------------------------------


def _big_spenders(parts: _Parts) -> Document:
    figure = {
        "from": {"event": parts.purchase}, "function": "sum", "of": parts.amount, "window": {"in_last": _days(365)},
    }  # fmt: skip
    order = [{"value": {"aggregate": figure}, "direction": "desc"}]
    return _all(_did(parts.purchase, 365), limit={"top_n": 100, "ties": "cut", "order_by": order})


def _abandoned_cart(parts: _Parts) -> Document:
    return _all(
        {
            "kind": "sequence", "first": {"event": parts.cart, "window": {"in_last": _days(14)}},
            "verb": "not_followed_by", "then": {"event": parts.purchase}, "within": _days(1),
        }
    )  # fmt: skip


def _not_opened(parts: _Parts) -> Document:
    received, opened = parts.interaction("received"), parts.interaction("opened")
    return _all(
        _campaign("did", received, 90, count={"op": "gte", "n": 3}),
        _campaign("did_not", opened, 90),
    )


def _engaged(parts: _Parts) -> Document:
    clicked = [parts.interaction("clicked")] if "clicked" in parts.roles.interactions else []
    names = [parts.interaction("opened"), *clicked]
    ways = [_campaign("did", name, 30, count={"op": "gte", "n": 1}) for name in names]
    return _all(*ways) if len(ways) == 1 else _all({"group": "any", "of": ways})


def _with_consent(parts: _Parts) -> Document:
    parts.require_email()
    return _all(
        {"kind": "reachable", "channel": "email", "op": "is_reachable"},
        {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"]},
    )


def _win_back(parts: _Parts) -> Document:
    signs = [
        _did(parts.purchase, count={"op": "gte", "n": 3}),
        _when(parts.purchase, "first", "more_than_ago", {"n": 1, "unit": "year"}),
    ]
    if parts.roles.amount is not None:
        signs.append(
            {
                "kind": "aggregate", "from": {"event": parts.purchase}, "function": "sum", "of": parts.amount,
                "op": "gte", "value": "200",
            }
        )  # fmt: skip
    if parts.roles.signed_up is not None:
        signs.append(_field(parts.signed_up, "more_than_ago", {"n": 1, "unit": "year"}))
    lapsed = _when(parts.purchase, "last", "between_ago", {"from": 365, "to": 90, "unit": "day"})
    return _all(lapsed, {"group": "at_least", "k": 2, "of": signs})


def _first_time(parts: _Parts) -> Document:
    return _all(_did(parts.purchase, count={"op": "eq", "n": 1}), _when(parts.purchase, "first", "in_last", _days(30)))


_TEMPLATES: tuple[tuple[str, str, str, Callable[[_Parts], Document]], ...] = (
    (
        "Recently active", "Did something in the last 30 days.", ":material/bolt:",
        lambda parts: _all(_did(parts.visit, 30)),
    ),
    (
        "New sign-ups", "Signed up in the last 30 days.", ":material/person_add:",
        lambda parts: _all(_field(parts.signed_up, "in_last", _days(30))),
    ),
    ("First-time buyers", "Bought once, in the last 30 days.", ":material/looks_one:", _first_time),
    ("Big spenders", "The 100 who spent most in a year.", ":material/leaderboard:", _big_spenders),
    (
        "Lapsed customers", "Bought, but not for 180 days.", ":material/hourglass_bottom:",
        lambda parts: _all(_when(parts.purchase, "last", "more_than_ago", _days(180))),
    ),
    (
        "Never bought", "Active in the last 90 days, without any purchase.", ":material/remove_shopping_cart:",
        lambda parts: _all(_did(parts.visit, 90), _did_not(parts.purchase))
        if parts.visit != parts.purchase
        else _all(_did_not(parts.purchase)),
    ),
    ("Abandoned cart", "Filled a cart and did not buy within a day.", ":material/shopping_cart:", _abandoned_cart),
    (
        "Birthday this week", "Has a birthday today or in the next 6 days.", ":material/cake:",
        lambda parts: _all(_field(parts.birthday, "anniversary_within", {"before": 0, "after": 6, "min_years": 1})),
    ),
    ("Engaged with campaigns", "Opened or clicked in the last 30 days.", ":material/ads_click:", _engaged),
    ("Not opened in 90 days", "Received at least 3 campaigns, opened none.", ":material/unsubscribe:", _not_opened),
    ("Reachable with consent", "E-mail works, and consent was given.", ":material/verified_user:", _with_consent),
    ("Win back", "Good customers who went quiet: 2 of several signs.", ":material/replay:", _win_back),
)  # fmt: skip
