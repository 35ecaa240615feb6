"""Why a campaign reaches one contact or not: an ordered chain of gates, of which the first closed one is the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.contact import HandRecord
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.reach import ContactGates, Gate
from segment_engine.domain.readiness import Standing


class ChainGate(StrEnum):
    """One thing that has to hold, in the order in which it is asked.

    Shape: the first four are about the segment, the others about the contact. Those with a `waterfall` gate are counted
        there; it asks `member` and `by_hand` as one. `frozen` is asked once the campaign was launched: an audience
        holds who passed the gates before it.
    """

    ACTIVE = "active"
    CALCULATED = "calculated"
    FRESH = "fresh"
    CHECKED = "checked"
    MEMBER = "member"
    BY_HAND = "by_hand"
    NOT_EXCLUDED = "not_excluded"
    FROZEN = "frozen"
    HAS_ADDRESS = "has_address"
    ADDRESS_VALID = "address_valid"
    NOT_SUPPRESSED = "not_suppressed"
    CONSENTED = "consented"
    SELECTED = "selected"

    @property
    def waterfall(self) -> Gate | None:
        """The gate of the waterfall that counts who is stopped here; None where it counts nobody."""
        if self in {ChainGate.MEMBER, ChainGate.BY_HAND}:
            return Gate.MEMBER
        return next((gate for gate in Gate if gate.value == self.value), None)


class GateState(StrEnum):
    """What a gate says. Not asked: an earlier one closed, or what it was at that time is not kept."""

    PASSED = "passed"
    WARNED = "warned"
    CLOSED = "closed"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One gate for one contact, with its fact in a sentence.

    Shape: `alone` is what the gate would say if no earlier one had closed; the same as `state` where it was asked.
    """

    gate: ChainGate
    state: GateState
    sentence: str
    alone: GateState = GateState.NOT_ASKED


Gates = tuple[GateFinding, ...]


def asked_in_order(findings: Gates) -> Gates:
    """Let the first closed gate end the chain; what the later ones would say is kept beside their state."""
    asked: list[GateFinding] = []
    is_open = True
    for each in findings:
        state = each.state if is_open else GateState.NOT_ASKED
        asked.append(GateFinding(each.gate, state, each.sentence, alone=each.state))
        is_open = is_open and each.state is not GateState.CLOSED
    return tuple(asked)


def closing(findings: Gates) -> GateFinding | None:
    """Give the first closed gate; None when none is."""
    return next((each for each in findings if each.state is GateState.CLOSED), None)


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One included segment of the campaign beside the others: whether it holds the contact, and how its chain ends."""

    segment_id: UUID
    name: str
    holds: bool
    stopped_at: ChainGate | None
    sentence: str


@dataclass(frozen=True, slots=True)
class FrozenChain:
    """What was true when the audience was frozen, as far as it is kept. Units: UTC."""

    frozen_at: datetime
    was_in: bool
    is_reached: bool
    answer: str
    gates: Gates


@dataclass(frozen=True, slots=True)
class ReachChain:
    """Why a campaign reaches a contact, or not.

    Shape: `answer` is the one sentence for people; of a launched campaign it tells what happened then, and `frozen` how
        that is known. `gates` say what is true now, for the segment that leads furthest (`segment_id`); `now` is their
        answer. `segments` has a line for every included segment. `is_reached` belongs to `answer`. `refusals` say why a
        launch would be refused at this moment; empty when it would not be, or was launched already.
    Units: `as_of` in UTC.
    """

    campaign_id: UUID
    campaign: str
    kind: str
    campaign_state: str
    channel: str
    external_key: str
    as_of: datetime
    answer: str
    now: str
    is_reached: bool
    segment_id: UUID | None = None
    segment: str | None = None
    gates: Gates = ()
    segments: tuple[SegmentLine, ...] = ()
    refusals: tuple[str, ...] = ()
    frozen: FrozenChain | None = None


# What a chain is made from ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IncludedSegment:
    """An included segment as it stands now: its judgement, whether it holds the contact, and what was decided by hand.

    Units: `calculated_at`, when its members were published, in UTC; None when they never were.
    """

    segment_id: UUID
    name: str
    standing: Standing
    holds: bool
    calculated_at: datetime | None = None
    by_hand: HandRecord | None = None


@dataclass(frozen=True, slots=True)
class FrozenSegment:
    """A segment of a frozen audience, by the run it was frozen from.

    Shape: `held` says whether that run found the contact; None where its members are no longer kept.
    Units: `calculated_at` in UTC, None if unknown.
    """

    segment_id: UUID
    name: str
    is_included: bool
    held: bool | None
    calculated_at: datetime | None = None
    by_hand: HandRecord | None = None


@dataclass(frozen=True, slots=True)
class FrozenFacts:
    """What is kept of the moment an audience was frozen; `facts` are those of the contact as of that moment.

    Units: `received_at`, when the first message of the campaign arrived, in UTC; None where none is on record.
    """

    frozen_at: datetime
    was_in: bool
    segments: tuple[FrozenSegment, ...]
    facts: ContactGates
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """Everything a chain is told from. `facts` are those of the contact now; `calendar` says in which zone days are."""

    campaign_id: UUID
    campaign: str
    kind: str
    campaign_state: str
    external_key: str
    facts: ContactGates
    included: tuple[IncludedSegment, ...]
    calendar: Calendar
    refusals: tuple[str, ...] = ()
    frozen: FrozenFacts | None = None
