"""Values worked out for each contact: a field, a figure over rows, a first or last time. They are compared or ranked.

Source: docs/criteria.md §4.14, §4.17.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, func, select

from segment_engine.compiler.binding import plain
from segment_engine.compiler.figures import figure_operand, time_operand
from segment_engine.compiler.membership import named
from segment_engine.compiler.operands import Operand, contact_operand
from segment_engine.compiler.rows import contacts_with
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import contacts
from segment_engine.domain.aggregates import NEVER_MISSING
from segment_engine.domain.criteria import FieldValue, Figure, FirstOrLast, Rows, ValueExpression


@dataclass(frozen=True, eq=False)
class Worked:
    """A value of every contact, missing where it is NULL.

    Shape: `operand` reads columns of contacts or of `joined`, which has at most one row a contact. An average is the
        value of the operand divided by its `factor`, and never divided where it is compared.
    """

    operand: Operand
    joined: Subquery | None = None


def work_out(scope: Scope, expression: ValueExpression) -> Worked:
    """Write a value expression. Raises: Unresolved when what it names is gone."""
    match expression:
        case FieldValue(key):
            return Worked(contact_operand(scope.field(key), scope.clock))
        case Figure():
            return _over_rows(
                scope, expression.rows, figure_operand(scope, expression), zero=expression.function in NEVER_MISSING
            )
        case FirstOrLast(which, rows):
            return _over_rows(scope, rows, time_operand(scope, which, rows), zero=False)


def _over_rows(scope: Scope, rows: Rows, operand: Operand, *, zero: bool) -> Worked:
    """Compute the figure for every contact with rows at once; contacts without rows get their value by the join."""
    columns: list[ColumnElement[Any]] = [operand.value.label("figure")]
    if operand.factor is not None:
        columns.append(operand.factor.label("of_rows"))
    joined = contacts_with(scope, rows).add_columns(*columns).subquery(named("figures"))
    value: ColumnElement[Any] = joined.c.figure
    factor = None if operand.factor is None else joined.c.of_rows
    if zero:
        value = func.coalesce(value, plain(0), type_=value.type)
    return Worked(replace(operand, value=value, factor=factor, folded=None), joined)


def contacts_and(worked: Sequence[Worked]) -> FromClause:
    """Join what was worked out to contacts, so that nobody is lost and nobody comes twice."""
    joined: FromClause = contacts
    for each in worked:
        if each.joined is not None:
            joined = joined.outerjoin(each.joined, each.joined.c.contact_number == contacts.c.number)
    return joined


def numbers_where(scope: Scope, worked: Sequence[Worked], predicate: ColumnElement[bool]) -> Select[Any]:
    """Select contact_number of the contacts of the base for whom a predicate over what was worked out holds."""
    return (
        select(contacts.c.number.label("contact_number"))
        .select_from(contacts_and(worked))
        .where(*scope.base(), predicate)
    )
