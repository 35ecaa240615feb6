"""What people say about segments beside their criteria: tags, an owner, notes, a day for a review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PersonId
from segment_engine.domain.folding import fold
from segment_engine.domain.segment import Owner, SegmentId
from segment_engine.domain.segment_lists import TagCount

_QUERIES = load_queries("labels")


def describe(
    transaction: Transaction, organization_id: int, *, segment_id: UUID, owner_id: UUID | None, notes: str,
    review_on: date | None, person_id: UUID,
) -> None:  # fmt: skip
    """Store owner, notes and day of review; the revision moves."""
    values = {"organization": organization_id, "segment": segment_id, "person": person_id}
    transaction.run(_QUERIES["describe"], {**values, "owner": owner_id, "notes": notes, "review_on": review_on})


def replace_tags(transaction: Transaction, organization_id: int, *, segment_id: UUID, tags: Sequence[str]) -> None:
    """Give a segment exactly these tags."""
    held = tags_of(transaction, organization_id, (segment_id,)).get(SegmentId(segment_id), ())
    remove_tags(transaction, organization_id, (segment_id,), tags=held)
    add_tags(transaction, organization_id, (segment_id,), tags=tags)


def add_tags(
    transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID], *, tags: Sequence[str]
) -> frozenset[UUID]:
    """Add tags and return which segments lacked one; a tag that exists already keeps its spelling."""
    folds = [fold(tag) for tag in tags]
    found = transaction.rows(_QUERIES["spellings"], {"organization": organization_id, "folds": folds})
    known = {row.tag_fold: row.tag for row in found}
    spelt = [known.get(folded, tag) for tag, folded in zip(tags, folds, strict=True)]
    values = {"organization": organization_id, "segments": list(segment_ids), "tags": spelt, "folds": folds}
    return _ids(transaction, "add_tags", values)


def remove_tags(
    transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID], *, tags: Iterable[str]
) -> frozenset[UUID]:
    """Remove tags, letters of either case alike, and return which segments had one."""
    folds = [fold(tag) for tag in tags]
    values = {"organization": organization_id, "segments": list(segment_ids), "folds": folds}
    return _ids(transaction, "remove_tags", values)


def set_owner(
    transaction: Transaction, organization_id: int, segment_ids: Sequence[UUID], *, owner_id: UUID | None,
    person_id: UUID,
) -> frozenset[UUID]:  # fmt: skip
    """Put an owner, or nobody, in charge and return which segments had another one; their revision moves."""
    values = {"organization": organization_id, "segments": list(segment_ids), "owner": owner_id, "person": person_id}
    return _ids(transaction, "set_owner", values)


def _ids(transaction: Transaction, query: str, values: Mapping[str, object]) -> frozenset[UUID]:
    return frozenset(row.segment_id for row in transaction.rows(_QUERIES[query], values))


def touch(transaction: Transaction, organization_id: int, segment_ids: Iterable[UUID], *, person_id: UUID) -> None:
    """Count an edit of each of these segments."""
    values = {"organization": organization_id, "segments": list(segment_ids), "person": person_id}
    transaction.run(_QUERIES["touch"], values)


def tags_of(
    transaction: Transaction, organization_id: int, segment_ids: Iterable[UUID]
) -> dict[SegmentId, tuple[str, ...]]:
    """Read the tags of segments, by name; segments without any are missing."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    found: dict[SegmentId, tuple[str, ...]] = {}
    for row in transaction.rows(_QUERIES["tags_of"], values):
        key = SegmentId(row.segment_id)
        found[key] = (*found.get(key, ()), row.tag)
    return found


def tags(transaction: Transaction, organization_id: int) -> tuple[TagCount, ...]:
    """List every tag with its count, by name."""
    rows = transaction.rows(_QUERIES["tags"], {"organization": organization_id})
    return tuple(TagCount(row.tag, row.segment_count) for row in rows)


def owners(transaction: Transaction, organization_id: int) -> tuple[Owner, ...]:
    """List who may answer for a segment, by name."""
    rows = transaction.rows(_QUERIES["owners"], {"organization": organization_id})
    return tuple(Owner(PersonId(row.person_id), row.name) for row in rows)
