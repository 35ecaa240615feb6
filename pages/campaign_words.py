"""The words of campaigns and sequences: states, channels, gates, figures and rates, the same on each of their pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pages.words import NOTHING, Icons, Look, Named, number, percent
from segment_engine import RATES, CampaignKind, CampaignState, CheckVerdict, Figures, Gate, Part


@dataclass(frozen=True, slots=True)
class KindWords:
    """What one kind is called, and where its list is."""

    one: str
    many: str
    path: str
    icon: str
    zero: str


KIND_WORDS: dict[CampaignKind, KindWords] = {
    CampaignKind.CAMPAIGN: KindWords(
        "campaign", "campaigns", "campaigns", ":material/campaign:",
        "A campaign sends one message to the members of segments, as they are when it is launched.",
    ),
    CampaignKind.SEQUENCE: KindWords(
        "sequence", "sequences", "sequences", ":material/low_priority:",
        "A sequence takes contacts in one by one, as they join its segments, and leads each through its steps.",
    ),
}  # fmt: skip

CAMPAIGN_LOOKS: dict[CampaignState, Look] = {
    CampaignState.RUNNING: Look("Running", "green", ":material/play_circle:"),
    CampaignState.SCHEDULED: Look("Scheduled", "blue", ":material/event:"),
    CampaignState.DRAFT: Look("Draft", "orange", ":material/edit_note:"),
    CampaignState.PAUSED: Look("Paused", "orange", ":material/pause_circle:"),
    CampaignState.FINISHED: Look("Finished", "gray", ":material/flag:"),
    CampaignState.ARCHIVED: Look("Archived", "gray", ":material/inventory_2:"),
}
VERDICT_LOOKS: dict[CheckVerdict, Look] = {
    CheckVerdict.BLOCK: Look("Blocks", "red", ":material/block:"),
    CheckVerdict.WARNING: Look("Warning", "orange", ":material/warning:"),
    CheckVerdict.OK: Look("Fine", "green", ":material/check_circle:"),
}
CHANNEL_WORDS = Named({"email": "E-mail", "sms": "SMS", "push": "Push", "post": "Post", "phone": "Phone"})
CHANNELS_IN_TEXT = Named({"email": "e-mail", "sms": "SMS", "push": "push", "post": "post", "phone": "phone"})
CHANNEL_ICONS = Icons({
    "email": ":material/mail:", "sms": ":material/sms:", "push": ":material/notifications:",
    "post": ":material/markunread_mailbox:", "phone": ":material/call:",
})  # fmt: skip
PART_WORDS: dict[Part, str] = {Part.INCLUDED: "Included", Part.EXCLUDED: "Excluded"}
GATE_WORDS: dict[Gate, str] = {
    Gate.MEMBER: "Members",
    Gate.NOT_EXCLUDED: "Not excluded",
    Gate.HAS_ADDRESS: "With an address",
    Gate.ADDRESS_VALID: "Address valid",
    Gate.NOT_SUPPRESSED: "Not suppressed",
    Gate.CONSENTED: "Consent granted: reached",
}
# What became of those a gate stopped, for people who ask where they went.
DROPPED_WORDS: dict[Gate, str] = {
    Gate.MEMBER: "deleted since",
    Gate.NOT_EXCLUDED: "excluded",
    Gate.HAS_ADDRESS: "without one",
    Gate.ADDRESS_VALID: "not valid",
    Gate.NOT_SUPPRESSED: "suppressed",
    Gate.CONSENTED: "without consent",
}
FIGURE_WORDS = {
    "sent": "Sent", "delivered": "Delivered", "opened": "Opened", "clicked": "Clicked", "converted": "Converted",
    "unsubscribed": "Unsubscribed", "bounced": "Bounced",
}  # fmt: skip


def day(value: date | None) -> str:
    """Write a day: “3 Mar 2026”."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def rate(figures: Figures, name: str) -> str:
    """Write a rate without its denominator, for a narrow place; see `rate_in_words`."""
    whole = figures.of(RATES[name])
    return percent(figures.of(name), whole) if whole else NOTHING


def rate_in_words(figures: Figures, name: str) -> str:
    """Write a rate with what it is a share of: “34.1% of delivered”."""
    whole = RATES[name]
    return f"{rate(figures, name)} of {whole}" if figures.of(whole) else f"none {whole} yet"


def share_of(figures: Figures, name: str) -> str:
    """Write both numbers of a rate: “1,204 of 3,530 delivered”."""
    return f"{number(figures.of(name))} of {number(figures.of(RATES[name]))} {RATES[name]}"
