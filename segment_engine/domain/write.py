"""Writes criteria as a document, exactly as typed, with every default spelled out. It judges nothing."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Anniversary,
    AnyTime,
    Attribute,
    BetweenAgo,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventTime,
    Group,
    InLast,
    InNext,
    InPeriod,
    InstantMoment,
    Label,
    Literal,
    LiteralRange,
    Moment,
    MomentRange,
    Node,
    NowMoment,
    Property,
    Rows,
    Span,
    Test,
    TodayMoment,
    Value,
    Window,
)
from segment_engine.domain.parse import BASE, FORMAT, VERSION

Document = dict[str, object]


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
        "limit": None,
    }


def write_node(node: Node) -> Document:
    """Write a group or a condition."""
    match node:
        case Group(kind, of, k, label):
            body: Document = {"group": kind.value, "of": [write_node(child) for child in of]}
            body |= {} if k is None else {"k": k}
        case Attribute(field, test, label):
            body = {"kind": "attribute", "field": field, **_test(test)}
        case Property(field, test, label):
            body = {"kind": "property", "field": field, **_test(test)}
        case Event(verb, rows, count, label):
            body = {"kind": "event", "event": rows.source, "verb": verb, **_count(count), **_rows(rows)}
        case Aggregate(label=label):
            body = _aggregate(node)
        case EventTime(which, rows, test, label):
            body = {"kind": "event_time", "event": rows.source, "which": which, **_rows(rows), **_test(test)}
        case AllContacts(label):
            body = {"kind": "all_contacts"}
    return _label(label) | body


def _label(label: Label) -> Document:
    return {key: text for key, text in (("id", label.id), ("note", label.note)) if text is not None}


def _test(test: Test) -> Document:
    body: Document = {"op": test.op}
    if test.value is not None:
        body["value"] = write_value(test.value)
    if test.case is not None:
        body["case"] = test.case.value
    if test.on_missing is not None:
        body["on_missing"] = test.on_missing.value
    return body


def _count(count: Count | None) -> Document:
    if count is None:
        return {}
    if count.to is None:
        return {"count": {"op": count.op, "n": count.n}}
    return {"count": {"op": count.op, "from": count.n, "to": count.to}}


def _rows(rows: Rows) -> Document:
    body: Document = {}
    if rows.where is not None:
        body["where"] = write_node(rows.where)
    if rows.window is not None:
        body["window"] = write_window(rows.window)
    if rows.include_future:
        body["include_future"] = True
    return body


def _aggregate(node: Aggregate) -> Document:
    body: Document = {"kind": "aggregate", "from": {"event": node.rows.source}, "function": node.function}
    if node.of is not None:
        body["of"] = node.of
    body |= _rows(node.rows) | _test(node.test)
    if node.distinct_case is not None:
        body["case"] = node.distinct_case.value
    return body


# Values ----------------------------------------------------------------------------------------------------------


def _literal(literal: Literal) -> str | int:
    # format(…, "f") keeps the decimals as typed; str() would write 1E+1 for some.
    return format(literal, "f") if isinstance(literal, Decimal) else literal


def write_value(value: Value) -> object:
    """Write the value of an operator."""
    if isinstance(value, tuple):
        return [_literal(literal) for literal in value]
    match value:
        case LiteralRange(start, end):
            return {"from": _literal(start), "to": _literal(end)}
        case Anniversary(before, after, min_years):
            return {"before": before, "after": after, "min_years": min_years}
        case MomentRange() | Span() | BetweenAgo() | InPeriod():
            return _moment_range(value) if isinstance(value, MomentRange) else _span(value)
        case DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            return write_moment(value)
        case _:
            return None if value is None else _literal(value)


def write_moment(moment: Moment) -> Document:
    """Write a moment as it was typed."""
    match moment:
        case DayMoment(day):
            return {"day": day.isoformat()}
        case TodayMoment(n, unit):
            return {"today": {"n": n, "unit": unit.value}}
        case InstantMoment(text):
            return {"instant": text}
        case NowMoment(n, unit):
            return {"now": {"n": n, "unit": unit.value}}


def _moment_range(value: MomentRange) -> Document:
    ends = (("from", value.start), ("to", value.end))
    return {key: None if moment is None else write_moment(moment) for key, moment in ends}


def _span(value: Span | InLast | InNext | BetweenAgo | InPeriod) -> Document:
    match value:
        case BetweenAgo(start, end, unit):
            return {"from": start, "to": end, "unit": unit.value}
        case InPeriod(unit, offset):
            return {"unit": unit.value, "offset": offset}
        case _:
            return {"n": value.n, "unit": value.unit.value}


def write_window(window: Window) -> Document:
    """Write a window as it was typed."""
    match window:
        case InLast():
            return {"in_last": _span(window)}
        case InNext():
            return {"in_next": _span(window)}
        case BetweenAgo():
            return {"between_ago": _span(window)}
        case InPeriod():
            return {"in_period": _span(window)}
        case MomentRange():
            return {"range": _moment_range(window)}
        case AnyTime():
            return {"any_time": True}
