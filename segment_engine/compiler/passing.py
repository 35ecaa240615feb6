"""Which stored time a moving bound reaches next: one aggregate for each place in the data that time reaches."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from segment_engine.compiler.binding import bound_date, bound_instant, bound_text
from segment_engine.compiler.rows import chosen, property_of_rows
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import column_of, consents, contact_channels, contacts, events, related_rows
from segment_engine.domain.criteria import RelationPath, Rows
from segment_engine.domain.flips.clock import OfConsent, OfContact, OfProperty, OfRows, OfStop, Place


def next_stored(scope: Scope, place: Place, bound: date) -> Select[Any]:
    """Select the smallest stored time from a bound on, as `value`; NULL when there is none.

    Shape: `bound` is an instant or, for dated times, a date; a date among instants stands for its midnight in UTC.
    Raises: Unresolved when what is watched is gone.
    """
    match place:
        case OfContact(key):
            column = column_of(contacts, scope.field(key))
            found = select(column.label("value")).where(*scope.base(), column >= _bound(column, bound))
        case OfRows(rows, newest_only):
            found = _newest(scope, rows, bound) if newest_only else _rows(scope, rows, _happened(rows), bound)
        case OfProperty(rows, key):
            found = _rows(scope, rows, property_of_rows(scope, rows.source, key).value, bound)
        case OfConsent(channel):
            found = select(consents.c.recorded_at.label("value")).where(
                *scope.within(consents), consents.c.channel == bound_text(channel, name="channel"),
                consents.c.recorded_at >= _bound(consents.c.recorded_at, bound),
            )  # fmt: skip
        case OfStop(channel):
            stopped = contact_channels.c.suppressed_at
            found = select(stopped.label("value")).where(
                *scope.within(contact_channels), contact_channels.c.channel == bound_text(channel, name="channel"),
                stopped >= _bound(stopped, bound),
            )  # fmt: skip
    values = found.subquery("stored")
    return select(func.min(values.c.value).label("value"))


def _happened(rows: Rows) -> ColumnElement[Any]:
    return (related_rows if isinstance(rows.source, RelationPath) else events).c.occurred_at


def _rows(scope: Scope, rows: Rows, column: ColumnElement[Any], bound: date) -> Select[Any]:
    return chosen(scope, rows, column.label("value")).where(column >= _bound(column, bound))


def _newest(scope: Scope, rows: Rows, bound: date) -> Select[Any]:
    """Look at each contact's newest row before now: as long as that one counts, the others make no difference."""
    happened = _happened(rows)
    found = chosen(scope, rows, func.max(happened).label("value")).where(
        happened >= _bound(happened, bound), happened < bound_instant(scope.clock.as_of)
    )
    return found.group_by(found.selected_columns.contact_number)


def _bound(column: ColumnElement[Any], bound: date) -> ColumnElement[Any]:
    """Bind a bound as what the column holds."""
    is_date = column.type.python_type is date
    if isinstance(bound, datetime):
        return bound_date(bound.date()) if is_date else bound_instant(bound)
    return bound_date(bound) if is_date else bound_instant(datetime.combine(bound, time(), UTC))
