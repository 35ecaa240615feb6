"""Static lists: create from keys, replace, list, read, delete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from uuid import UUID, uuid4

from segment_engine.db import audit, lists, references
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.folding import is_blank
from segment_engine.domain.lists import ListId, ListReport, ListVerdict, StaticList
from segment_engine.errors import NotFound
from segment_engine.use_cases.texts import checked_name

KEYS_AT_ONCE = 10_000
LONGEST_KEY = 255
_BLOCK_BITS = 4_096


class Lists:
    """The use cases around static lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext) -> tuple[StaticList, ...]:
        """List every static list by name, from stored figures. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return lists.find(transaction, context.organization_id)

    def get(self, context: OrganizationContext, list_id: UUID) -> StaticList:
        """Read one list with its report and the segments that refer to it. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return _read(transaction, context.organization_id, list_id)

    def id_by_name(self, context: OrganizationContext, name: str) -> ListId:
        """Find a list by its name, letters of either case alike. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = lists.by_name(transaction, context.organization_id, name)
        if found is None:
            raise NotFound(f"There is no list named “{name}”. List them to see the names.")
        return found

    def create(self, context: OrganizationContext, name: str, keys: Iterable[str | None]) -> StaticList:
        """Make a list of the contacts with these keys: all of it, or nothing.

        Shape: keys are those of contacts, exact to the letter; None stands for a row without one.
        Raises: PermissionDenied, InputError, NameTaken.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id, list_id = context.organization_id, uuid4()
        checked = checked_name(name, of="list")
        with self._database.transaction(organization_id) as transaction:
            lists.create(transaction, organization_id, list_id=list_id, name=checked, person_id=context.person_id)
            return _fill(transaction, context, list_id, keys, action="list.create")

    def replace(self, context: OrganizationContext, list_id: UUID, keys: Iterable[str | None]) -> StaticList:
        """Put the contacts with these keys in place of those in the list; segments see them at their next run.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            if lists.lock(transaction, organization_id, list_id) is None:
                raise NotFound
            return _fill(transaction, context, list_id, keys, action="list.replace")

    def delete(self, context: OrganizationContext, list_ids: Sequence[UUID]) -> tuple[ListVerdict, ...]:
        """Delete the lists that no segment names, and say of each what happened. Contacts stay.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_DELETE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            return tuple(_delete(transaction, context, list_id) for list_id in sorted(set(list_ids)))


def _read(transaction: Transaction, organization_id: int, list_id: UUID) -> StaticList:
    found = lists.get(transaction, organization_id, list_id)
    if found is None:
        raise NotFound
    users = references.naming(transaction, organization_id, (list_id,))
    return replace(found, used_by=tuple(user.name for user in users))


def _delete(transaction: Transaction, context: OrganizationContext, list_id: UUID) -> ListVerdict:
    name = lists.lock(transaction, context.organization_id, list_id)
    if name is None:
        return ListVerdict(ListId(list_id), "", done=False, reason="does not exist, or you have no access to it")
    users = references.naming(transaction, context.organization_id, (list_id,))
    if users:
        reason = f"kept, because it is used by {', '.join(f'segment “{user.name}”' for user in users)}"
        return ListVerdict(ListId(list_id), name, done=False, reason=reason)
    lists.delete(transaction, context.organization_id, list_id)
    audit.record(
        transaction, context, action="list.delete", object_kind="list", object_id=list_id, detail={"name": name}
    )
    return ListVerdict(ListId(list_id), name, done=True, reason="deleted")


def _fill(
    transaction: Transaction, context: OrganizationContext, list_id: UUID, keys: Iterable[str | None], *, action: str
) -> StaticList:
    """Find the contacts of the keys, store them with the report, and write who did it to the audit log."""
    organization_id = context.organization_id
    lists.wait_for_keys(transaction)
    blocks: dict[int, bytearray] = {}
    matched = duplicate = unknown = invalid = 0
    rest = iter(keys)
    while portion := tuple(islice(rest, KEYS_AT_ONCE)):
        usable = [key for key in portion if key is not None and _is_key(key)]
        numbers = lists.contact_numbers(transaction, organization_id, usable)
        added = sum(_set_bit(blocks, number) for number in numbers)
        matched += added
        duplicate += len(numbers) - added
        unknown += len(usable) - len(numbers)
        invalid += len(portion) - len(usable)
    report = ListReport(matched, duplicate, unknown, invalid)
    members = {number: bytes(bits) for number, bits in blocks.items()}
    lists.replace_members(transaction, organization_id, list_id, blocks=members, report=report)
    audit.record(
        transaction, context, action=action, object_kind="list", object_id=list_id,
        detail={"read": report.read, "matched": report.matched},
    )  # fmt: skip
    return _read(transaction, organization_id, list_id)


def _is_key(key: str) -> bool:
    """Tell whether a contact could have this key: the same rule as for imports."""
    return not is_blank(key) and len(key) <= LONGEST_KEY and "\0" not in key and not _has_half_characters(key)


def _has_half_characters(key: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in key)


def _set_bit(blocks: dict[int, bytearray], number: int) -> bool:
    """Put a contact into its block; False when it was there already."""
    bits = blocks.setdefault(number // _BLOCK_BITS, bytearray(_BLOCK_BITS // 8))
    place, mask = number % _BLOCK_BITS // 8, 128 >> number % 8
    if bits[place] & mask:
        return False
    bits[place] |= mask
    return True
