"""Whether a campaign may be launched: every check with its verdict and a sentence; one that blocks, blocks everyone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.campaign import CampaignKind, CampaignSegment, Part
from segment_engine.domain.reach import ChannelReach, Gate
from segment_engine.domain.readiness import Readiness


class CheckVerdict(StrEnum):
    """What one check means for the launch; the worst comes first."""

    BLOCK = "block"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class LaunchCheck:
    """One thing that was looked at. `key` names it in what a person accepts; `segment_id` is what it is about."""

    code: str
    verdict: CheckVerdict
    sentence: str
    segment_id: UUID | None = None

    @property
    def key(self) -> str:
        """Name this check apart from those of the same kind about other segments."""
        return self.code if self.segment_id is None else f"{self.code}:{self.segment_id}"


@dataclass(frozen=True, slots=True)
class LaunchReadiness:
    """Every check, the worst first, and the reach they were judged by (None without segments)."""

    checks: tuple[LaunchCheck, ...]
    reach: ChannelReach | None

    def of(self, verdict: CheckVerdict) -> tuple[LaunchCheck, ...]:
        """Give the checks with one verdict."""
        return tuple(check for check in self.checks if check.verdict is verdict)

    @property
    def verdict(self) -> CheckVerdict:
        """The worst of all checks."""
        return self.checks[0].verdict if self.checks else CheckVerdict.OK

    def unaccepted(self, accepted: Collection[str]) -> tuple[LaunchCheck, ...]:
        """Give the warnings nobody has accepted."""
        return tuple(check for check in self.of(CheckVerdict.WARNING) if check.key not in accepted)


def judge(
    kind: CampaignKind, segments: Sequence[CampaignSegment], reach: ChannelReach | None, *, starts_on: date | None,
    ends_on: date | None, today: date,
) -> LaunchReadiness:  # fmt: skip
    """Look at everything that could go wrong when this is launched now."""
    word = kind.value
    checks = [
        *_chosen(word, segments),
        *(_segment(each) for each in segments),
        *([] if reach is None else _reach(reach)),
        *_dates(word, starts_on, ends_on, today),
    ]
    order = list(CheckVerdict)
    return LaunchReadiness(tuple(sorted(checks, key=lambda check: order.index(check.verdict))), reach)


def _chosen(word: str, segments: Iterable[CampaignSegment]) -> list[LaunchCheck]:
    if any(each.part is Part.INCLUDED for each in segments):
        return []
    sentence = f"No segment is included, so this {word} has nobody to reach. Include at least one."
    return [LaunchCheck("nothing_included", CheckVerdict.BLOCK, sentence)]


def _segment(segment: CampaignSegment) -> LaunchCheck:
    """Carry a segment's own verdict over; the side it stands on decides what its troubles mean."""
    side, name = segment.part.value, f"“{segment.name}”"
    reasons = segment.standing.reasons
    why = " ".join(reason.sentence for reason in reasons)
    if segment.part is Part.EXCLUDED:
        if any(reason.code == "never_calculated" for reason in reasons):
            danger = f"{name} is excluded but has no members yet: nobody would be kept out. {why}"
            return LaunchCheck("excluded_not_calculated", CheckVerdict.BLOCK, danger, segment.segment_id)
        forbidding = {reason.code for reason in reasons if reason.readiness is Readiness.DO_NOT_USE}
        if forbidding == {"empty"}:
            sentence = f"{name} is excluded but empty: it keeps nobody out. {why}"
            return LaunchCheck("excluded_empty", CheckVerdict.WARNING, sentence, segment.segment_id)
    match segment.standing.readiness:
        case Readiness.READY:
            count = segment.member_count or 0
            sentence = f"{name} ({side}) is ready: {count:,} {'member' if count == 1 else 'members'}."
            return LaunchCheck("segment_ready", CheckVerdict.OK, sentence, segment.segment_id)
        case Readiness.USE_WITH_CARE:
            sentence = f"{name} ({side}) should be used with care: {why}"
            return LaunchCheck("segment_with_care", CheckVerdict.WARNING, sentence, segment.segment_id)
        case Readiness.DO_NOT_USE:
            worst = (reason.sentence for reason in reasons if reason.readiness is Readiness.DO_NOT_USE)
            sentence = f"{name} ({side}) must not be used: {' '.join(worst)}"
            return LaunchCheck("segment_not_usable", CheckVerdict.BLOCK, sentence, segment.segment_id)


CHANNEL_WORDS = {"email": "e-mail", "sms": "SMS", "push": "push", "post": "post", "phone": "phone"}


def _reach(reach: ChannelReach) -> list[LaunchCheck]:
    """Judge the numbers: the first gate behind which nobody is left is the one to name."""
    channel = CHANNEL_WORDS.get(reach.channel, reach.channel)
    stopped = next((step for step in reach.steps if not step.contacts_left), None)
    if stopped is not None:
        code, sentence = _NOBODY[stopped.gate]
        return [LaunchCheck(code, CheckVerdict.BLOCK, sentence.format(before=stopped.dropped, channel=channel))]
    audience, reached = reach.left_after(Gate.NOT_EXCLUDED), reach.reached
    figures = f"{reached:,} of {audience:,} contacts can be reached by {channel}"
    checks = [LaunchCheck("reach", CheckVerdict.OK, f"{figures}.")]
    if reached * 2 < audience:
        worst = max(reach.steps[2:], key=lambda step: step.dropped)
        what = _MOST[worst.gate].format(channel=channel)
        sentence = f"Only {figures}. The commonest reason: {what} ({worst.dropped:,})."
        checks = [LaunchCheck("low_reach", CheckVerdict.WARNING, sentence)]
    kept_out = next(step.dropped for step in reach.steps if step.gate is Gate.NOT_EXCLUDED)
    if kept_out:
        sentence = f"{kept_out:,} contacts of the included segments are kept out by the excluded ones."
        checks.append(LaunchCheck("kept_out", CheckVerdict.OK, sentence))
    return checks


# What to say when a gate leaves nobody: a code, and a sentence with how many stood before it.
_NOBODY = {
    Gate.MEMBER: ("nobody_left", "The included segments hold no contact. Include others, or recalculate them."),
    Gate.NOT_EXCLUDED: (
        "everyone_excluded",
        "All {before:,} contacts of the included segments are in an excluded one: nobody is left. Exclude less.",
    ),
    Gate.HAS_ADDRESS: (
        "no_address",
        "None of the {before:,} contacts has an address for {channel}. Choose another channel.",
    ),
    Gate.ADDRESS_VALID: (
        "no_valid_address",
        "None of the {before:,} addresses for {channel} is marked valid. Choose another channel.",
    ),
    Gate.NOT_SUPPRESSED: (
        "everyone_suppressed",
        "All {before:,} contacts with a valid address for {channel} are suppressed. Choose another channel.",
    ),
    Gate.CONSENTED: (
        "no_consent",
        "None of the {before:,} contacts has granted consent for {channel}. Choose another channel or import consents.",
    ),
}
_MOST = {
    Gate.HAS_ADDRESS: "no address for {channel}",
    Gate.ADDRESS_VALID: "an address for {channel} that is not valid",
    Gate.NOT_SUPPRESSED: "suppressed",
    Gate.CONSENTED: "no consent for {channel}",
}


def _dates(word: str, starts_on: date | None, ends_on: date | None, today: date) -> list[LaunchCheck]:
    if ends_on is not None and ends_on < today:
        sentence = f"The last day of this {word} is over. Choose a later one."
        return [LaunchCheck("is_over", CheckVerdict.BLOCK, sentence)]
    if starts_on is not None and starts_on < today:
        sentence = f"The day this {word} should start is over; it starts at the launch instead."
        return [LaunchCheck("starts_late", CheckVerdict.WARNING, sentence)]
    return []
