"""Which times in the data the passing of time reaches, and when whole days or periods turn: criteria as a clock.

Where nothing is watched, time alone never changes the members. Otherwise a day or period turns, whatever is stored; or
a moving bound passes the times that are stored, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from segment_engine.domain.catalog import Catalog, FieldType, is_timed
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Calendar,
    Campaign,
    Condition,
    Consent,
    Criteria,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Group,
    InLast,
    InPeriod,
    Reachable,
    Related,
    Rows,
    SegmentMembership,
    Sequence,
    ValueExpression,
)
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
from segment_engine.domain.moments import date_edge, local_date, shift_instant, start_of_day
from segment_engine.domain.periods import ELAPSED_UNITS, period_days, shift_date

_DAY = timedelta(days=1)
_NEAR = timedelta(days=1, hours=12)


@dataclass(frozen=True, slots=True)
class OfContact:
    """A field of the contact that holds a time."""

    field: str


@dataclass(frozen=True, slots=True)
class OfRows:
    """The times of rows; with `newest_only`, of each contact's newest row, because the others change nothing."""

    rows: Rows
    newest_only: bool = False


@dataclass(frozen=True, slots=True)
class OfProperty:
    """A property of rows that holds a time."""

    rows: Rows
    field: str


@dataclass(frozen=True, slots=True)
class OfConsent:
    """When consents for a channel were recorded."""

    channel: str


@dataclass(frozen=True, slots=True)
class OfStop:
    """When a channel was stopped."""

    channel: str


Place = OfContact | OfRows | OfProperty | OfConsent | OfStop


@dataclass(frozen=True, slots=True)
class Watched:
    """A moving bound, the stored times it passes, and how days are counted there. `dated` times are whole days."""

    edge: Edge
    place: Place
    calendar: Calendar
    dated: bool

    @property
    def turns(self) -> bool:
        """Whether a day or period turns whatever is stored; otherwise the bound moves on to the next stored time."""
        return isinstance(self.edge, Period | Yearly)


def watched(criteria: Criteria, catalog: Catalog) -> tuple[Watched, ...]:
    """List what the passing of time reaches in criteria, each once; also in those that are evaluated live with them."""
    found: dict[Watched, None] = {}
    _collect(criteria, catalog, found, frozenset())
    return tuple(found)


def looks_at_time(criteria: Criteria, catalog: Catalog) -> bool:
    """Tell whether time alone can change who is a member, by these criteria or by any that they read live."""
    return bool(watched(criteria, catalog))


def looks_at_own_times(found: Iterable[Watched]) -> bool:
    """Tell whether time reaches values of the contacts themselves, and not only their rows."""
    return any(isinstance(each.place, OfContact) for each in found)


def _collect(criteria: Criteria, catalog: Catalog, found: dict[Watched, None], passed: frozenset[str]) -> None:
    watch = _Watch(catalog, criteria.calendar)
    for _, leaf in leaves(criteria.root):
        found |= dict.fromkeys(watch.of_leaf(leaf))
        if isinstance(leaf, SegmentMembership) and leaf.members == "live":
            for segment_id in set(leaf.segments) - passed:
                child = catalog.segments.get(segment_id)
                if child is not None and child.criteria is not None:
                    _collect(child.criteria, catalog, found, passed | {segment_id})
    for key in criteria.limit.order_by if criteria.limit else ():
        found |= dict.fromkeys(watch.of_expression(key.value))


@dataclass(frozen=True, slots=True)
class _Watch:
    catalog: Catalog
    calendar: Calendar

    def of_leaf(self, leaf: Condition) -> Iterator[Watched]:
        """List what time reaches in one condition."""
        for rows in rows_of(leaf):
            yield from self._of_rows(rows, newest_only=_newest_decides(leaf), whatever=_every_row_decides(leaf))
        match leaf:
            case Attribute(key, test):
                yield from self._each(value_edges(test.op, test.value), OfContact(key), dated=self._is_date(key))
            case EventTime(_, rows, test):
                yield from self._each(value_edges(test.op, test.value), OfRows(_bare(rows)), dated=self._dated(rows))
            case Aggregate(rows=rows, of=str() as of, test=test):
                yield from self._of_property(rows, of, value_edges(test.op, test.value))
            case EventHas(rows=rows, has=has):
                yield from self._of_properties(rows, has)
            case Sequence():
                yield from self._of_waiting(leaf)
            case Consent(channel):
                yield from self._each((NOW,), OfConsent(channel), dated=False)
            case Reachable(channel):
                yield from self._each((NOW,), OfConsent(channel), dated=False)
                yield from self._each((NOW,), OfStop(channel), dated=False)
            case _:
                pass

    def of_expression(self, expression: ValueExpression) -> Iterator[Watched]:
        """List what time reaches in what a limit orders by."""
        if not isinstance(expression, FieldValue):
            yield from self._of_rows(expression.rows, newest_only=False)

    def _of_rows(self, rows: Rows, *, newest_only: bool, whatever: bool = False) -> Iterator[Watched]:
        kind, bare = self.catalog.rows_of(rows.source), _bare(rows)
        if whatever:
            bare = replace(bare, where=None)
        if kind is not None and is_timed(kind):
            for edge in dict.fromkeys(window_edges(rows.window)):
                alone = newest_only and isinstance(rows.window, InLast) and edge != NOW
                yield from self._each((edge,), OfRows(bare, alone), dated=kind.date_only)
            if not rows.include_future:
                yield from self._each((NOW,), OfRows(bare), dated=kind.date_only)
        yield from self._of_properties(rows, rows.where)

    def _of_properties(self, rows: Rows, group: Group | None) -> Iterator[Watched]:
        for tested in property_keys(group):
            yield from self._of_property(rows, tested.field, value_edges(tested.test.op, tested.test.value))

    def _of_property(self, rows: Rows, key: str, edges: tuple[Edge, ...]) -> Iterator[Watched]:
        bare = replace(_bare(rows), where=None)
        if key in {"@time", "@day"}:
            yield from self._each(edges, OfRows(bare), dated=key == "@day" or self._dated(rows))
        else:
            field = self.catalog.property_of(rows.source, key)
            yield from self._each(edges, OfProperty(bare, key), dated=field is None or field.type is FieldType.DATE)

    def _of_waiting(self, leaf: Sequence) -> Iterator[Watched]:
        if leaf.within is None:
            return
        dated = self._dated(leaf.first)
        yield from self._each((waiting_edge(leaf.within, dated=dated),), OfRows(_bare(leaf.first)), dated=dated)

    def _each(self, edges: Iterable[Edge], place: Place, *, dated: bool) -> Iterator[Watched]:
        return (Watched(edge, place, self.calendar, dated) for edge in edges)

    def _is_date(self, key: str) -> bool:
        field = self.catalog.fields.get(key)
        return field is None or field.type is not FieldType.INSTANT

    def _dated(self, rows: Rows) -> bool:
        kind = self.catalog.rows_of(rows.source)
        return kind is None or kind.date_only


def _bare(rows: Rows) -> Rows:
    """Look at rows whenever they happened: which of them a bound passes is asked of their times."""
    return replace(rows, window=None, include_future=True)


def _every_row_decides(leaf: Condition) -> bool:
    """Tell whether rows count that do not satisfy the condition as well: “all of them” is no longer true with one."""
    return isinstance(leaf, Related) and leaf.quantifier == "all"


def _newest_decides(leaf: Condition) -> bool:
    """Tell whether a contact has a row or none, so that only its newest one can make a difference by growing old."""
    match leaf:
        case Event(count=None) | Campaign(count=None, counted="interactions"):
            return True
        case Event(count=count) | Campaign(count=count, counted="interactions") if count is not None:
            return (count.op, count.n) in {("gte", 1), ("gt", 0), ("eq", 0), ("lt", 1), ("lte", 0)}
        case _:
            return False


# When ----------------------------------------------------------------------------------------------------------------


def next_turn(found: Watched, as_of: datetime) -> datetime:
    """Give the first instant after `as_of` at which the day or period turns. Raises: LimitExceeded."""
    today = local_date(as_of, found.calendar)
    if isinstance(found.edge, Period):
        first_after = period_days(InPeriod(found.edge.period.unit, 0), today, found.calendar)[1]
        return start_of_day(first_after, found.calendar)
    return start_of_day(today + _DAY, found.calendar)


def bound_of(found: Watched, as_of: datetime) -> date:
    """Give where a bound stands: a date for dated times, else an instant. What is stored from here on is not passed.

    Raises: LimitExceeded outside 1900-2200.
    """
    match found.edge:
        case Shifted(n, unit) if not found.dated:
            return shift_instant(as_of, found.calendar, n=n, unit=unit)
        case Shifted(n, unit):
            return shift_date(date_edge(as_of, found.calendar), n, unit)
        case Day(n, unit):
            day = shift_date(local_date(as_of, found.calendar), n, unit)
            return day if found.dated else start_of_day(day, found.calendar)
        case _:
            raise TypeError(found.edge)


def passed_at(found: Watched, value: date, as_of: datetime) -> datetime | None:
    """Give the first instant after `as_of` at which a bound passes a stored time."""
    return min(passings(found.edge, value, found.calendar, after=as_of), default=None)


def is_near_clock_change(found: Watched, as_of: datetime) -> bool:
    """Tell whether clocks change around now or around a bound between instants: then it may move back."""
    edge, bound = found.edge, bound_of(found, as_of)
    if found.dated or not isinstance(edge, Shifted) or edge.n == 0 or edge.unit in ELAPSED_UNITS:
        return False
    return any(_clocks_change(moment, found.calendar) for moment in (as_of, bound) if isinstance(moment, datetime))


def _clocks_change(around: datetime, calendar: Calendar) -> bool:
    first, last = (local_date(moment, calendar) for moment in (around - _NEAR, around + _NEAR))
    # Days are as long as they are apart, unless the clocks were changed in between.
    return start_of_day(last, calendar) - start_of_day(first, calendar) != last - first


def wholly_passed_at(found: Watched, as_of: datetime) -> datetime | None:
    """Give when a bound between instants has moved by its own length: nothing it held needs to be inside any more.

    Shape: None for the bound `as_of` itself, which has no length. Raises: LimitExceeded outside 1900-2200.
    """
    edge = found.edge
    if not isinstance(edge, Shifted) or edge.n == 0:
        return None
    return shift_instant(as_of, found.calendar, n=abs(edge.n), unit=edge.unit)
