"""Values on their way into SQL: always bound, always with their type, so that plans use the indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Text,
    Uuid,
    bindparam,
    cast,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from segment_engine.compiler.tables import INSTANT


def _bound(name: str, value: object, kind: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(name, value, type_=kind, unique=True)


def plain(number: int) -> ColumnElement[int]:
    """Write a constant of the compiler's own; what comes from outside is always bound."""
    return literal_column(str(int(number)), Integer())


def bound_text(value: str, *, name: str = "text") -> BindParameter[str]:
    """Bind a text."""
    return _bound(name, value, Text())


def bound_texts(values: Sequence[str], *, name: str = "texts") -> BindParameter[Any]:
    """Bind a list of texts as one array."""
    return _bound(name, list(values), ARRAY(Text()))


def bound_small(value: int, *, name: str) -> BindParameter[int]:
    """Bind an identity or a small figure of ours."""
    return _bound(name, value, Integer())


def bound_integers(values: Sequence[int], *, name: str = "numbers") -> BindParameter[Any]:
    """Bind a list of small integers as one array."""
    return _bound(name, list(values), ARRAY(Integer()))


def bound_uuid(value: str, *, name: str) -> BindParameter[UUID]:
    """Bind an id."""
    return _bound(name, UUID(value), Uuid())


def bound_uuids(values: Sequence[str], *, name: str) -> BindParameter[Any]:
    """Bind a list of ids as one array."""
    return _bound(name, [UUID(value) for value in values], ARRAY(Uuid()))


def bound_number(value: int, *, exact: bool, name: str = "number") -> ColumnElement[Any]:
    """Bind a number in the unit of its column; `exact` as numeric, for sums that outgrow 64 bits."""
    return cast(_bound(name, Decimal(value), Numeric()), Numeric) if exact else _bound(name, value, BigInteger())


def bound_numbers(values: Sequence[int], *, exact: bool) -> BindParameter[Any]:
    """Bind a list of numbers as one array."""
    if exact:
        return _bound("numbers", [Decimal(value) for value in values], ARRAY(Numeric()))
    return _bound("numbers", list(values), ARRAY(BigInteger()))


def bound_date(value: date, *, name: str = "day") -> BindParameter[date]:
    """Bind a date."""
    return _bound(name, value, Date())


def bound_instant(value: datetime, *, name: str = "moment") -> BindParameter[datetime]:
    """Bind an instant in UTC."""
    return _bound(name, value.astimezone(UTC), INSTANT)


def midnight(day: date) -> datetime:
    """Give the instant that stands for a date of a date-only event."""
    return datetime.combine(day, time(), UTC)
