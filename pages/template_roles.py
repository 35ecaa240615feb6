"""What the parts of a catalog are for, guessed from their names and types: which event is a purchase, which a visit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from segment_engine import TIMES, Catalog, EventType, Field, FieldType

_PURCHASE = re.compile("order|purchase|bought|sale|checkout|transaction|payment|donation", re.IGNORECASE)
_NO_PURCHASE = re.compile("cancel|return|refund|fail|view", re.IGNORECASE)
_CART = re.compile("cart|basket", re.IGNORECASE)
_VISIT = re.compile("visit|view|session|log.?in|seen|active|open.?app", re.IGNORECASE)
_SIGN_UP = re.compile("sign.?up|signed.?up|regist|joined|created|member.?since|subscribed.?at", re.IGNORECASE)
_BIRTHDAY = re.compile("birth", re.IGNORECASE)


@dataclass(frozen=True)
class Roles:
    """What the templates can build on; None where the catalog has nothing like it."""

    purchase: EventType | None
    amount: Field | None
    cart: EventType | None
    visit: EventType | None
    signed_up: Field | None
    birthday: Field | None
    interactions: frozenset[str]
    email: bool


def roles_of(catalog: Catalog) -> Roles:
    """Guess the roles of events and fields."""
    events = [each for each in catalog.events.values() if not each.interaction]
    purchase = _purchase(events)
    cart = _event(events, _CART)
    visit = _event(events, _VISIT) or purchase or next(iter(events), None)
    if cart is not None and purchase is not None and cart.date_only != purchase.date_only:
        cart = None  # nothing follows a date that has a time of day
    return Roles(
        purchase, _amount(purchase), cart, visit, _field(catalog, _SIGN_UP), _field(catalog, _BIRTHDAY),
        frozenset(each.interaction for each in catalog.events.values() if each.interaction),
        "contact.email" in catalog.fields,
    )  # fmt: skip


def _event(events: Iterable[EventType], like: re.Pattern[str]) -> EventType | None:
    return next((each for each in events if like.search(each.key) or like.search(each.label)), None)


def _purchase(events: list[EventType]) -> EventType | None:
    """Prefer an event with an amount; a returned order is none."""
    likely = [each for each in events if _PURCHASE.search(each.key) and not _NO_PURCHASE.search(each.key)]
    return next((each for each in likely if _amount(each)), likely[0] if likely else None)


def _amount(event: EventType | None) -> Field | None:
    fields = () if event is None else event.fields.values()
    return next((each for each in fields if each.type is FieldType.MONEY), None)


def _field(catalog: Catalog, like: re.Pattern[str]) -> Field | None:
    times = (each for each in catalog.fields.values() if each.type in TIMES)
    return next((each for each in times if like.search(each.key) or like.search(each.label)), None)
