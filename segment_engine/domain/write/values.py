"""Writes operators with their values, moments and windows, exactly as typed. It judges nothing."""

from __future__ import annotations

from decimal import Decimal

from segment_engine.domain.criteria import (
    Anniversary,
    AnyTime,
    BetweenAgo,
    Count,
    DayMoment,
    InLast,
    InNext,
    InPeriod,
    InstantMoment,
    Literal,
    LiteralRange,
    Moment,
    MomentRange,
    NowMoment,
    Offset,
    Span,
    Test,
    TodayMoment,
    Value,
    Window,
)

Document = dict[str, object]


def write_test(test: Test) -> Document:
    """Write `op`, `value`, `case` and `on_missing`."""
    body: Document = {"op": test.op}
    if test.value is not None:
        body["value"] = write_value(test.value)
    if test.case is not None:
        body["case"] = test.case.value
    if test.on_missing is not None:
        body["on_missing"] = test.on_missing.value
    return body


def write_count(count: Count) -> Document:
    """Write how often something must have happened."""
    if count.to is None:
        return {"op": count.op, "n": count.n}
    return {"op": count.op, "from": count.n, "to": count.to}


def write_decimal(number: Decimal) -> str:
    """Write a decimal number with the decimals it was typed with."""
    return format(number, "f")  # str() would write 1E+1 for some


def _literal(literal: Literal) -> str | int:
    return write_decimal(literal) if isinstance(literal, Decimal) else literal


def write_value(value: Value) -> object:
    """Write the value of an operator."""
    if isinstance(value, tuple):
        return [_literal(literal) for literal in value]
    match value:
        case LiteralRange(start, end):
            return {"from": _literal(start), "to": _literal(end)}
        case Anniversary(before, after, min_years):
            return {"before": before, "after": after, "min_years": min_years}
        case Count():
            return write_count(value)
        case MomentRange():
            return _moment_range(value)
        case Span() | BetweenAgo() | InPeriod():
            return write_span(value)
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


def write_span(value: Span | Offset | InLast | InNext | BetweenAgo | InPeriod) -> Document:
    """Write a length of time, two of them, or a period."""
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
            return {"in_last": write_span(window)}
        case InNext():
            return {"in_next": write_span(window)}
        case BetweenAgo():
            return {"between_ago": write_span(window)}
        case InPeriod():
            return {"in_period": write_span(window)}
        case MomentRange():
            return {"range": _moment_range(window)}
        case AnyTime():
            return {"any_time": True}
