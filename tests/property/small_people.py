"""Contacts drawn from few values, so that questions drawn from the same values often meet and exclude each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from segment_engine.domain.catalog import NUMBERS, EventType, Field, FieldType
from segment_engine.domain.evaluate import ContactRecord, EventRecord
from segment_engine.domain.evaluate.records import ChannelRecord, ConsentRecord, RelatedRecord, Stored
from tests.language_catalog import AS_OF, CAMPAIGN, CATALOG, CHILD, LIST, OTHER_CAMPAIGN, OTHER_CHILD, OTHER_LIST

TEXTS = ("Gent", "GENT", "gent", "Gentbrugge", "Brugge", "nt", "É", "é", "e")
CHOSEN = {"contact.plan": ("free", "Pro", "PRO", "pRo", "other"), "contact.size": ("small", "medium", "large", "giant")}
NUMBERS_HELD = (-1, 0, 1, 2, 3, 100, 200, 201)
DAYS = tuple(
    date(2026, 4, 1) + timedelta(days=days) for days in (-800, -400, -366, -90, -31, -30, -7, -2, -1, 0, 1, 7, 30)
)
MOMENTS = tuple(
    AS_OF + timedelta(days=days, seconds=seconds)
    for days in (-800, -366, -90, -31, -30, -7, -1, 0, 1, 7, 30)
    for seconds in (-1, 0, 1)
)
ELEMENTS = ("a", "A", "b", "news", "offers")


def stored_value(rng: Random, field: Field) -> Stored | None:
    """Draw what a field holds; a quarter is missing."""
    if rng.random() < 0.25:
        return None
    if field.type in NUMBERS:
        return rng.choice(NUMBERS_HELD)
    match field.type:
        case FieldType.BOOLEAN:
            return rng.random() < 0.5
        case FieldType.DATE:
            return rng.choice(DAYS)
        case FieldType.INSTANT:
            return rng.choice(MOMENTS)
        case FieldType.SET:
            return tuple(sorted(rng.sample(ELEMENTS, rng.randint(1, 3))))
        case _:
            return rng.choice(CHOSEN.get(field.key, TEXTS))


class People:
    """Draws contacts with everything that may belong to them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._number = 0

    def contact(self, key: int) -> ContactRecord:
        """Draw one contact."""
        rng = self._rng
        return ContactRecord(
            {name: stored_value(rng, field) for name, field in CATALOG.fields.items()},
            tuple(self._event() for _ in range(rng.choice((0, 0, 1, 2, 5)))),
            str(key),
            tuple(self._related()),
            tuple(self._consent(number) for number in range(rng.choice((0, 1, 2, 3)))),
            {channel: self._channel() for channel in ("email", "sms") if rng.random() < 0.7},
            frozenset(each for each in (CHILD, OTHER_CHILD) if rng.random() < 0.5),
            frozenset(each for each in (LIST, OTHER_LIST) if rng.random() < 0.5),
        )

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _time(self, kind: EventType) -> datetime:
        if not kind.date_only:
            return self._rng.choice(MOMENTS)
        day = self._rng.choice(DAYS)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    def _event(self) -> EventRecord:
        rng = self._rng
        kind = rng.choice(tuple(CATALOG.events.values()))
        values = {name: stored_value(rng, field) for name, field in kind.fields.items()}
        campaign = rng.choice((None, CAMPAIGN, OTHER_CAMPAIGN)) if kind.interaction else None
        return EventRecord(kind.key, self._next(), self._time(kind), values, campaign)

    def _related(self) -> list[RelatedRecord]:
        rng = self._rng
        rows: list[RelatedRecord] = []
        for _ in range(rng.choice((0, 0, 1, 2))):
            order = self._next()
            time = rng.choice((None, *MOMENTS))
            rows.append(RelatedRecord("orders", order, None, time, self._values("orders")))
            rows += [
                RelatedRecord("order_lines", self._next(), order, None, self._values("order_lines"))
                for _ in range(rng.choice((0, 1, 2)))
            ]
        return rows

    def _values(self, relation: str) -> dict[str, Stored | None]:
        return {name: stored_value(self._rng, field) for name, field in CATALOG.relations[relation].fields.items()}

    def _consent(self, number: int) -> ConsentRecord:
        rng = self._rng
        state = rng.choice(("granted", "granted", "pending", "withdrawn"))
        return ConsentRecord(
            rng.choice(("email", "sms")), rng.choice((None, "news")), state, rng.choice(MOMENTS), number
        )

    def _channel(self) -> ChannelRecord:
        rng = self._rng
        return ChannelRecord(rng.choice((None, "x", "y")), rng.random() < 0.8, rng.choice((None, None, *MOMENTS)))
