"""The first page: how an organization stands and what to do next, from stored figures of one moment."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.db import overview, workers
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.next_steps import NextStep, Situation, next_steps
from segment_engine.domain.operations import WorkerState
from segment_engine.domain.overview import (
    CampaignAtRisk,
    ChangedSegment,
    LateDelivery,
    OverviewFigures,
    RecentFailure,
    Waiting,
)

MOST_FAILED = 5
MOST_CHANGED = 8
MOST_AT_RISK = 6


@dataclass(frozen=True, slots=True)
class OverviewReport:
    """Everything the first page shows, all of one moment, so that no two figures disagree.

    Shape: lists are cut off; `campaigns_at_risk` counts them all, as `figures` does for segments.
    """

    figures: OverviewFigures
    steps: tuple[NextStep, ...]
    failed: tuple[RecentFailure, ...]
    changed: tuple[ChangedSegment, ...]
    at_risk: tuple[CampaignAtRisk, ...]
    campaigns_at_risk: int
    late: tuple[LateDelivery, ...]


class Overview:
    """What an organization looks at first. It reads, and evaluates nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, context: OrganizationContext) -> OverviewReport:
        """Read how everything stands, and choose what to do next. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        organization_id, zone = context.organization_id, context.calendar.time_zone
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            figures = overview.figures(transaction, organization_id, zone=zone)
            failed = overview.failed(transaction, organization_id, limit=MOST_FAILED)
            changed = overview.changed(transaction, organization_id, limit=MOST_CHANGED)
            campaigns, total = overview.at_risk(transaction, organization_id, zone=zone, limit=MOST_AT_RISK)
            late = overview.late(transaction, organization_id)
            live = sum(worker.state is WorkerState.LIVE for worker in workers.find(transaction))
            waiting = Waiting(overview.longest_wait(transaction, organization_id), live)
        steps = next_steps(Situation(figures, campaigns, failed, changed, late, waiting))
        return OverviewReport(figures, steps, failed, changed, campaigns, total, late)
