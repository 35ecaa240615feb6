"""What reading and saving segments share: the stored row, and its document as criteria."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import cast
from uuid import UUID

from segment_engine.db import catalog, runs
from segment_engine.db import segments as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext, Permission
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.references import references_of, with_current_keys
from segment_engine.domain.segment import Segment
from segment_engine.errors import CriteriaError, NotFound, StaleVersion


def stored_row(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> rows.SegmentRow:
    """Read the segment's row. Raises: NotFound for an unknown id and for one of another organization alike."""
    stored = rows.get(transaction, context.organization_id, segment_id)
    if stored is None:
        raise NotFound
    return stored


def hold_segment(transaction: Transaction, organization_id: int, segment_id: UUID) -> None:
    """Hold the runs and the segment, in this order, as everywhere. Raises: NotFound."""
    runs.lock_active(transaction, organization_id, (segment_id,))
    if rows.lock(transaction, organization_id, segment_id) is None:
        raise NotFound


def read_segment(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> Segment:
    """Read a segment with its criteria, or with what is wrong with them. Raises: NotFound."""
    stored = stored_row(transaction, context, segment_id)
    known = catalog.load_catalog(transaction, context.organization_id)
    criteria, problem = _readable(known, context, stored.document)
    document = with_current_keys(_object(stored.document), known.aliases)
    return Segment(
        stored.segment_id, stored.name, stored.description, stored.state, stored.status, stored.version,
        stored.revision, document, criteria, problem, stored.member_count, stored.last_calculated_at,
        stored.published_run_id, stored.published_version, stored.latest_run_id, stored.created_at,
        stored.updated_at, stored.created_by, stored.updated_by, stored.campaigns, stored.accepted_warnings,
        stored.tags, stored.owner, stored.notes, stored.review_on,
    )  # fmt: skip


def _object(document: object) -> dict[str, object]:
    """Give what is stored where it is an object at all, so that it can be shown and repaired; else an empty one."""
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}


def _readable(
    known: Catalog, context: OrganizationContext, document: dict[str, object]
) -> tuple[Criteria | None, str | None]:
    try:
        return parse_criteria(document, known, calendar=context.calendar), None
    except CriteriaError as error:
        # A broken segment is still shown, so that it can be repaired or deleted.
        return None, " ".join(dict.fromkeys(problem.sentence for problem in error.problems))


def read_draft(
    transaction: Transaction, context: OrganizationContext, document: str | bytes | Mapping[str, object]
) -> tuple[Criteria, Catalog]:
    """Parse criteria that a person brings, with the catalog of what they name; sensitive fields by permission.

    Raises: CriteriaError with every problem.
    """
    known = catalog.load_catalog(transaction, context.organization_id, document)
    may_see = context.may(Permission.MEMBERS_VIEW)
    return parse_criteria(document, known, calendar=context.calendar, may_see_sensitive=may_see), known


def changed_in_between(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> StaleVersion:
    """Say when another editor saved this segment."""
    stored = stored_row(transaction, context, segment_id)
    when = stored.updated_at.astimezone(UTC).strftime("%H:%M")
    return StaleVersion(
        f"This segment was changed by another editor at {when} UTC. Reload to see that version; your text is kept."
    )


def labels_by_source(known: Catalog, document: object) -> dict[str, tuple[str, ...]]:
    """Name the sources a document reads, each with the labels of the fields and event types used."""
    labels: dict[str, list[str]] = {}
    for key in references_of(document):
        owner = known.events.get(key) or known.relations.get(key) or known.fields.get(key)
        if owner is not None and owner.source is not None:
            labels.setdefault(owner.source, []).append(owner.label)
    return {source: tuple(dict.fromkeys(names)) for source, names in sorted(labels.items())}
