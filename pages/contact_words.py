"""The words and looks of the contact pages: ways to be found, gates, decisions, and where a contact's answers stand."""

from __future__ import annotations

from datetime import datetime

from pages.words import Color, Look, exact
from segment_engine import ChainGate, Decision, FoundBy, GateState, OrganizationContext

# In the address: which contact, and which segment, run or campaign is asked about.
KEY, SEGMENT, RUN, CAMPAIGN = "c_key", "c_segment", "c_run", "c_campaign"
SEARCH, TAB = "c_q", "c_tab"
SEGMENTS_TAB, WHY_TAB, CAMPAIGNS_TAB, DATA_TAB = "Segments", "Why", "Campaigns", "Data"

FOUND_BY_WORDS: dict[FoundBy, str] = {
    FoundBy.KEY: "Key",
    FoundBy.EMAIL: "E-mail",
    FoundBy.PHONE: "Phone",
    FoundBy.KEY_START: "Key begins so",
    FoundBy.EMAIL_START: "E-mail begins so",
    FoundBy.NAME: "Name",
}
SEARCHED_WORDS: dict[FoundBy, str] = {
    FoundBy.KEY: "whole keys",
    FoundBy.KEY_START: "beginnings of keys",
    FoundBy.EMAIL: "whole e-mail addresses",
    FoundBy.EMAIL_START: "beginnings of e-mail addresses",
    FoundBy.PHONE: "phone numbers",
    FoundBy.NAME: "words of names",
}
GATE_WORDS: dict[ChainGate, str] = {
    ChainGate.ACTIVE: "Segment active",
    ChainGate.CALCULATED: "Calculated",
    ChainGate.FRESH: "Fresh",
    ChainGate.CHECKED: "Checks",
    ChainGate.MEMBER: "Member",
    ChainGate.BY_HAND: "By hand",
    ChainGate.NOT_EXCLUDED: "Not excluded",
    ChainGate.FROZEN: "In the audience",
    ChainGate.HAS_ADDRESS: "Has an address",
    ChainGate.ADDRESS_VALID: "Address valid",
    ChainGate.NOT_SUPPRESSED: "Not suppressed",
    ChainGate.CONSENTED: "Consent",
    ChainGate.SELECTED: "Reached",
}
GATE_LOOKS: dict[GateState, Look] = {
    GateState.PASSED: Look("Passed", "green", ":material/check_circle:"),
    GateState.WARNED: Look("Warned", "orange", ":material/warning:"),
    GateState.CLOSED: Look("Closed", "red", ":material/cancel:"),
    GateState.NOT_ASKED: Look("Not asked", "gray", ":material/remove_circle_outline:"),
}
HAND_WORDS: dict[Decision, str] = {Decision.PUT_IN: "Put in", Decision.TAKEN_OUT: "Taken out"}
SUPPRESSION_WORDS = {
    "hard_bounce": "a message came back for good",
    "complaint": "the contact complained",
    "global_stop": "asked to be left alone",
}
CONSENT_LOOKS: dict[str, tuple[str, Color]] = {
    "granted": ("Granted", "green"),
    "pending": ("Asked for, not confirmed", "orange"),
    "withdrawn": ("Withdrawn", "red"),
}


def listed(words: list[str]) -> str:
    """Join words as people do: “a, b and c”."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def moment_words(moment: datetime, context: OrganizationContext) -> str:
    """Write a time to the minute in the organization's zone, which the page names once."""
    return exact(moment, context).removesuffix(f" ({context.calendar.time_zone})")
