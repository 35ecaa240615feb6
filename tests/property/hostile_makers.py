"""Draws contacts with everything that belongs to them, close to each other and to the bounds of one world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from segment_engine.domain.catalog import NUMBERS, EventType, Field, FieldType, Relation
from segment_engine.domain.criteria import Unit
from segment_engine.domain.evaluate import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    RelatedRecord,
    Stored,
)
from tests.property.hostile_catalog import CATALOG
from tests.property.hostile_references import CAMPAIGNS, GONE_CAMPAIGN, LISTS, READABLE, belongs_to
from tests.property.hostile_texts import ELEMENTS, KEYS, NUMBERS_HELD, STORED_TEXTS

TICK = timedelta(microseconds=1)
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC) - TICK
_LENGTHS = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1)}
_HAPPENED = ("order", "order", "order", "visit", "visit", "noise", "received", "opened", "bounced")

Values = Mapping[str, Stored | None]


@dataclass(frozen=True)
class Near:
    """The bounds of a world: where values are placed."""

    as_of: datetime
    today: date
    days: tuple[date, ...]
    moments: tuple[datetime, ...]
    gaps: tuple[tuple[int, Unit], ...]


class ContactMaker:
    """Draws contacts for one world."""

    def __init__(self, rng: Random, near: Near) -> None:
        self._rng = rng
        self._near = near
        around = timedelta(days=100)
        self._moments = tuple(moment for moment in near.moments if abs(moment - near.as_of) < around)
        self._days = tuple(day for day in near.days if abs(day - near.today) < around)
        self._number = 0

    def keys(self, count: int) -> list[str]:
        """Draw keys of contacts, most of them odd, each once."""
        keys = [*KEYS, *(f"c{number}" for number in range(count))][:count]
        self._rng.shuffle(keys)
        return keys

    def contact(self, key: str) -> ContactRecord:
        """Draw one contact; every sixth has no events, some have many at the same time."""
        rng = self._rng
        values = self._alike({key: self._value(field) for key, field in CATALOG.fields.items()})
        events: list[EventRecord] = []
        for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
            events.append(self._another(values, events))
        return ContactRecord(
            values,
            tuple(self._renumbered(events)),
            key,
            tuple(self._related()),
            tuple(self._consents()),
            self._channels(),
            belongs_to(rng, READABLE),
            belongs_to(rng, LISTS),
        )

    # Values ----------------------------------------------------------------------------------------------------

    def _alike(self, values: Values) -> Values:
        """Make some values of a contact equal to each other, or a gap apart, so that comparing them is a near thing."""
        rng = self._rng
        changed = dict(values)
        for key, other in (
            ("old_plan", "plan"),
            ("want", "size"),
            ("nick", "city"),
            ("code", "city"),
            ("bonus", "age"),
        ):
            if rng.random() < 0.35:
                changed[f"contact.{key}"] = values[f"contact.{other}"]
        nick, age = changed["contact.nick"], values["contact.age"]
        if isinstance(nick, str) and rng.random() < 0.3:
            changed["contact.nick"] = nick.swapcase()
        if isinstance(age, int) and abs(age) < 10**6 and rng.random() < 0.3:
            changed["contact.rate"] = age * 1000
        income = values["contact.income"]
        if rng.random() < 0.3:
            changed["contact.spent"] = income
        moment, day = values["contact.signed_up_at"], values["contact.birthday"]
        if isinstance(moment, datetime) and rng.random() < 0.4:
            changed["contact.seen_at"] = self._apart(moment)
        if isinstance(day, date) and not isinstance(day, datetime) and rng.random() < 0.4:
            changed["contact.renewal"] = self._days_apart(day)
        return changed

    def _apart(self, moment: datetime) -> datetime:
        """Move a moment by a gap, or a tick more or less."""
        rng = self._rng
        n, unit = rng.choice(self._near.gaps)
        moved = moment + rng.choice((-1, 0, 1, 1)) * n * _LENGTHS[unit] + rng.choice((-1, 0, 0, 1)) * TICK
        return moved if _FIRST <= moved <= _LAST else moment

    def _days_apart(self, day: date) -> date:
        lengths = [n for n, unit in self._near.gaps if unit is Unit.DAY]
        moved = day + timedelta(days=self._rng.choice((-1, 0, 1, 1)) * self._rng.choice(lengths))
        return moved if _FIRST.date() <= moved <= _LAST.date() else day

    def _value(self, field: Field) -> Stored | None:
        rng = self._rng
        if rng.random() < 0.2:
            return None
        if field.type in NUMBERS:
            return rng.choice(NUMBERS_HELD)
        if field.type is FieldType.BOOLEAN:
            return rng.random() < 0.5
        listed = (*field.values, *field.values, "giant", "FREE", "MIDDLE")
        if field.type is FieldType.SET:
            return tuple(
                rng.sample(list(dict.fromkeys(listed if field.values else ELEMENTS)), rng.choice((1, 1, 2, 5)))
            )
        pools: dict[FieldType, tuple[Stored, ...]] = {
            FieldType.TEXT: STORED_TEXTS,
            FieldType.CHOICE: listed,
            FieldType.DATE: self._near.days,
            FieldType.INSTANT: self._near.moments,
        }
        return rng.choice(pools[field.type])

    def _values(self, fields: Mapping[str, Field]) -> Values:
        return {key: self._value(field) for key, field in fields.items()}

    # Events ----------------------------------------------------------------------------------------------------

    def _another(self, values: Values, events: list[EventRecord]) -> EventRecord:
        """Draw an event of its own, one like the last, one that follows the last, or one beside a field."""
        chance = self._rng.random()
        signed_up = values["contact.signed_up_at"]
        if events and chance < 0.2:
            return self._again(events[-1])
        if events and chance < 0.5:
            return self._following(events[-1])
        if chance < 0.6 and isinstance(signed_up, datetime):
            return self._event(self._rng.choice(("order", "received")), self._apart(signed_up))
        return self._event(self._rng.choice(_HAPPENED), None)

    def _event(self, key: str, moment: datetime | None) -> EventRecord:
        event = CATALOG.events[key]
        time = self._time(event) if moment is None else moment
        return EventRecord(key, 0, time, self._values(event.fields), self._campaign(event))

    def _time(self, rows: EventType | Relation) -> datetime:
        rng = self._rng
        if rows.date_only:
            return _midnight(rng.choice(self._days if rng.random() < 0.7 else self._near.days))
        return rng.choice(self._moments if rng.random() < 0.7 else self._near.moments)

    def _campaign(self, event: EventType) -> str | None:
        # Events that are no campaign history name one now and then, and some history names one that is gone, or none.
        if event.interaction is None and self._rng.random() < 0.8:
            return None
        return self._rng.choice((*CAMPAIGNS, *CAMPAIGNS, GONE_CAMPAIGN, None))

    def _again(self, event: EventRecord) -> EventRecord:
        # A row like the one before: the same time, sometimes the same values, another number.
        kind = CATALOG.events[event.type]
        keep = self._rng.random() < 0.5
        values = event.values if keep else self._values(kind.fields)
        if self._rng.random() < 0.3:
            values = {key: _other_case(value, kind.fields[key]) for key, value in event.values.items()}
        return replace(event, values=values, campaign=event.campaign if keep else self._campaign(kind))

    def _following(self, event: EventRecord) -> EventRecord:
        """Draw an event of the same kind of time that follows another by a gap, a tick more or less, or not at all."""
        dated = CATALOG.events[event.type].date_only
        key = self._rng.choice([key for key in _HAPPENED if CATALOG.events[key].date_only is dated])
        time = _midnight(self._days_apart(event.time.date())) if dated else self._apart(event.time)
        return self._event(key, time)

    def _renumbered(self, events: list[EventRecord]) -> list[EventRecord]:
        """Give numbers in no order, so that neither the time nor the place in a file is the order of arrival."""
        numbers = list(range(self._number + 1, self._number + 1 + len(events)))
        self._number += len(events)
        self._rng.shuffle(numbers)
        return [replace(event, number=number) for event, number in zip(events, numbers, strict=True)]

    # Other rows ------------------------------------------------------------------------------------------------

    def _related(self) -> list[RelatedRecord]:
        """Draw rows of the first hop, and below each of the purchases rows of the second."""
        rng = self._rng
        drawn: list[tuple[str, int | None]] = [("purchases", None)] * rng.choice((0, 0, 1, 2, 4))
        drawn += [("pets", None)] * rng.choice((0, 0, 1, 3))
        parents = [place for place, (key, _) in enumerate(drawn) if key == "purchases"]
        for place in parents:
            drawn += [("lines", place)] * rng.choice((0, 1, 1, 3))
            drawn += [("returns", place)] * rng.choice((0, 0, 1, 2))
            drawn += [("shadows", place)] * rng.choice((0, 1))
        numbers = list(range(self._number + 1, self._number + 1 + len(drawn)))
        self._number += len(drawn)
        rng.shuffle(numbers)
        return [
            RelatedRecord(key, number, None if place is None else numbers[place], self._row_time(key), self._row(key))
            for (key, place), number in zip(drawn, numbers, strict=True)
        ]

    def _row_time(self, key: str) -> datetime | None:
        relation = CATALOG.relations[key]
        return None if relation.time is None or self._rng.random() < 0.1 else self._time(relation)

    def _row(self, key: str) -> Values:
        return self._values(CATALOG.relations[key].fields)

    def _consents(self) -> list[ConsentRecord]:
        rng = self._rng
        numbers = rng.sample(range(1, 50), rng.choice((0, 0, 1, 2, 5)))
        found: list[ConsentRecord] = []
        for number in numbers:
            moment = found[-1].recorded_at if found and rng.random() < 0.4 else rng.choice(self._moments)
            channel, topic = (
                rng.choice(("email", "email", "sms")),
                rng.choice((None, None, "news", "news", "News", "%")),
            )
            found.append(ConsentRecord(channel, topic, rng.choice(("granted", "pending", "withdrawn")), moment, number))
        return found

    def _channels(self) -> dict[str, ChannelRecord]:
        rng = self._rng
        return {
            channel: ChannelRecord(
                rng.choice(("a@b.c", "a@b.c", "\u200b", None)),
                rng.random() < 0.8,
                rng.choice((None, None, rng.choice(self._moments))),
            )
            for channel in ("email", "sms", "post")
            if rng.random() < 0.7
        }


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _other_case(value: Stored | None, field: Field) -> Stored | None:
    return value.swapcase() if isinstance(value, str) and field.type is FieldType.TEXT else value
