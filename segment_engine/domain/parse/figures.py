"""Reads figures over rows, first and last times, and fields: everything a value can be compared with or sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segment_engine.domain.aggregates import AVERAGE_DECIMALS, FUNCTIONS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import TEXTS, Field
from segment_engine.domain.criteria import (
    Aggregate,
    Case,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Rows,
    Source,
    ValueExpression,
)
from segment_engine.domain.limits import NUMBER_DIGITS
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, allowed, read_label
from segment_engine.domain.parse.rows import (
    ROW_KEYS,
    read_event_type,
    read_path,
    read_property_field,
    read_rows,
    rows_of,
    time_of,
)
from segment_engine.domain.parse.values import TEST_KEYS, Subject, read_case, read_test
from segment_engine.domain.places import Place, quoted

_TEST = (*TEST_KEYS, *LABEL_KEYS)
WHICH = ("first", "last")


@dataclass(frozen=True, slots=True)
class Found:
    """A value expression that was read, and what it gives.

    Shape: `field` describes the value; `may_miss` is False where there always is one.
    """

    value: ValueExpression
    field: Field
    may_miss: bool = True


# Conditions ------------------------------------------------------------------------------------------------------


def read_aggregate(place: Place, reading: Reading) -> Aggregate | None:
    """Read an operator applied to a figure over rows.

    Source: docs/criteria.md §4.3.
    """
    keys = place.keys(("kind", "from", "function", "op"), ("of", *ROW_KEYS, *_TEST))
    label = read_label(keys, reading)
    figure = _figure(place, keys, reading)
    if figure is None:
        return None
    function, of = figure.function, figure.of
    case = keys.get("case")
    distinct = _distinct_case(case, of, function)
    rest = {key: child for key, child in keys.items() if key != "case" or function != "count_distinct"}
    test = read_test(place, rest, subject=figure.subject)
    return Aggregate(function, figure.rows, of.key if of else None, test, distinct, label) if test else None


def read_event_time(place: Place, reading: Reading) -> EventTime | None:
    """Read an operator applied to when the first or last of the rows happened.

    Source: docs/criteria.md §4.4.
    """
    keys = place.keys(("kind", "event", "which", "op"), (*ROW_KEYS, *_TEST))
    label = read_label(keys, reading)
    which = keys["which"].word(WHICH)
    event = read_event_type(keys["event"], reading)
    if event is None:
        return None
    rows = read_rows(keys, place, source=event, reading=reading)
    test = read_test(place, keys, subject=Subject(time_of(event, reading), reading.calendar))
    return EventTime(which, rows, test, label) if which and test else None


# Value expressions -----------------------------------------------------------------------------------------------


def read_expression(place: Place, reading: Reading) -> Found | None:
    """Read `{"field": …}`, `{"aggregate": {…}}` or `{"event_time": {…}}`.

    Source: docs/criteria.md §4.14.
    """
    found = place.one_key(("field", "aggregate", "event_time"))
    if found is None:
        return None
    form, inner = found
    if form == "field":
        field = read_field(inner, reading)
        return field and Found(FieldValue(field.key), field)
    return _figure_value(inner, reading) if form == "aggregate" else _time_value(inner, reading)


def read_field(place: Place, reading: Reading) -> Field | None:
    """Read the key of a contact's field."""
    key = place.text()
    if key is not None and key not in reading.catalog.fields:
        place.refuse("unknown_field", f"There is no field {quoted(key)}. Choose one of the catalog.")
    return None if key is None else allowed(place, reading.catalog.fields.get(key), reading)


def _figure_value(place: Place, reading: Reading) -> Found | None:
    keys = place.keys(("from", "function"), ("of", "case", *ROW_KEYS))
    figure = _figure(place, keys, reading)
    if figure is None:
        return None
    function, of = figure.function, figure.of
    if function == "count_distinct":
        distinct = _distinct_case(keys.get("case"), of, function)
    else:
        distinct = _refused_case(keys.get("case"))
    value = Figure(function, figure.rows, of.key if of else None, distinct)
    return Found(value, figure.subject.field, figure.subject.may_miss)


def _time_value(place: Place, reading: Reading) -> Found | None:
    keys = place.keys(("event", "which"), ROW_KEYS)
    which = keys["which"].word(WHICH)
    event = read_event_type(keys["event"], reading)
    if event is None:
        return None
    rows = read_rows(keys, place, source=event, reading=reading)
    return Found(FirstOrLast(which, rows), time_of(event, reading)) if which else None


# Figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _FigureRead:
    function: str
    rows: Rows
    of: Field | None
    subject: Subject


def _figure(place: Place, keys: Mapping[str, Place], reading: Reading) -> _FigureRead | None:
    function = keys["function"].word(FUNCTIONS)
    source = _source(keys["from"], reading)
    if source is None:
        return None
    rows = read_rows(keys, place, source=source, reading=reading)
    if function is None:
        return None
    of = _of(place, keys.get("of"), source=source, function=function, reading=reading)
    subject = _subject(place, of, function=function, reading=reading)
    return subject and _FigureRead(function, rows, of, subject)


def _source(place: Place, reading: Reading) -> Source | None:
    found = place.one_key(("event", "path"))
    if found is None:
        return None
    form, inner = found
    return read_event_type(inner, reading) if form == "event" else read_path(inner, reading)


def _of(place: Place, of: Place | None, *, source: Source, function: str, reading: Reading) -> Field | None:
    if function == "count":
        if of is not None:
            of.refuse("unknown_key", "“count” counts rows, not values of a property. Remove “of”.")
        return None
    of = of or place.lacks("of")
    field = read_property_field(of, source, reading)
    last = rows_of(source, reading)
    if field is not None and not field.key.startswith("@") and field.key not in last.fields:
        # A row of the first hop would count once for each row of the second.
        of.refuse("unknown_field", f"A figure is computed of {quoted(last.label)}. Choose one of its own properties.")
        return None
    return field


def _subject(place: Place, of: Field | None, *, function: str, reading: Reading) -> Subject | None:
    if of is None and function != "count":
        return None
    result = aggregate_result(function, of)
    if result is None:
        path, kind = f"{place.path}.of", of.type.value if of else "row"
        sentence = f"“{function}” cannot be computed of a {kind}. Choose another property or function."
        place.report.add(path, "operator_type", sentence)
        return None
    digits = NUMBER_DIGITS + (AVERAGE_DECIMALS if function == "avg" else 0)
    return Subject(result, reading.calendar, digits=digits, may_miss=function not in NEVER_MISSING)


def _distinct_case(place: Place | None, of: Field | None, function: str) -> Case | None:
    """Text is counted distinct by exact value unless the document says fold (docs/criteria.md §4.3)."""
    if function != "count_distinct":
        return None
    if of is None or of.type not in TEXTS:
        return _refused_case(place)
    return Case.EXACT if place is None else read_case(place)


def _refused_case(place: Place | None) -> None:
    if place is not None:
        place.refuse("unknown_key", "Upper and lower case matter only for text. Remove “case”.")
