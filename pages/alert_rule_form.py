"""The form of a rule: through which channel, to whom, of what, and when not; and the secret of a new webhook, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.alert_words import CHANNEL_ICONS, CHANNEL_WORDS, title_of
from pages.parts import boundary, emphasis, flash, sentence_of
from pages.words import plain
from segment_engine import AlertKind, AlertRule, Channel, QuietHours, RuleDraft, SegmentId, all_kinds

ASKED, SECRET = "alerts.asked", "alerts.secret"
_FIELD = "alerts.form"
NIGHT = (time(20), time(7))


@dataclass
class AskedRule:
    """A rule somebody wants to make or change; it stays until the dialog is closed."""

    segment_id: UUID | None
    rule: AlertRule | None


def ask_for_rule(segment_id: UUID | None, rule: AlertRule | None) -> None:
    """Remember what somebody wants; the next run opens the dialog."""
    st.session_state[ASKED] = AskedRule(segment_id, rule)


def _forget() -> None:
    st.session_state.pop(ASKED, None)


def open_form() -> None:
    """Open the dialog somebody asked for."""
    asked: AskedRule | None = st.session_state.get(ASKED)
    if asked is not None:
        _form(asked)


@st.dialog("Who is told", icon=":material/add_alert:", width="medium", on_dismiss=_forget)
def _form(asked: AskedRule) -> None:
    with boundary():
        rule = asked.rule
        before = None if rule is None else rule.draft
        edition = "new" if rule is None else f"{rule.rule_id}.{rule.revision}"
        channel = _channel(before, edition)
        target = _target(before, channel, edition)
        kinds = _kinds(before, asked.segment_id, edition)
        quiet = _quiet(before, edition)
        enabled = st.toggle("Switched on", value=before is None or before.enabled, key=f"{_FIELD}.on.{edition}")
        segment_id = None if asked.segment_id is None else SegmentId(asked.segment_id)
        draft = RuleDraft(frozenset(kinds), channel, target, segment_id, quiet, enabled)
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Cancel", key=f"{_FIELD}.no"):
                _forget()
                st.rerun()
            if st.button("Save", type=emphasis(), icon=":material/check:", key=f"{_FIELD}.yes"):
                _save(asked, draft)


def _channel(before: RuleDraft | None, edition: str) -> Channel:
    if before is not None:
        return before.channel
    return st.radio(
        "Channel", list(Channel), key=f"{_FIELD}.channel.{edition}", horizontal=True,
        format_func=lambda each: f"{CHANNEL_ICONS[each]} {CHANNEL_WORDS[each]}",
    )  # fmt: skip


def _target(before: RuleDraft | None, channel: Channel, edition: str) -> str:
    mail = channel is Channel.EMAIL
    return st.text_input(
        "E-mail address" if mail else "Address of the webhook", before.target if before else "",
        key=f"{_FIELD}.{channel.value}.{edition}",
        placeholder="team@example.org" if mail else "https://hooks.example.org/segments",
        help=None if mail else "It must be reachable over https. Every message is signed.",
    )  # fmt: skip


def _kinds(before: RuleDraft | None, segment_id: UUID | None, edition: str) -> list[AlertKind]:
    every = all_kinds(of_a_segment=segment_id is not None)
    possible = [kind for kind in AlertKind if kind in every]
    return st.multiselect(
        "Tell of", possible, default=[kind for kind in possible if before is None or kind in before.kinds],
        key=f"{_FIELD}.kinds.{edition}", format_func=title_of, placeholder="Choose kinds of alerts",
    )  # fmt: skip


def _quiet(before: RuleDraft | None, edition: str) -> QuietHours | None:
    known = None if before is None else before.quiet
    wanted = st.toggle(
        "Quiet hours", value=known is not None, key=f"{_FIELD}.quiet.{edition}",
        help="Messages wait until the quiet hours end; what is over by then is not sent.",
    )  # fmt: skip
    if not wanted:
        return None
    start, end = (known.start, known.end) if known else NIGHT
    zone = current_context().calendar.time_zone
    with st.container(horizontal=True):
        begins = st.time_input("From", start, key=f"{_FIELD}.from.{edition}")
        ends = st.time_input("Until", end, key=f"{_FIELD}.until.{edition}", help=plain(f"By the clock of {zone}."))
    return QuietHours(begins, ends)


def _save(asked: AskedRule, draft: RuleDraft) -> None:
    """Store the rule; what is wrong with it is said in the dialog, which stays open with everything in it."""
    room, context = running_engine().alerts, current_context()
    try:
        if asked.rule is None:
            made = room.add_rule(context, draft)
            if made.secret is not None:
                st.session_state[SECRET] = made.secret
        else:
            room.change_rule(context, asked.rule.rule_id, expected_revision=asked.rule.revision, draft=draft)
    except Exception as problem:  # noqa: BLE001 - shown where it was typed; see parts.boundary
        st.error(plain(sentence_of(problem)), icon=":material/error:")
        return
    _forget()
    flash("The rule is saved. Send a test to see that it arrives.")
    st.rerun()


def _forget_secret() -> None:
    st.session_state.pop(SECRET, None)


def show_secret() -> None:
    """Show the secret of a webhook that was just made; closing the dialog forgets it for good."""
    secret: str | None = st.session_state.get(SECRET)
    if secret is not None and ASKED not in st.session_state:
        _secret(secret)


@st.dialog("Keep this secret now", icon=":material/key:", width="medium", on_dismiss=_forget_secret)
def _secret(secret: str) -> None:
    st.text("With it the receiver checks that a message is ours. It is never shown again.")
    st.code(secret, language=None, wrap_lines=True)
    st.caption("How to check the signature stands in docs/alerts.md.")
    if st.button("I have kept it", type=emphasis(), icon=":material/check:", key="alerts.kept"):
        _forget_secret()
        st.rerun()
