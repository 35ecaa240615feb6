"""Everything known about one contact, and the segments and campaigns it has to do with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from segment_engine.compiler.evidence import contact_values
from segment_engine.db import contacts, members, standing
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.catalog import TEXTS, Field, FieldType
from segment_engine.domain.contact import ContactCampaign, ContactCard, FieldValue, HandRecord, Membership, intervals_of
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.evaluate.records import Stored
from segment_engine.domain.explanation.values import value_text
from segment_engine.domain.segment import ContactSegment, SegmentId
from segment_engine.errors import NotFound
from segment_engine.use_cases.explaining import NO_CONTACT, find_number


class ContactReading:
    """The part of `Contacts` that tells about one. A key or number of another organization is not found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, context: OrganizationContext, contact: str | int) -> ContactCard:
        """Read everything known about a contact, by its own key (text) or its number.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = find_number(transaction, organization_id, contact)
            found = contacts.identity(transaction, organization_id, number)
            if found is None:
                raise NotFound(NO_CONTACT)
            place = transaction, organization_id, number
            return ContactCard(
                found.number, found.external_key, found.name, found.email, found.created_at, found.updated_at,
                _fields(transaction, context, number), contacts.channels(*place), contacts.consents(*place),
                contacts.events(*place), contacts.relations(*place), contacts.lists(*place),
            )  # fmt: skip

    def segments_of(self, context: OrganizationContext, external_key: str) -> tuple[ContactSegment, ...]:
        """List the segments that hold the contact now, by name. Raises: PermissionDenied, NotFound."""
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = find_number(transaction, organization_id, external_key)
            return members.segments_of_contact(transaction, organization_id, number)

    def memberships(self, context: OrganizationContext, contact: str | int) -> tuple[Membership, ...]:
        """List every segment that holds a contact, held it before, or for which something was decided by hand.

        Shape: those that hold it first, then by name. Every stretch of membership stands by itself, with the runs with
            which it began and ended; a contact that returned has several.
        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = find_number(transaction, organization_id, contact)
            decided = contacts.by_hand(transaction, organization_id, number)
            found = {each.segment_id: each for each in contacts.memberships(transaction, organization_id, number)}
            for segment, _ in decided:
                found.setdefault(segment.segment_id, segment)
            told = [
                each
                for each in _with_history(transaction, organization_id, number, found.values(), decided)
                if each.is_member or each.intervals or each.by_hand
            ]
            told = _judged(transaction, organization_id, told)
        return tuple(sorted(told, key=lambda each: (not each.is_member, each.name.casefold(), str(each.segment_id))))

    def membership(self, context: OrganizationContext, contact: str | int, segment_id: UUID) -> Membership:
        """Tell about one segment and a contact, also where it never was a member.

        Raises: PermissionDenied, NotFound for a contact or segment that does not exist.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = find_number(transaction, organization_id, contact)
            found = contacts.membership(transaction, organization_id, number, segment_id)
            if found is None:
                raise NotFound
            decided = contacts.by_hand(transaction, organization_id, number)
            told = _with_history(transaction, organization_id, number, (found,), decided)
            (judged,) = _judged(transaction, organization_id, told)
            return judged

    def campaigns(self, context: OrganizationContext, contact: str | int) -> tuple[ContactCampaign, ...]:
        """List campaigns and sequences with what they have to do with a contact, at most 200, the newest first.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            number = find_number(transaction, organization_id, contact)
            return contacts.campaigns(transaction, organization_id, number)


def _with_history(
    transaction: Transaction, organization_id: int, number: int, found: Iterable[Membership],
    decided: Iterable[tuple[Membership, HandRecord]],
) -> list[Membership]:  # fmt: skip
    """Add when each segment held the contact, and what was decided by hand."""
    known = list(found)
    changes = contacts.changes(transaction, organization_id, number, [each.segment_id for each in known])
    records: dict[SegmentId, list[HandRecord]] = defaultdict(list)
    for segment, record in decided:
        records[segment.segment_id].append(record)
    return [
        replace(
            each, intervals=intervals_of(changes.get(each.segment_id, ()), is_member=each.is_member),
            by_hand=tuple(records.get(each.segment_id, ())),
        )
        for each in known
    ]  # fmt: skip


def _judged(transaction: Transaction, organization_id: int, found: Sequence[Membership]) -> list[Membership]:
    """Add how each segment stands."""
    judged = standing.of_segments(transaction, organization_id, [each.segment_id for each in found])
    return [replace(each, standing=judged.get(each.segment_id)) for each in found]


def _fields(transaction: Transaction, context: OrganizationContext, number: int) -> tuple[FieldValue, ...]:
    known = load_catalog(transaction, context.organization_id).fields
    fields = [known[key] for key in sorted(known)]
    if not fields:
        return ()
    row = transaction.the(contact_values(fields, organization_id=context.organization_id, number=number))
    return tuple(
        FieldValue(
            field.key, field.label, field.type, _shown(value, field, context.calendar), field.source,
            sensitive=field.sensitive,
        )
        for field, value in zip(fields, row[2:], strict=True)
    )  # fmt: skip


def _shown(value: Stored | list[str] | None, field: Field, calendar: Calendar) -> str | None:
    """Write a stored value for reading: texts as they are, without the marks that sentences need."""
    stored = tuple(value) if isinstance(value, list) else value
    written = value_text(stored, field, calendar)
    if written is None:
        return None
    if field.type in TEXTS:
        return str(stored)
    if field.type is FieldType.SET and isinstance(stored, tuple):
        return ", ".join(sorted(str(element) for element in stored))
    return written
