"""Writes criteria as a document, exactly as typed, with every default spelled out. It judges nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import assert_never

from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Criteria,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    Interactions,
    Label,
    Limit,
    ListMembership,
    Node,
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
from segment_engine.domain.parse import BASE, FORMAT, VERSION
from segment_engine.domain.write.values import (
    Document,
    write_count,
    write_decimal,
    write_span,
    write_test,
    write_window,
)


def write_criteria(criteria: Criteria) -> Document:
    """Write the document of a criteria tree: only dict, list, str, int, bool and None, ready for JSON.

    Shape:  `case`, `on_missing` and `calendar` are always spelled out; reading it back gives an equal tree.
    Source: docs/criteria.md §1, M15.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "base": BASE,
        "calendar": asdict(criteria.calendar),
        "root": write_node(criteria.root),
        "limit": None if criteria.limit is None else write_limit(criteria.limit),
    }


def write_node(node: Node) -> Document:
    """Write a group or a condition."""
    return _label(node.label) | (_group(node) if isinstance(node, Group) else _condition(node))


def _label(label: Label) -> Document:
    return {key: text for key, text in (("id", label.id), ("note", label.note)) if text is not None}


def _group(group: Group) -> Document:
    body: Document = {"group": group.kind.value, "of": [write_node(child) for child in group.of]}
    return body | ({} if group.k is None else {"k": group.k})


def _condition(node: Condition) -> Document:
    match node:
        case Attribute(field, test):
            return {"kind": "attribute", "field": field, **write_test(test)}
        case Property(field, test):
            return {"kind": "property", "field": field, **write_test(test)}
        case AllContacts():
            return {"kind": "all_contacts"}
        case CompareFields():
            return _compare_fields(node)
        case Aggregate(test=test):
            return {"kind": "aggregate", **_figure(node.figure), **write_test(test)}
        case Event() | Campaign() | EventTime() | EventHas() | Sequence() | Related():
            return _row_condition(node)
        case SegmentMembership() | ListMembership() | Consent() | Reachable() | Sample() | Bucket():
            return _member_condition(node)
        case _:
            assert_never(node)


# Rows ------------------------------------------------------------------------------------------------------------


def _row_condition(node: Event | Campaign | EventTime | EventHas | Sequence | Related) -> Document:
    match node:
        case Event(verb, rows, count):
            body: Document = {"kind": "event", **_source(rows.source), "verb": verb}
            return body | _given(count=None if count is None else write_count(count)) | _rows(rows)
        case Campaign():
            return _campaign(node)
        case EventTime(which, rows, test):
            return {"kind": "event_time", **_source(rows.source), "which": which, **_rows(rows), **write_test(test)}
        case EventHas(which, rows, has, on_missing):
            body = {"kind": "event_has", **_source(rows.source), "which": which, **_rows(rows)}
            return body | {"has": write_node(has), "on_missing": on_missing.value}
        case Sequence(first, verb, then, within):
            body = {"kind": "sequence", "first": _step(first), "verb": verb, "then": _step(then)}
            return body | ({} if within is None else {"within": write_span(within)})
        case Related(quantifier, rows, k, when_empty):
            body = {"kind": "related", **_source(rows.source), "quantifier": quantifier}
            return body | _given(k=k, when_empty=when_empty) | _rows(rows)
        case _:
            assert_never(node)


def _campaign(node: Campaign) -> Document:
    body: Document = {"kind": "campaign", "verb": node.verb, **_source(node.rows.source)}
    if node.count is not None:
        body |= {"count": write_count(node.count), "counted": node.counted}
    return body | _rows(node.rows)


def _given(**keys: object) -> Document:
    """Keep the keys that have a value."""
    return {key: value for key, value in keys.items() if value is not None}


def _source(source: Source) -> Document:
    match source:
        case RelationPath(path):
            return {"path": list(path)}
        case Interactions(interaction, campaigns):
            return {"interaction": interaction, **_given(campaigns=list(campaigns) or None)}
        case _:
            return {"event": source}


def _rows(rows: Rows) -> Document:
    body: Document = {}
    if rows.where is not None:
        body["where"] = write_node(rows.where)
    if rows.window is not None:
        body["window"] = write_window(rows.window)
    if rows.include_future:
        body["include_future"] = True
    return body


def _step(rows: Rows) -> Document:
    return _source(rows.source) | _rows(rows)


# Members ---------------------------------------------------------------------------------------------------------


def _member_condition(
    node: SegmentMembership | ListMembership | Consent | Reachable | Sample | Bucket,
) -> Document:
    match node:
        case SegmentMembership(op, segments, max_age_hours, members):
            body: Document = {"kind": "segment", "op": op, "segments": list(segments), "members": members}
            return body | _given(max_age_hours=max_age_hours)
        case ListMembership(op, lists):
            return {"kind": "static_list", "op": op, "lists": list(lists)}
        case Consent(channel, op, states, topic):
            return {"kind": "consent", "channel": channel, "op": op, "states": list(states), "topic": topic}
        case Reachable(channel, op):
            return {"kind": "reachable", "channel": channel, "op": op}
        case Sample(percent, seed):
            return {"kind": "sample", "percent": write_decimal(percent), "seed": seed}
        case Bucket(start, end, seed):
            return {"kind": "bucket", "from": start, "to": end, "seed": seed}
        case _:
            assert_never(node)


# Value against value, and the limit --------------------------------------------------------------------------------


def _compare_fields(node: CompareFields) -> Document:
    return {
        "kind": "compare_fields",
        "left": write_expression(node.left),
        "op": node.op,
        "right": write_expression(node.right),
        **_given(
            times=None if node.times is None else write_decimal(node.times),
            offset=None if node.offset is None else write_span(node.offset),
            case=None if node.case is None else node.case.value,
            on_missing=None if node.on_missing is None else node.on_missing.value,
        ),
    }


def write_expression(expression: ValueExpression) -> Document:
    """Write a value that is compared or sorted by."""
    match expression:
        case FieldValue(field):
            return {"field": field}
        case Figure():
            return {"aggregate": _figure(expression)}
        case FirstOrLast(which, rows):
            return {"event_time": {**_source(rows.source), "which": which, **_rows(rows)}}
        case _:
            assert_never(expression)


def _figure(figure: Figure) -> Document:
    body: Document = {"from": _source(figure.rows.source), "function": figure.function}
    case = None if figure.distinct_case is None else figure.distinct_case.value
    return body | _given(of=figure.of) | _rows(figure.rows) | _given(case=case)


def write_limit(limit: Limit) -> Document:
    """Write the limit of a document."""
    order = [{"value": write_expression(key.value), "direction": key.direction} for key in limit.order_by]
    return {"top_n": limit.top_n, "ties": limit.ties, "order_by": order}
