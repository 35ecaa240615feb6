"""What a builder may offer: other segments, static lists, campaigns, topics of consent, and values of a field."""

from __future__ import annotations

from segment_engine.compiler import occurring_values
from segment_engine.db import offers
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.catalog import Catalog, Field, FieldType, RowType
from segment_engine.domain.offers import MOST_VALUES, CampaignOffer, ListOffer, SegmentOffer, TopicOffer, ValueOffer
from segment_engine.errors import InputError, LimitExceeded

LOOKING_SECONDS = 2
_OFFERED = frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.SET, FieldType.BOOLEAN, FieldType.INTEGER})

# Whoever sees these sees contacts, whether a catalog calls them sensitive or not.
_IDENTIFYING = frozenset({"email", "phone", "first_name", "last_name"})


class Offers:
    """Short lists for a person who builds criteria. Nothing is evaluated but the values of one field at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def segments(self, context: OrganizationContext) -> tuple[SegmentOffer, ...]:
        """List the segments that criteria could name. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return offers.segments(transaction, context.organization_id)

    def lists(self, context: OrganizationContext) -> tuple[ListOffer, ...]:
        """List the static lists that criteria could name. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return offers.lists(transaction, context.organization_id)

    def campaigns(self, context: OrganizationContext) -> tuple[CampaignOffer, ...]:
        """List the campaigns that criteria could name. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return offers.campaigns(transaction, context.organization_id)

    def topics(self, context: OrganizationContext) -> tuple[TopicOffer, ...]:
        """List the topics that consent was recorded for, by channel. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return offers.topics(transaction, context.organization_id)

    def values(self, context: OrganizationContext, key: str) -> tuple[ValueOffer, ...] | None:
        """List the values of a field or property that occur, most frequent first, where they are few.

        Shape: None where there are more than 50, where looking takes too long, or where the type has no short list;
            the elements of a set. `key` is that of a contact's field, or of a property of events or related rows.
        Raises: PermissionDenied (sensitive and identifying fields need to see contacts), InputError for an unknown key.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        try:
            with self._database.transaction(organization_id, read_only=True) as transaction:
                field, kind = _found(load_catalog(transaction, organization_id), key)
                if field.sensitive or field.column in _IDENTIFYING:
                    require(context, Permission.MEMBERS_VIEW)
                if field.type not in _OFFERED:
                    return None
                transaction.limit_statements(seconds=LOOKING_SECONDS)
                most = MOST_VALUES + 1
                rows = transaction.rows(occurring_values(field, kind, organization_id=organization_id, most=most))
        except LimitExceeded:
            return None
        return None if len(rows) == most else tuple(ValueOffer(row.value, row.records) for row in rows)


def _found(known: Catalog, key: str) -> tuple[Field, RowType | None]:
    if key in known.fields:
        return known.fields[key], None
    for kind in (*known.events.values(), *known.relations.values()):
        if key in kind.fields:
            return kind.fields[key], kind
    raise InputError(f"There is no field “{key}”. Choose one of the catalog.")
