"""What is stored in one field: how many values, how many different ones, the smallest and the largest, which texts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, Text, cast, collate, func, null, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from segment_engine.compiler.tables import column_of, contacts, events, related_rows
from segment_engine.domain.catalog import NUMBERS, TEXTS, EventType, Field, FieldType, RowType

# More different texts than this are not listed: a field of names or addresses has no typical values.
MOST_VALUES = 1_000
# A property is read from at most so many rows; where there are more, nothing is said about it.
MOST_ROWS = 100_000


def contact_statistics(field: Field, *, organization_id: int) -> Select[Any]:
    """Select what the contacts of the base have in a field, in one pass.

    Shape: one row: `total`, `present`, `kinds` (different values), `lowest` and `highest` of numbers, `listed` texts,
        the most frequent first, at most `MOST_VALUES` and one more.
    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    values = select(column_of(contacts, field).label("value")).where(
        contacts.c.organization_id == organization_id, contacts.c.deleted_at.is_(None)
    )
    return _statistics(values, field)


def row_statistics(kind: RowType, field: Field, *, organization_id: int) -> Select[Any]:
    """Select what the rows of an event type or relation have in a property, of at most `MOST_ROWS` and one more."""
    table, number = (events, events.c.event_type) if isinstance(kind, EventType) else (
        related_rows, related_rows.c.relation
    )  # fmt: skip
    values = select(column_of(table, field).label("value")).where(
        table.c.organization_id == organization_id, number == kind.number
    )
    return _statistics(values.limit(MOST_ROWS + 1), field)


def _statistics(values: Select[Any], field: Field) -> Select[Any]:
    held = values.cte("held")
    seen = select(held.c.value, func.count().label("times")).group_by(held.c.value).cte("seen")
    number = field.type in NUMBERS
    columns: list[ColumnElement[Any]] = [
        func.coalesce(func.sum(seen.c.times), 0).label("total"),
        func.coalesce(func.sum(seen.c.times).filter(seen.c.value.is_not(None)), 0).label("present"),
        func.count(seen.c.value).label("kinds"),
        (func.min(seen.c.value) if number else null()).label("lowest"),
        (func.max(seen.c.value) if number else null()).label("highest"),
        (_listed(seen, field) if field.type in {*TEXTS, FieldType.SET} else null()).label("listed"),
    ]
    return select(*columns)


def _listed(seen: Any, field: Field) -> ColumnElement[Any]:  # noqa: ANN401 - a common table expression
    """List texts, or the elements of sets, the most frequent first."""
    text = func.unnest(seen.c.value) if field.type is FieldType.SET else seen.c.value
    # Cast, because the driver does not know arrays of the domain that texts are stored in.
    each = select(cast(text, Text).label("text"), seen.c.times).where(seen.c.value.is_not(None)).subquery()
    summed = select(each.c.text, func.sum(each.c.times).label("times")).group_by(each.c.text).subquery()
    first = select(summed.c.text).order_by(summed.c.times.desc(), collate(summed.c.text, "C")).limit(MOST_VALUES + 1)
    listed: ColumnElement[Any] = func.array_agg(first.subquery().c.text)
    return select(listed).scalar_subquery()


class PlanOf(Executable, ClauseElement):
    """Ask for the plan of a statement instead of its rows."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(PlanOf)
def _write_plan(element: PlanOf, compiler: SQLCompiler, **keys: Any) -> str:  # noqa: ANN401 - the library's own hook
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **keys)}"
