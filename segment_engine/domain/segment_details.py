"""What the page of one segment shows beyond the segment: versions, users, audiences, engagement, overlap, members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from enum import StrEnum
from uuid import UUID

from segment_engine.domain.campaign import Figures
from segment_engine.domain.describe import Sentence, SentenceLine
from segment_engine.domain.reach import ChannelReach
from segment_engine.domain.segment import Member, SegmentId, SegmentState, SegmentStatus


@dataclass(frozen=True, slots=True)
class SegmentVersion:
    """One saved edit of the criteria.

    Shape: `sentence` is None when the criteria cannot be read any more; then `problem` says why.
    Units: `created_at` and `calculated_at` in UTC; `member_count` contacts, by the newest successful run of this
        version; both None when it never had one.
    """

    version: int
    created_at: datetime
    created_by: str | None
    document: dict[str, object]
    accepted_warnings: tuple[str, ...]
    sentence: Sentence | None
    problem: str | None
    member_count: int | None
    calculated_at: datetime | None


class LineFate(StrEnum):
    """What became of a line of the sentence between two versions."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a comparison of two sentences, in reading order; what was removed stands before what replaced it."""

    fate: LineFate
    line: SentenceLine


def compare_sentences(before: Sentence, after: Sentence) -> tuple[DiffLine, ...]:
    """Tell line by line what two versions share, what went and what came.

    Shape: a line is the same when its words and its depth below the outermost are, wherever the frame of the sentence
        or an “and” puts it; lines of the frame alone are left out.
    """
    old, new = _conditions(before), _conditions(after)
    matcher = SequenceMatcher(None, _gists(old), _gists(new), autojunk=False)
    found: list[DiffLine] = []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            found += [DiffLine(LineFate.KEPT, line) for line in new[new_from:new_to]]
        else:
            found += [DiffLine(LineFate.REMOVED, line) for line in old[old_from:old_to]]
            found += [DiffLine(LineFate.ADDED, line) for line in new[new_from:new_to]]
    return tuple(found)


_FRAME, _AND = "Contacts where", "and "


def _conditions(sentence: Sentence) -> list[SentenceLine]:
    """Give the lines that say something, without the frame, as deep as they stand below the outermost of them."""
    bare = [(line.level, line.text.removeprefix(_FRAME).strip()) for line in sentence.lines]
    outermost = min((level for level, text in bare if text), default=0)
    return [SentenceLine(level - outermost, text) for level, text in bare if text]


def _gists(lines: list[SentenceLine]) -> list[tuple[int, str]]:
    return [(line.level, line.text.removeprefix(_AND)) for line in lines]


# Who uses it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelatedSegment:
    """A segment that this one reads, or that reads this one."""

    segment_id: SegmentId
    name: str
    state: SegmentState
    status: SegmentStatus
    member_count: int | None


@dataclass(frozen=True, slots=True)
class CampaignUse:
    """A campaign or sequence that names the segment. Shape: `part` is included or excluded."""

    campaign_id: UUID
    name: str
    kind: str
    channel: str
    state: str
    part: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class SegmentUses:
    """What the criteria of a segment read, and who would feel a change of its members."""

    reads: tuple[RelatedSegment, ...] = ()
    read_by: tuple[RelatedSegment, ...] = ()
    campaigns: tuple[CampaignUse, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenAudience:
    """An audience that took this segment's members. Units: times in UTC; `contact_count` members of this segment."""

    campaign_id: UUID
    name: str
    kind: str
    channel: str
    part: str
    frozen_at: datetime
    run_id: UUID
    as_of: datetime | None
    contact_count: int


@dataclass(frozen=True, slots=True)
class SegmentReach:
    """Whom each channel reaches of the stored members of a segment.

    Units: `as_of` is the instant for which consents and suppressions count, `members_as_of` that of the members; UTC.
        `seconds` is how long counting took.
    """

    as_of: datetime
    members_as_of: datetime | None
    channels: tuple[ChannelReach, ...]
    seconds: float


# What came of it ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EngagementWeek:
    """A week, from Monday: the campaigns that included this segment, and all campaigns."""

    starts_on: date
    own: Figures
    every: Figures


@dataclass(frozen=True, slots=True)
class SegmentEngagement:
    """Another segment and the figures of the campaigns that included it."""

    segment_id: SegmentId
    name: str
    campaigns: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Engagement:
    """What came of the campaigns that included a segment.

    Shape: a campaign with several segments counts with all its figures for each of them: channels report by campaign.
        `others` are the segments with the most deliveries, most first.
    """

    campaigns: int
    own: Figures
    every: Figures
    weeks: tuple[EngagementWeek, ...] = ()
    others: tuple[SegmentEngagement, ...] = ()


# Overlap -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SharedMembers:
    """How many members two segments share. Units: contacts; `other_count` are the stored members of the other one."""

    segment_id: SegmentId
    name: str
    state: SegmentState
    other_count: int
    shared: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """The segments that share most members with one segment, most first, by the stored members of both.

    Units: `compared` of `comparable` segments were looked at before the time was up; equal when all were.
    """

    member_count: int
    compared: int
    comparable: int
    shared: tuple[SharedMembers, ...] = ()


# Members -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with the run with which it joined last (UTC), and how many times it has joined in all.

    Shape: None and 0 when the contact is no member by a recorded run. Whoever left and came back joined twice.
    """

    member: Member
    since: datetime | None = None
    joined_times: int = 0


@dataclass(frozen=True, slots=True)
class MemberRows:
    """One page of members. `next_after` asks for the following page; None at the end."""

    rows: tuple[MemberRow, ...]
    next_after: int | None
