"""What is stored of one contact: the columns and rows that an explanation reads. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from segment_engine.compiler.compiled import Compiled
from segment_engine.compiler.tables import column_of, contacts, events, related_rows
from segment_engine.domain.catalog import EventType, Field, Relation


def contact_values(fields: Sequence[Field], *, organization_id: int, number: int) -> Select[Any]:
    """Select the values of one contact of the base, in the order of the fields, after its number and own key.

    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    columns: list[ColumnElement[Any]] = [column_of(contacts, field) for field in fields]
    return select(contacts.c.number, contacts.c.external_key, *_labelled(columns)).where(
        contacts.c.organization_id == organization_id, contacts.c.number == number, contacts.c.deleted_at.is_(None)
    )


def event_rows(
    kind: EventType, fields: Sequence[Field], *, organization_id: int, number: int, most: int
) -> Select[Any]:
    """Select the newest events of one type and contact: number, time, campaign, then the properties in order.

    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    columns: list[ColumnElement[Any]] = [column_of(events, field) for field in fields]
    return (
        select(events.c.event_number, events.c.occurred_at, events.c.campaign_id, *_labelled(columns))
        .where(
            events.c.organization_id == organization_id,
            events.c.event_type == kind.number,
            events.c.contact_number == number,
        )
        .order_by(events.c.occurred_at.desc(), events.c.event_number.desc())
        .limit(most)
    )


def relation_rows(
    kind: Relation, fields: Sequence[Field], *, organization_id: int, number: int, most: int
) -> Select[Any]:
    """Select the newest rows of one relation and contact: number, parent, time, then the properties in order.

    Raises: Unresolved when the catalog names a column that the table does not have.
    """
    columns: list[ColumnElement[Any]] = [column_of(related_rows, field) for field in fields]
    return (
        select(related_rows.c.row_number, related_rows.c.parent_number, related_rows.c.occurred_at, *_labelled(columns))
        .where(
            related_rows.c.organization_id == organization_id,
            related_rows.c.relation == kind.number,
            related_rows.c.contact_number == number,
        )
        .order_by(related_rows.c.occurred_at.desc().nulls_last(), related_rows.c.row_number.desc())
        .limit(most)
    )


def _labelled(columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    # Two fields may never share a column, but a label each keeps the result readable by place whatever they are called.
    return [column.label(f"value_{place}") for place, column in enumerate(columns)]


def looked_at(compiled: Compiled) -> Select[int]:
    """Count the contacts of the base among those the criteria look at at all."""
    return select(func.count()).select_from(contacts).where(*compiled.scope.base())
