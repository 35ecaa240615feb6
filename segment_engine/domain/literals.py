"""Reads the literals of a document and brings them to the units of the stored columns. Nothing is ever rounded."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from segment_engine.domain.catalog import NUMBERS, Field
from segment_engine.domain.criteria import Literal

# [0-9] and fullmatch on purpose: \d takes every script's digits, and $ matches before a trailing line feed.
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE
)


def decimal_of(text: str) -> Decimal:
    r"""Read a decimal string; the number of decimals is kept as typed.

    Raises: ValueError when the text is not `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
    Source: docs/criteria.md §2.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def decimals_of(number: Decimal) -> int:
    """Count the typed decimals: 2 for 12.50."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def day_of(text: str) -> date:
    """Read `2026-03-01`. Raises: ValueError for every other form and for days that do not exist."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def instant_of(text: str) -> datetime:
    """Read an RFC 3339 instant with `Z` or an offset, to the microsecond, as UTC.

    Raises: ValueError for every other form, and for local times without an offset.
    Source: RFC 3339 §5.6; a leap second (:60) has no place in PostgreSQL and is refused.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as problem:  # an offset that leaves the years 1 to 9999
        raise ValueError(text) from problem


def scaled(literal: Literal, scale: int) -> int:
    """Turn a number into whole units of 10^-scale: 49.90 with scale 2 becomes 4990.

    Raises: ValueError when the literal is text or has more decimals than the scale; it is never rounded.
    Source: docs/criteria.md M7.
    """
    if isinstance(literal, str):
        raise ValueError(literal)  # noqa: TRY004 - one error for every literal that has no such number
    if isinstance(literal, int):
        return literal * 10**scale
    if decimals_of(literal) > scale:
        raise ValueError(literal)
    sign, digits, exponent = literal.as_tuple()
    whole = int("".join(map(str, digits))) * 10 ** (scale + int(exponent))
    return -whole if sign else whole


def stored(literal: Literal, field: Field) -> str | int:
    """Bring a literal to what the column of the field holds: scaled integers for numbers, the text itself otherwise.

    Raises: ValueError when the literal does not suit the field's type.
    """
    if field.type in NUMBERS:
        return scaled(literal, field.scale)
    if not isinstance(literal, str):
        raise ValueError(literal)  # noqa: TRY004 - one error for every literal that does not suit
    return literal
