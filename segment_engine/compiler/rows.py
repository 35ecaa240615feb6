"""Which rows a condition looks at: of one source, in the window, satisfying `where`, before `as_of`.

Source: docs/criteria.md §3.4.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, select

from segment_engine.compiler.binding import bound_instant, bound_small, bound_uuids, midnight
from segment_engine.compiler.groups import combine
from segment_engine.compiler.operands import Clock, Operand, property_operand
from segment_engine.compiler.operators import condition
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import events, parents, related_rows
from segment_engine.domain.catalog import RowType, is_timed
from segment_engine.domain.criteria import (
    AnyTime,
    Condition,
    Group,
    Interactions,
    Property,
    RelationPath,
    Rows,
    Source,
)
from segment_engine.domain.moments import date_edge, window_bounds, window_dates
from segment_engine.errors import Unresolved

_HOPS = 2


def kind_of(scope: Scope, source: Source) -> RowType:
    """Find what the rows of a source are. Raises: Unresolved when that, or a campaign it names, is gone."""
    kind = scope.catalog.rows_of(source)
    if kind is None:
        raise Unresolved(f"{_named(source)} does not exist any more. Edit the criteria, or restore it.")
    if isinstance(source, Interactions):
        for campaign in source.campaigns:
            if campaign not in scope.catalog.campaigns:
                raise Unresolved(
                    f"The campaign “{campaign}” does not exist. Take it out of the criteria, or choose another.",
                    cause="reference_missing",
                )
    return kind


def _named(source: Source) -> str:
    match source:
        case Interactions(interaction):
            return f"The campaign history “{interaction}”"
        case RelationPath(path):
            return f"The relation “{' – '.join(path)}”"
        case _:
            return f"The event “{source}”"


def property_of_rows(scope: Scope, source: Source, key: str) -> Operand:
    """Find a value of the rows, in a path of two also of those they belong to. Raises: Unresolved when it is gone."""
    kind = kind_of(scope, source)
    field = scope.catalog.property_of(source, key)
    if field is None:
        raise Unresolved(
            f"“{kind.label}” does not have the property “{key}” any more. Edit the criteria, or restore the property."
        )
    own = key.startswith("@") or key in kind.fields
    table = (related_rows if own else parents) if isinstance(source, RelationPath) else events
    return property_operand(kind, field, scope.clock, table=table)


def test_of_rows(scope: Scope, source: Source, group: Group) -> ColumnElement[bool]:
    """Compile `where` or `has`: true or false for every row, never NULL."""

    def leaf(node: Condition) -> ColumnElement[bool]:
        if not isinstance(node, Property):
            raise TypeError(node)
        return condition(property_of_rows(scope, source, node.field), node.test, scope.clock)

    return combine(group, leaf)


def chosen(scope: Scope, rows: Rows, *columns: ColumnElement[Any]) -> Select[Any]:
    """Select contact_number and columns of the rows, each row once.

    Raises: Unresolved when the source or a property is gone; LimitExceeded when a bound leaves the years 1900-2200.
    """
    kind = kind_of(scope, rows.source)
    table = related_rows if isinstance(rows.source, RelationPath) else events
    statement = select(table.c.contact_number, *columns).where(
        *scope.within(table), *_of_kind(rows.source, kind), *_in_time(scope, rows, kind)
    )
    if isinstance(rows.source, RelationPath) and len(rows.source.path) == _HOPS:
        statement = _with_parents(scope, statement, rows.source)
    return statement if rows.where is None else statement.where(test_of_rows(scope, rows.source, rows.where))


def contacts_with(scope: Scope, rows: Rows, having: ColumnElement[bool] | None = None) -> Select[Any]:
    """Select the numbers of the contacts that have such rows, each once, and whose rows together satisfy `having`.

    Raises: Unresolved when the source or a property is gone; LimitExceeded when a bound leaves the years 1900-2200.
    """
    statement = chosen(scope, rows)
    statement = statement.group_by(statement.selected_columns.contact_number)
    return statement if having is None else statement.having(having)


def numbers_with(scope: Scope, rows: Rows) -> Select[Any]:
    """Select the numbers of the contacts that have such rows.

    Shape: where a row itself must be looked at, a number may come several times. Measured: making them unique first
        doubled the time. Without, an index gives them in order, and each comes once.
    Raises: as `contacts_with`.
    """
    of_campaigns = isinstance(rows.source, Interactions) and bool(rows.source.campaigns)
    return contacts_with(scope, rows) if rows.where is None and not of_campaigns else chosen(scope, rows)


def _of_kind(source: Source, kind: RowType) -> list[ColumnElement[bool]]:
    match source:
        case RelationPath():
            return [related_rows.c.relation == bound_small(kind.number, name="relation")]
        case Interactions(campaigns=campaigns) if campaigns:
            listed = bound_uuids(campaigns, name="campaigns")
            return [_of_type(kind), events.c.campaign_id == any_(listed)]
        case _:
            return [_of_type(kind)]


def _of_type(kind: RowType) -> ColumnElement[bool]:
    return events.c.event_type == bound_small(kind.number, name="event_type")


def _with_parents(scope: Scope, statement: Select[Any], source: RelationPath) -> Select[Any]:
    """Join the row that each row belongs to: there is exactly one, so that no row is counted twice."""
    first = scope.catalog.relations[source.path[0]]
    return statement.join(
        parents,
        and_(
            *scope.within(parents),
            parents.c.contact_number == related_rows.c.contact_number,
            parents.c.row_number == related_rows.c.parent_number,
            parents.c.relation == bound_small(first.number, name="relation"),
        ),
    )


def _in_time(scope: Scope, rows: Rows, kind: RowType) -> list[ColumnElement[bool]]:
    """Bound the time of the rows; the window's end and `as_of` meet in one bound, which estimates better than two."""
    if not is_timed(kind):
        if rows.include_future or not isinstance(rows.window, None | AnyTime):
            raise Unresolved(f"“{kind.label}” has no time any more, so no window can choose its rows. Take it out.")
        return []
    happened = (related_rows if isinstance(rows.source, RelationPath) else events).c.occurred_at
    lo, hi = _window(scope.clock, rows, kind)
    edge = None if rows.include_future else _edge(scope.clock, kind)
    ends = [end for end in (hi, edge) if end is not None]
    bounds: list[ColumnElement[bool]] = []
    if lo is not None:
        bounds.append(happened >= bound_instant(lo, name="from"))
    if ends:
        bounds.append(happened < bound_instant(min(ends), name="until"))
    return bounds


def earliest(scope: Scope, rows: Rows) -> datetime | None:
    """Say before which instant there are no such rows; None when their window is open at its start."""
    return _window(scope.clock, rows, kind_of(scope, rows.source))[0]


def _window(clock: Clock, rows: Rows, kind: RowType) -> tuple[datetime | None, datetime | None]:
    window = rows.window or AnyTime()
    if not kind.date_only:
        bounds = window_bounds(window, as_of=clock.as_of, calendar=clock.calendar)
        return bounds.lo, bounds.hi
    dates = window_dates(window, as_of=clock.as_of, calendar=clock.calendar)
    return _midnight(dates.lo), _midnight(dates.hi)


def _edge(clock: Clock, kind: RowType) -> datetime:
    return midnight(date_edge(clock.as_of, clock.calendar)) if kind.date_only else clock.as_of


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else midnight(day)
