"""The judgement of a launch: what each side's verdicts mean, and which gate is named when nobody is left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from segment_engine.domain.campaign import CampaignKind, CampaignMove, CampaignSegment, CampaignState, Part, after_move
from segment_engine.domain.launch_checks import CheckVerdict, LaunchReadiness, judge
from segment_engine.domain.reach import ChannelReach, ContactGates, Gate, SegmentHold, channel_reach
from segment_engine.domain.readiness import CODES, Facts, Readiness, standing_of

TODAY = date(2026, 3, 15)


def segment(part: Part, *codes: str, members: int = 100) -> CampaignSegment:
    """A segment that stands with these codes."""
    standing = standing_of(Facts(codes=codes, failure="It broke.", state="draft", imported_sources=("CRM",)))
    return CampaignSegment(uuid4(), "Loyal", part, members, None, standing)


def reach(*left: int, stored: int | None = None) -> ChannelReach:
    """A waterfall by what every gate leaves."""
    return channel_reach("email", left[0] if stored is None else stored, dict(zip(Gate, left, strict=True)))


FINE = reach(100, 100, 90, 90, 90, 80)


def judged(
    *segments: CampaignSegment, counted: ChannelReach | None = FINE, starts_on: date | None = None,
    ends_on: date | None = None,
) -> LaunchReadiness:  # fmt: skip
    """Judge a campaign as of the fifteenth of March."""
    return judge(CampaignKind.CAMPAIGN, segments, counted, starts_on=starts_on, ends_on=ends_on, today=TODAY)


@pytest.mark.parametrize("code", list(CODES))
@pytest.mark.parametrize("part", list(Part))
def test_every_reason_of_a_segment_carries_over(part: Part, code: str) -> None:
    """Do not use blocks and use with care warns on both sides; an excluded one that is only empty warns."""
    found = judged(segment(Part.INCLUDED), segment(part, code))
    expected = CheckVerdict.BLOCK if CODES[code][1] is Readiness.DO_NOT_USE else CheckVerdict.WARNING
    if part is Part.EXCLUDED and code == "empty":
        expected = CheckVerdict.WARNING
    assert found.verdict is expected
    assert found.checks[0].segment_id is not None
    assert "“Loyal”" in found.checks[0].sentence


@pytest.mark.parametrize(
    ("left", "code", "named"),
    [
        ((0, 0, 0, 0, 0, 0), "nobody_left", "hold no contact"),
        ((100, 0, 0, 0, 0, 0), "everyone_excluded", "All 100 contacts"),
        ((100, 90, 0, 0, 0, 0), "no_address", "None of the 90 contacts has an address for e-mail"),
        ((100, 90, 80, 0, 0, 0), "no_valid_address", "None of the 80 addresses"),
        ((100, 90, 80, 70, 0, 0), "everyone_suppressed", "All 70 contacts"),
        ((100, 90, 80, 70, 60, 0), "no_consent", "None of the 60 contacts has granted consent"),
    ],
)
def test_the_gate_behind_which_nobody_is_left_is_named(left: tuple[int, ...], code: str, named: str) -> None:
    """The first such gate, with how many stood before it: that is what has to be corrected."""
    found = judged(segment(Part.INCLUDED), counted=reach(*left))
    (block,) = found.of(CheckVerdict.BLOCK)
    assert (block.code, named in block.sentence) == (code, True)


@pytest.mark.parametrize(
    ("reached", "verdict"), [(50, CheckVerdict.OK), (49, CheckVerdict.WARNING), (1, CheckVerdict.WARNING)]
)
def test_reaching_less_than_half_warns(reached: int, verdict: CheckVerdict) -> None:
    """Half is the line, and the commonest reason is named with its number."""
    found = judged(segment(Part.INCLUDED), counted=reach(120, 100, 95, 90, 85, reached))
    assert found.verdict is verdict
    sentences = " ".join(check.sentence for check in found.checks)
    assert f"{reached} of 100 contacts can be reached by e-mail" in sentences
    assert ("no consent for e-mail" in sentences) is (verdict is CheckVerdict.WARNING)
    assert "20 contacts of the included segments are kept out" in sentences


def test_dates_are_judged_as_of_today() -> None:
    """Over blocks, begun warns, today and ahead are fine."""
    used = segment(Part.INCLUDED)
    assert judged(used, ends_on=date(2026, 3, 14)).verdict is CheckVerdict.BLOCK
    assert judged(used, starts_on=date(2026, 3, 14)).verdict is CheckVerdict.WARNING
    assert judged(used, starts_on=TODAY, ends_on=TODAY).verdict is CheckVerdict.OK


def test_the_worst_comes_first_and_keys_tell_segments_apart() -> None:
    """What blocks is read first; accepting a warning of one segment does not accept that of another."""
    first, second = segment(Part.INCLUDED, "stale_age"), segment(Part.INCLUDED, "stale_age")
    found = judged(first, second, segment(Part.EXCLUDED, "never_calculated"))
    assert [check.verdict for check in found.checks][:3] == [
        CheckVerdict.BLOCK, CheckVerdict.WARNING, CheckVerdict.WARNING,
    ]  # fmt: skip
    accepted = {f"segment_with_care:{first.segment_id}"}
    assert [check.segment_id for check in found.unaccepted(accepted)] == [second.segment_id]
    assert judged(counted=None).checks[0].code == "nothing_included"


def test_moves_lead_where_they_should_and_nowhere_else() -> None:
    """Running things are paused or finished first; what was launched never becomes a draft by being restored."""
    launched = {
        (move, state)
        for move in CampaignMove
        for state in CampaignState
        if after_move(move, state, launched=True) is not None
    }
    assert len(launched) == 8
    assert (CampaignMove.ARCHIVE, CampaignState.RUNNING) not in launched
    assert (CampaignMove.ARCHIVE, CampaignState.SCHEDULED) not in launched
    assert after_move(CampaignMove.RESTORE, CampaignState.ARCHIVED, launched=True) is CampaignState.FINISHED
    assert after_move(CampaignMove.RESTORE, CampaignState.ARCHIVED, launched=False) is CampaignState.DRAFT


def test_a_contact_that_no_longer_exists_is_no_member() -> None:
    """The first closed gate is the answer, even when later ones are closed as well."""
    held = (SegmentHold(UUID(int=1), "Loyal", holds=True),)
    as_of = datetime(2026, 3, 15, tzinfo=UTC)
    facts = ContactGates(
        1, "email", as_of, exists=False, included=held, excluded=(), has_address=False, address_valid=False,
        suppressed_at=None, suppression=None, consents=(), audiences=(),
    )  # fmt: skip
    assert facts.stopped_at is Gate.MEMBER
