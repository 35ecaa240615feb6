"""Mistakes about rows of events, campaigns and related tables, planted on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, cast

import pytest
from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, SQLColumnExpression, func

from segment_engine.compiler import figures, quantifiers, rows, successions, tree
from segment_engine.compiler.brackets import any_of, opposite
from segment_engine.compiler.membership import Leaf, Membership
from segment_engine.compiler.operands import Clock, Operand
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import events, parents, related_rows
from segment_engine.domain.catalog import RowType
from segment_engine.domain.criteria import (
    Calendar,
    Campaign,
    Case,
    Count,
    EventHas,
    Figure,
    Group,
    GroupKind,
    Interactions,
    Related,
    RelationPath,
    Rows,
    Source,
    Span,
    Test,
    Window,
)
from segment_engine.domain.moments import Bounds
from tests.property.focused import Draw, asked, figure, whole
from tests.property.hostile_documents import Documents

Patch = pytest.MonkeyPatch
Predicate = ColumnElement[bool]
TICK = timedelta(microseconds=1)


def as_leaf(patch: Patch, kind: type, compiled: Callable[[Scope, Any], Leaf]) -> None:
    """Compile one kind of condition in another way."""
    patch.setitem(cast("dict[type, Callable[[Scope, Any], Leaf]]", tree._LEAVES), kind, compiled)


def no_rows_are_not_zero(patch: Patch) -> None:
    """T10: a count over rows that has no line for contacts without any."""

    def interval(count: Count) -> tuple[int, int | None, bool]:
        return (1, count.n, True) if count.op == "lte" else real(count)

    real = figures._interval
    patch.setattr(figures, "_interval", interval)


def a_sum_of_nothing_is_missing(patch: Patch) -> None:
    """T07 T10: no COALESCE around a sum."""

    def holds_at_zero(_operand: Operand, _test: Test) -> bool:
        return False

    patch.setattr(figures, "_holds_at_zero", holds_at_zero)


# Windows ---------------------------------------------------------------------------------------------------------


def _moved(patch: Patch, named: str, by: timedelta, module: ModuleType = rows) -> None:
    def bound(value: datetime, *, name: str = "moment") -> BindParameter[datetime]:
        return real(value + by if name == named else value, name=name)

    real = rows.bound_instant
    patch.setattr(module, "bound_instant", bound)


def the_window_takes_its_end_in(patch: Patch) -> None:
    """M10: a closed range instead of a half-open one."""
    _moved(patch, "until", TICK)


def the_window_leaves_its_start_out(patch: Patch) -> None:
    """M10: an open range instead of a half-open one."""
    _moved(patch, "from", TICK)


def later_rows_count(patch: Patch) -> None:
    """M11: rows after `as_of` are seen."""

    def edge(_clock: Clock, _kind: RowType) -> datetime:
        return datetime(2201, 1, 1, tzinfo=UTC)

    patch.setattr(rows, "_edge", edge)


def later_rows_never_count(patch: Patch) -> None:
    """M11: `include_future` is read and forgotten."""

    def in_time(scope: Scope, chosen: Rows, kind: RowType) -> list[Predicate]:
        return real(scope, replace(chosen, include_future=False), kind)

    real = rows._in_time
    patch.setattr(rows, "_in_time", in_time)


def days_are_counted_in_utc(patch: Patch) -> None:
    """T21: the zone of the document is not used for windows."""

    def bounds(window: Window, *, as_of: datetime, calendar: Calendar) -> Bounds:
        return real(window, as_of=as_of, calendar=replace(calendar, time_zone="UTC"))

    real = rows.window_bounds
    patch.setattr(rows, "window_bounds", bounds)


def dates_end_with_yesterday(patch: Patch) -> None:
    """§3.3: for date-only rows today is over only at midnight."""

    def edge(as_of: datetime, calendar: Calendar) -> date:
        return real(as_of, calendar) - timedelta(days=1)

    real = rows.date_edge
    patch.setattr(rows, "date_edge", edge)


def rows_without_a_time_are_in_every_window(patch: Patch) -> None:
    """M4: a related row whose time is missing lies in no window and not before `as_of`."""

    def in_time(scope: Scope, chosen: Rows, kind: RowType) -> list[Predicate]:
        bounds = real(scope, chosen, kind)
        if not isinstance(chosen.source, RelationPath):
            return bounds
        return [any_of(related_rows.c.occurred_at.is_(None), bound) for bound in bounds]

    real = rows._in_time
    patch.setattr(rows, "_in_time", in_time)


def neighbors_are_seen(patch: Patch) -> None:
    """T88: the rows of every organization."""

    def within(scope: Scope, table: FromClause) -> list[Predicate]:
        return real(scope, table)[1:]

    real = Scope.within
    patch.setattr(Scope, "within", within)


# Figures ---------------------------------------------------------------------------------------------------------


def _average(patch: Patch, change: Callable[[Operand, ColumnElement[Any]], Operand]) -> None:
    def figure_operand(scope: Scope, figure: Figure) -> Operand:
        operand = real(scope, figure)
        return operand if operand.factor is None else change(operand, operand.factor)

    real = figures.figure_operand
    patch.setattr(figures, "figure_operand", figure_operand)


def different_texts_are_never_folded(patch: Patch) -> None:
    """§4.3: count_distinct with `"case": "fold"` counts exact values."""

    def figure_operand(scope: Scope, figure: Figure) -> Operand:
        return real(scope, replace(figure, distinct_case=Case.EXACT))

    real = figures.figure_operand
    patch.setattr(figures, "figure_operand", figure_operand)


def an_average_is_divided(patch: Patch) -> None:
    """M7: a division that cuts off what decides."""

    def divided(operand: Operand, number: ColumnElement[Any]) -> Operand:
        return replace(operand, value=func.div(operand.value, number * 10**6) * 10**6, factor=None)

    _average(patch, divided)


def an_average_counts_missing_values(patch: Patch) -> None:
    """T07 §4.3: rows whose value is missing are skipped by every function but count."""

    def over_all(operand: Operand, number: ColumnElement[Any]) -> Operand:
        (counted,) = cast("Any", number).clauses
        table = getattr(counted, "table", None)  # what is worked out of a time is never missing
        return operand if table is None else replace(operand, factor=func.count(table.c.contact_number))

    _average(patch, over_all)


def the_first_is_the_last(patch: Patch) -> None:
    """§4.4: first and last exchanged."""

    def time_operand(scope: Scope, which: str, chosen: Rows) -> Operand:
        return real(scope, "last" if which == "first" else "first", chosen)

    real = figures.time_operand
    patch.setattr(figures, "time_operand", time_operand)


def any_campaign_will_do(patch: Patch) -> None:
    """T91 §4.9: the campaigns that are named are not asked for."""

    def of_kind(source: Source, kind: RowType) -> list[Predicate]:
        return real(replace(source, campaigns=()) if isinstance(source, Interactions) else source, kind)

    real = rows._of_kind
    patch.setattr(rows, "_of_kind", of_kind)


def interactions_are_counted_for_campaigns(patch: Patch) -> None:
    """§4.9: different campaigns, not how often."""

    def campaign(scope: Scope, node: Campaign) -> Leaf:
        return real(scope, replace(node, counted="interactions"))

    real = figures.campaign
    patch.setattr(figures, "campaign", campaign)
    as_leaf(patch, Campaign, campaign)


# First, last, and what follows -----------------------------------------------------------------------------------


def a_row_is_chosen_by_what_it_has(patch: Patch) -> None:
    """§4.5: the last row that looks like this, instead of what the last row looks like."""

    def event_has(scope: Scope, node: EventHas) -> Leaf:
        where = (node.has,) if node.rows.where is None else (node.rows.where, node.has)
        return real(scope, replace(node, rows=replace(node.rows, where=Group(GroupKind.ALL, where))))

    real = successions.event_has
    as_leaf(patch, EventHas, event_has)


def equal_times_go_by_the_wrong_number(patch: Patch) -> None:
    """§3.4: of two rows at the same time the one with the larger number is the later one."""

    def order(chosen: Rows) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        time, number = real(chosen)
        return time, -number

    real = successions._order
    patch.setattr(successions, "_order", order)


def a_row_follows_itself(patch: Patch) -> None:
    """§4.6: a row that is both the first and the second does not follow itself."""

    def marked(
        scope: Scope, chosen: Rows, is_first: SQLColumnExpression[bool], *, since: datetime | None = None
    ) -> Select[Any]:
        if str(is_first) == "true":
            return real(scope, chosen, is_first, since=since)
        time, number = successions._order(chosen)
        return rows.chosen(
            scope, chosen, time.label("occurred_at"), (number + 1).label("row_number"), is_first.label("is_first")
        )

    real = successions._marked
    patch.setattr(successions, "_marked", marked)


def a_gap_leaves_its_end_out(patch: Patch) -> None:
    """§4.6: exactly three days later is still within three days."""

    def soon_enough(within: Span | None, steps: FromClause) -> Predicate | None:
        if within is None:
            return None
        gap = successions.epoch(steps.c.next_time) - successions.epoch(steps.c.occurred_at)
        return gap < successions.bound_number(successions._seconds(within), exact=True, name="seconds")

    patch.setattr(successions, "_soon_enough", soon_enough)


def the_wait_ends_with_its_last_moment(patch: Patch) -> None:
    """§4.6: while the end of the gap is still to come, nobody waited in vain."""
    _moved(patch, "latest_start", TICK, successions)


def what_begins_with_the_window_follows_nothing(patch: Patch) -> None:
    """§4.6: a second row at the very start of the window may follow a first one there."""
    _moved(patch, "since", TICK, successions)


def nobody_waits(patch: Patch) -> None:
    """§4.6: not followed so far, though the time to wait is not over."""

    def in_vain(
        _clock: Clock, within: Span | None, steps: FromClause, in_time: Predicate | None, *, date_only: bool
    ) -> Predicate:
        del within, date_only
        never = steps.c.next_time.is_(None)
        return never if in_time is None else any_of(never, opposite(in_time))

    patch.setattr(successions, "_waited_in_vain", in_vain)


# Related rows ----------------------------------------------------------------------------------------------------


def all_of_no_rows_holds(patch: Patch) -> None:
    """T02 §4.12: `all` without rows answers what the document says."""

    def every(scope: Scope, node: Related, where: Group) -> Membership:
        return real(scope, replace(node, when_empty=True), where)

    real = quantifiers._all
    patch.setattr(quantifiers, "_all", every)


def some_rows_are_all(patch: Patch) -> None:
    """T18 §4.12: `all` that is content with one."""

    def every(scope: Scope, node: Related, _where: Group) -> Membership:
        return Membership(rows.contacts_with(scope, node.rows), inside=True)

    patch.setattr(quantifiers, "_all", every)


def one_row_more_is_needed(patch: Patch) -> None:
    """§4.12: at least k, off by one."""

    def bound(value: int, *, exact: bool, name: str = "number") -> ColumnElement[Any]:
        return real(value + 1, exact=exact, name=name)

    real = quantifiers.bound_number
    patch.setattr(quantifiers, "bound_number", bound)


def rows_hang_on_any_parent(patch: Patch) -> None:
    """T81 §4.12: a join on the contact alone multiplies the rows."""

    def with_parents(scope: Scope, statement: Select[Any], source: RelationPath) -> Select[Any]:
        first = scope.catalog.relations[source.path[0]]
        belongs = (
            parents.c.organization_id == related_rows.c.organization_id,
            parents.c.contact_number == related_rows.c.contact_number,
            parents.c.relation == rows.bound_small(first.number, name="relation"),
        )
        return statement.join(parents, rows.and_(*belongs))

    patch.setattr(rows, "_with_parents", with_parents)


def rows_of_another_table_count(patch: Patch) -> None:
    """T44: rows of a second table that fill the same columns."""

    def of_kind(source: Source, kind: RowType) -> list[Predicate]:
        return [] if isinstance(source, RelationPath) and len(source.path) == 1 else real(source, kind)

    real = rows._of_kind
    patch.setattr(rows, "_of_kind", of_kind)


def rows_of_another_type_count(patch: Patch) -> None:
    """T44: events of another type that fill the same columns."""

    def of_type(_kind: RowType) -> Predicate:
        return events.c.event_type > rows.bound_small(0, name="event_type")

    patch.setattr(rows, "_of_type", of_type)


_EVENTS = asked(Documents.event)
_CAMPAIGNS = asked(Documents.campaign)
_CHOSEN = asked(Documents.event_has)
_SEQUENCES = asked(Documents.sequence)
_RELATED = asked(Documents.related)

BUGS: dict[Callable[[Patch], None], Draw] = {
    no_rows_are_not_zero: _EVENTS,
    a_sum_of_nothing_is_missing: figure("sum", "count"),
    the_window_takes_its_end_in: _EVENTS,
    the_window_leaves_its_start_out: _EVENTS,
    later_rows_count: _EVENTS,
    later_rows_never_count: _EVENTS,
    days_are_counted_in_utc: _EVENTS,
    dates_end_with_yesterday: _EVENTS,
    rows_without_a_time_are_in_every_window: _RELATED,
    neighbors_are_seen: whole,
    different_texts_are_never_folded: figure("count_distinct"),
    an_average_is_divided: figure("avg"),
    an_average_counts_missing_values: figure("avg"),
    the_first_is_the_last: asked(Documents.event_time),
    any_campaign_will_do: _CAMPAIGNS,
    interactions_are_counted_for_campaigns: _CAMPAIGNS,
    a_row_is_chosen_by_what_it_has: _CHOSEN,
    equal_times_go_by_the_wrong_number: _CHOSEN,
    a_row_follows_itself: _SEQUENCES,
    a_gap_leaves_its_end_out: _SEQUENCES,
    the_wait_ends_with_its_last_moment: _SEQUENCES,
    what_begins_with_the_window_follows_nothing: _SEQUENCES,
    nobody_waits: _SEQUENCES,
    all_of_no_rows_holds: _RELATED,
    some_rows_are_all: _RELATED,
    one_row_more_is_needed: _RELATED,
    rows_hang_on_any_parent: _RELATED,
    rows_of_another_table_count: _RELATED,
    rows_of_another_type_count: _EVENTS,
}
"""Each mistake, and the documents in which it must show."""
