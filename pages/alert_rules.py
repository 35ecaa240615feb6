"""Who is told of alerts: the rules, with a test for each, and what a new one needs."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.alert_rule_form import ask_for_rule, open_form, show_secret
from pages.alert_words import CHANNEL_ICONS, CHANNEL_WORDS, quiet_words, told_of
from pages.parts import action, boundary, emphasis, flash, nothing_here
from pages.words import ago, counted, plain, plain_badge
from segment_engine import AlertDelivery, AlertRule, DeliveryState, OrganizationContext, Permission, RuleId, refusal
from segment_engine.errors import NotFound

MOST_SHOWN = 50
TESTED = "alerts.tested"
POLL_SECONDS = 2.0


def rules(context: OrganizationContext, *, segment_id: UUID | None = None) -> None:
    """Draw the rules of the organization and of all segments, or those of one segment."""
    if not context.may(Permission.SEGMENTS_EDIT):
        st.caption(refusal(context, Permission.SEGMENTS_EDIT))
        return
    open_form()
    show_secret()
    found = running_engine().alerts.rules(context, segment_id=segment_id)
    if not found and segment_id is None:
        step = nothing_here(
            "Nobody is told yet",
            "A rule sends an e-mail or a webhook when an alert begins, and when it is over.",
            icon=":material/send:",
        )
        with step:
            _add(context, segment_id, main=True)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        about = "of this segment" if segment_id else "of the organization and of single segments"
        st.caption(f"{counted(len(found), 'rule', 'rules')} {about}", width="stretch")
        _add(context, segment_id, main=segment_id is None)
    for rule in found[:MOST_SHOWN]:
        _rule(context, rule)
    if len(found) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN:,} of {len(found):,}.")


def _needed(segment_id: object) -> Permission:
    return Permission.SOURCES_MANAGE if segment_id is None else Permission.SEGMENTS_EDIT


def _add(context: OrganizationContext, segment_id: UUID | None, *, main: bool) -> None:
    needed = _needed(segment_id)
    may = context.may(needed)
    st.button(
        "Tell somebody…", icon=":material/add_alert:", type=emphasis() if main else "secondary",
        key=f"alerts.add.{segment_id}", on_click=ask_for_rule, args=(segment_id, None), disabled=not may,
        help=None if may else refusal(context, needed),
    )  # fmt: skip


def _rule(context: OrganizationContext, rule: AlertRule) -> None:
    draft = rule.draft
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(draft.target, width="content")
            st.badge(CHANNEL_WORDS[draft.channel], icon=CHANNEL_ICONS[draft.channel], color="gray")
            if not draft.enabled:
                st.badge("switched off", icon=":material/notifications_paused:", color="orange")
            if draft.segment_id is not None:
                st.badge(plain_badge(f"only {rule.segment_name}"), icon=":material/group_work:", color="blue")
            if quiet_words(draft):
                st.badge(quiet_words(draft), icon=":material/bedtime:", color="gray")
        st.caption(f"{told_of(draft)}. {_how_it_went(rule)}")
        _acts(context, rule)
        _test_result(context, rule.rule_id)


def _how_it_went(rule: AlertRule) -> str:
    """Say how the last message went, with what a server said as it was said."""
    if rule.last_error:
        return f":material/warning: The last message has not arrived: {plain(rule.last_error)}"
    return "" if rule.last_delivered_at is None else f"The last message arrived {ago(rule.last_delivered_at)}."


def _acts(context: OrganizationContext, rule: AlertRule) -> None:
    needed = _needed(rule.draft.segment_id)
    may = context.may(needed)
    why = None if may else refusal(context, needed)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Test", icon=":material/outgoing_mail:", key=f"alerts.test.{rule.rule_id}", on_click=_test,
            args=(rule.rule_id,), disabled=not may, help=why, type="tertiary",
        )  # fmt: skip
        st.button(
            "Change…", icon=":material/edit:", key=f"alerts.change.{rule.rule_id}", on_click=ask_for_rule,
            args=(rule.draft.segment_id, rule), disabled=not may, help=why, type="tertiary",
        )  # fmt: skip
        with st.popover("Remove…", icon=":material/delete:", type="tertiary", disabled=not may, help=why):
            st.text("Nobody is told by this rule any more. What waits to be sent is not sent.")
            st.button(
                "Remove the rule", icon=":material/delete:", key=f"alerts.remove.{rule.rule_id}", on_click=_remove,
                args=(rule.rule_id,),
            )  # fmt: skip


@action
def _test(rule_id: RuleId) -> None:
    tested: dict[RuleId, UUID] = st.session_state.setdefault(TESTED, {})
    tested[rule_id] = running_engine().alerts.test_rule(current_context(), rule_id)


@action
def _remove(rule_id: RuleId) -> None:
    running_engine().alerts.remove_rule(current_context(), rule_id)
    flash("The rule is removed.")


def _test_result(context: OrganizationContext, rule_id: RuleId) -> None:
    """Tell how far a test message is, and look again while it waits."""
    tested: dict[RuleId, UUID] = st.session_state.get(TESTED, {})
    if rule_id not in tested:
        return
    try:
        waits = running_engine().alerts.delivery(context, tested[rule_id]).state is DeliveryState.WAITING
    except NotFound:
        return
    st.fragment(run_every=POLL_SECONDS if waits else None)(_told)(tested[rule_id], waits)


def _told(delivery_id: UUID, waited: bool) -> None:  # noqa: FBT001 - a fragment hands on what it was called with
    with boundary():
        found = running_engine().alerts.delivery(current_context(), delivery_id)
        if waited and found.state is not DeliveryState.WAITING:
            st.rerun()
        _sentence(found)


def _sentence(sent: AlertDelivery) -> None:
    if sent.state is DeliveryState.DELIVERED:
        st.success("The test message was handed over.", icon=":material/check_circle:")
    elif sent.state is DeliveryState.GIVEN_UP:
        st.error(plain(f"The test message did not arrive. {sent.error or ''}"), icon=":material/error:")
    elif sent.error:
        st.warning(plain(f"The test message has not arrived yet. {sent.error}"), icon=":material/schedule:")
    else:
        st.info("The test message waits for a worker, which takes a few seconds.", icon=":material/schedule:")
