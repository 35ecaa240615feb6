"""Finds what only the data can show: counts, missing values, stale sources, slow conditions, doubles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from segment_engine.domain.aggregates import NEVER_MISSING
from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    CompareFields,
    Criteria,
    EventHas,
    EventTime,
    Group,
    OnMissing,
    Property,
)
from segment_engine.domain.lint.facts import SIMILAR, Counts, Facts, FieldFacts, Slow
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.walk import Spot, every_node, rows_in
from segment_engine.domain.lint.words import Words

_MISSING_SHARE = 0.2
_NEARLY_ALL = 0.995


def data_findings(
    criteria: Criteria, catalog: Catalog, facts: Facts, words: Words, as_of: datetime
) -> Iterator[Finding]:
    """Yield what the facts show; what is not known is not judged."""
    spots = tuple(every_node(criteria))
    for spot in spots:
        yield from _field(spot, catalog, facts, words)
        slow = facts.slow.get(spot.path)
        if slow is not None:
            yield found("L-SLOW", spot.path, _slow(words.of(spot), slow))
    yield from _sizes(criteria, facts)
    yield from _sources(spots, catalog, facts, as_of)
    yield from _doubles(facts)


# Fields ----------------------------------------------------------------------------------------------------------


def _field(spot: Spot, catalog: Catalog, facts: Facts, words: Words) -> Iterator[Finding]:
    field = _asked(spot, catalog)
    stored = None if field is None else facts.fields.get(field.key)
    if field is not None and stored is not None and stored.rows > 0 and stored.present == 0:
        who = "contact" if spot.source is None else "row"
        sentence = (
            f"The field {field.label} is missing for every {who} ({stored.rows:,}), so nothing can be asked of it."
        )
        yield found("L-ALWAYS-MISSING", spot.path, f"{sentence} Check the import, or remove this condition.")
        return
    if field is not None and stored is not None and stored.distinct == 1:
        value = f" (“{stored.frequent[0]}”)" if stored.frequent else ""
        sentence = f"The field {field.label} has one value only{value}, so this condition decides nothing."
        yield found("L-CONSTANT", spot.path, f"{sentence} Remove it, or wait for other values.")
    yield from _missing(spot, facts.counts.get(spot.path), stored, words)


def _asked(spot: Spot, catalog: Catalog) -> Field | None:
    match spot.node:
        case Attribute(key):
            return catalog.fields.get(key)
        case Property(key):
            return None if spot.source is None else catalog.property_of(spot.source, key)
        case _:
            return None


def _answer(spot: Spot) -> OnMissing | None:
    """Give the answer for missing values of a condition that has one."""
    match spot.node:
        case Attribute(_, test) | Property(_, test) | EventTime(_, _, test):
            return test.on_missing
        case Aggregate(function, _, _, test):
            return None if function in NEVER_MISSING else test.on_missing
        case EventHas(on_missing=answer) | CompareFields(on_missing=answer):
            return answer
        case _:
            return None


def _missing(spot: Spot, counts: Counts | None, stored: FieldFacts | None, words: Words) -> Iterator[Finding]:
    answer = _answer(spot)
    if answer is None:
        return
    if counts is not None:
        missing, base = counts.unknown, counts.base
    elif stored is not None and spot.source is None:
        missing, base = stored.rows - stored.present, stored.rows
    else:
        return
    if base and missing > _MISSING_SHARE * base:
        done = "let in" if answer is OnMissing.INCLUDE else "left out"
        sentence = (
            f"For {missing:,} of {base:,} contacts ({missing / base:.0%}) the value of “{words.of(spot)}” is missing, "
            f"and they are {done}. Make sure that this is meant."
        )
        yield found("L-MISSING-SHARE", spot.path, sentence)


# The whole -------------------------------------------------------------------------------------------------------


def _sizes(criteria: Criteria, facts: Facts) -> Iterator[Finding]:
    counts = facts.counts.get("$.root")
    if counts is None or not counts.base:
        return
    if counts.matched == 0:
        sentence = f"Nobody of {counts.base:,} contacts matches at this moment. Check the values, or wait for new data."
        yield found("L-NOBODY", "$.root", sentence)
    elif counts.matched >= _NEARLY_ALL * counts.base and not _means_everyone(criteria.root):
        share = f"{counts.matched:,} of {counts.base:,} contacts"
        sentence = f"Nearly everyone matches: {share}. Check whether a condition is missing or turned around."
        yield found("L-NEARLY-ALL", "$.root", sentence)


def _means_everyone(group: Group) -> bool:
    return any(isinstance(child, AllContacts) for child in group.of)


def _sources(spots: tuple[Spot, ...], catalog: Catalog, facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Yield each stale source once, at the first condition that reads it."""
    first: dict[str, str] = {}
    for spot in spots:
        for source in _sources_of(spot, catalog):
            first.setdefault(source, spot.path)
    for name, path in first.items():
        known = facts.sources.get(name)
        if known is None or known.stale_after_hours is None:
            continue
        allowed = f"{known.stale_after_hours:,} hours"
        if known.watermark is None:
            sentence = f"The source “{name}” has not delivered anything yet; at most {allowed} are agreed."
        elif as_of - known.watermark > timedelta(hours=known.stale_after_hours):
            age = (as_of - known.watermark) // timedelta(hours=1)
            sentence = (
                f"The source “{name}” has delivered up to {known.watermark:%-d %b %Y %H:%M} UTC, {age:,} hours ago; at "
                f"most {allowed} are agreed."
            )
        else:
            continue
        yield found("L-SOURCE-STALE", path, f"{sentence} Import its latest data before you rely on the result.")


def _sources_of(spot: Spot, catalog: Catalog) -> tuple[str, ...]:
    if isinstance(spot.node, Group):
        return ()
    kinds = [catalog.rows_of(each.rows.source) for each in rows_in(spot.node, spot.path)]
    fields = [_asked(spot, catalog)]
    if isinstance(spot.node, CompareFields):
        fields += [catalog.fields.get(getattr(side, "field", "")) for side in (spot.node.left, spot.node.right)]
    return tuple(each.source for each in (*kinds, *fields) if each is not None and each.source is not None)


def _slow(words: str, slow: Slow) -> str:
    if slow.seconds is not None:
        return f"“{words}” was not answered within {slow.seconds} seconds. Narrow its window, or ask for an index."
    figure = "" if slow.cost is None or slow.gate is None else f" (cost {slow.cost:,.0f} of {slow.gate:,.0f})"
    return f"“{words}” is expensive to answer{figure}. Narrow its window, or ask for an index."


def _doubles(facts: Facts) -> Iterator[Finding]:
    for same in facts.same:
        sentence = f"The segment “{same.name}” has the same definition. Use that one, or change one of the two."
        yield found("L-DUPLICATE", "$.root", sentence)
    for similar in facts.similar:
        if similar.jaccard >= SIMILAR:
            sentence = f"{similar.jaccard:.1%} of the members are shared with the segment “{similar.name}”."
            yield found("L-NEAR-DUPLICATE", "$.root", f"{sentence} One of the two may be enough.")
