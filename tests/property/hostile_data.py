"""Contacts, their rows and their standing, made to break a compiler: seeded, small, and placed where bounds lie.

One *world* is one organization with its `as_of` and zone. Worlds share most contact numbers and all numbers of event
types and relations, so that a predicate which forgets the organization finds its neighbors' rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from segment_engine.domain.catalog import Catalog, FieldType
from segment_engine.domain.criteria import Calendar, InPeriod, Unit
from segment_engine.domain.evaluate import ContactRecord, Overrides, Population
from segment_engine.domain.evaluate.times import Clock, period_bounds, read_clock, shift_day, shift_now
from tests.property.hostile_catalog import CATALOG, PLANS, SIZES
from tests.property.hostile_makers import TICK, ContactMaker, Near
from tests.property.hostile_references import catalog_of, decided_by_hand
from tests.property.hostile_texts import NUMBERS_HELD, SMALL, STORED_TEXTS, TEXTS

__all__ = [
    "CATALOG",
    "NUMBERS_HELD",
    "PERIODS",
    "PLANS",
    "SCENES",
    "SIZES",
    "SMALL",
    "STORED_TEXTS",
    "TEXTS",
    "TICK",
    "UNITS",
    "World",
    "build_world",
]

# Numbers at the edges of bytes, words and blocks, with gaps; every world has its own choice of them, so that the
# highest number of one is not that of its neighbors.
NUMBERS_GIVEN = (*range(1, 41), 63, 64, 65, 66, 95, 96, 97, 127, 128, 129, 255, 256, 1023, 1024, 4095, 4096, 4097)
FAR_NUMBERS = (8191, 8192, 12_288, 32_767, 32_768, 100_001)
UNITS = (Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR)
_ELAPSED = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1)}
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
    """One organization full of awkward values, and the bounds around which they were placed.

    Shape: `records` are all contacts, those that are deleted as well; `gaps` are the elapsed times at which events
        follow each other; `catalog` holds what can be named by id; `overrides` are the open decisions of people.
    """

    seed: int
    as_of: datetime
    zone: str
    spans: tuple[tuple[int, Unit], ...]
    gaps: tuple[tuple[int, Unit], ...]
    days: tuple[date, ...]
    moments: tuple[datetime, ...]
    records: dict[int, ContactRecord]
    deleted: frozenset[int]
    catalog: Catalog
    overrides: dict[str, Overrides]

    @property
    def population(self) -> Population:
        """The base, with members by hand."""
        base = {number: record for number, record in self.records.items() if number not in self.deleted}
        return Population(base, self.overrides)


def build_world(seed: int) -> World:
    """Make one world; the same seed always gives the same one."""
    rng = Random(seed)  # noqa: S311 - repeatable data, no secret
    text, zone = _SCENES[seed % SCENES]
    as_of = datetime.fromisoformat(text)
    clock = read_clock(as_of, Calendar(time_zone=zone, week_starts_on=rng.choice(("monday", "saturday"))))
    spans = tuple((rng.choice(_LENGTHS[unit in _LONG]), unit) for unit in UNITS for _ in range(2))
    gaps = tuple(span for span in spans if span[1] in _ELAPSED)
    days = tuple(sorted(set(_hot_days(clock, spans))))
    moments = tuple(sorted(set(_hot_moments(clock, spans, days))))
    maker = ContactMaker(rng, Near(as_of, date.fromordinal(clock.today), days, moments, gaps))
    numbers = sorted({*rng.sample(NUMBERS_GIVEN, 50), *(FAR_NUMBERS if seed % 8 == 3 else ())})
    deleted = frozenset({rng.choice(numbers), numbers[-1 if seed % 2 else 0]})
    keys = maker.keys(len(numbers))
    records = {number: maker.contact(key) for number, key in zip(numbers, keys, strict=True)}
    overrides = decided_by_hand(rng, tuple(numbers))
    return World(
        seed, as_of, zone, spans, gaps, days, moments, records, deleted, catalog_of(as_of), overrides,
    )  # fmt: skip


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
    # What began exactly so long ago that its waiting time is over now, or is not quite.
    borders += [clock.now - n * (_ELAPSED[unit] // TICK) for n, unit in spans if unit in _ELAPSED]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for border in borders:
        moment = epoch + timedelta(microseconds=border)
        yield from (moment - TICK, moment, moment + TICK)
