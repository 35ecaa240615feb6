"""Conditions on the order of a contact's rows: what the first or last is like, and what follows what.

Source: docs/criteria.md §4.5, §4.6.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    SQLColumnExpression,
    extract,
    func,
    literal_column,
    not_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from segment_engine.compiler.binding import bound_instant, bound_number, midnight, plain
from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.membership import Leaf, Membership, judged, named
from segment_engine.compiler.operands import Clock
from segment_engine.compiler.rows import chosen, earliest, kind_of, test_of_rows
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import events, related_rows
from segment_engine.domain.criteria import EventHas, OnMissing, RelationPath, Rows, Sequence, Span, Unit
from segment_engine.domain.moments import date_edge
from segment_engine.errors import Unresolved

ELAPSED = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1)}


def event_has(scope: Scope, node: EventHas) -> Leaf:
    """Compile what the first or last row is like: the row is chosen, then looked at. Missing when there is none."""
    return judged(_first_or_last(scope, node), include=node.on_missing is OnMissing.INCLUDE)


def _first_or_last(scope: Scope, node: EventHas) -> Select[Any, Any]:
    """Select contact_number and holds: one row a contact, by (time, number), with the answer to `has`.

    Measured: rows are collected before they are sorted; walking past them in the order of an index took 4 to 8 times
        as long.
    """
    time, number = _order(node.rows)
    holds = test_of_rows(scope, node.rows.source, node.has).label("holds")
    collected = chosen(scope, node.rows, time.label("occurred_at"), number.label("row_number"), holds)
    rows = collected.offset(plain(0)).subquery(named("rows"))
    ends = (rows.c.occurred_at, rows.c.row_number)
    order = [end.asc() if node.which == "first" else end.desc() for end in ends]
    return (
        select(rows.c.contact_number, rows.c.holds)
        .ext(distinct_on(rows.c.contact_number))
        .where(rows.c.occurred_at.is_not(None))
        .order_by(rows.c.contact_number, *order)
    )


def _order(rows: Rows) -> tuple[ColumnElement[datetime], ColumnElement[int]]:
    if isinstance(rows.source, RelationPath):
        return related_rows.c.occurred_at, related_rows.c.row_number
    return events.c.occurred_at, events.c.event_number


def sequence(scope: Scope, node: Sequence) -> Leaf:
    """Compile a row, then another or then not, within elapsed time. Both verbs need the first row.

    Raises: Unresolved when an event is gone, or one has times of day and the other only dates.
    """
    date_only = _is_date_only(scope, node)
    steps = _steps(scope, node)
    next_time = steps.c.next_time
    in_time = _soon_enough(node.within, steps)
    if node.verb == "followed_by":
        holds = next_time.is_not(None) if in_time is None else all_of(next_time.is_not(None), in_time)
    else:
        holds = _waited_in_vain(scope.clock, node.within, steps, in_time, date_only=date_only)
    number = steps.c.contact_number
    return Leaf(Membership(select(number).where(steps.c.is_first, holds).group_by(number), inside=True))


def _is_date_only(scope: Scope, node: Sequence) -> bool:
    first, then = kind_of(scope, node.first.source), kind_of(scope, node.then.source)
    if first.date_only is not then.date_only:
        raise Unresolved(
            f"“{first.label}” and “{then.label}” cannot be put in order any more: one has a time of day, the other "
            "only a date. Edit the criteria."
        )
    return first.date_only


def _steps(scope: Scope, node: Sequence) -> FromClause:
    """Select every first row with the time of the next second row after it, read once and sorted once a contact.

    Shape: contact_number, occurred_at, is_first, next_time. Walking back in time, the next second row is the earliest
        one met so far; a row that is both stands before itself, so that it never follows itself.
    Measured: as fast as the best semi-join where contacts have few rows; that one is quadratic where a contact has
        many. A second row before the window of the first ones follows none of them: leaving it out halved the time.
    """
    both = union_all(
        _marked(scope, node.first, literal_column("true", Boolean())),
        _marked(scope, node.then, literal_column("false", Boolean()), since=earliest(scope, node.first)),
    ).subquery(named("rows"))
    back = (both.c.occurred_at.desc(), both.c.row_number.desc(), both.c.is_first.desc())
    next_time = (
        func.min(both.c.occurred_at)
        .filter(not_(both.c.is_first))
        .over(partition_by=both.c.contact_number, order_by=back, rows=(None, 0))
    )
    return select(
        both.c.contact_number, both.c.occurred_at, both.c.is_first, next_time.label("next_time")
    ).subquery(named("steps"))  # fmt: skip


def _marked(
    scope: Scope, rows: Rows, is_first: SQLColumnExpression[bool], *, since: datetime | None = None
) -> Select[Any]:
    time, number = _order(rows)
    marked = chosen(scope, rows, time.label("occurred_at"), number.label("row_number"), is_first.label("is_first"))
    return marked if since is None else marked.where(time >= bound_instant(since, name="since"))


def _soon_enough(within: Span | None, steps: FromClause) -> ColumnElement[bool] | None:
    if within is None:
        return None
    gap = epoch(steps.c.next_time) - epoch(steps.c.occurred_at)
    return gap <= bound_number(_seconds(within), exact=True, name="seconds")


def _waited_in_vain(
    clock: Clock, within: Span | None, steps: FromClause, in_time: ColumnElement[bool] | None, *, date_only: bool
) -> ColumnElement[bool]:
    """Nothing follows in time, and the time to wait is over: it ended before `as_of`, because its end still counts."""
    never = steps.c.next_time.is_(None)
    if within is None or in_time is None:
        return never
    now = midnight(date_edge(clock.as_of, clock.calendar)) if date_only else clock.as_of
    latest_start = bound_instant(now - within.n * ELAPSED[within.unit], name="latest_start")
    return all_of(steps.c.occurred_at < latest_start, any_of(never, opposite(in_time)))


def _seconds(within: Span) -> int:
    elapsed = ELAPSED.get(within.unit)
    if elapsed is None:
        raise Unresolved("A gap is counted in minutes, hours or days of 24 hours. Edit the criteria.")
    return within.n * int(elapsed.total_seconds())


def epoch(time: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write an instant as exact seconds, so that elapsed time is subtracted in numeric (M7, M8)."""
    return type_coerce(extract("epoch", time), Numeric())
