"""Says one condition in English, with the labels of the catalog. What is gone from the catalog is shown by its key."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.domain.catalog import TEXTS, TIMES, Catalog, EventType, Field, event_time_field, property_of
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Case,
    Condition,
    Count,
    Event,
    EventTime,
    Group,
    Property,
    Rows,
)
from segment_engine.domain.describe_times import Clock, window_text
from segment_engine.domain.describe_values import holds_at_zero, missing_note, number_text, test_text, with_article
from segment_engine.domain.operators import COUNT_OPERATORS

_FUNCTIONS = {"sum": "sum of", "avg": "average", "min": "smallest", "max": "largest"}
_TIME_FUNCTIONS = {"min": "earliest", "max": "latest"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a sentence is written with: the catalog, the time, and the event type whose properties are spoken of."""

    catalog: Catalog
    clock: Clock
    event: EventType | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words of a condition.

    Shape: `where` is the group that restricts its rows and `speaker` the one who knows their properties.
    """

    text: str
    where: Group | None
    speaker: Speaker


def condition_text(condition: Condition, speaker: Speaker) -> Spoken:
    """Write one condition without its `where`."""
    match condition:
        case Attribute():
            return Spoken(_attribute_text(condition, speaker), None, speaker)
        case Property():
            return Spoken(_property_text(condition, speaker), None, speaker)
        case AllContacts():
            return Spoken("they are any contact at all", None, speaker)
        case Event() | Aggregate() | EventTime():
            event = speaker.catalog.events.get(condition.rows.source)
            return Spoken(
                _rows_condition_text(condition, event, speaker.clock),
                condition.rows.where,
                Speaker(speaker.catalog, speaker.clock, event),
            )


def _rows_condition_text(condition: Event | Aggregate | EventTime, event: EventType | None, clock: Clock) -> str:
    name = event.label if event else f"(unknown event {condition.rows.source})"
    rows = _rows_text(condition.rows, event, clock)
    match condition:
        case Event():
            return f"{name} {_count_text(condition.count)}{rows}"
        case Aggregate():
            return _aggregate_text(condition, event, clock, name=name, rows=rows)
        case EventTime(which, test=test):
            field = event_time_field(event) if event else None
            missing = missing_note(
                test, field, let_in=f"contacts without {name} are included", left_out=f"only contacts with {name}"
            )
            return f"the {which} {name}{rows} {test_text(test, field, clock)}{missing}"


def _attribute_text(condition: Attribute, speaker: Speaker) -> str:
    field = speaker.catalog.fields.get(condition.field)
    name = field.label if field else f"(unknown field {condition.field})"
    missing = missing_note(
        condition.test,
        field,
        let_in=f"contacts without {with_article(name) if field else name} are included",
        left_out=f"only contacts with a known {name}",
    )
    return f"{name} {test_text(condition.test, field, speaker.clock)}{missing}"


def _property_text(condition: Property, speaker: Speaker) -> str:
    field = property_of(speaker.event, condition.field) if speaker.event else None
    name = field.label if field else f"(unknown field {condition.field})"
    missing = missing_note(
        condition.test, field, let_in=f"also where {name} is not known", left_out=f"only where {name} is known"
    )
    return f"{name} {test_text(condition.test, field, speaker.clock)}{missing}"


def _rows_text(rows: Rows, event: EventType | None, clock: Clock) -> str:
    words = ""
    if rows.window is not None:
        words = f" {window_text(rows.window, event_time_field(event).type if event else None, clock)}"
    return f"{words}, also what is still to come" if rows.include_future else words


def _count_text(count: Count | None) -> str:
    if count is None:
        return "did not happen"
    _, phrase = COUNT_OPERATORS[count.op]
    times = f"{number_text(count.n)} time{'' if count.n == 1 else 's'}"
    if count.to is not None:
        start, until = number_text(count.n), number_text(count.to)
        words = f"{phrase.replace('…', start, 1).replace('…', until, 1)} times"
    else:
        words = "at least once" if (count.op, count.n) == ("gte", 1) else f"{phrase} {times}"
    return f"happened {words}{' (also never)' if _holds_never(count) else ''}"


def _holds_never(count: Count) -> bool:
    """Tell whether no rows satisfy a count."""
    return {
        "eq": count.n == 0,
        "ne": count.n != 0,
        "gt": False,
        "gte": count.n == 0,
        "lt": count.n > 0,
        "lte": True,
        "between": count.n == 0,
        "not_between": count.n > 0,
    }[count.op]


def _aggregate_text(condition: Aggregate, event: EventType | None, clock: Clock, *, name: str, rows: str) -> str:
    of = property_of(event, condition.of) if event and condition.of else None
    label = of.label if of else f"(unknown field {condition.of})"
    function, test = condition.function, condition.test
    if function == "count":
        figure = f"number of {name}"
    elif function == "count_distinct":
        alike = " (upper and lower case alike)" if condition.distinct_case is Case.FOLD else ""
        exact = " (upper and lower case differ)" if condition.distinct_case is Case.EXACT and _is_text(of) else ""
        figure = f"number of different values of {label}{alike}{exact} of {name}"
    else:
        words = _TIME_FUNCTIONS if of and of.type in TIMES else _FUNCTIONS
        figure = f"{words.get(function, function)} {label} of {name}"
    # The figure is written like its property, so an average of money keeps the money's own decimals.
    field = None if function in {"count", "count_distinct"} else of
    missing = missing_note(
        test, field, let_in="contacts without one are included", left_out="only contacts that have one"
    )
    zero = f" (also without {name})" if test.on_missing is None and holds_at_zero(test) else ""
    return f"{figure}{rows} {test_text(test, field, clock)}{zero}{missing}"


def _is_text(field: Field | None) -> bool:
    return field is not None and field.type in TEXTS
