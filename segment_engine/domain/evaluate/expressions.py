"""Values worked out for a contact by the reference evaluator: fields, figures over rows, first and last times.

Source: docs/criteria.md §4.3, §4.4, §4.14. Numbers that must be divided are fractions, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never, cast

from segment_engine.domain.catalog import TEXTS, Catalog, Field, FieldType
from segment_engine.domain.criteria import Case, FieldValue, Figure, FirstOrLast, ValueExpression
from segment_engine.domain.evaluate.reading import Number, Read, fold_text, read_value
from segment_engine.domain.evaluate.records import ContactRecord
from segment_engine.domain.evaluate.rows import Row, choose_rows, find_source
from segment_engine.domain.evaluate.times import Clock
from segment_engine.errors import Unresolved

_NUMBER_OF_ROWS = Field(key="@count", label="number of rows", type=FieldType.INTEGER, column="")


@dataclass(frozen=True, slots=True)
class Worked:
    """A value worked out for a contact.

    Shape: `field` is what the value is like: its type, scale and case folding; `of` answers None when it is missing.
        `averaged` marks a fraction of the field's unit instead of a whole number.
    """

    field: Field
    of: Callable[[ContactRecord], Read | None]
    averaged: bool = False


def work_out(expression: ValueExpression, catalog: Catalog, clock: Clock) -> Worked:
    """Prepare an expression.

    Raises: Unresolved when a field, a source or a property is gone; LimitExceeded as for windows.
    """
    match expression:
        case FieldValue(key):
            return _field_value(key, catalog)
        case Figure():
            return _figure(expression, catalog, clock)
        case FirstOrLast(which, rows):
            source = find_source(rows.source, catalog, clock)
            choose = choose_rows(rows, source)
            pick = min if which == "first" else max
            places = source.place
            return Worked(
                source.field("@time"),
                lambda record: pick(
                    (place for row in choose(record) if (place := places(row)) is not None), default=None
                ),
            )
        case _:
            assert_never(expression)


def _field_value(key: str, catalog: Catalog) -> Worked:
    field = catalog.fields.get(key)
    if field is None:
        raise Unresolved(f"The field {key} does not exist any more. Restore it, or edit the criteria.")
    kind = field.type
    return Worked(field, lambda record: read_value(record.values.get(key), kind))


def _figure(figure: Figure, catalog: Catalog, clock: Clock) -> Worked:
    source = find_source(figure.rows.source, catalog, clock)
    choose = choose_rows(figure.rows, source)
    if figure.function == "count" or figure.of is None:
        return Worked(_NUMBER_OF_ROWS, lambda record: len(choose(record)))
    field = source.field(figure.of)
    read = source.reader(field)
    reckon = _reckoning(figure, field)

    def of(record: ContactRecord) -> Number | None:
        return reckon(_present(read, choose(record)))

    counted = figure.function == "count_distinct"
    return Worked(_NUMBER_OF_ROWS if counted else field, of, averaged=figure.function == "avg")


def _present(read: Callable[[Row], Read | None], rows: Iterable[Row]) -> list[Read]:
    values = (read(row) for row in rows)
    return [value for value in values if value is not None]


def _reckoning(figure: Figure, field: Field) -> Callable[[list[Read]], Number | None]:
    match figure.function:
        case "count_distinct" if field.type in TEXTS and figure.distinct_case is Case.FOLD:
            return lambda values: len({fold_text(str(value), field) for value in values})
        case "count_distinct":
            return lambda values: len(set(values))
        case "sum":
            return lambda values: sum(cast("list[int]", values))
        case "avg":
            return lambda values: Fraction(sum(cast("list[int]", values)), len(values)) if values else None
        case "min":
            return lambda values: min(cast("list[int]", values), default=None)
        case "max":
            return lambda values: max(cast("list[int]", values), default=None)
        case _:
            raise Unresolved(f"The figure {figure.function} is not known. Edit that condition.")
