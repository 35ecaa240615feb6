"""The reach chain as it is told: the order of the gates, the first closed one, and the one sentence on top."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from segment_engine.domain.checks import Checks
from segment_engine.domain.contact import HandRecord
from segment_engine.domain.criteria import Calendar
from segment_engine.domain.overrides import Decision
from segment_engine.domain.reach import ConsentFact, ContactGates, FrozenFact, Gate, SegmentHold
from segment_engine.domain.reach_chain import (
    ChainFacts,
    ChainGate,
    FrozenFacts,
    FrozenSegment,
    GateState,
    IncludedSegment,
    closing,
)
from segment_engine.domain.reach_telling import tell_chain
from segment_engine.domain.readiness import Axis, Freshness, Readiness, Reason, Standing

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
LAUNCH = datetime(2026, 5, 10, 22, 30, tzinfo=UTC)
READY = Standing(Readiness.READY, Freshness.FRESH, Checks.PASSED)
FACTS = ContactGates(
    1, "email", NOW, exists=True, included=(SegmentHold(UUID(int=1), "Loyal", holds=True),),
    excluded=(SegmentHold(UUID(int=9), "Complaints", holds=False),), has_address=True, address_valid=True,
    suppressed_at=None, suppression=None,
    consents=(ConsentFact(None, "granted", datetime(2026, 1, 2, tzinfo=UTC)),), audiences=(),
)  # fmt: skip
SEGMENT = IncludedSegment(UUID(int=1), "Loyal", READY, holds=True, calculated_at=NOW)
KNOWN = ChainFacts(
    UUID(int=5), "Spring", "campaign", "draft", "c1", FACTS, (SEGMENT,), Calendar(time_zone="Europe/Amsterdam")
)
OUT = HandRecord(Decision.TAKEN_OUT, "Asked by phone.", datetime(2026, 5, 3, tzinfo=UTC), "Local operator")


def judged(axis: Axis, readiness: Readiness = Readiness.DO_NOT_USE, sentence: str = "It is a draft.") -> Standing:
    """Judge a segment by one reason."""
    return Standing(readiness, Freshness.FRESH, Checks.NONE, (Reason(axis, "code", readiness, sentence),))


def test_every_gate_open_would_be_reached() -> None:
    """Nothing closed: the answer says so, and every gate has its fact."""
    told = tell_chain(KNOWN)
    assert told.answer == "Would be reached: every gate is open, if the campaign is launched now."
    assert [each.gate for each in told.gates] == [gate for gate in ChainGate if gate is not ChainGate.FROZEN]
    assert {each.state for each in told.gates} == {GateState.PASSED}
    assert told.is_reached


@pytest.mark.parametrize(
    ("gate", "segment", "facts", "answer"),
    [
        ("active", {"standing": judged(Axis.STATE)}, {}, "Not reached: “Loyal”: it is a draft."),
        ("calculated", {"standing": judged(Axis.RUN, sentence="SQL failed.")}, {}, "Not reached: “Loyal”: SQL failed."),
        ("fresh", {"standing": judged(Axis.FRESHNESS, sentence="Too old.")}, {}, "Not reached: “Loyal”: too old."),
        ("checked", {"standing": judged(Axis.CHECKS, sentence="Empty.")}, {}, "Not reached: “Loyal”: empty."),
        ("member", {"holds": False}, {}, "Not reached: not a member of “Loyal” by its result of 20 May 2026 14:00."),
        (
            "by_hand", {"holds": False, "by_hand": OUT}, {},
            "Not reached: taken out by hand by Local operator on 3 May 2026: Asked by phone.",
        ),
        (
            "not_excluded", {}, {"excluded": (SegmentHold(UUID(int=9), "Complaints", holds=True),)},
            "Not reached: also a member of “Complaints”, which this campaign leaves out.",
        ),
        ("has_address", {}, {"has_address": False}, "Not reached: there is no address for e-mail."),
        (
            "address_valid", {}, {"address_valid": False},
            "Not reached: the address for e-mail is marked as not valid.",
        ),
        (
            "not_suppressed", {}, {"suppressed_at": LAUNCH, "suppression": "complaint"},
            "Not reached: e-mail was stopped on 11 May 2026: the contact complained.",
        ),
        (
            "consented", {}, {"consents": (ConsentFact(None, "withdrawn", LAUNCH),)},
            "Not reached: consent for e-mail was withdrawn on 11 May 2026.",
        ),
    ],
    ids=[gate.value for gate in ChainGate if gate not in {ChainGate.FROZEN, ChainGate.SELECTED}],
)  # fmt: skip
def test_the_first_closed_gate_is_the_answer(
    gate: str, segment: dict[str, object], facts: dict[str, object], answer: str
) -> None:
    """Each gate closed once: it is named on top in one sentence, and nothing after it is asked."""
    known = replace(
        KNOWN, facts=replace(FACTS, **facts), included=(replace(SEGMENT, **segment),)  # pyright: ignore[reportArgumentType] - fields of either
    )  # fmt: skip
    told = tell_chain(known)
    stopped = closing(told.gates)
    assert stopped is not None
    assert (stopped.gate, told.answer) == (ChainGate(gate), answer)
    later = told.gates[told.gates.index(stopped) + 1 :]
    assert {each.state for each in later} == {GateState.NOT_ASKED}
    assert not told.is_reached


def test_what_a_later_gate_would_say_is_kept() -> None:
    """Whoever removes the first obstacle sees the next one coming."""
    facts = replace(FACTS, has_address=False, consents=())
    told = {each.gate: each for each in tell_chain(replace(KNOWN, facts=facts)).gates}
    assert told[ChainGate.CONSENTED].state is GateState.NOT_ASKED
    assert told[ChainGate.CONSENTED].alone is GateState.CLOSED
    assert told[ChainGate.CONSENTED].sentence == "There is no record of consent for e-mail."


def test_care_warns_and_lets_through() -> None:
    """A segment to be used with care does not stop anyone; a decision after the result is announced."""
    standing = judged(Axis.FRESHNESS, Readiness.USE_WITH_CARE, "Shop was imported since.")
    told = tell_chain(replace(KNOWN, included=(replace(SEGMENT, standing=standing, by_hand=OUT),)))
    states = {each.gate: each.state for each in told.gates}
    assert (states[ChainGate.FRESH], states[ChainGate.BY_HAND]) == (GateState.WARNED, GateState.WARNED)
    assert told.is_reached


def test_the_best_of_several_segments_is_shown_with_a_line_for_each() -> None:
    """One that lets the contact through wins, then one that holds it; the others keep a line."""
    stale = replace(SEGMENT, segment_id=UUID(int=2), name="Stale", standing=judged(Axis.FRESHNESS, sentence="Old."))
    other = replace(SEGMENT, segment_id=UUID(int=3), name="Other", holds=False)
    told = tell_chain(replace(KNOWN, included=(other, stale, SEGMENT)))
    assert (told.segment, told.is_reached) == ("Loyal", True)
    assert [(each.name, each.stopped_at) for each in told.segments] == [
        ("Other", ChainGate.MEMBER), ("Stale", ChainGate.FRESH), ("Loyal", None),
    ]  # fmt: skip
    assert tell_chain(replace(KNOWN, included=(other, stale))).answer == "Not reached: “Stale”: old."
    nowhere = tell_chain(replace(KNOWN, included=(other, replace(SEGMENT, holds=False))))
    assert nowhere.answer == "Not reached: not a member of “Other” or of “Loyal”."


def test_without_a_segment_nobody_is_reached() -> None:
    """A campaign without segments says what to do."""
    told = tell_chain(replace(KNOWN, included=()))
    assert told.answer == "Not reached: this campaign has no segment to take contacts from. Add one."
    assert told.gates == ()


def test_a_segment_that_was_never_calculated_asks_no_further() -> None:
    """Nothing is fresh or odd about members that are not there."""
    standing = judged(Axis.RUN, sentence="It was never calculated.")
    never = replace(SEGMENT, standing=standing, holds=False, calculated_at=None)
    told = {each.gate: each for each in tell_chain(replace(KNOWN, included=(never,))).gates}
    assert told[ChainGate.CALCULATED].state is GateState.CLOSED
    assert told[ChainGate.FRESH].alone is GateState.NOT_ASKED
    assert told[ChainGate.MEMBER].sentence == "“Loyal” has no members: it was never calculated."


def test_put_in_by_hand_is_told() -> None:
    """A decision that lets the contact in is a fact, no obstacle; before the next run it does not count yet."""
    into = replace(OUT, decision=Decision.PUT_IN)
    told = {each.gate: each for each in tell_chain(replace(KNOWN, included=(replace(SEGMENT, by_hand=into),))).gates}
    assert told[ChainGate.BY_HAND].state is GateState.PASSED
    waiting = tell_chain(replace(KNOWN, included=(replace(SEGMENT, holds=False, by_hand=into),)))
    assert waiting.answer.endswith("It was put in by hand since, which counts from the next run on.")


@pytest.mark.parametrize("state", ["pending", None], ids=["pending", "topic only"])
def test_anything_but_a_grant_is_no_consent(state: str | None) -> None:
    """Asked for, or given for a topic only: the sentence says which."""
    found = (ConsentFact(None, state, LAUNCH),) if state else (ConsentFact("offers", "granted", LAUNCH),)
    answer = tell_chain(replace(KNOWN, facts=replace(FACTS, consents=found))).answer
    expected = (
        "Not reached: consent for e-mail was asked for on 11 May 2026 and has not been confirmed."
        if state
        else "Not reached: there is no record of consent for e-mail. There is one for “offers” only, and a "
        "campaign needs it for the whole channel."
    )
    assert answer == expected


def test_a_launch_that_would_be_refused_is_named() -> None:
    """Open gates are no promise while another segment of the campaign forbids the launch."""
    told = tell_chain(replace(KNOWN, refusals=("“Other” (included) must not be used: it is a draft.",)))
    assert told.answer.startswith("Would be reached, but a launch is refused at the moment: “Other”")


# Launched already --------------------------------------------------------------------------------------------------


def launched(*, was_in: bool = True, held: bool = True, **facts: object) -> ChainFacts:
    """Launch the campaign on 11 May, local time; everything else is as it is now."""
    then = replace(FACTS, as_of=LAUNCH, audiences=(FrozenFact(LAUNCH, was_in),), **facts)  # pyright: ignore[reportArgumentType] - fields of the facts
    segments = (
        FrozenSegment(UUID(int=1), "Loyal", is_included=True, held=held, calculated_at=LAUNCH),
        FrozenSegment(UUID(int=9), "Complaints", is_included=False, held=False, calculated_at=LAUNCH),
    )
    return replace(KNOWN, campaign_state="running", frozen=FrozenFacts(LAUNCH, was_in, segments, then))


def test_then_and_now_are_told_apart() -> None:
    """Reached by what is kept of that day; since then consent was withdrawn, which only counts now."""
    known = launched()
    now = replace(FACTS, consents=(ConsentFact(None, "withdrawn", datetime(2026, 5, 15, tzinfo=UTC)),))
    told = tell_chain(replace(known, facts=now))
    assert told.answer.startswith("Reached: in the audience that was frozen on 11 May 2026")
    assert told.now == "Not reached now: consent for e-mail was withdrawn on 15 May 2026."
    assert told.is_reached


def test_who_was_no_member_then_was_not_reached() -> None:
    """A member today, not by the run the audience was frozen from."""
    told = tell_chain(launched(was_in=False, held=False))
    assert told.answer == "Not reached on 11 May 2026: not a member of “Loyal” by the run of 11 May 2026 00:30."
    stopped = closing(told.gates)
    assert stopped is not None
    assert stopped.gate is ChainGate.FROZEN


def test_consent_that_was_missing_then_is_the_answer_then() -> None:
    """In the audience, which holds whoever the segments hold, and stopped at a later gate."""
    told = tell_chain(launched(consents=()))
    assert told.answer == "Not reached on 11 May 2026: there is no record of consent for e-mail."


def test_what_is_not_kept_is_not_asked() -> None:
    """Addresses are kept as they are today; the chain of that day says so instead of guessing."""
    told = tell_chain(launched(has_address=False))
    assert told.frozen is not None
    gates = {each.gate: each for each in told.frozen.gates}
    assert gates[ChainGate.HAS_ADDRESS].state is GateState.NOT_ASKED
    assert gates[ChainGate.HAS_ADDRESS].sentence == (
        "What it was then is not kept. Today: there is no address for e-mail."
    )


def test_a_message_that_arrived_settles_it() -> None:
    """What the channel reported beats everything worked out."""
    known = launched(consents=())
    assert known.frozen is not None
    told = tell_chain(replace(known, frozen=replace(known.frozen, received_at=LAUNCH)))
    assert (told.answer, told.is_reached) == ("Reached: a message arrived on 11 May 2026.", True)


def test_the_gates_of_the_waterfall_keep_their_order() -> None:
    """The chain asks what the waterfall counts, in its order (T91)."""
    counted = [gate.waterfall for gate in ChainGate if gate.waterfall is not None]
    assert list(dict.fromkeys(counted)) == list(Gate)
