"""Asks the gates of a reach chain one by one, and says of each what was found."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from segment_engine.domain.contact import HandRecord
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.describe.times import day_text, instant_text
from segment_engine.domain.overrides import Decision
from segment_engine.domain.reach import ConsentFact, ContactGates, Gate
from segment_engine.domain.reach_chain import ChainGate, GateFinding, Gates, GateState, IncludedSegment
from segment_engine.domain.readiness import Axis, Readiness

CHANNELS = {"email": "e-mail", "sms": "SMS", "push": "push messages", "post": "post", "phone": "phone calls"}
SUPPRESSIONS = {
    "hard_bounce": "a message came back for good",
    "complaint": "the contact complained",
    "global_stop": "the contact asked to be left alone",
}
_AXES = {
    ChainGate.ACTIVE: (Axis.STATE, "{segment} is active."),
    ChainGate.CALCULATED: (Axis.RUN, "{segment} was calculated on {moment}."),
    ChainGate.FRESH: (Axis.FRESHNESS, "Nothing that {segment} depends on has changed since."),
    ChainGate.CHECKED: (Axis.CHECKS, "Nothing odd was found in the result of {segment}."),
}


def quoted(name: str) -> str:
    """Write a name as sentences show it."""
    return f"“{name}”"


def inside(sentence: str) -> str:
    """Let a sentence go on after a colon: its first letter small, unless a name or capitals begin it."""
    is_word = sentence[:1].isalpha() and not sentence[1:2].isupper()
    return f"{sentence[:1].lower()}{sentence[1:]}" if is_word else sentence


def on_day(moment: datetime, calendar: Calendar) -> str:
    """Write the day of a moment in the organization's zone: 3 May 2026."""
    return day_text(moment.astimezone(ZoneInfo(calendar.time_zone)).date())


def at_time(moment: datetime, calendar: Calendar) -> str:
    """Write a moment to the minute in the organization's zone."""
    return instant_text(moment.replace(second=0, microsecond=0), calendar)


# The segment -------------------------------------------------------------------------------------------------------


def segment_gates(segment: IncludedSegment, calendar: Calendar) -> Gates:
    """Ask whether the segment may be used at all: active, calculated, fresh, checked."""
    return tuple(_axis_gate(gate, segment, calendar) for gate in _AXES)


def _axis_gate(gate: ChainGate, segment: IncludedSegment, calendar: Calendar) -> GateFinding:
    axis, passed = _AXES[gate]
    name = quoted(segment.name)
    reasons = segment.standing.of(axis)
    if reasons:
        worst = min(reasons, key=lambda each: each.readiness is not Readiness.DO_NOT_USE)
        state = GateState.CLOSED if worst.readiness is Readiness.DO_NOT_USE else GateState.WARNED
        return GateFinding(gate, state, f"{name}: {inside(worst.sentence)}")
    if segment.calculated_at is None and gate is not ChainGate.ACTIVE:
        return GateFinding(gate, GateState.NOT_ASKED, f"{name} was never calculated.")
    moment = "" if segment.calculated_at is None else at_time(segment.calculated_at, calendar)
    return GateFinding(gate, GateState.PASSED, passed.format(segment=name, moment=moment))


# Membership --------------------------------------------------------------------------------------------------------


def member_gates(segment: IncludedSegment, calendar: Calendar) -> Gates:
    """Ask whether the published result holds the contact, and what a person decided about it."""
    name = quoted(segment.name)
    hand = segment.by_hand
    since = f" of {at_time(segment.calculated_at, calendar)}" if segment.calculated_at else ""
    if segment.calculated_at is None:
        member = GateFinding(ChainGate.MEMBER, GateState.CLOSED, f"{name} has no members: it was never calculated.")
    elif segment.holds:
        member = GateFinding(ChainGate.MEMBER, GateState.PASSED, f"A member of {name} by its result{since}.")
    elif hand is not None and hand.decision is Decision.TAKEN_OUT:
        told = "A decision by hand comes before the criteria."
        member = GateFinding(ChainGate.MEMBER, GateState.NOT_ASKED, told)
    else:
        pending = " It was put in by hand since, which counts from the next run on." if hand else ""
        told = f"Not a member of {name} by its result{since}.{pending}"
        member = GateFinding(ChainGate.MEMBER, GateState.CLOSED, told)
    return member, _hand_gate(segment, hand, calendar)


def _hand_gate(segment: IncludedSegment, hand: HandRecord | None, calendar: Calendar) -> GateFinding:
    if hand is None:
        return GateFinding(ChainGate.BY_HAND, GateState.PASSED, "Nobody decided anything by hand.")
    told = hand_sentence(hand, calendar)
    if hand.decision is Decision.PUT_IN:
        return GateFinding(ChainGate.BY_HAND, GateState.PASSED, told)
    if segment.holds:
        later = f"{told} The result was calculated before that; it counts from the next run on."
        return GateFinding(ChainGate.BY_HAND, GateState.WARNED, later)
    return GateFinding(ChainGate.BY_HAND, GateState.CLOSED, told)


def hand_sentence(hand: HandRecord, calendar: Calendar) -> str:
    """Say who put the contact in or took it out, when and why."""
    done = "Put in" if hand.decision is Decision.PUT_IN else "Taken out"
    who = f" by {hand.decided_by}" if hand.decided_by else ""
    return f"{done} by hand{who} on {on_day(hand.decided_at, calendar)}: {hand.reason.rstrip('.')}."


# The contact -------------------------------------------------------------------------------------------------------


def contact_gates(facts: ContactGates, calendar: Calendar) -> Gates:
    """Ask the gates that the waterfall counts after membership, exactly as it does."""
    words = {
        Gate.NOT_EXCLUDED: _excluded_sentence,
        Gate.HAS_ADDRESS: _address_sentence,
        Gate.ADDRESS_VALID: _valid_sentence,
        Gate.NOT_SUPPRESSED: _suppressed_sentence,
        Gate.CONSENTED: consent_sentence,
    }
    return tuple(
        GateFinding(
            ChainGate(gate.value), GateState.PASSED if facts.opens(gate) else GateState.CLOSED, say(facts, calendar)
        )
        for gate, say in words.items()
    )  # fmt: skip


def _excluded_sentence(facts: ContactGates, _calendar: Calendar) -> str:
    holding = [quoted(each.name) for each in facts.excluded if each.holds]
    if holding:
        return f"Also a member of {' and of '.join(holding)}, which this campaign leaves out."
    if not facts.excluded:
        return "No segment is left out."
    names = " or ".join(quoted(each.name) for each in facts.excluded)
    return f"Not a member of {names}, which this campaign leaves out."


def _address_sentence(facts: ContactGates, _calendar: Calendar) -> str:
    channel = CHANNELS[facts.channel]
    return f"There is an address for {channel}." if facts.has_address else f"There is no address for {channel}."


def _valid_sentence(facts: ContactGates, _calendar: Calendar) -> str:
    channel = CHANNELS[facts.channel]
    if not facts.has_address:
        return f"Without an address for {channel} none can be valid."
    state = "valid" if facts.address_valid else "not valid"
    return f"The address for {channel} is marked as {state}."


def _suppressed_sentence(facts: ContactGates, calendar: Calendar) -> str:
    channel = CHANNELS[facts.channel]
    if facts.opens(Gate.NOT_SUPPRESSED) or facts.suppressed_at is None:
        return f"Nothing stops {channel}."
    why = SUPPRESSIONS.get(facts.suppression or "", "it was stopped")
    return f"{sentence_start(channel)} was stopped on {on_day(facts.suppressed_at, calendar)}: {why}."


def consent_sentence(facts: ContactGates, calendar: Calendar) -> str:
    """Say what the newest record of consent for the whole channel is, and since when."""
    channel = CHANNELS[facts.channel]
    whole = next((each for each in facts.consents if each.topic is None), None)
    if whole is None:
        topics = _granted_topics(facts.consents)
        only = f" There is one for {topics} only, and a campaign needs it for the whole channel." if topics else ""
        return f"There is no record of consent for {channel}.{only}"
    day = on_day(whole.recorded_at, calendar)
    match whole.state:
        case "granted":
            return f"Consent for {channel} was granted on {day}."
        case "withdrawn":
            return f"Consent for {channel} was withdrawn on {day}."
        case _:
            return f"Consent for {channel} was asked for on {day} and has not been confirmed."


def _granted_topics(consents: tuple[ConsentFact, ...]) -> str:
    return ", ".join(quoted(each.topic) for each in consents if each.topic is not None and each.state == "granted")


def sentence_start(text: str) -> str:
    """Write the first letter large."""
    return text[:1].upper() + text[1:]
