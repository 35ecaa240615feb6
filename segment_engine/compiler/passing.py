"""Which stored time moving bounds reach next: one statement for each place in the data that time reaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from segment_engine.compiler.binding import bound_date, bound_instant, bound_text
from segment_engine.compiler.membership import named
from segment_engine.compiler.rows import chosen, property_of_rows
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import column_of, consents, contact_channels, contacts, events, related_rows
from segment_engine.domain.criteria import RelationPath, Rows
from segment_engine.domain.flips.clock import OfConsent, OfContact, OfProperty, OfRows, OfStop, Place


def next_stored(scope: Scope, place: Place, bounds: Sequence[date]) -> Select[Any]:
    """Select the smallest stored time from each bound on, a column each in the order given; NULL when there is none.

    Shape: bounds are instants or, for dated times, dates; a date among instants stands for its midnight in UTC. All of
        them are asked in one pass.
    Raises: Unresolved when what is watched is gone.
    """
    if isinstance(place, OfRows) and place.newest_only:
        newest = (_newest(scope, place.rows, bound).subquery(named("newest")) for bound in bounds)
        return select(*(select(func.min(each.c.value)).scalar_subquery() for each in newest))
    column, found = _stored(scope, place)
    held = [_as_held(column, bound) for bound in bounds]
    lowest = min(held)
    values = found.where(column >= _bound(column, lowest)).subquery("stored")
    value = values.c.value
    return select(
        *(
            func.min(value) if bound == lowest else func.min(value).filter(value >= _bound(column, bound))
            for bound in held
        )
    )


def _stored(scope: Scope, place: Place) -> tuple[ColumnElement[Any], Select[Any]]:
    """Select every time that is stored in a place, as `value`; with the column that holds it."""
    match place:
        case OfContact(key):
            column = column_of(contacts, scope.field(key))
            return column, select(column.label("value")).where(*scope.base())
        case OfRows(rows):
            column = _happened(rows)
            return column, chosen(scope, rows, column.label("value"))
        case OfProperty(rows, key):
            column = property_of_rows(scope, rows.source, key).value
            return column, chosen(scope, rows, column.label("value"))
        case OfConsent(channel):
            column, its_channel = consents.c.recorded_at, consents.c.channel
            within = scope.within(consents)
        case OfStop(channel):
            column, its_channel = contact_channels.c.suppressed_at, contact_channels.c.channel
            within = scope.within(contact_channels)
    return column, select(column.label("value")).where(*within, its_channel == bound_text(channel, name="channel"))


def _happened(rows: Rows) -> ColumnElement[Any]:
    return (related_rows if isinstance(rows.source, RelationPath) else events).c.occurred_at


def _newest(scope: Scope, rows: Rows, bound: date) -> Select[Any]:
    """Look at each contact's newest row before now: as long as that one counts, the others make no difference."""
    happened = _happened(rows)
    found = chosen(scope, rows, func.max(happened).label("value")).where(
        happened >= _bound(happened, bound), happened < bound_instant(scope.clock.as_of)
    )
    return found.group_by(found.selected_columns.contact_number)


def _bound(column: ColumnElement[Any], bound: date) -> ColumnElement[Any]:
    """Bind a bound as what the column holds."""
    held = _as_held(column, bound)
    return bound_instant(held) if isinstance(held, datetime) else bound_date(held)


def _as_held(column: ColumnElement[Any], bound: date) -> date:
    """Give a bound as what the column holds, so that bounds on instants and on whole days can be compared."""
    if column.type.python_type is date:
        return bound.date() if isinstance(bound, datetime) else bound
    return bound if isinstance(bound, datetime) else datetime.combine(bound, time(), UTC)
