"""Tells a reach chain: the best of its segments now, what was true when the audience was frozen, and one answer."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from segment_engine.domain.criteria import Calendar
from segment_engine.domain.overrides import Decision
from segment_engine.domain.reach_chain import (
    ChainFacts,
    ChainGate,
    FrozenChain,
    FrozenFacts,
    FrozenSegment,
    GateFinding,
    Gates,
    GateState,
    IncludedSegment,
    ReachChain,
    SegmentLine,
    asked_in_order,
    closing,
)
from segment_engine.domain.reach_gates import (
    at_time,
    contact_gates,
    hand_sentence,
    inside,
    member_gates,
    on_day,
    quoted,
    segment_gates,
)

_ORDER = tuple(ChainGate)

# What of a moment in the past is on record; addresses are kept as they are today only.
_NOT_KEPT = (ChainGate.HAS_ADDRESS, ChainGate.ADDRESS_VALID)


def tell_chain(known: ChainFacts) -> ReachChain:
    """Tell why a campaign reaches a contact or not.

    Shape: the chain of the included segment that leads furthest, one that holds the contact before others; nothing is
        decided here that the waterfall decides otherwise.
    """
    chains = {each.segment_id: _now(known, each) for each in known.included}
    best = max(known.included, key=lambda each: _merit(each, chains[each.segment_id]), default=None)
    gates = chains[best.segment_id] if best is not None else ()
    stopped = closing(gates)
    frozen = None if known.frozen is None else _frozen(known, known.frozen)
    now = _now_answer(known, chains, stopped)
    launched = None if frozen is None else frozen.answer
    return ReachChain(
        known.campaign_id, known.campaign, known.kind, known.campaign_state, known.facts.channel, known.external_key,
        known.facts.as_of, launched or now, now, frozen.is_reached if frozen else best is not None and stopped is None,
        best.segment_id if best else None, best.name if best else None, gates,
        tuple(_line(each, chains[each.segment_id]) for each in known.included), known.refusals, frozen,
    )  # fmt: skip


def _merit(segment: IncludedSegment, gates: Gates) -> tuple[bool, bool, int, int]:
    """Rank a segment: one that lets the contact through, one that holds it, then how far its chain leads."""
    stopped = closing(gates)
    warned = sum(each.state is GateState.WARNED for each in gates)
    return stopped is None, segment.holds, len(_ORDER) if stopped is None else _ORDER.index(stopped.gate), -warned


def _now(known: ChainFacts, segment: IncludedSegment) -> Gates:
    left_out, *channel = contact_gates(known.facts, known.calendar)
    frozen = () if known.frozen is None else (_frozen_gate(known.frozen, known.calendar),)
    found = (*segment_gates(segment, known.calendar), *member_gates(segment, known.calendar), left_out)
    last = GateFinding(ChainGate.SELECTED, GateState.PASSED, _selected(known))
    return asked_in_order((*found, *frozen, *channel, last))


def _frozen_gate(frozen: FrozenFacts, calendar: Calendar) -> GateFinding:
    when = at_time(frozen.frozen_at, calendar)
    if frozen.was_in:
        return GateFinding(ChainGate.FROZEN, GateState.PASSED, f"In the audience that was frozen on {when}.")
    return GateFinding(ChainGate.FROZEN, GateState.CLOSED, f"Not in the audience that was frozen on {when}.")


def _selected(known: ChainFacts) -> str:
    if known.kind == "sequence":
        return "The sequence takes the contact in."
    return "The campaign was launched with this contact." if known.frozen else "A launch now would select this contact."


def _line(segment: IncludedSegment, gates: Gates) -> SegmentLine:
    stopped = closing(gates)
    sentence = "Every gate is open." if stopped is None else stopped.sentence
    return SegmentLine(segment.segment_id, segment.name, segment.holds, stopped.gate if stopped else None, sentence)


# The answer --------------------------------------------------------------------------------------------------------


def _now_answer(known: ChainFacts, chains: Mapping[UUID, Gates], stopped: GateFinding | None) -> str:
    if not known.included:
        return f"Not reached: this {known.kind} has no segment to take contacts from. Add one."
    if stopped is not None:
        verb = "Not reached" if known.frozen is None else "Not reached now"
        ends = {found.gate for found in map(closing, chains.values()) if found is not None}
        if len(known.included) > 1 and ends == {ChainGate.MEMBER}:
            return f"{verb}: not a member of {' or of '.join(quoted(each.name) for each in known.included)}."
        return f"{verb}: {inside(stopped.sentence)}"
    if known.frozen is not None:
        return "Every gate is still open."
    if known.refusals:
        return f"Would be reached, but a launch is refused at the moment: {known.refusals[0]}"
    if known.kind == "sequence":
        return "Reached: every gate is open, so the sequence takes this contact in while it runs."
    return "Would be reached: every gate is open, if the campaign is launched now."


# When the audience was frozen --------------------------------------------------------------------------------------


def _frozen(known: ChainFacts, frozen: FrozenFacts) -> FrozenChain:
    calendar = known.calendar
    included = [each for each in frozen.segments if each.is_included]
    best = max(included, key=lambda each: (each.held is True, each.held is None), default=None)
    members: Gates = () if best is None else _then_members(best, frozen, calendar)
    found = (*members, _then_left_out(frozen), _frozen_gate(frozen, calendar), *_then_contact(frozen, calendar))
    if frozen.received_at is not None:
        # Whatever else is on record: a message arrived.
        told = f"A message arrived on {at_time(frozen.received_at, calendar)}."
        found = (*found, GateFinding(ChainGate.SELECTED, GateState.PASSED, told))
    gates = asked_in_order(found)
    is_reached = frozen.received_at is not None or (frozen.was_in and closing(gates) is None)
    return FrozenChain(frozen.frozen_at, frozen.was_in, is_reached, _then_answer(known, frozen, gates), gates)


def _then_left_out(frozen: FrozenFacts) -> GateFinding:
    left_out = [each for each in frozen.segments if not each.is_included]
    holding = [quoted(each.name) for each in left_out if each.held]
    if holding:
        told = f"Also a member of {' and of '.join(holding)}, which this campaign left out."
        return GateFinding(ChainGate.NOT_EXCLUDED, GateState.CLOSED, told)
    forgotten = [quoted(each.name) for each in left_out if each.held is None]
    if forgotten and not frozen.was_in:
        told = (
            f"Whether it was a member of {' or of '.join(forgotten)}, which this campaign left out, is no longer kept."
        )
        return GateFinding(ChainGate.NOT_EXCLUDED, GateState.NOT_ASKED, told)
    names = " or of ".join(quoted(each.name) for each in left_out)
    told = f"Not a member of {names}, which this campaign left out." if left_out else "No segment was left out."
    return GateFinding(ChainGate.NOT_EXCLUDED, GateState.PASSED, told)


def _then_members(segment: FrozenSegment, frozen: FrozenFacts, calendar: Calendar) -> Gates:
    name = quoted(segment.name)
    run = "" if segment.calculated_at is None else f" of {at_time(segment.calculated_at, calendar)}"
    if segment.held is None:
        told = f"Whether it was a member of {name} then is no longer kept. The audience itself is."
        member = GateFinding(ChainGate.MEMBER, GateState.NOT_ASKED, told)
    elif segment.held:
        member = GateFinding(ChainGate.MEMBER, GateState.PASSED, f"A member of {name} by its run{run}.")
    elif segment.by_hand is not None and segment.by_hand.decision is Decision.TAKEN_OUT:
        told = hand_sentence(segment.by_hand, calendar)
        return (
            GateFinding(ChainGate.MEMBER, GateState.NOT_ASKED, "A decision by hand comes before the criteria."),
            GateFinding(ChainGate.BY_HAND, GateState.CLOSED, told),
        )
    else:
        names = " or of ".join(quoted(each.name) for each in frozen.segments if each.is_included)
        member = GateFinding(ChainGate.MEMBER, GateState.CLOSED, f"Not a member of {names} by the run{run}.")
    if segment.by_hand is None:
        return (member,)
    return member, GateFinding(ChainGate.BY_HAND, GateState.PASSED, hand_sentence(segment.by_hand, calendar))


def _then_contact(frozen: FrozenFacts, calendar: Calendar) -> Gates:
    """Ask what is on record for that moment: consents and suppressions have times, addresses do not."""
    asked: list[GateFinding] = []
    for each in contact_gates(frozen.facts, calendar):
        if each.gate is ChainGate.NOT_EXCLUDED:
            continue
        if each.gate in _NOT_KEPT:
            told = f"What it was then is not kept. Today: {inside(each.sentence)}"
            asked.append(GateFinding(each.gate, GateState.NOT_ASKED, told))
        else:
            asked.append(each)
    return tuple(asked)


def _then_answer(known: ChainFacts, frozen: FrozenFacts, gates: Gates) -> str:
    day = on_day(frozen.frozen_at, known.calendar)
    stopped = closing(gates)
    if frozen.received_at is not None:
        return f"Reached: a message arrived on {on_day(frozen.received_at, known.calendar)}."
    if stopped is not None:
        return f"Not reached on {day}: {inside(stopped.sentence)}"
    verb = "Will be reached" if known.campaign_state == "scheduled" else "Reached"
    return f"{verb}: in the audience that was frozen on {day}, and nothing that is kept of that day speaks against it."
