"""Writes what is stored of a contact, or worked out for one, the way criteria are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from segment_engine.domain.aggregates import AVERAGE_DECIMALS
from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.describe.times import day_text, instant_text
from segment_engine.domain.describe.values import number_text
from segment_engine.domain.evaluate.reading import Read, read_value
from segment_engine.domain.evaluate.records import Stored
from segment_engine.domain.flips import amount_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 20


def value_text(value: Stored | None, field: Field, calendar: Calendar) -> str | None:
    """Write a stored value; None when it is missing."""
    if read_value(value, field.type) is None:
        return None
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return amount_text(value, field)
        case datetime():
            return f"{instant_text(value, calendar)} ({calendar.time_zone})"
        case date():
            return day_text(value)
        case tuple() | frozenset():
            return _listed(sorted(element for element in value if element is not None))
        case _:
            return f"“{value}”"


def worked_text(value: Read | None, field: Field, calendar: Calendar) -> str | None:
    """Write a value worked out: a figure in the unit of its field, or a point in time; None when it is missing."""
    match value:
        case None:
            return None
        case Fraction():
            # Shown as an average is sorted: truncated toward zero (docs/criteria.md §4.3).
            truncated = Decimal(int(value * 10**AVERAGE_DECIMALS)).scaleb(-field.scale - AVERAGE_DECIMALS)
            return number_text(truncated.normalize(), field)
        case int() if field.type is FieldType.INSTANT:
            return value_text(_EPOCH + timedelta(microseconds=value), field, calendar)
        case int() if field.type is FieldType.DATE:
            return day_text(date.fromordinal(value))
        case bool():
            return "yes" if value else "no"
        case int():
            return amount_text(value, field)
        case frozenset():
            return _listed(sorted(value))
        case _:
            return f"“{value}”"


def _listed(elements: list[str]) -> str:
    shown = ", ".join(f"“{element}”" for element in elements[:_SHOWN])
    return shown if len(elements) <= _SHOWN else f"{shown} and {len(elements) - _SHOWN:,} more"
