"""How far a number is from the other answer, and how that is said. Exact whole numbers only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from segment_engine.domain.catalog import Field
from segment_engine.domain.criteria import Count, Literal, LiteralRange, Test
from segment_engine.domain.describe.values import number_text
from segment_engine.domain.literals import scaled

Interval = tuple[int | None, int | None]
"""Whole numbers, both ends in; None is open."""

_INTERVALS: dict[str, Callable[[int, int], Interval]] = {
    "equals": lambda n, _: (n, n),
    "eq": lambda n, _: (n, n),
    "gt": lambda n, _: (n + 1, None),
    "gte": lambda n, _: (n, None),
    "lt": lambda n, _: (None, n - 1),
    "lte": lambda n, _: (None, n),
    "between": lambda n, to: (n, to),
}
# Negative operators are the positive ones turned round, as everywhere in the language (docs/criteria.md §5).
_OPPOSITES = {"not_equals": "equals", "ne": "eq", "not_between": "between", "is_none_of": "is_any_of"}


def nearest_flip(op: str, numbers: Sequence[int], actual: int, *, smallest: int | None = None) -> int | None:
    """Find the nearest whole number for which a number operator answers the other way than for `actual`.

    Shape: `numbers` are the operator's literals in the unit of `actual`: one, two for a range, or a list. Of two at
        the same distance the larger is taken. None when there is none, or none from `smallest` on.
    """
    positive = _OPPOSITES.get(op, op)
    if positive == "is_any_of":
        intervals: list[Interval] = [(number, number) for number in numbers]
    elif positive in _INTERVALS:
        intervals = [_INTERVALS[positive](numbers[0], numbers[-1])]
    else:
        return None
    edges = {edge for low, high in intervals for edge in _around(low, high)}
    here = _within(intervals, actual)
    found = [edge for edge in edges if _within(intervals, edge) is not here and (smallest is None or edge >= smallest)]
    return min(found, key=lambda edge: (abs(edge - actual), -edge), default=None)


def _around(low: int | None, high: int | None) -> list[int]:
    """Give the numbers on both sides of each end: the only ones where an answer can turn."""
    below = [] if low is None else [low - 1, low]
    above = [] if high is None else [high, high + 1]
    return below + above


def _within(intervals: Sequence[Interval], number: int) -> bool:
    return any((low is None or number >= low) and (high is None or number <= high) for low, high in intervals)


def count_flip(count: Count, actual: int, name: str) -> str | None:
    """Say how many rows more or fewer turn a count: “needs 2 more Order placed”. None when no number does."""
    target = nearest_flip(count.op, (count.n, count.n if count.to is None else count.to), actual, smallest=0)
    if target is None:
        return None
    positive = _OPPOSITES.get(count.op, count.op)
    holds = _within([_INTERVALS[positive](count.n, count.to or count.n)], actual) is (positive == count.op)
    words = f"{number_text(abs(target - actual))} {'more' if target > actual else 'fewer'} {name}"
    return f"no longer holds with {words}" if holds else f"needs {words}"


def figure_flip(test: Test, field: Field, actual: int, label: str, *, holds: bool) -> str | None:
    """Say how far a number of a field, or a figure over rows, has to move: “needs 120.00 EUR more”.

    Shape: None for operators that do not compare numbers.
    """
    numbers = numbers_of(test, field)
    target = None if numbers is None else nearest_flip(test.op, numbers, actual)
    if target is None:
        return None
    distance = amount_text(abs(target - actual), field)
    direction = "rises" if target > actual else "falls"
    if holds:
        return f"no longer holds when {label} {direction} by {distance} to {amount_text(target, field)}"
    return f"holds when {label} {direction} by {distance} to {amount_text(target, field)}"


def numbers_of(test: Test, field: Field) -> tuple[int, ...] | None:
    """Give the literals of a number operator in the unit of the field; None when there are none."""
    match test.value:
        case LiteralRange(start, end):
            literals: tuple[Literal, ...] = (start, end)
        case tuple() as listed:
            literals = listed
        case (int() | Decimal()) as number:
            literals = (number,)
        case _:
            return None
    if any(isinstance(literal, str) for literal in literals):
        return None
    return tuple(scaled(literal, field.scale) for literal in literals)


def amount_text(units: int, field: Field) -> str:
    """Write a number held in units of 10^-scale: 4990 with scale 2 as 49.90, with its currency."""
    return number_text(Decimal(units).scaleb(-field.scale) if field.scale else units, field)
