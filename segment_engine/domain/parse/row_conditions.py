"""Reads the conditions about rows: what a contact did, in which order, in which campaigns, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping

from segment_engine.domain.criteria import (
    Campaign,
    Count,
    Event,
    EventHas,
    Interactions,
    OnMissing,
    Related,
    Rows,
    Sequence,
    Span,
)
from segment_engine.domain.limits import COUNT, LISTED_LITERALS
from segment_engine.domain.operators import INTERACTIONS, QUANTIFIERS
from segment_engine.domain.parse.counts import read_count
from segment_engine.domain.parse.figures import WHICH
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, read_label
from segment_engine.domain.parse.members import read_ids
from segment_engine.domain.parse.rows import (
    ROW_KEYS,
    is_dated,
    read_event_type,
    read_past_rows,
    read_path,
    read_properties,
    read_rows,
)
from segment_engine.domain.parse.times import read_elapsed
from segment_engine.domain.places import Place, quoted


def read_event(place: Place, reading: Reading) -> Event | None:
    """Read did or did not, how often, with which properties, when.

    Source: docs/criteria.md §4.2.
    """
    keys = place.keys(("kind", "event", "verb"), ("count", *ROW_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    verb, count = _verb(keys)
    event = read_event_type(keys["event"], reading)
    rows = event and read_rows(keys, place, source=event, reading=reading)
    return Event(verb, rows, count, label) if verb and rows else None


def _verb(keys: Mapping[str, Place]) -> tuple[str | None, Count | None]:
    verb = keys["verb"].word(("did", "did_not"))
    count = Count("gte", 1) if verb == "did" else None
    if "count" in keys and verb == "did_not":
        keys["count"].refuse("unknown_key", "“did_not” means never, so it has no count. Remove it, or use “did”.")
    elif "count" in keys:
        count = read_count(keys["count"])
    return verb, count


def read_campaign(place: Place, reading: Reading) -> Campaign | None:
    """Read what happened to messages, of these campaigns or of any.

    Source: docs/criteria.md §4.9.
    """
    optional = ("campaigns", "count", "counted", *ROW_KEYS, *LABEL_KEYS)
    keys = place.keys(("kind", "verb", "interaction"), optional)
    label = read_label(keys, reading)
    verb, count = _verb(keys)
    counted = "interactions"
    if "counted" in keys and verb == "did_not":
        keys["counted"].refuse("unknown_key", "“did_not” counts nothing. Remove “counted”, or use “did”.")
    elif "counted" in keys:
        counted = keys["counted"].word(("interactions", "campaigns"))
    campaigns = read_ids(keys["campaigns"], LISTED_LITERALS) if "campaigns" in keys else ()
    interaction = _interaction(keys["interaction"], reading)
    if interaction is None:
        return None
    rows = read_rows(keys, place, source=Interactions(interaction, campaigns or ()), reading=reading)
    return Campaign(verb, rows, count, counted, label) if verb and counted and campaigns is not None else None


def _interaction(place: Place, reading: Reading) -> str | None:
    interaction = place.word(INTERACTIONS)
    if interaction is None or reading.catalog.rows_of(Interactions(interaction)) is not None:
        return interaction
    sentence = f"The catalog has no campaign history of the kind {quoted(interaction)}. Choose another interaction."
    place.refuse("unknown_field", sentence)
    return None


def read_event_has(place: Place, reading: Reading) -> EventHas | None:
    """Read what the first or last of the rows looks like.

    Source: docs/criteria.md §4.5.
    """
    keys = place.keys(("kind", "event", "which", "has"), ("on_missing", *ROW_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    which = keys["which"].word(WHICH)
    missing = keys["on_missing"].word([choice.value for choice in OnMissing]) if "on_missing" in keys else "exclude"
    event = read_event_type(keys["event"], reading)
    if event is None:
        return None
    rows = read_rows(keys, place, source=event, reading=reading)
    has = read_properties(keys["has"], event, reading)
    return EventHas(which, rows, has, OnMissing(missing), label) if which and has and missing else None


# Sequences -------------------------------------------------------------------------------------------------------


def read_sequence(place: Place, reading: Reading) -> Sequence | None:
    """Read A, then (not) B, within elapsed time.

    Source: docs/criteria.md §4.6.
    """
    reading.sequences.append(place)
    keys = place.keys(("kind", "first", "verb", "then"), ("within", *LABEL_KEYS))
    label = read_label(keys, reading)
    verb = keys["verb"].word(("followed_by", "not_followed_by"))
    first, then = _step(keys["first"], reading), _step(keys["then"], reading)
    dated = _same_kind_of_time(keys["then"], (first, then), reading)
    within = read_elapsed(keys["within"], least=1, dates=dated) if "within" in keys else None
    if verb is None or first is None or then is None:
        return None
    return Sequence(first, verb, then, within and Span(within.n, within.unit), label)


def _step(place: Place, reading: Reading) -> Rows | None:
    keys = place.keys(("event",), ("where", "window"))
    event = read_event_type(keys["event"], reading)
    return None if event is None else read_past_rows(keys, source=event, reading=reading)


def _same_kind_of_time(place: Place, steps: tuple[Rows | None, ...], reading: Reading) -> bool:
    """Refuse a date beside an instant; tell whether the steps have dates."""
    kinds = {is_dated(step.source, reading) for step in steps if step is not None}
    if len(kinds) > 1:
        sentence = "One of the two events has dates and the other times of day, so neither is later. Choose two alike."
        Place(place.value, f"{place.path}.event", place.report).refuse("moment_kind", sentence)
    return kinds == {True}


# Related tables --------------------------------------------------------------------------------------------------


def read_related(place: Place, reading: Reading) -> Related | None:
    """Read that any, none, all or at least k rows of another table are like this.

    Source: docs/criteria.md §4.12.
    """
    needed = ("where",) if place.peek("quantifier") == "all" else ()
    keys = place.keys(("kind", "path", "quantifier", *needed), ("k", "when_empty", *ROW_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    quantifier = keys["quantifier"].word(QUANTIFIERS)
    k = _k(place, keys, quantifier)
    when_empty = _when_empty(keys, quantifier)
    path = read_path(keys["path"], reading)
    rows = path and read_rows(keys, place, source=path, reading=reading)
    return Related(quantifier, rows, k, when_empty, label) if quantifier and rows else None


def _k(place: Place, keys: Mapping[str, Place], quantifier: str | None) -> int | None:
    if quantifier == "at_least":
        return (keys["k"] if "k" in keys else place.lacks("k")).whole(1, COUNT, code="k_range")
    if "k" in keys and quantifier is not None:
        keys["k"].refuse("unknown_key", "Only “at_least” has k. Remove it.")
    return None


def _when_empty(keys: Mapping[str, Place], quantifier: str | None) -> bool | None:
    if quantifier == "all":
        return keys["when_empty"].flag() if "when_empty" in keys else False
    if "when_empty" in keys and quantifier is not None:
        keys["when_empty"].refuse("unknown_key", "Only “all” has when_empty: the others know no rows. Remove it.")
    return None
