"""Why a campaign reaches a contact or not: reads the facts of every gate, now and when an audience was frozen."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from segment_engine.db import contacts, evidence, reach, standing
from segment_engine.db.contacts import Used
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.campaign import CampaignKind, CampaignSegment, Part
from segment_engine.domain.contact import HandRecord
from segment_engine.domain.launch_checks import CheckVerdict, judge
from segment_engine.domain.overrides import Decision
from segment_engine.domain.reach import ContactGates
from segment_engine.domain.reach_chain import ChainFacts, FrozenFacts, FrozenSegment, IncludedSegment, ReachChain
from segment_engine.domain.reach_telling import tell_chain
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import NotFound
from segment_engine.use_cases.explaining import NO_CONTACT, find_number

NO_CAMPAIGN = "There is no such campaign or sequence, or you have no access to it. Choose one from the list."
Decided = dict[SegmentId, list[HandRecord]]


class ContactReach:
    """The part of `Contacts` that answers for campaigns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reach_chain(self, context: OrganizationContext, campaign_id: UUID, contact: str | int) -> ReachChain:
        """Say why a campaign or sequence reaches a contact or not, gate by gate; the first closed one is the answer.

        Shape: `contact` is its own key (text) or its number. For a campaign that was launched, what was true when its
            audience was frozen stands beside what is true now. The gates agree with the campaign's waterfall.
        Raises: PermissionDenied, NotFound for a campaign or contact that does not exist.
        """
        require(context, Permission.MEMBERS_VIEW)
        require(context, Permission.CAMPAIGNS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            campaign = contacts.campaign(transaction, organization_id, campaign_id)
            if campaign is None:
                raise NotFound(NO_CAMPAIGN)
            number = find_number(transaction, organization_id, contact)
            found = contacts.identity(transaction, organization_id, number)
            facts = reach.gates_of_contact(
                transaction, organization_id, campaign_id=campaign_id, contact_number=number
            )  # fmt: skip
            if found is None or facts is None:
                raise NotFound(NO_CONTACT)
            name, kind, state = campaign
            asked = _Asked(transaction, organization_id, campaign_id, number)
            decided = _decided(transaction, organization_id, number)
            # Contacts enter a sequence one by one: what is true now decides, whatever was kept when it was started.
            is_launched = kind == "campaign" and state != "draft"
            frozen = asked.frozen(facts, decided) if is_launched else None
            used = asked.used()
            refusals = () if frozen or state not in {"draft", "scheduled"} else _refusals(kind, used)
            return tell_chain(
                ChainFacts(
                    campaign_id, name, kind, state, found.external_key, facts, _included(used, facts, decided),
                    context.calendar, refusals, frozen,
                )
            )  # fmt: skip


class _Asked:
    """One contact and one campaign, and what has to be read for them."""

    def __init__(self, transaction: Transaction, organization_id: int, campaign_id: UUID, number: int) -> None:
        self._transaction = transaction
        self._organization_id = organization_id
        self._campaign_id = campaign_id
        self._number = number

    def used(self) -> list[CampaignSegment]:
        """Read the segments of the campaign as they stand now."""
        used = contacts.used_now(self._transaction, self._organization_id, self._campaign_id)
        judged = standing.of_segments(self._transaction, self._organization_id, [each.segment_id for each in used])
        return [
            CampaignSegment(
                each.segment_id, each.name, Part(each.part), each.member_count, each.calculated_at,
                judged[each.segment_id],
            )
            for each in used
        ]  # fmt: skip

    def frozen(self, facts: ContactGates, decided: Decided) -> FrozenFacts | None:
        """Read what is kept of the moment the newest audience was frozen; None before a launch."""
        if not facts.audiences:
            return None
        newest = facts.audiences[0]
        used = contacts.used_then(self._transaction, self._organization_id, self._campaign_id, newest.frozen_at)
        then = reach.gates_of_contact(
            self._transaction, self._organization_id, campaign_id=self._campaign_id, contact_number=self._number,
            as_of=newest.frozen_at,
        )  # fmt: skip
        if then is None:
            return None
        segments = tuple(self._frozen_segment(each, decided) for each in used)
        arrived = contacts.received_at(self._transaction, self._organization_id, self._campaign_id, self._number)
        return FrozenFacts(newest.frozen_at, newest.holds, segments, then, arrived)

    def _frozen_segment(self, used: Used, decided: Decided) -> FrozenSegment:
        held = None if used.sequence is None else evidence.was_member(
            self._transaction, self._organization_id, used.segment_id, self._number, sequence=used.sequence
        )  # fmt: skip
        hand = _open_at(decided.get(used.segment_id, ()), used.read_at)
        return FrozenSegment(
            used.segment_id, used.name, used.part == "included", held, used.calculated_at, hand
        )  # fmt: skip


def _included(
    used: list[CampaignSegment], facts: ContactGates, decided: Decided
) -> tuple[IncludedSegment, ...]:  # fmt: skip
    holds = {each.segment_id: each.holds for each in facts.included}
    return tuple(
        IncludedSegment(
            each.segment_id, each.name, each.standing, holds[each.segment_id], each.last_calculated_at,
            _open(decided.get(SegmentId(each.segment_id), ())),
        )
        for each in used
        if each.part is Part.INCLUDED
    )  # fmt: skip


def _refusals(kind: str, used: list[CampaignSegment]) -> tuple[str, ...]:
    """Say which segments a launch is refused for, by the checks of the launch itself."""
    checks = judge(CampaignKind(kind), used, None, starts_on=None, ends_on=None, today=date.max)
    return tuple(check.sentence for check in checks.of(CheckVerdict.BLOCK))


def _decided(transaction: Transaction, organization_id: int, number: int) -> Decided:
    found: Decided = {}
    for segment, record in contacts.by_hand(transaction, organization_id, number):
        found.setdefault(segment.segment_id, []).append(record)
    return found


def _open(records: list[HandRecord] | tuple[()]) -> HandRecord | None:
    """Give the decision that counts; taken out is stronger, though only one can be open."""
    still = [each for each in records if each.ended_at is None]
    return next((each for each in still if each.decision is Decision.TAKEN_OUT), still[0] if still else None)


def _open_at(records: list[HandRecord] | tuple[()], moment: datetime | None) -> HandRecord | None:
    """Give the decision that counted at a moment."""
    if moment is None:
        return None
    return next(
        (
            each
            for each in records
            if each.decided_at <= moment and (each.ended_at is None or each.ended_at > moment)
        ),
        None,
    )  # fmt: skip
