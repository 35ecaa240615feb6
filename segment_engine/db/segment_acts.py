"""Acts on many segments: all of them held, who holds on to them, and one statement for all that may."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.dependants import Naming
from segment_engine.domain.segment import SegmentId, SegmentState

_QUERIES = load_queries("segment_acts")


@dataclass(frozen=True, slots=True)
class HeldSegment:
    """What an act on many needs to know of one: its state, and for the archive the state before."""

    segment_id: SegmentId
    name: str
    state: SegmentState
    archived_from: SegmentState | None


def hold(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> dict[UUID, HeldSegment]:
    """Hold segments until the transaction ends, always in the order of their ids. Lock their runs first."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return {
        row.segment_id: HeldSegment(
            SegmentId(row.segment_id), row.name, SegmentState(row.state),
            None if row.archived_from is None else SegmentState(row.archived_from),
        )
        for row in transaction.rows(_QUERIES["hold"], values)
    }  # fmt: skip


def names(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> dict[UUID, str]:
    """Name segments without holding them."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return {row.segment_id: row.name for row in transaction.rows(_QUERIES["names"], values)}


def set_state(
    transaction: Transaction, organization_id: int, segment_ids: Collection[UUID], *, state: SegmentState,
    person_id: UUID,
) -> None:  # fmt: skip
    """Move segments to a state; the archive remembers the one before."""
    values = {"organization": organization_id, "segments": list(segment_ids), "person": person_id}
    transaction.run(_QUERIES["set_state"], {**values, "state": state.value})


def delete(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> None:
    """Remove segments with their versions, runs and members. Contacts stay. Raises: InUse."""
    transaction.run(_QUERIES["delete"], {"organization": organization_id, "segments": list(segment_ids)})


def plans_using(
    transaction: Transaction, organization_id: int, segment_ids: Collection[UUID], *, states: Sequence[str] | None
) -> dict[UUID, tuple[str, ...]]:
    """Name the campaigns and sequences that use segments, such as `campaign “Spring”`; `states` None means any."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    found: dict[UUID, tuple[str, ...]] = {}
    for row in transaction.rows(_QUERIES["plans_using"], {**values, "states": None if states is None else [*states]}):
        found[row.segment_id] = (*found.get(row.segment_id, ()), f"{row.kind} “{row.name}”")
    return found


def readers(transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]) -> tuple[Naming, ...]:
    """List the segments whose current criteria read these, by name; also those whose criteria cannot be read.

    Shape: what is stored beside every version is asked, not the documents: a thousand ids take milliseconds.
    """
    values = {"organization": organization_id, "segments": list(segment_ids)}
    return tuple(
        Naming(row.segment_id, row.name, SegmentState(row.state), frozenset(row.named))
        for row in transaction.rows(_QUERIES["readers"], values)
    )


def used_among(
    transaction: Transaction, organization_id: int, segment_ids: Collection[UUID]
) -> Mapping[UUID, frozenset[UUID]]:
    """Tell which of these segments each of them reads."""
    values = {"organization": organization_id, "segments": list(segment_ids)}
    found: dict[UUID, frozenset[UUID]] = {}
    for row in transaction.rows(_QUERIES["used_among"], values):
        found[row.segment_id] = found.get(row.segment_id, frozenset()) | {row.used_segment_id}
    return found
