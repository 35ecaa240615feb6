"""What a figure over rows is: its type and scale, and whether it can be missing. It computes nothing."""

from __future__ import annotations

from dataclasses import replace

from segment_engine.domain.catalog import NUMBERS, TIMES, Field, FieldType

FUNCTIONS = ("count", "count_distinct", "sum", "avg", "min", "max")
NEVER_MISSING = frozenset({"count", "count_distinct", "sum"})
AVERAGE_DECIMALS = 6


def aggregate_result(function: str, of: Field | None) -> Field | None:
    """Describe the figure as a field, so that operators, literals and sentences treat it like one.

    Shape:  key, label and currency are those of `of`; None when the function cannot be applied to that type.
    Units:  avg has six decimals more than its field; counts are whole numbers.
    Source: docs/criteria.md §4.3.
    """
    if function == "count" and of is None:
        return Field(key="", label="", type=FieldType.INTEGER, column="")
    if of is None:
        return None
    if function == "count_distinct" and of.type is not FieldType.SET:
        return Field(key=of.key, label=of.label, type=FieldType.INTEGER, column="")
    if function == "avg" and of.type in NUMBERS:
        kind = FieldType.DECIMAL if of.type is FieldType.INTEGER else of.type
        return replace(of, type=kind, scale=of.scale + AVERAGE_DECIMALS)
    if (function == "sum" and of.type in NUMBERS) or (function in {"min", "max"} and of.type in NUMBERS | TIMES):
        return of
    return None
