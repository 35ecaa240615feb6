"""Which times of a contact a condition watches, and the instants at which each is passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Calendar,
    Condition,
    Consent,
    EventHas,
    EventTime,
    Group,
    Reachable,
    Rows,
    SegmentMembership,
    Sequence,
)
from segment_engine.domain.describe.rows import Speaker, rows_name
from segment_engine.domain.describe.times import Clock, day_text, instant_text, length_text
from segment_engine.domain.evaluate.records import ContactRecord, Stored
from segment_engine.domain.evaluate.rows import Row, RowSource, find_source
from segment_engine.domain.evaluate.times import read_clock
from segment_engine.domain.explanation.needs import leaves, property_keys, rows_of
from segment_engine.domain.flips.time import (
    NOW,
    Day,
    Edge,
    Period,
    Shifted,
    Yearly,
    passings,
    value_edges,
    waiting_edge,
    window_edges,
)


@dataclass(frozen=True, slots=True)
class Passing:
    """An instant (UTC) at which an answer may change, and what happens then, in words."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What a contact's times are looked at with: catalog, calendar, and the instant of the explanation."""

    catalog: Catalog
    calendar: Calendar
    as_of: datetime

    @property
    def speaker(self) -> Speaker:
        """The one who names rows."""
        return Speaker(self.catalog, Clock(self.as_of, self.calendar))

    def source(self, rows: Rows) -> RowSource:
        """Find where rows come from."""
        return find_source(rows.source, self.catalog, read_clock(self.as_of, self.calendar))

    def passings(self, leaf: Condition, record: ContactRecord) -> Iterator[Passing]:
        """List the instants after `as_of` at which the answer of a condition may change by time alone."""
        for edge, value, name in self._watched(leaf, record):
            for instant in passings(edge, value, self.calendar, after=self.as_of):
                yield Passing(instant, _reason(edge, value, name, self.calendar))
        if isinstance(leaf, SegmentMembership):
            yield from self._of_segments(leaf, record)

    def _watched(self, leaf: Condition, record: ContactRecord) -> Iterator[tuple[Edge, date, str]]:
        for rows in rows_of(leaf):
            yield from self._of_rows(rows, record)
        match leaf:
            case Attribute(key, test):
                field = self.catalog.fields.get(key)
                name = key if field is None else field.label
                yield from _each(value_edges(test.op, test.value), [record.values.get(key)], name)
            case EventTime(_, rows, test):
                source = self.source(rows)
                times = [_time(source, row) for row in source.take(record)]
                yield from _each(value_edges(test.op, test.value), times, rows_name(rows, self.speaker))
            case Aggregate(rows=rows, of=str() as of, test=test):
                values = self._values(rows, of, record)
                yield from _each(value_edges(test.op, test.value), values, self._label(rows, of))
            case EventHas(rows=rows, has=has):
                yield from self._of_properties(rows, has, record)
            case Sequence():
                yield from self._of_waiting(leaf, record)
            case Consent() | Reachable():
                yield from _of_channel(leaf.channel, record)
            case _:
                pass

    def _of_rows(self, rows: Rows, record: ContactRecord) -> Iterator[tuple[Edge, date, str]]:
        source = self.source(rows)
        edges = (*window_edges(rows.window), *(() if rows.include_future else (NOW,)))
        times = [_time(source, row) for row in source.take(record)]
        yield from _each(tuple(dict.fromkeys(edges)), times, rows_name(rows, self.speaker))
        yield from self._of_properties(rows, rows.where, record)

    def _of_properties(
        self, rows: Rows, group: Group | None, record: ContactRecord
    ) -> Iterator[tuple[Edge, date, str]]:
        for tested in property_keys(group):
            edges = value_edges(tested.test.op, tested.test.value)
            if edges:
                yield from _each(edges, self._values(rows, tested.field, record), self._label(rows, tested.field))

    def _values(self, rows: Rows, key: str, record: ContactRecord) -> list[Stored | None]:
        source = self.source(rows)
        if key in {"@time", "@day"}:
            return [_time(source, row) for row in source.take(record)]
        return [row.values.get(key) for row in source.take(record)]

    def _label(self, rows: Rows, key: str) -> str:
        field = self.catalog.property_of(rows.source, key)
        return key if field is None else field.label

    def _of_waiting(self, leaf: Sequence, record: ContactRecord) -> Iterator[tuple[Edge, date, str]]:
        """Watch the ends of waiting times; between dates they are whole days, else elapsed time."""
        if leaf.within is None:
            return
        source = self.source(leaf.first)
        edge = waiting_edge(leaf.within, dated=source.kind.date_only)
        times = [_time(source, row) for row in source.take(record)]
        yield from _each((edge,), times, rows_name(leaf.first, self.speaker))

    def _of_segments(self, leaf: SegmentMembership, record: ContactRecord) -> Iterator[Passing]:
        for segment_id in leaf.segments:
            child = self.catalog.segments.get(segment_id)
            if child is None:
                continue
            if leaf.members == "live" and child.criteria is not None:
                inside = Watch(self.catalog, child.criteria.calendar, self.as_of)
                for _, below in leaves(child.criteria.root):
                    yield from inside.passings(below, record)
            if leaf.max_age_hours is not None and child.as_of is not None:
                end = child.as_of + timedelta(hours=leaf.max_age_hours, microseconds=1)
                if end > self.as_of:
                    yield Passing(end, f"the members of “{child.name}” are too old to be used")


def _each(edges: Iterable[Edge], values: Iterable[Stored | None], name: str) -> Iterator[tuple[Edge, date, str]]:
    times = {value for value in values if isinstance(value, date)}
    for edge in edges:
        for value in times:
            yield edge, value, name


def _time(source: RowSource, row: Row) -> date | None:
    if row.time is None:
        return None
    return row.time.astimezone(UTC).date() if source.kind.date_only else row.time


def _of_channel(channel: str, record: ContactRecord) -> Iterator[tuple[Edge, date, str]]:
    for consent in record.consents:
        if consent.channel == channel:
            yield NOW, consent.recorded_at, "the consent"
    held = record.channels.get(channel)
    if held is not None and held.suppressed_at is not None:
        yield NOW, held.suppressed_at, "the stop"


def _reason(edge: Edge, value: date, name: str, calendar: Calendar) -> str:
    when = instant_text(value, calendar) if isinstance(value, datetime) else day_text(value)
    what = f"{name} of {when}"
    match edge:
        case Shifted(n, unit) if n < 0:
            return f"{what} is older than {length_text(-n, unit)}"
        case Shifted(0, _):
            return f"{what} has happened"
        case Shifted(n, unit):
            return f"{what} is less than {length_text(n, unit)} ahead"
        case Day():
            return f"a new day begins for {what}"
        case Period(period):
            return f"a new {period.unit.value.replace('_', ' ')} begins"
        case Yearly():
            return f"the anniversary of {what} comes or has passed"
