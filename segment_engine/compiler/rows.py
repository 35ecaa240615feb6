"""Which events a condition looks at: one type, in the window, satisfying `where`, before `as_of`.

Source: docs/criteria.md §3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, select

from segment_engine.compiler.binding import bound_instant, bound_small, midnight
from segment_engine.compiler.groups import combine
from segment_engine.compiler.operands import Clock, Operand, contact_operand, property_operand
from segment_engine.compiler.operators import condition
from segment_engine.compiler.tables import events
from segment_engine.domain.catalog import Catalog, EventType, property_of
from segment_engine.domain.criteria import AnyTime, Attribute, Condition, Property, Rows
from segment_engine.domain.moments import date_edge, window_bounds, window_dates
from segment_engine.errors import Unresolved


@dataclass(frozen=True)
class Scope:
    """What a compilation knows: the catalog, the one now, and the organization every table access is limited to."""

    catalog: Catalog
    clock: Clock
    organization: BindParameter[int]

    def attribute(self, attribute: Attribute) -> ColumnElement[bool]:
        """Compile a condition on a value of the contact. Raises: Unresolved when the field is gone."""
        field = self.catalog.fields.get(attribute.field)
        if field is None:
            raise Unresolved(
                f"The field “{attribute.field}” does not exist any more. Edit the criteria, or restore the field."
            )
        return condition(contact_operand(field, self.clock), attribute.test, self.clock)

    def event(self, rows: Rows) -> EventType:
        """Find the event type. Raises: Unresolved when it is gone."""
        event = self.catalog.events.get(rows.source)
        if event is None:
            raise Unresolved(
                f"The event “{rows.source}” does not exist any more. Edit the criteria, or restore the event."
            )
        return event

    def property(self, event: EventType, key: str) -> Operand:
        """Find a value of an event. Raises: Unresolved when it is gone."""
        field = property_of(event, key)
        if field is None:
            raise Unresolved(
                f"The event “{event.label}” does not have the property “{key}” any more. "
                "Edit the criteria, or restore the property."
            )
        return property_operand(event, field, self.clock)


def contacts_with(scope: Scope, rows: Rows, having: ColumnElement[bool] | None = None) -> Select[Any]:
    """Select the numbers of the contacts that have such rows, each once, and whose rows together satisfy `having`.

    Raises: Unresolved when the event or a property is gone; LimitExceeded when a bound leaves the years 1900-2200.
    """
    event = scope.event(rows)
    statement = select(events.c.contact_number).where(
        events.c.organization_id == scope.organization,
        events.c.event_type == bound_small(event.number, name="event_type"),
        *_in_time(scope, rows, event),
    )
    if rows.where is not None:
        statement = statement.where(combine(rows.where, lambda node: _where(scope, event, node)))
    statement = statement.group_by(events.c.contact_number)
    return statement if having is None else statement.having(having)


def _where(scope: Scope, event: EventType, node: Condition) -> ColumnElement[bool]:
    if not isinstance(node, Property):
        raise TypeError(node)
    return condition(scope.property(event, node.field), node.test, scope.clock)


def _in_time(scope: Scope, rows: Rows, event: EventType) -> list[ColumnElement[bool]]:
    """Bound the time of the rows; the window's end and `as_of` meet in one bound, which estimates better than two."""
    lo, hi = _window(scope.clock, rows, event)
    edge = None if rows.include_future else _edge(scope.clock, event)
    ends = [end for end in (hi, edge) if end is not None]
    bounds: list[ColumnElement[bool]] = []
    if lo is not None:
        bounds.append(events.c.occurred_at >= bound_instant(lo, name="from"))
    if ends:
        bounds.append(events.c.occurred_at < bound_instant(min(ends), name="until"))
    return bounds


def _window(clock: Clock, rows: Rows, event: EventType) -> tuple[datetime | None, datetime | None]:
    window = rows.window or AnyTime()
    if not event.date_only:
        bounds = window_bounds(window, as_of=clock.as_of, calendar=clock.calendar)
        return bounds.lo, bounds.hi
    dates = window_dates(window, as_of=clock.as_of, calendar=clock.calendar)
    return _midnight(dates.lo), _midnight(dates.hi)


def _edge(clock: Clock, event: EventType) -> datetime:
    return midnight(date_edge(clock.as_of, clock.calendar)) if event.date_only else clock.as_of


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else midnight(day)
