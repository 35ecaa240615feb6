"""What alerts, rules and their messages are called on the pages, and how they look."""

from __future__ import annotations

from pages.words import Look, Named
from segment_engine import ALERT_TITLES, AlertCard, AlertKind, Channel, DeliveryState, RuleDraft, all_kinds

_ICONS: dict[AlertKind, str] = {
    AlertKind.RUN_FAILED: ":material/error:",
    AlertKind.SCHEDULE_SUSPENDED: ":material/pause_circle:",
    AlertKind.CHECK_FAILED: ":material/rule:",
    AlertKind.RESULT_WITHHELD: ":material/back_hand:",
    AlertKind.EMPTY: ":material/group_off:",
    AlertKind.SUDDEN_CHANGE: ":material/trending_up:",
    AlertKind.TOO_OLD: ":material/event_busy:",
    AlertKind.STALE: ":material/schedule:",
    AlertKind.SOURCE_LATE: ":material/database_off:",
    AlertKind.QUEUE_STUCK: ":material/hourglass_top:",
    AlertKind.NO_WORKER: ":material/power_off:",
}
_MILD = frozenset({AlertKind.SUDDEN_CHANGE, AlertKind.STALE, AlertKind.SOURCE_LATE, AlertKind.QUEUE_STUCK})
CHANNEL_ICONS = {Channel.EMAIL: ":material/mail:", Channel.WEBHOOK: ":material/webhook:"}
CHANNEL_WORDS = {Channel.EMAIL: "E-mail", Channel.WEBHOOK: "Webhook"}
STATE_WORDS = {
    DeliveryState.WAITING: "waits",
    DeliveryState.DELIVERED: "arrived",
    DeliveryState.WITHDRAWN: "not sent",
    DeliveryState.GIVEN_UP: "given up",
}
NEWS_WORDS = Named({"opened": "It began", "recovered": "It is over"})


def look_of(card: AlertCard) -> Look:
    """Give the word, the color and the icon of an alert; one that is over is calm."""
    title = ALERT_TITLES[card.kind]
    if not card.is_open:
        return Look(title, "gray", _ICONS[card.kind])
    return Look(title, "orange" if card.kind in _MILD else "red", _ICONS[card.kind])


def title_of(kind: AlertKind) -> str:
    """Give the words for a kind."""
    return ALERT_TITLES[kind]


def concerned(card: AlertCard) -> str:
    """Say in a few words which segments an alert concerns."""
    if not card.segments:
        return "The whole organization"
    names = ", ".join(card.first_names)
    rest = card.segments - len(card.first_names)
    return f"{names} and {rest:,} more" if rest else names


def told_of(draft: RuleDraft) -> str:
    """Say in a few words of what a rule tells."""
    every = all_kinds(of_a_segment=draft.segment_id is not None)
    if draft.kinds == every:
        return "Every kind of alert"
    return ", ".join(title_of(kind) for kind in AlertKind if kind in draft.kinds)


def quiet_words(draft: RuleDraft) -> str:
    """Say when a rule is quiet."""
    return "" if draft.quiet is None else f"quiet from {draft.quiet.start:%H:%M} to {draft.quiet.end:%H:%M}"
