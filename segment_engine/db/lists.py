"""Static lists: rows to values and back, and members as bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.folding import fold
from segment_engine.domain.lists import ListId, ListReport, StaticList

_QUERIES = load_queries("lists")
BLOCKS_AT_ONCE = 32


def create(transaction: Transaction, organization_id: int, *, list_id: UUID, name: str, person_id: UUID) -> None:
    """Add a list without members. Raises: NameTaken."""
    values = {"organization": organization_id, "list": list_id, "name": name, "name_fold": fold(name)}
    transaction.run(_QUERIES["create"], {**values, "person": person_id})


def lock(transaction: Transaction, organization_id: int, list_id: UUID) -> str | None:
    """Hold a list until the transaction ends and return its name; None when there is no such list."""
    row = transaction.one(_QUERIES["lock"], {"organization": organization_id, "list": list_id})
    return None if row is None else row.name


def wait_for_keys(transaction: Transaction) -> None:
    """Let the transaction stay open while its keys are read from somewhere slow."""
    transaction.run(_QUERIES["no_idle_limit"])


def contact_numbers(transaction: Transaction, organization_id: int, keys: Sequence[str]) -> list[int]:
    """Find the contacts of keys, in the order of the keys; keys of nobody are left out."""
    rows = transaction.rows(_QUERIES["numbers"], {"organization": organization_id, "keys": list(keys)})
    return [row.number for row in rows]


def replace_members(
    transaction: Transaction, organization_id: int, list_id: UUID, *, blocks: Mapping[int, bytes], report: ListReport
) -> None:
    """Store the members of a list and its report in place of those before.

    Shape: `blocks` maps a block number to 512 bytes; bit i (most significant first) is contact block × 4,096 + i.
    """
    values = {"organization": organization_id, "list": list_id}
    transaction.run(_QUERIES["clear"], values)
    numbers = sorted(blocks)
    for start in range(0, len(numbers), BLOCKS_AT_ONCE):
        portion = numbers[start : start + BLOCKS_AT_ONCE]
        bits = [blocks[number] for number in portion]
        transaction.run(_QUERIES["add_blocks"], {**values, "blocks": portion, "bits": bits})
    figures = {"read": report.read, "matched": report.matched, "duplicate": report.duplicate}
    transaction.run(_QUERIES["report"], {**values, **figures, "unknown": report.unknown, "invalid": report.invalid})


def find(transaction: Transaction, organization_id: int) -> tuple[StaticList, ...]:
    """List every static list by name."""
    return tuple(_list(row) for row in transaction.rows(_QUERIES["find"], {"organization": organization_id}))


def get(transaction: Transaction, organization_id: int, list_id: UUID) -> StaticList | None:
    """Read one list; None when the organization has none of this id."""
    row = transaction.one(_QUERIES["get"], {"organization": organization_id, "list": list_id})
    return None if row is None else _list(row)


def _list(row: Row[Any]) -> StaticList:
    report = ListReport(row.matched, row.duplicate, row.unknown, row.invalid)
    return StaticList(ListId(row.list_id), row.name, report, row.created_at, row.created_by_name)


def by_name(transaction: Transaction, organization_id: int, name: str) -> ListId | None:
    """Find a list by its name, letters of either case alike."""
    found = transaction.scalar(_QUERIES["by_name"], {"organization": organization_id, "name_fold": fold(name)})
    return None if found is None else ListId(found)


def delete(transaction: Transaction, organization_id: int, list_id: UUID) -> None:
    """Remove a list with its members. Contacts stay."""
    transaction.run(_QUERIES["delete"], {"organization": organization_id, "list": list_id})
