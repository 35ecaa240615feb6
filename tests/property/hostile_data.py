"""Contacts and events made to break a compiler: seeded, small, and placed where bounds lie.

One *world* is one organization with its `as_of` and zone. Worlds share most contact numbers and all event type
numbers, so that a predicate which forgets the organization finds its neighbors' rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from segment_engine.domain.catalog import NUMBERS, Catalog, EventType, Field, FieldType
from segment_engine.domain.criteria import Calendar, InPeriod, Unit
from segment_engine.domain.evaluate import ContactRecord, EventRecord
from segment_engine.domain.evaluate_times import Clock, period_bounds, read_clock, shift_day, shift_now
from segment_engine.domain.evaluate_values import Stored

# Numbers at the edges of bytes, words and blocks, with gaps; every world has its own choice of them, so that the
# highest number of one is not that of its neighbors.
NUMBERS_GIVEN = (*range(1, 41), 63, 64, 65, 66, 95, 96, 97, 127, 128, 129, 255, 256, 1023, 1024, 4095, 4096, 4097)
FAR_NUMBERS = (8191, 8192, 12_288, 32_767, 32_768, 100_001)
PLANS = ("free", "Free", "paid", "déjà", "a%b", "\U0001d52dro")
SIZES = ("small", "Middle", "LARGE", "äußerst", "x_l")
TICK = timedelta(microseconds=1)


def _by_key(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


CATALOG = Catalog(
    fields=_by_key(
        Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
        Field("contact.nick", "nick", FieldType.TEXT, "text_1", fold_column="text_1_fold"),
        Field("contact.code", "code", FieldType.TEXT, "text_2"),
        Field("contact.plan", "plan", FieldType.CHOICE, "text_3", fold_column="text_3_fold", values=PLANS),
        Field("contact.size", "size", FieldType.CHOICE, "text_4", values=SIZES, ordered=True),
        Field("contact.age", "age", FieldType.INTEGER, "number_1"),
        Field("contact.rate", "rate", FieldType.DECIMAL, "number_2", scale=3),
        Field("contact.income", "income", FieldType.MONEY, "number_3", scale=2, currency="EUR"),
        Field("contact.vip", "vip", FieldType.BOOLEAN, "boolean_1"),
        Field("contact.birthday", "birthday", FieldType.DATE, "birthday"),
        Field("contact.renewal", "renewal", FieldType.DATE, "date_1"),
        Field("contact.signed_up_at", "signed up", FieldType.INSTANT, "signed_up_at"),
        Field("contact.seen_at", "seen", FieldType.INSTANT, "instant_1"),
    ),
    events={
        "order": EventType(
            "order",
            "order",
            1,
            fields=_by_key(
                Field("order.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
                Field("order.items", "items", FieldType.INTEGER, "number_2"),
                Field("order.weight", "weight", FieldType.DECIMAL, "number_3", scale=4),
                Field("order.channel", "channel", FieldType.TEXT, "text_1"),
                Field("order.status", "status", FieldType.CHOICE, "text_2", values=SIZES, ordered=True),
                Field("order.gift", "gift", FieldType.BOOLEAN, "boolean_1"),
                Field("order.due", "due", FieldType.DATE, "date_1"),
                Field("order.paid_at", "paid", FieldType.INSTANT, "instant_1"),
            ),
        ),
        "visit": EventType(
            "visit",
            "visit",
            2,
            date_only=True,
            fields=_by_key(
                Field("visit.pages", "pages", FieldType.INTEGER, "number_1"),
                Field("visit.page", "page", FieldType.TEXT, "text_1"),
            ),
        ),
        # Never asked for: its rows must never be seen, though they fill the same columns.
        "noise": EventType(
            "noise",
            "noise",
            3,
            fields=_by_key(
                Field("noise.total", "total", FieldType.INTEGER, "number_1"),
                Field("noise.channel", "channel", FieldType.TEXT, "text_1"),
            ),
        ),
    },
)

TEXTS = (
    "Gent", "GENT", "gent", " Gent", "Gent ", "\u00a0Gent", "İstanbul", "i\u0307stanbul", "istanbul", "ISTANBUL",
    "\u0131stanbul", "straße", "STRASSE", "\u1e9e", "ss", "S", "É", "é", "e\u0301", "E\u0301", "E", "\u212b", "Å",
    "a\u030a", "ﬁn", "FIN", "\u212a", "k", "K", "%", "_", "\\", "&", "'", '"', "a%b", "a_b", "axb", "a\\b", "a&b",
    "a&amp;b", "O'Brien", "$1", ":name", "%(name)s", "%s", "{}", "--", "Σίσυφος", "ΣΊΣΥΦΟΣ", "\u03c2", "\u03c3",
    "\u0345", "\u03b9", "\u1fb3", "\u0390", "\u01c5", "\u01c6", "\u0149", "😀", "𐐀", "𐐨", "각", "\u1100\u1161\u11a8",
    "a\tb", "a\nb", "\u200b", "\u180e", "\u200bGent", "0", "00", "null", "NULL", "NaN", "true", "x" * 500, "X" * 500,
)  # fmt: skip
# What may be stored but not typed: control characters that only look blank.
STORED_TEXTS = (*TEXTS, "\x01", "\x1c", "\x85", "\x7f", "Ge\x01nt", "x" * 2000)
SMALL = (-3, -1, 0, 1, 2, 3, 5, 7, 10, 50, 99, 100, 101)
EXTREME = (2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 10**18 - 1, -(10**18) + 1, 2**53 + 1, 2**31)
NUMBERS_HELD = (*SMALL, *SMALL, *SMALL, *EXTREME)
UNITS = (Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR)
_LONG = {Unit.QUARTER, Unit.YEAR}
_LENGTHS = ((1, 1, 2, 3, 7, 30, 90), (1, 1, 2, 3, 7))
PERIODS = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR, Unit.FISCAL_QUARTER, Unit.FISCAL_YEAR)

_SCENES = (
    ("2026-03-29T10:00:00Z", "Europe/Amsterdam"),  # the day of the clock change (V1, V2)
    ("2026-03-31T10:00:00Z", "Europe/Amsterdam"),  # month end (V3)
    ("2026-03-30T00:30:00Z", "Europe/Amsterdam"),  # yesterday's local time is skipped (V4)
    ("2026-10-26T01:30:00Z", "Europe/Amsterdam"),  # yesterday's local time happens twice (V5)
    ("2026-10-25T01:30:00Z", "Europe/Amsterdam"),  # as_of itself is the second of two
    ("2026-03-09T23:00:00Z", "Europe/Amsterdam"),  # local midnight: the date edge
    ("2024-02-29T12:34:56.789012Z", "UTC"),
    ("2018-11-05T02:15:00Z", "America/Sao_Paulo"),  # midnight skipped the day before
    ("2025-11-02T04:30:00Z", "America/Havana"),  # within a midnight that happens twice
    ("2011-12-31T10:00:00Z", "Pacific/Apia"),  # the local day before never was
    ("2026-04-05T15:00:00.000001Z", "Australia/Lord_Howe"),  # half an hour of summer time
    ("2026-01-01T00:00:00Z", "America/Los_Angeles"),
    ("2025-12-31T15:00:00Z", "Asia/Tokyo"),
    ("1970-01-01T00:00:00Z", "Asia/Kolkata"),
    ("2100-03-01T00:00:00Z", "UTC"),  # 2100 is no leap year
    ("1965-05-20T00:44:30Z", "Africa/Monrovia"),  # local midnight at an offset of 44 minutes 30 seconds
)
SCENES = len(_SCENES)


@dataclass(frozen=True)
class World:
    """One organization full of awkward values, and the bounds around which they were placed."""

    seed: int
    as_of: datetime
    zone: str
    spans: tuple[tuple[int, Unit], ...]
    days: tuple[date, ...]
    moments: tuple[datetime, ...]
    records: dict[int, ContactRecord]
    deleted: frozenset[int]


def build_world(seed: int) -> World:
    """Make one world; the same seed always gives the same one."""
    rng = Random(seed)  # noqa: S311 - repeatable data, no secret
    text, zone = _SCENES[seed % SCENES]
    as_of = datetime.fromisoformat(text)
    clock = read_clock(as_of, Calendar(time_zone=zone, week_starts_on=rng.choice(("monday", "saturday"))))
    spans = tuple((rng.choice(_LENGTHS[unit in _LONG]), unit) for unit in UNITS for _ in range(2))
    days = tuple(sorted(set(_hot_days(clock, spans))))
    moments = tuple(sorted(set(_hot_moments(clock, spans, days))))
    maker = _Maker(rng, clock, days, moments)
    numbers = sorted({*rng.sample(NUMBERS_GIVEN, 50), *(FAR_NUMBERS if seed % 8 == 3 else ())})
    deleted = frozenset({rng.choice(numbers), numbers[-1 if seed % 2 else 0]})
    records = {number: maker.contact() for number in numbers}
    return World(seed, as_of, zone, spans, days, moments, records, deleted)


def _hot_days(clock: Clock, spans: Iterable[tuple[int, Unit]]) -> Iterator[date]:
    yield from (date(1900, 1, 1), date(2200, 12, 31), date(2000, 2, 29), date(2024, 2, 29), date(1999, 3, 1))
    for base in (clock.today, clock.edge):
        for near in (-1, 0, 1):
            yield date.fromordinal(base + near)
        for n, unit in spans:
            if unit not in {Unit.MINUTE, Unit.HOUR}:
                yield date.fromordinal(shift_day(base, n, unit))
                yield date.fromordinal(shift_day(base, -n, unit))
    for unit in PERIODS:
        for offset in (-1, 0, 1):
            for bound in period_bounds(InPeriod(unit, offset), clock, FieldType.DATE):
                yield date.fromordinal(bound)
                yield date.fromordinal(bound - 1)


def _hot_moments(clock: Clock, spans: Iterable[tuple[int, Unit]], days: Iterable[date]) -> Iterator[datetime]:
    yield from (datetime(1900, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC) - TICK)
    borders = [clock.now]
    for n, unit in spans:
        borders += [shift_now(clock, n, unit), shift_now(clock, -n, unit)]
    borders += [clock.start_of_day(day.toordinal()) for day in days if 1900 < day.year < 2200]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for border in borders:
        moment = epoch + timedelta(microseconds=border)
        yield from (moment - TICK, moment, moment + TICK)


class _Maker:
    """Draws values for one world."""

    def __init__(self, rng: Random, clock: Clock, days: tuple[date, ...], moments: tuple[datetime, ...]) -> None:
        self._rng = rng
        self._days = days
        self._moments = moments
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clock.now)
        self._near = tuple(moment for moment in moments if abs(moment - now) < timedelta(days=100))
        self._near_days = tuple(day for day in days if abs(day.toordinal() - clock.today) < 100)
        self._number = 0

    def contact(self) -> ContactRecord:
        """Draw one contact; every sixth has no events, some have many at the same time."""
        rng = self._rng
        values = {key: self._value(field) for key, field in CATALOG.fields.items()}
        events: list[EventRecord] = []
        for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
            if events and rng.random() < 0.25:
                events.append(self._again(events[-1]))
            else:
                events.append(self._event())
        return ContactRecord(values, tuple(events))

    def _event(self) -> EventRecord:
        rng = self._rng
        event = CATALOG.events[rng.choice(("order", "order", "order", "visit", "visit", "noise"))]
        self._number += 1
        values = {key: self._value(field) for key, field in event.fields.items()}
        if event.date_only:
            day = rng.choice(self._near_days if rng.random() < 0.7 else self._days)
            return EventRecord(event.key, self._number, datetime(day.year, day.month, day.day, tzinfo=UTC), values)
        moment = rng.choice(self._near if rng.random() < 0.7 else self._moments)
        return EventRecord(event.key, self._number, moment, values)

    def _again(self, event: EventRecord) -> EventRecord:
        # A row like the one before: the same time, sometimes the same values, another number.
        self._number += 1
        fields = CATALOG.events[event.type].fields
        keep = self._rng.random() < 0.5
        values = event.values if keep else {key: self._value(field) for key, field in fields.items()}
        return EventRecord(event.type, self._number, event.time, values)

    def _value(self, field: Field) -> Stored | None:
        rng = self._rng
        if rng.random() < 0.2:
            return None
        if field.type in NUMBERS:
            return rng.choice(NUMBERS_HELD)
        if field.type is FieldType.BOOLEAN:
            return rng.random() < 0.5
        pools: dict[FieldType, tuple[Stored, ...]] = {
            FieldType.TEXT: STORED_TEXTS,
            FieldType.CHOICE: (*field.values, *field.values, "giant", "FREE", "MIDDLE"),
            FieldType.DATE: self._days,
            FieldType.INSTANT: self._moments,
        }
        return rng.choice(pools[field.type])
