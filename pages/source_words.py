"""How data sources are spoken of: freshness, kinds of rows, values of profiles, and levels of change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from pages.words import NOTHING, Look, ago, counted, exact, number, zone_of
from segment_engine import (
    NUMBERS,
    DriftLevel,
    Field,
    FieldType,
    OrganizationContext,
    Share,
    SourceCard,
    SourceFreshness,
    SourceImport,
    SourceUser,
    UserKind,
)

FRESHNESS_LOOKS: dict[SourceFreshness, Look] = {
    SourceFreshness.LATE: Look("Late", "orange", ":material/running_with_errors:"),
    SourceFreshness.NEVER: Look("Nothing yet", "gray", ":material/hourglass_empty:"),
    SourceFreshness.ON_TIME: Look("On time", "green", ":material/check_circle:"),
    SourceFreshness.NOT_WATCHED: Look("Not watched", "gray", ":material/visibility_off:"),
}
LEVEL_LOOKS: dict[DriftLevel, Look] = {
    DriftLevel.SERIOUS: Look("Serious", "red", ":material/error:"),
    DriftLevel.WARNING: Look("Warning", "orange", ":material/warning:"),
    DriftLevel.INFO: Look("For information", "blue", ":material/info:"),
}
USER_ICONS: dict[UserKind, str] = {
    UserKind.SEGMENT: ":material/group_work:",
    UserKind.CAMPAIGN: ":material/campaign:",
    UserKind.SEQUENCE: ":material/low_priority:",
}
LONGEST_VALUE = 40
_DAY_HOURS = 24


def freshness_of(card: SourceCard) -> SourceFreshness:
    """Judge a source as of now."""
    return card.freshness(datetime.now(UTC))


def freshness_sentence(card: SourceCard) -> str:
    """Say how fresh a source is, against what was agreed."""
    match freshness_of(card):
        case SourceFreshness.NEVER:
            return "Nothing was imported yet."
        case SourceFreshness.NOT_WATCHED:
            return f"Imported {ago(card.last_imported_at)}. Nobody said how often it should deliver."
        case SourceFreshness.LATE:
            return f"Imported {ago(card.last_imported_at)}; it should deliver every {span(card.stale_after_hours)}."
        case _:
            return f"Imported {ago(card.last_imported_at)}, within the {span(card.stale_after_hours)} agreed."


def span(hours: int | None) -> str:
    """Write a number of hours as people say it: “26 hours”, “7 days”."""
    if hours is None:
        return NOTHING
    if hours % _DAY_HOURS == 0 and hours > _DAY_HOURS:
        return counted(hours // _DAY_HOURS, "day", "days")
    return counted(hours, "hour", "hours")


def delivers(card: SourceCard) -> str:
    """Say what a source delivers, in words."""
    return ", ".join(kind.label for kind in card.row_kinds) or "nothing yet"


def read_by(card: SourceCard) -> str:
    """Say how many segments and campaigns read a source."""
    if not card.segment_count:
        return "No segment reads it"
    segments = counted(card.segment_count, "segment", "segments")
    campaigns = f", {counted(card.campaign_count, 'campaign', 'campaigns')}" if card.campaign_count else ""
    return f"Read by {segments}{campaigns}"


def result_of(each: SourceImport) -> str:
    """Say what an import did, in figures."""
    parts = [f"{number(each.rows_read)} rows read"]
    figures = ((each.added, "added"), (each.updated, "updated"), (each.rejected, "rejected"))
    parts += [f"{number(count)} {word}" for count, word in figures if count]
    return ", ".join(parts if len(parts) > 1 else [*parts, "nothing new"])


def users_of(users: Sequence[SourceUser]) -> str:
    """Count who uses something: “4 segments and 1 campaign”."""
    segments = sum(each.kind is UserKind.SEGMENT for each in users)
    campaigns = sum(each.kind is UserKind.CAMPAIGN for each in users)
    sequences = sum(each.kind is UserKind.SEQUENCE for each in users)
    said = [counted(segments, "segment", "segments")] if segments else []
    said += [counted(campaigns, "campaign", "campaigns")] if campaigns else []
    said += [counted(sequences, "sequence", "sequences")] if sequences else []
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


# Values ----------------------------------------------------------------------------------------------------------


def share_words(share: float) -> str:
    """Write a share with one decimal; a share that is not zero never reads as zero, nor one that is not all as all."""
    text = f"{share:.1%}"
    if share > 0 and text == "0.0%":
        return "under 0.1%"
    return "over 99.9%" if share < 1 and text == "100.0%" else text


def label_of(share: Share, field: Field, context: OrganizationContext) -> str:
    """Write a value or a range of a profile for a person."""
    if share.end is None or share.start is None:
        return shown(share.value, field, context)
    start, end = shown(share.start, field, context), shown(share.end, field, context)
    return start if start == end else f"{start} – {end}"


def shown(value: str | None, field: Field, context: OrganizationContext) -> str:
    """Write one value of a profile: figures with separators and currency, times in the organization's zone."""
    if value is None:
        return NOTHING
    if field.type in NUMBERS:
        text = f"{Decimal(value):,}"
        return f"{text} {field.currency}" if field.currency else text
    if field.type is FieldType.DATE:
        return _day(date.fromisoformat(value))
    if field.type is FieldType.INSTANT:
        moment = datetime.fromisoformat(value).astimezone(zone_of(context))
        return f"{_day(moment.date())}, {moment:%H:%M}"
    if field.type is FieldType.BOOLEAN:
        return "yes" if value == "true" else "no"
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def type_words(field: Field) -> str:
    """Write the type of a field with what belongs to it."""
    if field.currency:
        return f"{field.type.value} ({field.currency})"
    return "ordered choice" if field.ordered else field.type.value


def moment_words(moment: datetime | None, context: OrganizationContext) -> str:
    """Write a time exactly, or that there is none."""
    return "not known" if moment is None else exact(moment, context)
