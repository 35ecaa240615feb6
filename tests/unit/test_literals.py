"""Literals are read strictly and brought to stored units without rounding (docs/criteria.md §2, M7)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.criteria import Literal
from segment_engine.domain.literals import decimal_of, decimals_of, instant_of, scaled, stored
from tests.criteria_catalog import CATALOG


@pytest.mark.parametrize(
    ("literal", "scale", "units"),
    [
        (Decimal("49.90"), 2, 4990),
        (Decimal("-0.5"), 3, -500),
        (Decimal(7), 2, 700),
        (Decimal("-0.00"), 2, 0),
        (12, 0, 12),
        (12, 2, 1200),
        (Decimal("999999999999999999.123456"), 6, 999999999999999999123456),
    ],
)
def test_numbers_become_whole_units(literal: Literal, scale: int, units: int) -> None:
    """49.90 with scale 2 is 4990, exactly, also beyond the precision of the decimal context (M7)."""
    assert scaled(literal, scale) == units


@pytest.mark.parametrize(("literal", "scale"), [(Decimal("0.001"), 2), ("1", 0)])
def test_what_does_not_fit_is_refused_not_rounded(literal: Literal, scale: int) -> None:
    """More decimals than the scale, or text, have no such number."""
    with pytest.raises(ValueError, match=str(literal)):
        scaled(literal, scale)


def test_literals_are_brought_to_the_column() -> None:
    """Numbers are scaled, texts stay as they are, and a number is never taken for a text."""
    assert stored(Decimal("1.5"), CATALOG.fields["contact.income"]) == 150
    assert stored("Gent", CATALOG.fields["contact.city"]) == "Gent"
    with pytest.raises(ValueError, match="5"):
        stored(5, CATALOG.fields["contact.city"])


def test_decimals_are_counted_as_typed() -> None:
    """Zeros at the end count: they were typed."""
    assert [decimals_of(decimal_of(text)) for text in ("12", "12.50", "-0.001")] == [0, 2, 3]


def test_instants_are_utc_to_the_microsecond() -> None:
    """Letters in either case, offsets of both signs; a leap second has no place and is refused."""
    assert instant_of("2026-03-01t09:30:00.000001-01:30") == datetime(2026, 3, 1, 11, 0, 0, 1, tzinfo=UTC)
    assert instant_of("2026-03-01T09:30:00z") == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    for bad in ("2026-12-31T23:59:60Z", "2026-03-01 09:30:00Z", "2026-03-01T09:30Z", "2026-03-01T09:30:00.1234567Z"):
        with pytest.raises(ValueError, match=r"2026|second"):
            instant_of(bad)


def test_figures_have_the_type_of_what_they_count() -> None:
    """Counts are whole numbers, averages have six decimals more, and a figure of nothing is nothing (§4.3)."""
    total = CATALOG.events["order_placed"].fields["order_placed.total"]
    average = aggregate_result("avg", total)
    assert average is not None
    assert (average.type, average.scale, average.currency) == (total.type, 8, "EUR")
    assert aggregate_result("sum", total) == total
    assert aggregate_result("sum", None) is None
    assert aggregate_result("sum", CATALOG.fields["contact.city"]) is None
