"""The canonical form of every kind of condition, or of its negation. Groups come in as a function; it knows none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from segment_engine.domain.aggregates import NEVER_MISSING, aggregate_result
from segment_engine.domain.canonical.values import (
    Part,
    canonical_count,
    canonical_missing,
    canonical_span,
    canonical_test,
    canonical_window,
    padded,
)
from segment_engine.domain.catalog import Catalog, Field, event_time_field
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Count,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    Interactions,
    ListMembership,
    Property,
    Reachable,
    Related,
    RelationPath,
    Rows,
    Sample,
    SegmentMembership,
    Sequence,
    Source,
    ValueExpression,
)
from segment_engine.domain.limits import TIMES_DECIMALS
from segment_engine.domain.operators import (
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    MEMBERSHIP_OPERATORS,
    REACHABLE_OPERATORS,
)
from segment_engine.errors import Unresolved

PERCENT_DECIMALS = 2


@dataclass(frozen=True)
class Writing:
    """What writing a condition needs: the catalog, the rows its properties belong to, and how a group is written."""

    catalog: Catalog
    group: Callable[[Group, Writing], Part]
    source: Source | None = None

    def of_rows(self, source: Source) -> Writing:
        """Write the conditions inside `where` or `has`."""
        return Writing(self.catalog, self.group, source)

    def field(self, key: str) -> Field:
        """Look a field up: of the contact, or of the rows. Raises: Unresolved when there is none of that key."""
        found = self.catalog.fields.get(key) if self.source is None else self.catalog.property_of(self.source, key)
        if found is None:
            raise Unresolved(f"The field {key} does not exist any more. Restore it, or edit the criteria.")
        return found

    def name(self, key: str) -> str:
        """Give the key a field was made with, so that a renamed field makes the same fingerprint."""
        found = self.catalog.fields.get(key) if self.source is None else self.catalog.property_of(self.source, key)
        return key if found is None else found.identity


def canonical_condition(node: Condition, writing: Writing, *, negated: bool) -> Part:
    """Write a condition, or what is true exactly where it is false.

    Shape:  by the complement of its operator with the opposite `on_missing`; a kind without one becomes {"not": …}.
    Source: docs/criteria.md §8, step 4.
    """
    match node:
        case Attribute(field, test) | Property(field, test):
            kind = "attribute" if isinstance(node, Attribute) else "property"
            found = writing.field(field)
            return {"kind": kind, "field": found.identity, **canonical_test(test, found, negated=negated)}
        case Event() | Campaign():
            return _counted(node, writing, negated=negated)
        case Aggregate():
            return _aggregate(node, writing, negated=negated)
        case EventTime(which, rows, test):
            chosen = {"kind": "event_time", "which": which, **canonical_rows(rows, writing)}
            return chosen | canonical_test(test, _time_field(rows, writing), negated=negated)
        case Related() | EventHas() | Sequence() | Sample() | Bucket() | AllContacts():
            return _without_operator(node, writing, negated=negated)
        case _:
            return _of_the_contact(node, writing, negated=negated)


def _of_the_contact(
    node: SegmentMembership | ListMembership | Consent | Reachable | CompareFields, writing: Writing, *, negated: bool
) -> Part:
    match node:
        case SegmentMembership(op, segments):
            listed: Part = {"kind": "segment", "segments": _ids(segments), **_freshness(node)}
            return listed | {"op": MEMBERSHIP_OPERATORS[op][0] if negated else op}
        case ListMembership(op, lists):
            return {"kind": "static_list", "lists": _ids(lists), "op": MEMBERSHIP_OPERATORS[op][0] if negated else op}
        case Consent(channel, op, states, topic):
            asked: Part = {"kind": "consent", "channel": channel, "states": sorted(set(states)), "topic": topic}
            return asked | {"op": CONSENT_OPERATORS[op][0] if negated else op}
        case Reachable(channel, op):
            return {"kind": "reachable", "channel": channel, "op": REACHABLE_OPERATORS[op][0] if negated else op}
        case CompareFields():
            return _compared(node, writing, negated=negated)
        case _:
            assert_never(node)


def _ids(ids: tuple[str, ...]) -> list[str]:
    return sorted({each.lower() for each in ids})


def _freshness(node: SegmentMembership) -> Part:
    """Which members are read. Those of the last run are the rule and are not written, like every such default."""
    body: Part = {} if node.members == "last_run" else {"members": node.members}
    return body if node.max_age_hours is None else body | {"max_age_hours": node.max_age_hours}


# Rows ------------------------------------------------------------------------------------------------------------


def _source(source: Source) -> Part:
    match source:
        case str():
            return {"event": source}
        case RelationPath(path):
            return {"path": list(path)}
        case Interactions(interaction, campaigns):
            return {"interaction": interaction, **({"campaigns": _ids(campaigns)} if campaigns else {})}


def _choice(rows: Rows, writing: Writing) -> Part:
    body = canonical_window(rows.window)
    if rows.where is not None:
        body["where"] = writing.group(rows.where, writing.of_rows(rows.source))
    return body | ({"include_future": True} if rows.include_future else {})


def canonical_rows(rows: Rows, writing: Writing) -> Part:
    """Write which rows are looked at."""
    return _source(rows.source) | _choice(rows, writing)


def _time_field(rows: Rows, writing: Writing) -> Field:
    found = writing.catalog.rows_of(rows.source)
    if found is None:
        raise Unresolved("An event of the criteria does not exist any more. Restore it, or edit the criteria.")
    return event_time_field(found)


def _counted(node: Event | Campaign, writing: Writing, *, negated: bool) -> Part:
    """Write rows with their count; never is at most 0, so both verbs become one comparison."""
    count = node.count or (Count("lte", 0) if node.verb == "did_not" else Count("gte", 1))
    body: Part = {
        "kind": "event",
        **canonical_rows(node.rows, writing),
        "count": canonical_count(count, negated=negated),
    }
    if isinstance(node, Campaign):
        body["kind"] = "campaign"
        body |= {"counted": node.counted} if node.counted != "interactions" else {}
    return body


# Figures and comparisons -----------------------------------------------------------------------------------------


def canonical_figure(figure: Figure, writing: Writing) -> Part:
    """Write a figure over rows."""
    body: Part = {"from": _source(figure.rows.source), "function": figure.function, **_choice(figure.rows, writing)}
    if figure.of is not None:
        body["of"] = writing.of_rows(figure.rows.source).name(figure.of)
    if figure.distinct_case is not None:
        body["case"] = figure.distinct_case.value
    return body


def _aggregate(node: Aggregate, writing: Writing, *, negated: bool) -> Part:
    inside = writing.of_rows(node.rows.source)
    result = aggregate_result(node.function, None if node.of is None else inside.field(node.of))
    if result is None:
        raise Unresolved(f"“{node.function}” cannot be computed of {node.of} any more. Edit that condition.")
    may_miss = node.function not in NEVER_MISSING
    asked = canonical_test(node.test, result, negated=negated, may_miss=may_miss)
    return {"kind": "aggregate", **asked, **canonical_figure(node.figure, writing)}


def canonical_expression(value: ValueExpression, writing: Writing) -> Part:
    """Write a value that is compared or ranked by."""
    match value:
        case FieldValue(field):
            return {"field": writing.name(field)}
        case Figure():
            return {"aggregate": canonical_figure(value, writing)}
        case FirstOrLast(which, rows):
            return {"event_time": {"which": which, **canonical_rows(rows, writing)}}


def _compared(node: CompareFields, writing: Writing, *, negated: bool) -> Part:
    body: Part = {
        "kind": "compare_fields",
        "left": canonical_expression(node.left, writing),
        "op": COMPARE_OPERATORS[node.op][0] if negated else node.op,
        "right": canonical_expression(node.right, writing),
    }
    if node.on_missing is not None:  # None where neither value can be missing
        body["on_missing"] = canonical_missing(node.on_missing, negated=negated)
    if node.times is not None and node.times != Decimal(1):
        body["times"] = padded(node.times, TIMES_DECIMALS)
    if node.offset is not None:
        body["offset"] = {"n": node.offset.n, "unit": node.offset.unit.value}
    return body if node.case is None else body | {"case": node.case.value}


# Kinds without an operator ---------------------------------------------------------------------------------------


def _without_operator(
    node: Related | EventHas | Sequence | Sample | Bucket | AllContacts, writing: Writing, *, negated: bool
) -> Part:
    if isinstance(node, Related) and node.quantifier in {"any", "none"}:
        quantifier = {"any": "none", "none": "any"}[node.quantifier] if negated else node.quantifier
        return {"kind": "related", "quantifier": quantifier, **canonical_rows(node.rows, writing)}
    body = _plain(node, writing)
    return {"not": body} if negated else body


def _plain(node: Related | EventHas | Sequence | Sample | Bucket | AllContacts, writing: Writing) -> Part:
    match node:
        case Related(quantifier, rows, k, when_empty):
            body: Part = {"kind": "related", "quantifier": quantifier, **canonical_rows(rows, writing)}
            if quantifier == "all":
                return body | {"when_empty": bool(when_empty)}
            return body | {"k": k}
        case EventHas(which, rows, has, on_missing):
            tested = writing.group(has, writing.of_rows(rows.source))
            body = {"kind": "event_has", "which": which, **canonical_rows(rows, writing)}
            return body | {"has": tested, "on_missing": on_missing.value}
        case Sequence():
            return _sequence(node, writing)
        case Sample(percent, seed):
            return {"kind": "sample", "percent": padded(percent, PERCENT_DECIMALS), "seed": seed}
        case Bucket(start, end, seed):
            return {"kind": "bucket", "from": start, "to": end, "seed": seed}
        case AllContacts():
            return {"kind": "all_contacts"}
        case _:
            assert_never(node)


def _sequence(node: Sequence, writing: Writing) -> Part:
    body: Part = {"kind": "sequence", "verb": node.verb}
    body |= {"first": canonical_rows(node.first, writing), "then": canonical_rows(node.then, writing)}
    return body if node.within is None else body | {"within": canonical_span(node.within)}
