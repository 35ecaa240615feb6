"""Says an operator with its value in English: numbers with their currency, lists of five, user text between “ and ”."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from segment_engine.domain.catalog import TIMES, Field, FieldType
from segment_engine.domain.criteria import (
    Case,
    CompareFields,
    Count,
    EventHas,
    Literal,
    LiteralRange,
    OnMissing,
    Test,
)
from segment_engine.domain.describe.times import MONTHS, WEEKDAYS, Clock, time_value_text
from segment_engine.domain.literals import decimals_of
from segment_engine.domain.operators import COUNT_OPERATORS, OPERATORS, Operator, Shape, find_operator

_SHOWN = 5
_SEPARATED_FROM = 10_000  # four digits stand unseparated: 2026 may be a year
_NAMES = {Shape.MONTHS: MONTHS, Shape.WEEKDAYS: WEEKDAYS}


def number_text(number: int | Decimal, field: Field | None = None) -> str:
    """Write a number as typed, with separators from 10,000 on; money with its scale and currency."""
    typed = decimals_of(number) if isinstance(number, Decimal) else 0
    money = field if field is not None and field.type is FieldType.MONEY else None
    decimals = max(typed, money.scale) if money else typed
    separator = "," if abs(number) >= _SEPARATED_FROM else ""
    words = f"{Decimal(number):{separator}.{decimals}f}"
    return f"{words} {money.currency}" if money and money.currency else words


def with_article(label: str) -> str:
    """Write a city, an age."""
    return f"{'an' if label[:1].lower() in tuple('aeio') else 'a'} {label}"


def _literal_text(literal: Literal, field: Field | None) -> str:
    if isinstance(literal, str):
        return f"“{literal}”"
    if field is not None and field.key == "@weekday" and literal in range(1, 8):
        return f"{literal} ({WEEKDAYS[int(literal) - 1]})"
    return number_text(literal, field)


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_SHOWN])
    return shown if len(words) <= _SHOWN else f"{shown} and {len(words) - _SHOWN:,} more"


def operator_of(test: Test, field: Field | None) -> Operator | None:
    """Find the row of an operator; by its name alone where the field is gone or has changed its type."""
    found = find_operator(test.op, field.type, ordered=field.ordered) if field else None
    # `between` stands in the table twice, with the same words.
    return found or next((operator for operator in OPERATORS if operator.key == test.op), None)


def test_text(test: Test, field: Field | None, clock: Clock) -> str:
    """Write the phrase of an operator with its value, its bounds and, where it matters, its case."""
    operator = operator_of(test, field)
    if operator is None:
        return f"(unknown operator {test.op})"
    notes = ""
    match test.value:
        case None:
            words = ""
        case LiteralRange(start, end):
            words = f"{_literal_text(start, field)} to {_literal_text(end, field)}"
        case Count():
            words = number_of_text(test.value)
            notes = "none counts as 0" if holds_never(test.value) else ""
        case tuple():
            names = _NAMES.get(operator.shape)
            words = _listed([names[int(n) - 1] if names else _literal_text(n, field) for n in test.value])
        case str() | int() | Decimal():
            words = _literal_text(test.value, field)
        case _:
            kind = field.type if field and field.type in TIMES else None
            words, notes = time_value_text(test.op, test.value, kind, clock)
    return _filled(operator.phrase, words) + "".join(
        f" ({note})" for note in (notes, _note_on_case(test, field)) if note
    )


def _note_on_case(test: Test, field: Field | None) -> str:
    kind = field.type if field else FieldType.TEXT
    return case_note(test.case, kind, choices=kind is FieldType.SET and field is not None and bool(field.values))


def _filled(phrase: str, words: str) -> str:
    if "…" in phrase:
        return phrase.replace("…", words)
    if words in ("today", "yesterday", "tomorrow"):
        phrase = phrase.removesuffix(" in")
    return f"{phrase} {words}".rstrip()


def case_note(case: Case | None, kind: FieldType | None, *, choices: bool = False) -> str:
    """Say how letters compare where that is not the usual way: text alike, the values of a choice exactly."""
    chosen = kind is FieldType.CHOICE or choices
    if case is Case.EXACT and not chosen:
        return "upper and lower case must match"
    return "upper and lower case alike" if case is Case.FOLD and chosen else ""


def missing_note(condition: Test | CompareFields | EventHas, field: Field | None, *, let_in: str, left_out: str) -> str:
    """Say missing values when they are let in, and when an operator that lets them in by default leaves them out."""
    if condition.on_missing is OnMissing.INCLUDE:
        return f" ({let_in})"
    match condition:
        case Test():
            operator = operator_of(condition, field)
            defaults_in = operator is not None and operator.missing is OnMissing.INCLUDE
        case CompareFields():
            defaults_in = condition.op == "not_equals"
        case EventHas():
            defaults_in = False
    return f" ({left_out})" if defaults_in and condition.on_missing is OnMissing.EXCLUDE else ""


def holds_at_zero(test: Test) -> bool:
    """Tell whether a comparison of a figure holds where there are no rows, which count as zero."""
    match test.op, test.value:
        case (("equals" | "not_equals"), (int() | Decimal()) as number):
            return (number == 0) is (test.op == "equals")
        case (("gt" | "lte"), (int() | Decimal()) as number):
            return (number < 0) is (test.op == "gt")
        case (("gte" | "lt"), (int() | Decimal()) as number):
            return (number <= 0) is (test.op == "gte")
        case (("is_any_of" | "is_none_of"), tuple() as numbers):
            return (0 in numbers) is (test.op == "is_any_of")
        case (("between" | "not_between"), LiteralRange(int() | Decimal() as start, int() | Decimal() as end)):
            return (start <= 0 <= end) is (test.op == "between")
        case _:
            return False


def number_of_text(count: Count) -> str:
    """Write at least 3, from 1 to 2."""
    _, phrase = COUNT_OPERATORS[count.op]
    if count.to is None:
        return f"{phrase} {number_text(count.n)}"
    return phrase.replace("…", number_text(count.n), 1).replace("…", number_text(count.to), 1)


def holds_never(count: Count) -> bool:
    """Tell whether no rows satisfy a count."""
    return {
        "eq": count.n == 0,
        "ne": count.n != 0,
        "gt": False,
        "gte": count.n == 0,
        "lt": count.n > 0,
        "lte": True,
        "between": count.n == 0,
        "not_between": count.n > 0,
    }[count.op]
