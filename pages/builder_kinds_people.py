"""Draws the kinds about who a contact is: segments, lists, consent, reach, samples and buckets."""

from __future__ import annotations

import streamlit as st

from pages.builder_drawing import Drawing
from pages.builder_spot import Spot, together, word
from pages.builder_tree import Node, items_of
from segment_engine import CHANNELS, CONSENT_OPERATORS, CONSENT_STATES, MEMBERSHIP_OPERATORS, REACHABLE_OPERATORS

MEMBERSHIPS = {key: phrase for key, (_, phrase) in MEMBERSHIP_OPERATORS.items()}
CHANNEL_NAMES = {"email": "e-mail", "sms": "SMS", "push": "push", "post": "post", "phone": "phone"}
STATE_NAMES = {"granted": "granted", "pending": "pending", "withdrawn": "withdrawn", "no_record": "not on record"}
CONSENTS = {key: phrase.removeprefix("consent ") for key, (_, phrase) in CONSENT_OPERATORS.items()}
REACHES = {key: phrase.removesuffix(" by") for key, (_, phrase) in REACHABLE_OPERATORS.items()}
WHOLE = "the channel as a whole"
LAST_RUN, LIVE = "as of its last run", "as its criteria are now"
MOST_BUCKETS, MOST_HOURS = 10_000, 8_784


def segment(drawing: Drawing, node: Node) -> Node:
    """Ask for membership of other segments."""
    spot = drawing.spot(node)
    op = spot.choice("operator", MEMBERSHIPS, node.get("op"), width=150)
    held = [str(each) for each in items_of(node.get("segments"))]
    segments = spot.several("segments", drawing.choices.segments(), held, placeholder="Choose segments")
    with st.popover(f"{spot.label} options", icon=":material/tune:", type="tertiary", width=32, wrap=False):
        answers = _members(spot, node)
    return node | {"op": op, "segments": segments or None} | answers


def _members(spot: Spot, node: Node) -> Node:
    live = node.get("members") == "live"
    chosen = st.segmented_control(
        "Whose members",
        [LAST_RUN, LIVE],
        default=LIVE if live else LAST_RUN,
        required=True,
        key=spot.control("members"),
    )
    if chosen == LIVE:
        st.caption("Its criteria are evaluated together with these, at the same moment.")
        return {"members": "live", "max_age_hours": None}
    st.caption("The members its latest successful run stored; a run that is too old makes this one fail.")
    age = st.number_input(
        "Not older than, in hours (optional)", min_value=1, max_value=MOST_HOURS, value=node.get("max_age_hours"),
        step=1, key=spot.control("age"), placeholder="Any age",
    )  # fmt: skip
    return {"members": "last_run", "max_age_hours": age}


def static_list(drawing: Drawing, node: Node) -> Node:
    """Ask for membership of static lists."""
    spot = drawing.spot(node)
    op = spot.choice("operator", MEMBERSHIPS, node.get("op"), width=150)
    held = [str(each) for each in items_of(node.get("lists"))]
    lists = spot.several("lists", drawing.choices.lists(), held, placeholder="Choose lists")
    return node | {"op": op, "lists": lists or None}


def _channel(spot: Spot, node: Node) -> str:
    names = {each: CHANNEL_NAMES.get(each, each) for each in CHANNELS}
    return spot.choice("channel", names, node.get("channel"), width=105)


def consent(drawing: Drawing, node: Node) -> Node:
    """Ask for the state of consent of a channel, or of a topic of it."""
    spot = drawing.spot(node)
    with together():
        word("for")
        channel = _channel(spot, node)
        held = node.get("topic") if channel == node.get("channel") else None
        topics = {"": WHOLE} | dict(drawing.choices.topics(channel))
        topic = spot.asking(channel).choice("topic", topics, held or "", width=190) or None
    with together():
        op = spot.choice("operator", CONSENTS, node.get("op"), width=85)
        names = {each: STATE_NAMES.get(each, each) for each in CONSENT_STATES}
        states = spot.several("states", names, [str(each) for each in items_of(node.get("states"))], width=230)
    return node | {"channel": channel, "topic": topic, "op": op, "states": states or None}


def reachable(drawing: Drawing, node: Node) -> Node:
    """Ask whether a channel reaches the contact."""
    spot = drawing.spot(node)
    with together():
        op = spot.choice("operator", REACHES, node.get("op"), width=165)
        word("by")
        channel = _channel(spot, node)
    return node | {"op": op, "channel": channel}


def sample(drawing: Drawing, node: Node) -> Node:
    """Ask for a stable share of the contacts."""
    spot = drawing.spot(node)
    with together():
        percent = spot.text("percent", node.get("percent"), placeholder="10", width=90)
        word("% of the contacts")
    return node | {"percent": percent, "seed": _seed(spot, node)}


def bucket(drawing: Drawing, node: Node) -> Node:
    """Ask for a range of the 10,000 buckets; its end is left out."""
    spot = drawing.spot(node)
    with together():
        start = spot.whole("first bucket", node.get("from"), lowest=0, highest=MOST_BUCKETS - 1)
        word("up to, not including")
        end = spot.whole("end of the buckets", node.get("to"), lowest=1, highest=MOST_BUCKETS)
        word("of 10,000")
    return node | {"from": start, "to": end, "seed": _seed(spot, node)}


def _seed(spot: Spot, node: Node) -> str | None:
    with together():
        word("seed")
        return spot.text("seed", node.get("seed"), placeholder="A word of your own", width=150)
