"""Reads which rows a condition looks at: where they come from, when they happened, and what they are like."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segment_engine.domain.catalog import Field, FieldType, RowType, event_time_field, is_timed
from segment_engine.domain.criteria import Group, Property, RelationPath, Rows, Source, Window
from segment_engine.domain.limits import RELATION_HOPS, WHERE_LEVELS
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, allowed, read_group, read_label
from segment_engine.domain.parse.times import looks_ahead, read_window
from segment_engine.domain.parse.values import TEST_KEYS, Subject, read_test
from segment_engine.domain.places import Place, quoted

ROW_KEYS = ("where", "window", "include_future")


def read_kind(place: Place, known: Collection[str]) -> str | None:
    """Read `kind` alone, so that the right keys can be asked for."""
    if not place.is_object:
        place.refuse("not_an_object", "A condition or a group in braces is expected here.")
        return None
    if place.peek("kind") is None:
        place.lacks("kind")
        return None
    return Place(place.peek("kind"), f"{place.path}.kind", place.report).word(known, code="unknown_kind")


# Sources ---------------------------------------------------------------------------------------------------------


def read_event_type(place: Place, reading: Reading) -> str | None:
    """Read the key of an event type."""
    key = place.text()
    if key is None or key in reading.catalog.events:
        return key
    place.refuse("unknown_field", f"There is no event {quoted(key)}. Choose one of the catalog.")
    return None


def read_path(place: Place, reading: Reading) -> RelationPath | None:
    """Read one or two relations, the first belonging to the contact and the second to the first.

    Source: docs/criteria.md §4.12.
    """
    steps = place.items(RELATION_HOPS) or ()
    parent, path = None, list[str]()
    for step in steps:
        key = step.text()
        if key is None or not _follows(step, key, parent=parent, reading=reading):
            return None
        path.append(key)
        parent = key
    return RelationPath(tuple(path)) if path else None


def _follows(place: Place, key: str, *, parent: str | None, reading: Reading) -> bool:
    relation = reading.catalog.relations.get(key)
    if relation is None:
        place.refuse("unknown_field", f"There is no related table {quoted(key)}. Choose one of the catalog.")
        return False
    if relation.parent == parent:
        return True
    belongs = quoted(relation.parent) if relation.parent else "the contact itself"
    place.refuse("unknown_field", f"The rows of {quoted(key)} belong to {belongs}. Begin the path there.")
    return False


def rows_of(source: Source, reading: Reading) -> RowType:
    """Give what the rows of a source are, once the source was read."""
    rows = reading.catalog.rows_of(source)
    if rows is None:
        raise AssertionError(source)
    return rows


# Rows ------------------------------------------------------------------------------------------------------------


def read_rows(keys: Mapping[str, Place], place: Place, *, source: Source, reading: Reading) -> Rows:
    """Read `where`, `window` and `include_future` over the rows of a source.

    Source: docs/criteria.md §3.4.
    """
    where = read_properties(keys["where"], source, reading) if "where" in keys else None
    rows = rows_of(source, reading)
    if not is_timed(rows):
        _refuse_times(keys, rows)
        return Rows(source, where)
    window = read_window(keys["window"], time_of(source, reading).type, reading.calendar) if "window" in keys else None
    include_future = bool(keys["include_future"].flag()) if "include_future" in keys else False
    if looks_ahead(window) and not include_future:
        path = f"{place.path}.include_future"
        sentence = "This window lies ahead, where rows are only seen with “include_future”: true. Add it."
        place.report.add(path, "missing_key", sentence)
    return Rows(source, where, window, include_future)


def read_past_rows(keys: Mapping[str, Place], *, source: Source, reading: Reading) -> Rows:
    """Read `where` and `window` where rows still to come cannot be asked for."""
    where = read_properties(keys["where"], source, reading) if "where" in keys else None
    window: Window | None = None
    if "window" in keys:
        window = read_window(keys["window"], time_of(source, reading).type, reading.calendar)
    if looks_ahead(window):
        sentence = "A sequence knows only rows that happened already. Choose a window that does not lie ahead."
        keys["window"].refuse("moment_kind", sentence)
    return Rows(source, where, window)


def _refuse_times(keys: Mapping[str, Place], rows: RowType) -> None:
    for key in ("window", "include_future"):
        if key in keys:
            sentence = f"The rows of {quoted(rows.label)} have no time. Remove {quoted(key)}."
            keys[key].refuse("moment_kind", sentence)


def time_of(source: Source, reading: Reading) -> Field:
    """Give the time of the rows of a source as a field: an instant or a date."""
    return event_time_field(rows_of(source, reading))


def is_dated(source: Source, reading: Reading) -> bool:
    """Tell whether the rows of a source have dates and no time of day."""
    return time_of(source, reading).type is FieldType.DATE


# Properties ------------------------------------------------------------------------------------------------------


def read_properties(place: Place, source: Source, reading: Reading) -> Group | None:
    """Read a group of property conditions: `where`, or `has`."""
    return read_group(place, reading, leaf=lambda child: _property(child, reading, source), levels=WHERE_LEVELS)


def read_property_field(place: Place, source: Source, reading: Reading) -> Field | None:
    """Read the key of a property of the rows of a source."""
    key = place.text()
    found = None if key is None else reading.catalog.property_of(source, key)
    if key is not None and found is None:
        label = rows_of(source, reading).label
        place.refuse("unknown_field", f"{label} has no property {quoted(key)}. Choose one of its properties.")
    return allowed(place, found, reading)


def _property(place: Place, reading: Reading, source: Source) -> Property | None:
    if read_kind(place, ("property",)) is None:
        return None
    keys = place.keys(("kind", "field", "op"), (*TEST_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    field = read_property_field(keys["field"], source, reading)
    # Every event has a time, so nothing can be missing there; on_missing stays possible, as for any other property.
    test = field and read_test(place, keys, subject=Subject(field, reading.calendar))
    return Property(field.key, test, label) if field and test else None
