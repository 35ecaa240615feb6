"""The canonical form of what is asked of a value: one spelling for every literal, count, window and negation.

It turns what was typed into plain JSON values. It never resolves time and never compares two criteria.
"""

from __future__ import annotations

from decimal import Decimal

from segment_engine.domain.catalog import NUMBERS, TEXTS, Field, FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    AnyTime,
    BetweenAgo,
    Case,
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
    OnMissing,
    Span,
    Test,
    TodayMoment,
    Value,
    Window,
)
from segment_engine.domain.folding import fold, fold_ascii
from segment_engine.domain.literals import instant_of, scaled
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, find_operator
from segment_engine.errors import Unresolved

Part = dict[str, object]

_FOR_ONE = {
    "is_any_of": "equals",
    "is_none_of": "not_equals",
    "contains_any_of": "contains",
    "contains_none_of": "not_contains",
}
_OPPOSITE = {OnMissing.INCLUDE: OnMissing.EXCLUDE, OnMissing.EXCLUDE: OnMissing.INCLUDE}


def canonical_test(test: Test, field: Field, *, negated: bool, may_miss: bool = True) -> Part:
    """Write an operator with its value, or its exact opposite.

    Shape:  `op`, then `value`, `case` and `on_missing` where they mean something, every default filled. `may_miss` is
        False where there always is a value, so that no answer for a missing one is written.
    Raises: Unresolved when the operator or a literal does not suit the field any more.
    Source: docs/criteria.md §8, steps 1 to 4; M3 makes complement and opposite `on_missing` an exact negation.
    """
    operator = find_operator(test.op, field.type, ordered=field.ordered)
    if operator is None:
        raise Unresolved(f"{field.label} cannot be asked with {test.op}. Edit that condition.")
    case = test.case or Case.FOLD if operator.cased and field.type in {*TEXTS, FieldType.SET} else None
    body: Part = {"op": operator.complement if negated else operator.key}
    if test.value is not None:
        body |= _with_value(str(body["op"]), test.value, field, folded=case is Case.FOLD, negated=negated)
    if case is not None:
        body["case"] = case.value
    return body | _answer_for_missing(test, operator, negated=negated, may_miss=may_miss)


def _answer_for_missing(test: Test, operator: Operator, *, negated: bool, may_miss: bool) -> Part:
    answer = test.on_missing or operator.missing
    if answer is None or operator.missing is None or not may_miss:
        return {}
    return {"on_missing": canonical_missing(answer, negated=negated)}


def canonical_missing(answer: OnMissing, *, negated: bool) -> str:
    """Write the answer for a missing value, or its opposite."""
    return (_OPPOSITE[answer] if negated else answer).value


def _with_value(op: str, value: Value, field: Field, *, folded: bool, negated: bool) -> Part:
    if isinstance(value, Count):  # the operator `size`: its complement is that of the count
        return {"op": op, "value": canonical_count(value, negated=negated)}
    if isinstance(value, tuple):
        listed = _listed(value, field, folded=folded)
        if len(listed) == 1 and op in _FOR_ONE:
            return {"op": _FOR_ONE[op], "value": listed[0]}
        return {"op": op, "value": listed}
    return {"op": op, "value": _value(value, field, folded=folded)}


# Literals --------------------------------------------------------------------------------------------------------


def _listed(literals: tuple[Literal, ...], field: Field, *, folded: bool) -> list[str] | list[int]:
    """Write each literal once, in order; numbers by value, although decimals are written as text."""
    if field.type in {*TEXTS, FieldType.SET}:
        return sorted({_text(str(literal), field, folded=folded) for literal in literals})
    if all(isinstance(literal, int) for literal in literals):
        return sorted({int(literal) for literal in literals})
    return [padded(literal, field.scale) for literal in sorted({Decimal(literal) for literal in literals})]


def _text(text: str, field: Field, *, folded: bool) -> str:
    if not folded:
        return text
    return fold_ascii(text) if field.fold_column is None else fold(text)


def padded(number: Literal, scale: int) -> str:
    """Write a number with exactly `scale` decimals; there is one zero, without a sign."""
    try:
        units = scaled(number, scale)
    except ValueError as problem:
        raise Unresolved(f"{number} has no place in a field with {scale} decimals. Edit that condition.") from problem
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def _literal(literal: Literal, field: Field, *, folded: bool) -> str | int:
    if field.type is FieldType.INTEGER and isinstance(literal, int):
        return literal
    if field.type in NUMBERS:
        return padded(literal, field.scale)
    return _text(str(literal), field, folded=folded)


def _value(value: Value, field: Field, *, folded: bool) -> object:
    match value:
        case LiteralRange(start, end):
            return {"from": _literal(start, field, folded=False), "to": _literal(end, field, folded=False)}
        case Anniversary(before, after, min_years):
            return {"after": after, "before": before, "min_years": min_years}
        case Span() | BetweenAgo() | InPeriod():
            return canonical_span(value)
        case MomentRange(start, end):
            return {"from": _moment(start), "to": _moment(end)}
        case DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            return _moment(value)
        case str() | int() | Decimal():
            return _literal(value, field, folded=folded)
        case _:
            raise Unresolved(f"{field.label} is asked with a value of another kind. Edit that condition.")


# Counts ----------------------------------------------------------------------------------------------------------


def canonical_count(count: Count, *, negated: bool) -> Part:
    """Write a comparison of whole numbers that are at least 0, or its opposite, in one of six ways.

    Shape:  eq, ne, gte, lte with `n`; between and not_between with `from`, `to`, where neither end is trivial.
    Source: docs/criteria.md §8, step 3. It serves the size of a set as it serves a number of rows.
    """
    op = COUNT_OPERATORS[count.op][0] if negated else count.op
    n, to = count.n, count.to
    if to is not None:
        op, n, to = _ends(op, n, to)
    if op in {"gt", "lt"}:
        op, n = ("gte", n + 1) if op == "gt" else ("lte", n - 1)
    if n == 0 and op in {"eq", "ne"}:
        op, n = ("lte", 0) if op == "eq" else ("gte", 1)
    return {"op": op, "n": n} if to is None else {"op": op, "from": n, "to": to}


def _ends(op: str, n: int, to: int) -> tuple[str, int, int | None]:
    inside = op == "between"
    if n == to:
        return "eq" if inside else "ne", n, None
    if n == 0:
        return ("lte", to, None) if inside else ("gte", to + 1, None)
    return op, n, to


# Times -----------------------------------------------------------------------------------------------------------


def _moment(moment: Moment | None) -> Part | None:
    match moment:
        case None:
            return None
        case DayMoment(day):
            return {"day": day.isoformat()}
        case TodayMoment(n, unit):
            return {"today": {"n": n, "unit": unit.value}}
        case InstantMoment(text):
            return {"instant": instant_of(text).isoformat(timespec="microseconds").replace("+00:00", "Z")}
        case NowMoment(n, unit):
            return {"now": {"n": n, "unit": unit.value}}


def canonical_span(span: Span | InLast | InNext | BetweenAgo | InPeriod) -> Part:
    """Write a length of time, two of them, or a calendar period."""
    match span:
        case BetweenAgo(start, end, unit):
            return {"from": start, "to": end, "unit": unit.value}
        case InPeriod(unit, offset):
            return {"offset": offset, "unit": unit.value}
        case _:
            return {"n": span.n, "unit": span.unit.value}


def canonical_window(window: Window | None) -> Part:
    """Write a window as the key `window`; nothing where there are no bounds."""
    match window:
        case None | AnyTime():
            return {}
        case InLast():
            form: Part = {"in_last": canonical_span(window)}
        case InNext():
            form = {"in_next": canonical_span(window)}
        case BetweenAgo():
            form = {"between_ago": canonical_span(window)}
        case InPeriod():
            form = {"in_period": canonical_span(window)}
        case MomentRange(start, end):
            form = {"range": {"from": _moment(start), "to": _moment(end)}}
    return {"window": form}
