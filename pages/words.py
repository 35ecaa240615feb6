"""The words, colors and figures every page shares: one table for the statuses, one way to write a number or a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from segment_engine import OrganizationContext, RunReason, RunStatus, SegmentState, SegmentStatus

Color = Literal["red", "orange", "green", "blue", "gray"]
NOTHING = "–"


class Named(dict[str, str]):
    """Words for what is stored as text; for what only a newer release knows there is none."""

    def __missing__(self, stored: str) -> str:
        return NOTHING


class Icons(dict[str, str]):
    """Icons for what is stored as text; what only a newer release knows is a question."""

    def __missing__(self, stored: str) -> str:
        return ":material/help:"


@dataclass(frozen=True, slots=True)
class Look:
    """How a status appears everywhere: always the same word, color and icon together."""

    word: str
    color: Color
    icon: str


STATUS_LOOKS: dict[SegmentStatus, Look] = {
    SegmentStatus.SUCCESS: Look("Success", "green", ":material/check_circle:"),
    SegmentStatus.FAILED: Look("Failed", "red", ":material/error:"),
    SegmentStatus.PROCESSING: Look("Processing", "blue", ":material/sync:"),
    SegmentStatus.QUEUED: Look("Queued", "blue", ":material/schedule:"),
    SegmentStatus.NOT_CALCULATED: Look("Not calculated", "gray", ":material/radio_button_unchecked:"),
}
STATE_LOOKS: dict[SegmentState, Look] = {
    SegmentState.ACTIVE: Look("Active", "green", ":material/toggle_on:"),
    SegmentState.INACTIVE: Look("Inactive", "gray", ":material/toggle_off:"),
    SegmentState.DRAFT: Look("Draft", "orange", ":material/edit_note:"),
    SegmentState.ARCHIVED: Look("Archived", "gray", ":material/inventory_2:"),
}
RUN_LOOKS: dict[RunStatus, Look] = {
    RunStatus.SUCCESS: STATUS_LOOKS[SegmentStatus.SUCCESS],
    RunStatus.FAILED: STATUS_LOOKS[SegmentStatus.FAILED],
    RunStatus.PROCESSING: STATUS_LOOKS[SegmentStatus.PROCESSING],
    RunStatus.QUEUED: STATUS_LOOKS[SegmentStatus.QUEUED],
    RunStatus.CANCELLED: Look("Cancelled", "gray", ":material/cancel:"),
}
REASONS: dict[RunReason, str] = {
    RunReason.CREATED: "Segment created",
    RunReason.EDITED: "Criteria edited",
    RunReason.REQUESTED: "Requested",
    RunReason.SCHEDULED: "Scheduled",
    RunReason.SOURCE: "Data changed",
    RunReason.DEPENDENCY: "Another segment",
}

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Some of what Streamlit writes differently is found after backslashes are gone (icons, emoji, arrows, addresses); an
# invisible joiner between the signs keeps them apart without being seen.
_COMBINING = re.compile(r"(?<=[:./@<>\-=~])(?=[\w/<>\-=~:])|(?<=\w)(?=[:@])|(?<=ww)(?=w)", re.IGNORECASE)
_JOINER = "\u2060"
_DOCUMENT_PLACE = re.compile(r"\$[\w.\[\]@]*: ")
_FRACTIONS = re.compile(r"(\d\d:\d\d:\d\d)\.\d{6}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")


def plain(text: str) -> str:
    """Escape what a person typed, so that a label, heading or message shows exactly these characters.

    Shape: the only way user text may enter a Streamlit element that reads Markdown. Line feeds become spaces.
    """
    return _PUNCTUATION.sub(r"\\\1", _COMBINING.sub(_JOINER, _CONTROLS.sub(" ", text)))


def plain_badge(text: str) -> str:
    """Escape what a person typed for the label of a badge, in which Streamlit escapes the brackets itself."""
    return plain(text).replace("\\[", "[").replace("\\]", "]")


def readable(sentence: str) -> str:
    """Leave out where in a document something stands; people who build criteria in the form never see the document."""
    return _DOCUMENT_PLACE.sub("", sentence)


def calm(sentence: str) -> str:
    """Leave the fractions of seconds out of the times in a sentence; nobody compares them."""
    return _FRACTIONS.sub(r"\1", sentence)


def shortened(text: str, most: int) -> str:
    """Cut a text at `most` characters, with an ellipsis when something is missing."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def number(value: int | None) -> str:
    """Write a count with separators, or a dash when there is none."""
    return NOTHING if value is None else f"{value:,}"


def counted(value: int, one: str, many: str) -> str:
    """Write a count with its noun: “1 contact”, “3,120 contacts”."""
    return f"{value:,} {one if value == 1 else many}"


def signed(value: int | None) -> str | None:
    """Write a change with its sign; None stays None, so that no change is shown at all."""
    return None if value is None else f"{value:+,}"


def percent(part: int, whole: int) -> str:
    """Write a share with one decimal; a share that is not zero never reads as zero."""
    if not whole:
        return "0%"
    share = 100 * part / whole
    return "under 0.1%" if 0 < share < 0.1 else f"{share:.1f}%"  # noqa: PLR2004 - one decimal cannot show less


def seconds(value: float | None) -> str:
    """Write how long something took, with as many digits as a person compares."""
    if value is None:
        return NOTHING
    if value < 1:
        return f"{round(value * 1000):,} ms"
    if value < 60:  # noqa: PLR2004 - a minute
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def zone_of(context: OrganizationContext) -> tzinfo:
    """Give the time zone in which this organization reads times."""
    return ZoneInfo(context.calendar.time_zone)


def exact(moment: datetime | None, context: OrganizationContext) -> str:
    """Write a time to the minute in the organization's zone, with the zone named."""
    if moment is None:
        return NOTHING
    local = moment.astimezone(zone_of(context))
    return f"{local.day} {local:%b %Y, %H:%M} ({context.calendar.time_zone})"


def ago(moment: datetime | None, *, now: datetime | None = None) -> str:
    """Write a time as its distance from now: “5 minutes ago”."""
    if moment is None:
        return "never"
    passed = ((now or datetime.now(UTC)) - moment).total_seconds()
    if passed < 45:  # noqa: PLR2004 - nearer to nothing than to a minute
        return "just now"
    steps = ((60, "minute"), (3600, "hour"), (86_400, "day"), (604_800, "week"), (2_629_800, "month"))
    size, unit = next(step for step in reversed(steps) if passed >= step[0] * 0.75)
    amount = max(1, round(passed / size))
    return f"{amount} {unit}{'' if amount == 1 else 's'} ago"
