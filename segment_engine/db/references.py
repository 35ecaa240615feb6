"""What criteria name by id: other segments, followed down to the last, static lists and campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import CampaignReference, Catalog, ListReference, SegmentReference
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.dependants import Naming
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.references import NamedIds, named_ids
from segment_engine.domain.segment import SegmentState
from segment_engine.errors import CriteriaError

_QUERIES = load_queries("references")


def one_at_a_time(transaction: Transaction, organization_id: int) -> None:
    """Wait for other acts that make or forbid references, and hold them off until the transaction ends."""
    transaction.rows(_QUERIES["one_at_a_time"], {"organization": organization_id})


def naming(transaction: Transaction, organization_id: int, ids: Iterable[UUID]) -> tuple[Naming, ...]:
    """List the segments whose current criteria name one of these ids, by name; also those that cannot be read."""
    wanted = {str(each) for each in ids}
    rows = transaction.rows(_QUERIES["naming"], {"organization": organization_id, "ids": sorted(wanted)})
    found: list[Naming] = []
    for row in rows:
        ids_of = named_ids(row.criteria)
        named = wanted & {*ids_of.segments, *ids_of.lists, *ids_of.campaigns}
        if named:
            found.append(Naming(row.segment_id, row.name, SegmentState(row.state), frozenset(map(UUID, named))))
    return tuple(found)


def with_references(transaction: Transaction, organization_id: int, known: Catalog, document: object) -> Catalog:
    """Add what a document names, and what the segments it names refer to in turn.

    Shape: what does not exist is left out; a segment whose criteria cannot be read any more has none. One segment is
        read once, however many ways lead to it, and one level more than a chain may be long, so that a chain that is
        too long is seen as such.
    """
    segments: dict[str, SegmentReference] = {}
    named = [named_ids(document)]
    wanted = set(named[0].segments)
    for _ in range(REFERENCE_CHAIN + 1):
        found = _segments(transaction, organization_id, wanted)
        segments |= {str(row.segment_id): _segment(row, known) for row in found}
        below = [named_ids(row.criteria) for row in found]
        named += below
        wanted = {each for ids in below for each in ids.segments} - set(segments)
        if not wanted:
            break
    return replace(known, segments=segments, **_lists_and_campaigns(transaction, organization_id, named))


def _segments(transaction: Transaction, organization_id: int, wanted: Iterable[str]) -> tuple[Row[Any], ...]:
    ids = sorted(wanted)
    if not ids:
        return ()
    return tuple(transaction.rows(_QUERIES["segments"], {"organization": organization_id, "ids": ids}))


def _segment(row: Row[Any], known: Catalog) -> SegmentReference:
    return SegmentReference(
        str(row.segment_id), row.name, row.state, row.status, _criteria(row.criteria, known),
        None if row.published_run_id is None else str(row.published_run_id), row.as_of, row.member_count,
    )  # fmt: skip


def _criteria(document: dict[str, object], known: Catalog) -> Criteria | None:
    try:
        return parse_criteria(document, known)
    except CriteriaError:
        return None


def _lists_and_campaigns(
    transaction: Transaction, organization_id: int, named: Iterable[NamedIds]
) -> Mapping[str, Mapping[str, Any]]:
    every = tuple(named)
    lists = sorted({each for ids in every for each in ids.lists})
    campaigns = sorted({each for ids in every for each in ids.campaigns})
    values = {"organization": organization_id}
    list_rows = transaction.rows(_QUERIES["lists"], {**values, "ids": lists}) if lists else ()
    campaign_rows = transaction.rows(_QUERIES["campaigns"], {**values, "ids": campaigns}) if campaigns else ()
    return {
        "lists": {str(row.list_id): ListReference(str(row.list_id), row.name, row.matched) for row in list_rows},
        "campaigns": {str(row.campaign_id): CampaignReference(str(row.campaign_id), row.name) for row in campaign_rows},
    }
