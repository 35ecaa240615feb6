"""Whom a campaign reaches: the gates between the members of its segments and the contacts a channel can be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Gate(StrEnum):
    """One thing that has to hold, in the order in which it is asked. Who passes the last one is reached.

    Source: docs/criteria.md §4.11 for the last four.
    """

    MEMBER = "member"
    NOT_EXCLUDED = "not_excluded"
    HAS_ADDRESS = "has_address"
    ADDRESS_VALID = "address_valid"
    NOT_SUPPRESSED = "not_suppressed"
    CONSENTED = "consented"


@dataclass(frozen=True, slots=True)
class ReachStep:
    """How many contacts one gate left, and how many it stopped. Units: contacts, each once."""

    gate: Gate
    contacts_left: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ChannelReach:
    """The way from the stored members to whom one channel reaches, gate by gate.

    Shape: `steps` has every gate, in order; `stored` is what the first of them begins with: everyone in an included
        segment as published, once. The first gate stops who has been deleted since.
    Units: contacts. `stored` is `reached` plus everything that was dropped.
    """

    channel: str
    stored: int
    steps: tuple[ReachStep, ...]

    @property
    def reached(self) -> int:
        """Who passed every gate."""
        return self.steps[-1].contacts_left

    def left_after(self, gate: Gate) -> int:
        """How many contacts one gate let through."""
        return next(step.contacts_left for step in self.steps if step.gate is gate)


def channel_reach(channel: str, stored: int, left: Mapping[Gate, int]) -> ChannelReach:
    """Build a waterfall from what each gate left; what was dropped is the difference to the gate before."""
    steps: list[ReachStep] = []
    before = stored
    for gate in Gate:
        steps.append(ReachStep(gate, left[gate], before - left[gate]))
        before = left[gate]
    return ChannelReach(channel, stored, tuple(steps))


# One contact -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SegmentHold:
    """Whether the published members of one segment of a campaign hold the contact."""

    segment_id: UUID
    name: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """The newest record of consent for a channel, or for one topic of it. `topic` is None for the whole channel."""

    topic: str | None
    state: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class FrozenFact:
    """Whether an audience that was frozen then holds the contact."""

    frozen_at: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class ContactGates:
    """The bare facts behind every gate for one contact and one campaign, as stored now.

    Shape: `consents` has the whole channel first, then topics by name; only records from before `as_of` count.
        `suppression` is hard_bounce, complaint or global_stop. `audiences` are the newest first.
    """

    contact_number: int
    channel: str
    as_of: datetime
    exists: bool
    included: tuple[SegmentHold, ...]
    excluded: tuple[SegmentHold, ...]
    has_address: bool
    address_valid: bool
    suppressed_at: datetime | None
    suppression: str | None
    consents: tuple[ConsentFact, ...]
    audiences: tuple[FrozenFact, ...]

    def opens(self, gate: Gate) -> bool:
        """Tell whether one gate lets this contact through, whatever the others do."""
        match gate:
            case Gate.MEMBER:
                return self.exists and any(each.holds for each in self.included)
            case Gate.NOT_EXCLUDED:
                return not any(each.holds for each in self.excluded)
            case Gate.HAS_ADDRESS:
                return self.has_address
            case Gate.ADDRESS_VALID:
                return self.has_address and self.address_valid
            case Gate.NOT_SUPPRESSED:
                return self.suppressed_at is None or self.suppressed_at >= self.as_of
            case Gate.CONSENTED:
                return any(each.topic is None and each.state == "granted" for each in self.consents)

    @property
    def stopped_at(self) -> Gate | None:
        """The first gate that does not let the contact through; None when the campaign reaches it."""
        return next((gate for gate in Gate if not self.opens(gate)), None)
