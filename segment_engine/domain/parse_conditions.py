"""Reads every kind of condition. A kind the language names but this version cannot do is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from segment_engine.domain.aggregates import AVERAGE_DECIMALS, FUNCTIONS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import TEXTS, EventType, Field, event_time_field, property_of
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Case,
    Condition,
    Count,
    Event,
    EventTime,
    Property,
    Rows,
)
from segment_engine.domain.limits import COUNT, NUMBER_DIGITS, WHERE_LEVELS
from segment_engine.domain.operators import COUNT_OPERATORS
from segment_engine.domain.parse_groups import LABEL_KEYS, Reading, read_group, read_label
from segment_engine.domain.parse_times import looks_ahead, read_window
from segment_engine.domain.parse_values import TEST_KEYS, Subject, read_case, read_test
from segment_engine.domain.places import Place, quoted

_ROW_KEYS = ("where", "window", "include_future")
_TEST = (*TEST_KEYS, *LABEL_KEYS)
_LATER = (
    *("bucket", "campaign", "compare_fields", "consent", "event_has", "reachable"),
    *("related", "sample", "segment", "sequence", "static_list"),
)


def read_condition(place: Place, reading: Reading) -> Condition | None:
    """Read a condition of the tree."""
    reader = _KINDS.get(_kind(place, _KINDS) or "")
    return reader(place, reading) if reader else None


def _kind(place: Place, known: Collection[str]) -> str | None:
    """Read `kind` alone, so that the right keys can be asked for."""
    if not isinstance(place.value, dict):
        place.refuse("not_an_object", "A condition or a group in braces is expected here.")
        return None
    if place.peek("kind") is None:
        place.lacks("kind")
        return None
    kind = Place(place.peek("kind"), f"{place.path}.kind", place.report)
    if kind.value in _LATER and "property" not in known:
        kind.refuse("unknown_kind", f"This version cannot do {quoted(str(kind.value))} yet. Use another condition.")
        return None
    return kind.word(known, code="unknown_kind")


def _attribute(place: Place, reading: Reading) -> Attribute | None:
    keys = place.keys(("kind", "field", "op"), _TEST)
    label = read_label(keys, reading)
    field = _found(keys["field"], reading.catalog.fields)
    test = field and read_test(place, keys, subject=Subject(field, reading.calendar))
    return Attribute(field.key, test, label) if field and test else None


def _found(place: Place, fields: Mapping[str, Field]) -> Field | None:
    key = place.text()
    if key is not None and key not in fields:
        place.refuse("unknown_field", f"There is no field {quoted(key)}. Choose one of the catalog.")
    return fields.get(key) if key is not None else None


def _property_field(place: Place, event: EventType) -> Field | None:
    key = place.text()
    field = None if key is None else property_of(event, key)
    if key is not None and field is None:
        place.refuse("unknown_field", f"{event.label} has no property {quoted(key)}. Choose one of its properties.")
    return field


def _property(place: Place, reading: Reading, event: EventType) -> Property | None:
    if _kind(place, ("property",)) is None:
        return None
    keys = place.keys(("kind", "field", "op"), _TEST)
    label = read_label(keys, reading)
    field = _property_field(keys["field"], event)
    # Every event has a time, so nothing can be missing there; on_missing stays possible, as for any other property.
    test = field and read_test(place, keys, subject=Subject(field, reading.calendar))
    return Property(field.key, test, label) if field and test else None


# Rows ------------------------------------------------------------------------------------------------------------


def _event_type(place: Place, reading: Reading) -> EventType | None:
    key = place.text()
    if key is not None and key not in reading.catalog.events:
        place.refuse("unknown_field", f"There is no event {quoted(key)}. Choose one of the catalog.")
    return reading.catalog.events.get(key) if key is not None else None


def _rows(place: Place, keys: Mapping[str, Place], *, event: EventType, reading: Reading) -> Rows:
    where = window = None
    if "where" in keys:
        where = read_group(
            keys["where"], reading, leaf=lambda child: _property(child, reading, event), levels=WHERE_LEVELS
        )
    if "window" in keys:
        window = read_window(keys["window"], event_time_field(event).type, reading.calendar)
    include_future = bool(keys["include_future"].flag()) if "include_future" in keys else False
    if looks_ahead(window) and not include_future:
        path = f"{place.path}.include_future"
        sentence = "This window lies ahead, where rows are only seen with “include_future”: true. Add it."
        place.report.add(path, "missing_key", sentence)
    return Rows(event.key, where, window, include_future)


def _event(place: Place, reading: Reading) -> Event | None:
    keys = place.keys(("kind", "event", "verb"), ("count", *_ROW_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    verb = keys["verb"].word(("did", "did_not"))
    count = Count("gte", 1) if verb == "did" else None
    if "count" in keys and verb == "did_not":
        keys["count"].refuse("unknown_key", "“did_not” means never, so it has no count. Remove it, or use “did”.")
    elif "count" in keys:
        count = _count(keys["count"])
    event = _event_type(keys["event"], reading)
    rows = event and _rows(place, keys, event=event, reading=reading)
    return Event(verb, rows, count, label) if verb and rows else None


def _count(place: Place) -> Count | None:
    ranged = place.peek("op") in ("between", "not_between")
    keys = place.keys(("op", "from", "to") if ranged else ("op", "n"))
    op = keys["op"].word(COUNT_OPERATORS, code="unknown_operator")
    n = keys["from" if ranged else "n"].whole(0, COUNT)
    to = keys["to"].whole(0, COUNT) if ranged else None
    if n is not None and to is not None and n > to:
        place.refuse("range_order", f"From {n} to {to} runs backwards. Exchange the two numbers.")
    return None if op is None or n is None else Count(op, n, to)


# Figures over rows -----------------------------------------------------------------------------------------------


def _aggregate(place: Place, reading: Reading) -> Aggregate | None:
    keys = place.keys(("kind", "from", "function", "op"), ("of", *_ROW_KEYS, *_TEST))
    label = read_label(keys, reading)
    function = keys["function"].word(FUNCTIONS)
    source = keys["from"].one_key(("event", "path"))
    if source is None:
        return None
    if source[0] == "path":
        source[1].refuse("unknown_kind", "This version cannot do figures over related tables yet. Use an event.")
        return None
    event = _event_type(source[1], reading)
    if event is None or function is None:
        return None
    rows = _rows(place, keys, event=event, reading=reading)
    of = _of(place, keys.get("of"), event=event, function=function)
    subject = _figure(place, of, function=function, reading=reading)
    if subject is None:
        return None
    distinct = _distinct_case(keys.get("case"), of, function)
    rest = {key: child for key, child in keys.items() if key != "case" or function != "count_distinct"}
    test = read_test(place, rest, subject=subject)
    return Aggregate(function, rows, of.key if of else None, test, distinct, label) if test else None


def _of(place: Place, of: Place | None, *, event: EventType, function: str) -> Field | None:
    if function == "count":
        if of is not None:
            of.refuse("unknown_key", "“count” counts rows, not values of a property. Remove “of”.")
        return None
    return _property_field(of or place.lacks("of"), event)


def _figure(place: Place, of: Field | None, *, function: str, reading: Reading) -> Subject | None:
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
        if place is not None:
            place.refuse("unknown_key", "Upper and lower case matter only for text. Remove “case”.")
        return None
    return Case.EXACT if place is None else read_case(place)


def _event_time(place: Place, reading: Reading) -> EventTime | None:
    keys = place.keys(("kind", "event", "which", "op"), (*_ROW_KEYS, *_TEST))
    label = read_label(keys, reading)
    which = keys["which"].word(("first", "last"))
    event = _event_type(keys["event"], reading)
    if event is None:
        return None
    rows = _rows(place, keys, event=event, reading=reading)
    test = read_test(place, keys, subject=Subject(event_time_field(event), reading.calendar))
    return EventTime(which, rows, test, label) if which and test else None


def _all_contacts(place: Place, reading: Reading) -> AllContacts | None:
    keys = place.keys(("kind",), LABEL_KEYS)
    return AllContacts(read_label(keys, reading))


_Reader = Callable[[Place, Reading], Condition | None]
_KINDS: dict[str, _Reader] = {
    "attribute": _attribute,
    "event": _event,
    "aggregate": _aggregate,
    "event_time": _event_time,
    "all_contacts": _all_contacts,
}
