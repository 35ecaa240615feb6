"""Events of one contact for the reference evaluator: which rows count, and what is asked of them. It never sees SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from fractions import Fraction
from typing import cast

from segment_engine.domain.catalog import TEXTS, Catalog, EventType, Field, FieldType, property_of
from segment_engine.domain.criteria import (
    Aggregate,
    Case,
    Count,
    Event,
    EventTime,
    Group,
    Node,
    Property,
    Rows,
)
from segment_engine.domain.evaluate_groups import combine
from segment_engine.domain.evaluate_records import EventRecord
from segment_engine.domain.evaluate_times import Clock, ticks, window_bounds
from segment_engine.domain.evaluate_values import Number, Read, fold_text, judge_read, read_value
from segment_engine.errors import Unresolved

Events = tuple[EventRecord, ...]


def _event_type(key: str, catalog: Catalog) -> EventType:
    event = catalog.events.get(key)
    if event is None:
        raise Unresolved(f"The event {key} does not exist any more. Restore it, or edit the criteria.")
    return event


def _property(event: EventType, key: str) -> Field:
    field = property_of(event, key)
    if field is None:
        raise Unresolved(f"{event.label} has no property {key} any more. Restore it, or edit the criteria.")
    return field


def _time_line(event: EventType) -> FieldType:
    return FieldType.DATE if event.date_only else FieldType.INSTANT


def _position(event: EventType) -> Callable[[EventRecord], int]:
    if event.date_only:
        return lambda row: row.time.astimezone(UTC).toordinal()
    return lambda row: ticks(row.time)


def _reader(event: EventType, field: Field, clock: Clock) -> Callable[[EventRecord], Read | None]:
    """Return what reads a property, or what every event has: these four are never missing, at any local date."""
    key, kind = field.key, field.type
    zone = UTC if event.date_only else clock.zone
    offered: dict[str, Callable[[EventRecord], Read]] = {
        "@time": _position(event),
        "@day": lambda row: row.time.astimezone(zone).toordinal(),
        "@weekday": lambda row: row.time.astimezone(zone).isoweekday(),
        "@hour": lambda row: row.time.astimezone(zone).hour,
    }
    return offered.get(key) or (lambda row: read_value(row.values.get(key), kind))


# Which rows count ------------------------------------------------------------------------------------------------


def _where(node: Node, event: EventType, clock: Clock) -> Callable[[EventRecord], bool]:
    if isinstance(node, Group):
        return combine(node, tuple(_where(child, event, clock) for child in node.of))
    if not isinstance(node, Property):
        raise Unresolved("Only properties of the event can be asked of its rows. Edit that condition.")
    field = _property(event, node.field)
    read = _reader(event, field, clock)
    asks = judge_read(node.test, field, clock)
    return lambda row: asks(read(row))


def choose_rows(rows: Rows, catalog: Catalog, clock: Clock) -> Callable[[Events], Events]:
    """Return what picks the rows of §3.4: of the type, before `as_of`, inside the window, satisfying `where`."""
    event = _event_type(rows.source, catalog)
    line = _time_line(event)
    low, high = window_bounds(rows.window, clock, line)
    until = clock.edge if event.date_only else clock.now
    position = _position(event)
    satisfies = None if rows.where is None else _where(rows.where, event, clock)

    def counts(row: EventRecord) -> bool:
        if row.type != event.key:
            return False
        place = position(row)
        if not rows.include_future and place >= until:
            return False
        if (low is not None and place < low) or (high is not None and place >= high):
            return False
        return satisfies is None or satisfies(row)

    return lambda events: tuple(row for row in events if counts(row))


# What is asked of them -------------------------------------------------------------------------------------------


def _count_holds(number: int, count: Count) -> bool:
    upper = count.n if count.to is None else count.to
    answers = {
        "eq": number == count.n,
        "ne": number != count.n,
        "gt": number > count.n,
        "gte": number >= count.n,
        "lt": number < count.n,
        "lte": number <= count.n,
        "between": count.n <= number <= upper,
        "not_between": not count.n <= number <= upper,
    }
    return answers[count.op]


def ask_event(node: Event, catalog: Catalog, clock: Clock) -> Callable[[Events], bool]:
    """Did, or did not, so many times; no rows count as zero (§4.2)."""
    choose = choose_rows(node.rows, catalog, clock)
    count = node.count
    if node.verb == "did_not":
        return lambda events: not choose(events)
    if count is None:
        return lambda events: bool(choose(events))
    return lambda events: _count_holds(len(choose(events)), count)


def ask_event_time(node: EventTime, catalog: Catalog, clock: Clock) -> Callable[[Events], bool]:
    """When the first or last of the rows happened; missing when there is none (§4.4)."""
    event = _event_type(node.rows.source, catalog)
    choose = choose_rows(node.rows, catalog, clock)
    position = _position(event)
    pick = min if node.which == "first" else max
    asks = judge_read(node.test, _property(event, "@time"), clock)
    return lambda events: asks(pick((position(row) for row in choose(events)), default=None))


def ask_aggregate(node: Aggregate, catalog: Catalog, clock: Clock) -> Callable[[Events], bool]:
    """Ask for a figure over the rows whose property is present (§4.3)."""
    event = _event_type(node.rows.source, catalog)
    choose = choose_rows(node.rows, catalog, clock)
    if node.function == "count" or node.of is None:
        asks = judge_read(node.test, _NUMBER_OF_ROWS, clock)
        return lambda events: asks(len(choose(events)))
    field = _property(event, node.of)
    read = _reader(event, field, clock)
    figure = _figure_of(node, field)
    counted = node.function == "count_distinct"
    asks = judge_read(node.test, _NUMBER_OF_ROWS if counted else field, clock)

    def answer(events: Events) -> bool:
        values = (read(row) for row in choose(events))
        return asks(figure([value for value in values if value is not None]))

    return answer


_NUMBER_OF_ROWS = Field(key="@count", label="number of rows", type=FieldType.INTEGER, column="")


def _figure_of(node: Aggregate, field: Field) -> Callable[[list[Read]], Number | None]:
    match node.function:
        case "count_distinct" if field.type in TEXTS and node.distinct_case is Case.FOLD:
            return lambda values: len({fold_text(str(value), field) for value in values})
        case "count_distinct":
            return lambda values: len(set(values))
        case "sum":
            return lambda values: sum(cast("list[int]", values))
        case "avg":
            # As a fraction nothing is rounded: comparing it is comparing the sum with literal times count.
            return lambda values: Fraction(sum(cast("list[int]", values)), len(values)) if values else None
        case "min":
            return lambda values: min(cast("list[int]", values), default=None)
        case "max":
            return lambda values: max(cast("list[int]", values), default=None)
        case _:
            raise Unresolved(f"The figure {node.function} is not known. Edit that condition.")
