"""Reading campaigns and sequences: lists, one in full, what it may choose, whom it reaches, what came of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from uuid import UUID

from segment_engine.db import audiences, reach
from segment_engine.db import campaigns as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.campaign import (
    Audience,
    Campaign,
    CampaignCard,
    CampaignDraft,
    CampaignKind,
    CampaignMetrics,
    CampaignQuery,
    CampaignSegment,
    CampaignState,
    Figures,
    OfferedSegment,
    Part,
)
from segment_engine.domain.launch_checks import LaunchReadiness, judge
from segment_engine.domain.reach import ChannelReach, ContactGates
from segment_engine.domain.segment import Page
from segment_engine.errors import LimitExceeded, NotFound
from segment_engine.use_cases.cancelling import Cancellable

MOST_OFFERED = 50
REACH_SECONDS = 30
_TOO_SLOW = (
    "Counting whom this reaches takes longer than anybody should wait. Save it; the counting is done again, with more "
    "time, when it is launched."
)


class CampaignReading:
    """The part of `Campaigns` that changes nothing and shows no contact."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, query: CampaignQuery) -> Page[CampaignCard]:
        """List one page of campaigns or sequences from stored figures. Raises: PermissionDenied."""
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return rows.find(transaction, context.organization_id, query)

    def summary(self, context: OrganizationContext, kind: CampaignKind) -> dict[CampaignState, int]:
        """Count campaigns or sequences by state, for the figures above the list. Raises: PermissionDenied."""
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.summary(transaction, context.organization_id, kind)

    def get(self, context: OrganizationContext, campaign_id: UUID) -> Campaign:
        """Read one campaign with its segments and how they stand.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return stored_campaign(transaction, context, campaign_id)

    def offered(self, context: OrganizationContext, *, search: str = "") -> tuple[OfferedSegment, ...]:
        """List the active segments that hold a text, with how each stands. Raises: PermissionDenied."""
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return rows.offered(transaction, context.organization_id, search=search, limit=MOST_OFFERED)

    def chosen(self, context: OrganizationContext, draft: CampaignDraft) -> tuple[CampaignSegment, ...]:
        """Read the segments a draft names, with how each stands; those that do not exist are left out.

        Raises: PermissionDenied.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return rows.drafted(transaction, context.organization_id, draft)

    def reach(
        self, context: OrganizationContext, included: Sequence[UUID], excluded: Sequence[UUID],
        channels: Sequence[str], *, cancel: Cancellable | None = None,
    ) -> tuple[ChannelReach, ...]:  # fmt: skip
        """Count whom segments reach on each channel, gate by gate, each contact once. Nothing is evaluated.

        Raises: PermissionDenied, LimitExceeded when it is too slow to wait for, Conflict when it was cancelled.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._counting(context, cancel) as transaction:
            return reach.waterfall(
                transaction, context.organization_id, included=included, excluded=excluded, channels=channels
            )

    def check(
        self, context: OrganizationContext, draft: CampaignDraft, *, cancel: Cancellable | None = None
    ) -> LaunchReadiness:
        """Judge a draft that is not saved yet as if it were launched now.

        Raises: PermissionDenied, LimitExceeded when it is too slow to wait for, Conflict when it was cancelled.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._counting(context, cancel) as transaction:
            segments = rows.drafted(transaction, context.organization_id, draft)
            return judged(transaction, context, draft, segments)

    def readiness(
        self, context: OrganizationContext, campaign_id: UUID, *, cancel: Cancellable | None = None
    ) -> LaunchReadiness:
        """Judge a campaign as if it were launched now.

        Raises: PermissionDenied, NotFound, LimitExceeded when it is too slow to wait for, Conflict when cancelled.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._counting(context, cancel) as transaction:
            campaign = stored_campaign(transaction, context, campaign_id)
            return judged(transaction, context, campaign, campaign.segments)

    def metrics(self, context: OrganizationContext, campaign_id: UUID) -> CampaignMetrics:
        """Read what came of a campaign, day by day and in sum. Raises: PermissionDenied, NotFound."""
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            stored_campaign(transaction, context, campaign_id)
            days = tuple(audiences.daily_figures(transaction, context.organization_id, campaign_id))
        return CampaignMetrics(days, Figures.sum(day.figures for day in days))

    def audiences(self, context: OrganizationContext, campaign_id: UUID) -> tuple[Audience, ...]:
        """List every frozen audience, the newest first, with the run each segment came from and the gates.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.CAMPAIGNS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            campaign = stored_campaign(transaction, context, campaign_id)
            return audiences.find(transaction, context.organization_id, campaign_id, campaign.channel)

    def gates_of_contact(self, context: OrganizationContext, campaign_id: UUID, contact_number: int) -> ContactGates:
        """Read what one contact shows at every gate of a campaign. Raises: PermissionDenied, NotFound."""
        require(context, Permission.MEMBERS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            found = reach.gates_of_contact(
                transaction, context.organization_id, campaign_id=campaign_id, contact_number=contact_number
            )
        if found is None:
            raise NotFound
        return found

    @contextmanager
    def _counting(self, context: OrganizationContext, cancel: Cancellable | None) -> Generator[Transaction]:
        """Open a transaction of one moment for a count that may take long, be cancelled, or be given up."""
        try:
            with (
                self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction,
                (cancel or Cancellable()).holding(transaction),
            ):
                transaction.limit_statements(seconds=REACH_SECONDS)
                yield transaction
        except LimitExceeded as error:
            raise LimitExceeded(_TOO_SLOW) from error


def stored_campaign(transaction: Transaction, context: OrganizationContext, campaign_id: UUID) -> Campaign:
    """Read a campaign. Raises: NotFound for an unknown id and for one of another organization alike."""
    found = rows.get(transaction, context.organization_id, campaign_id)
    if found is None:
        raise NotFound
    return found


def judged(
    transaction: Transaction, context: OrganizationContext, planned: Campaign | CampaignDraft,
    segments: Sequence[CampaignSegment],
) -> LaunchReadiness:  # fmt: skip
    """Judge a plan by its segments as they stand in this transaction, and by whom it reaches."""
    organization_id = context.organization_id
    sides = {part: [each.segment_id for each in segments if each.part is part] for part in Part}
    counted = None
    if sides[Part.INCLUDED]:
        (counted,) = reach.waterfall(
            transaction, organization_id, included=sides[Part.INCLUDED], excluded=sides[Part.EXCLUDED],
            channels=[planned.channel],
        )  # fmt: skip
    return judge(
        planned.kind, segments, counted, starts_on=planned.starts_on, ends_on=planned.ends_on,
        today=rows.current_day(transaction, organization_id),
    )  # fmt: skip
