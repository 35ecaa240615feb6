"""Distances to the other answer, against the brute force of asking every number nearby."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.criteria import Count, Test
from segment_engine.domain.flips import amount_text, count_flip, figure_flip, nearest_flip

INCOME = Field("contact.income", "income", FieldType.MONEY, "number_1", scale=2, currency="EUR")
AGE = Field("contact.age", "age", FieldType.INTEGER, "number_2")

ANSWERS: dict[str, Callable[[int, Sequence[int]], bool]] = {
    "equals": lambda x, ns: x == ns[0],
    "not_equals": lambda x, ns: x != ns[0],
    "is_any_of": lambda x, ns: x in ns,
    "is_none_of": lambda x, ns: x not in ns,
    "gt": lambda x, ns: x > ns[0],
    "gte": lambda x, ns: x >= ns[0],
    "lt": lambda x, ns: x < ns[0],
    "lte": lambda x, ns: x <= ns[0],
    "between": lambda x, ns: ns[0] <= x <= ns[-1],
    "not_between": lambda x, ns: not ns[0] <= x <= ns[-1],
}


@pytest.mark.parametrize("op", sorted(ANSWERS))
@pytest.mark.parametrize("numbers", [(3,), (0, 2), (2, 5), (-1, 4)], ids=str)
def test_the_nearest_number_with_the_other_answer(op: str, numbers: tuple[int, ...]) -> None:
    """No number nearer than the one named turns the answer, and the one named does."""
    ask = ANSWERS[op]
    for actual in range(-6, 10):
        others = [x for x in range(-60, 60) if ask(x, numbers) is not ask(actual, numbers)]
        nearest = min(others, key=lambda x: (abs(x - actual), -x))
        assert nearest_flip(op, numbers, actual) == nearest, (op, numbers, actual)


def test_there_are_no_fewer_than_no_rows() -> None:
    """A count is never negative: at least 0 always holds, and at most 2 turns with one more than 2."""
    assert nearest_flip("gte", (0,), 4, smallest=0) is None
    assert nearest_flip("lte", (2,), 1, smallest=0) == 3


@pytest.mark.parametrize(
    ("count", "actual", "words"),
    [
        (Count("gte", 2), 1, "needs 1 more orders"),
        (Count("gte", 2), 5, "no longer holds with 4 fewer orders"),
        (Count("lte", 2), 0, "no longer holds with 3 more orders"),
        (Count("eq", 0), 2, "needs 2 fewer orders"),
        (Count("ne", 1), 1, "needs 1 more orders"),
        (Count("between", 0, 2), 2, "no longer holds with 1 more orders"),
        (Count("not_between", 1, 3), 2, "needs 2 more orders"),
        (Count("gte", 0), 2, None),
    ],
    ids=str,
)
def test_a_count_says_how_many_rows_turn_it(count: Count, actual: int, words: str | None) -> None:
    """T10: no rows count as zero, so “needs 1 more” is said from there."""
    assert count_flip(count, actual, "orders") == words


@pytest.mark.parametrize(
    ("test", "actual", "holds", "words"),
    [
        (Test("gte", Decimal("500.00")), 38000, False, "holds when income rises by 120.00 EUR to 500.00 EUR"),
        (Test("lt", Decimal(500)), 38000, True, "no longer holds when income rises by 120.00 EUR to 500.00 EUR"),
        (Test("is_set"), 38000, True, None),
        (Test("equals", "text"), 38000, True, None),
    ],
    ids=str,
)
def test_a_figure_says_how_far_it_has_to_move(test: Test, actual: int, *, holds: bool, words: str | None) -> None:
    """Distances stand in the unit and with the currency of the field; operators without numbers say nothing."""
    assert figure_flip(test, INCOME, actual, "income", holds=holds) == words


def test_amounts_keep_their_decimals() -> None:
    """4990 of scale 2 is 49.90, a whole number has no decimals."""
    assert (amount_text(4990, INCOME), amount_text(-5, INCOME), amount_text(41, AGE)) == (
        "49.90 EUR",
        "-0.05 EUR",
        "41",
    )
