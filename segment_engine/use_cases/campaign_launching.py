"""The launch: judged once more where it counts, the audience frozen from named runs, all of it in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from segment_engine.db import audiences, references
from segment_engine.db import campaigns as rows
from segment_engine.db.campaigns import LockedCampaign
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.campaign import LAUNCHED_FROM, Campaign, CampaignKind, CampaignState
from segment_engine.domain.launch_checks import CheckVerdict, LaunchReadiness
from segment_engine.domain.reach import ChannelReach
from segment_engine.errors import Conflict, IllegalTransition, LaunchBlocked
from segment_engine.use_cases.campaign_reading import judged, stored_campaign
from segment_engine.use_cases.campaign_saving import locked, record

_LAUNCH_SECONDS = 60


class CampaignLaunching:
    """The part of `Campaigns` that starts something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def launch(
        self, context: OrganizationContext, campaign_id: UUID, *, expected_revision: int,
        accepted_warnings: Collection[str] = (), seen_reach: int | None = None,
    ) -> Campaign:  # fmt: skip
        """Freeze the audience and start: at once, or scheduled when the first day is ahead (campaigns only).

        Shape: `accepted_warnings` are keys of checks that the person has read; `seen_reach` is how many contacts the
            person was told it reaches. Of two launches at the same moment one happens.
        Raises: PermissionDenied, NotFound, StaleVersion when it was changed or launched in between,
            IllegalTransition when it is running already, LaunchBlocked with every check that failed or was not
            accepted, Conflict when it reaches another number of contacts by now, or while a segment is published.
        """
        require(context, Permission.CAMPAIGNS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            transaction.limit_statements(seconds=_LAUNCH_SECONDS)
            references.one_at_a_time(transaction, organization_id)
            held = locked(transaction, context, campaign_id, expected_revision=expected_revision)
            rows.hold_segments(transaction, organization_id, campaign_id)
            state = _state_after(transaction, context, held)
            campaign = stored_campaign(transaction, context, campaign_id)
            readiness = judged(transaction, context, campaign, campaign.segments)
            reach = _allowed(held, readiness, accepted_warnings, seen_reach)
            now = transaction.now()
            audiences.freeze(transaction, organization_id, campaign_id=campaign_id, frozen_at=now, reach=reach)
            rows.set_state(
                transaction, organization_id, campaign_id=campaign_id, state=state, person_id=context.person_id,
                launched_at=now,
            )  # fmt: skip
            detail: dict[str, object] = {
                "name": held.name, "to": state.value, "reached": reach.reached,
                "accepted": sorted(check.key for check in readiness.of(CheckVerdict.WARNING)),
            }  # fmt: skip
            record(transaction, context, "launch", held.kind, campaign_id, detail)
            return stored_campaign(transaction, context, campaign_id)


def _state_after(transaction: Transaction, context: OrganizationContext, held: LockedCampaign) -> CampaignState:
    """Say what the launch makes of it. Raises: IllegalTransition."""
    if held.state not in LAUNCHED_FROM:
        raise IllegalTransition(f"This {held.kind.value} is {held.state.value}, so it cannot be launched again.")
    ahead = held.starts_on is not None and held.starts_on > rows.current_day(transaction, context.organization_id)
    if held.kind is CampaignKind.SEQUENCE or not ahead:
        return CampaignState.RUNNING
    if held.state is CampaignState.SCHEDULED:
        raise IllegalTransition(
            f"This {held.kind.value} is scheduled for {held.starts_on} already. Take it back to draft to change that."
        )
    return CampaignState.SCHEDULED


def _allowed(
    held: LockedCampaign, readiness: LaunchReadiness, accepted: Collection[str], seen_reach: int | None
) -> ChannelReach:
    """Give the reach when nothing stands in the way. Raises: LaunchBlocked, Conflict."""
    blocks = readiness.of(CheckVerdict.BLOCK)
    if blocks or readiness.reach is None:
        sentences = " ".join(check.sentence for check in blocks)
        raise LaunchBlocked(f"This {held.kind.value} was not launched. {sentences}", tuple(each.key for each in blocks))
    open_warnings = readiness.unaccepted(accepted)
    if open_warnings:
        sentences = " ".join(check.sentence for check in open_warnings)
        raise LaunchBlocked(
            f"This {held.kind.value} was not launched, because nobody has accepted this: {sentences}",
            tuple(each.key for each in open_warnings),
        )
    if seen_reach is not None and seen_reach != readiness.reach.reached:
        raise Conflict(
            f"It would reach {readiness.reach.reached:,} contacts by now, not {seen_reach:,}: something changed since "
            "you looked. Nothing was launched; look again."
        )
    return readiness.reach
