"""What an operator is applied to: a column or a figure, and how literals are brought to its unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Numeric,
    Text,
    any_,
    cast,
    extract,
    func,
    select,
)

from segment_engine.compiler.binding import (
    bound_date,
    bound_instant,
    bound_number,
    bound_numbers,
    bound_text,
    bound_texts,
    midnight,
)
from segment_engine.compiler.tables import column_of, contacts, events, parents, related_rows
from segment_engine.domain.catalog import NUMBERS, Field, FieldType, RowType
from segment_engine.domain.criteria import Calendar, Literal
from segment_engine.domain.folding import fold, fold_ascii
from segment_engine.domain.literals import stored
from segment_engine.errors import Unresolved


class TypeClass(StrEnum):
    """Types that share their SQL."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    SET = "set"


_CLASSES = {
    **dict.fromkeys(NUMBERS, TypeClass.NUMBER),
    FieldType.TEXT: TypeClass.TEXT,
    FieldType.CHOICE: TypeClass.CHOICE,
    FieldType.BOOLEAN: TypeClass.BOOLEAN,
    FieldType.DATE: TypeClass.TIME,
    FieldType.INSTANT: TypeClass.TIME,
    FieldType.SET: TypeClass.SET,
}


def class_of(kind: FieldType) -> TypeClass:
    """Tell which types share their SQL."""
    return _CLASSES[kind]


@dataclass(frozen=True)
class Clock:
    """The one now of a compilation, and how its days are counted."""

    as_of: datetime
    calendar: Calendar


@dataclass(frozen=True, eq=False)
class Operand:
    """A value an operator is applied to.

    Shape: `value` is NULL exactly when it is missing. `folded` is the same text with cases folded and
        `fold_literal` folds a literal alike. `unit` brings a literal to the unit of the column.
    Units: `zone` turns a stored instant into its local date; None where the value is a date. `at_midnight` marks a date
        held as midnight UTC. `exact` compares as numeric; `factor` multiplies literals: the count behind an average.
    """

    value: ColumnElement[Any]
    field: Field
    unit: Callable[[Literal], str | int]
    folded: ColumnElement[Any] | None = None
    fold_literal: Callable[[str], str] = fold_ascii
    zone: str | None = None
    at_midnight: bool = False
    exact: bool = False
    factor: ColumnElement[Any] | None = None

    def text(self, literal: Literal, *, folded: bool) -> str:
        """Bring a text to what it is compared with."""
        text = str(self.unit(literal))
        return self.fold_literal(text) if folded else text

    def number(self, literal: Literal, *, name: str = "number") -> ColumnElement[Any]:
        """Bind a number."""
        bound = bound_number(int(self.unit(literal)), exact=self.exact, name=name)
        return bound if self.factor is None else bound * self.factor

    def is_any_of(self, literals: Sequence[Literal]) -> ColumnElement[bool]:
        """Compare with a list of numbers, bound as one array."""
        array = bound_numbers([int(self.unit(literal)) for literal in literals], exact=self.exact)
        if self.factor is None:
            return self.value == any_(array)
        # An average is never divided; every literal is multiplied by the count instead (M7).
        literal = func.unnest(array, type_=Numeric()).column_valued("literal")
        multiplied = select(literal * self.factor).correlate(events, related_rows, parents)
        return self.value == any_(multiplied.scalar_subquery())

    def time(self, value: date, *, name: str) -> ColumnElement[Any]:
        """Bind one end of a range of times: an instant, a date, or the midnight that stands for a date."""
        if isinstance(value, datetime):
            return bound_instant(value, name=name)
        return bound_instant(midnight(value), name=name) if self.at_midnight else bound_date(value, name=name)

    def day(self) -> ColumnElement[Any]:
        """Give the date of a time in the zone of the criteria."""
        return self.value if self.zone is None else _date(self.value, self.zone)


def contact_operand(field: Field, clock: Clock) -> Operand:
    """Read a value of the contact."""
    return stored_operand(contacts, field, clock)


def property_operand(rows: RowType, field: Field, clock: Clock, *, table: FromClause) -> Operand:
    """Read a value of a row, or one of the four that rows with a time have: `@time`, `@day`, `@weekday`, `@hour`."""
    if not field.key.startswith("@"):
        return stored_operand(table, field, clock)
    happened = table.c.occurred_at
    zone = "UTC" if rows.date_only else clock.calendar.time_zone
    match field.key:
        case "@weekday" | "@hour":
            part = "isodow" if field.key == "@weekday" else "hour"
            return column_operand(cast(extract(part, _wall(happened, zone)), Integer), field, clock)
        case "@time" | "@day" if rows.date_only:
            return replace(column_operand(happened, field, clock), zone=zone, at_midnight=True)
        case "@day":
            return column_operand(_date(happened, zone), field, clock)
        case _:
            return column_operand(happened, field, clock)


def stored_operand(table: FromClause, field: Field, clock: Clock) -> Operand:
    """Read a stored value; where it has a folded twin, every script folds."""
    operand = column_operand(column_of(table, field), field, clock)
    if field.fold_column is None:
        return operand
    return replace(operand, folded=column_of(table, field, folded=True), fold_literal=fold)


def column_operand(value: ColumnElement[Any], field: Field, clock: Clock) -> Operand:
    """Read any expression of a field's type."""
    operand = Operand(value, field, _stored_in(field))
    match class_of(field.type):
        case TypeClass.TEXT | TypeClass.CHOICE:
            # Only A-Z fold: lower() under "C" and the table in Python are the same on every server (M5).
            return replace(operand, folded=ascii_folded(value))
        case TypeClass.SET:
            return replace(operand, folded=_folded_elements(value))
        case TypeClass.TIME if field.type is FieldType.INSTANT:
            return replace(operand, zone=clock.calendar.time_zone)
        case _:
            return operand


def ascii_folded(value: ColumnElement[Any]) -> ColumnElement[str]:
    """Fold A-Z and nothing else."""
    return func.lower(value.collate("C"), type_=Text())


def _folded_elements(value: ColumnElement[Any]) -> ColumnElement[Any]:
    element = func.unnest(value, type_=Text()).column_valued("element")
    return func.array(select(ascii_folded(element)).scalar_subquery(), type_=ARRAY(Text()))


def ranked(operand: Operand) -> Operand:
    """Read an ordered choice as its position; a value outside the list has none and so counts as missing."""
    order = bound_texts(operand.field.values, name="order")
    return replace(operand, value=func.array_position(order, operand.value), unit=_position_in(operand.field))


def _stored_in(field: Field) -> Callable[[Literal], str | int]:
    def unit(literal: Literal) -> str | int:
        try:
            return stored(literal, field)
        except ValueError as problem:
            raise Unresolved(
                f"“{literal}” no longer suits the field “{field.label}”. Edit the criteria, or restore the field."
            ) from problem

    return unit


def _position_in(field: Field) -> Callable[[Literal], str | int]:
    def unit(literal: Literal) -> str | int:
        if literal not in field.values:
            raise Unresolved(
                f"“{literal}” is no longer a value of “{field.label}”. Edit the criteria, or restore the value."
            )
        return field.values.index(str(literal)) + 1

    return unit


def _wall(time: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    return time.op("AT TIME ZONE", return_type=DateTime())(bound_text(zone, name="zone"))


def _date(time: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    return cast(_wall(time, zone), Date)
