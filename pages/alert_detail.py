"""One alert in full: what happened, its segments with since when and until when, and what was sent about it."""

from __future__ import annotations

from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.alert_words import CHANNEL_WORDS, NEWS_WORDS, STATE_WORDS, look_of
from pages.parts import action, badge, emphasis, flash, nothing_here, open_clicked, page, table
from pages.words import NOTHING, ago, counted, exact, plain
from segment_engine import Alert, AlertCard, Channel, OrganizationContext, Permission, refusal
from segment_engine.errors import NotFound

# What stands in the address, also in messages.
CHOSEN = "alert"
ROW_HEIGHT = 36
ROWS_SHOWN = 10
_CLICK = "alerts.segment_open"


def open_alert(alert_id: str) -> None:
    """Go to one alert, from wherever it is mentioned; the address names it."""
    st.switch_page(page("operations"), query_params={"o_tab": "Alerts", CHOSEN: alert_id})


def close_detail() -> None:
    """Go back to the lists."""
    st.query_params.pop(CHOSEN, None)


def alert_detail(context: OrganizationContext, asked: str) -> None:
    """Draw the alert that the address names."""
    st.button("All alerts", icon=":material/arrow_back:", type="tertiary", key="alerts.back", on_click=close_detail)
    try:
        alert = running_engine().alerts.get(context, UUID(asked))
    except (NotFound, ValueError):
        nothing_here(
            "There is no such alert",
            "It may have been removed with old history, or it belongs to another organization. Go back to all alerts.",
            icon=":material/notifications_off:",
        )
        return
    _head(context, alert.card)
    _segments(context, alert)
    _sent(context, alert)


def _head(context: OrganizationContext, card: AlertCard) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(look_of(card))
            icon = ":material/radio_button_checked:" if card.is_open else ":material/check:"
            st.badge("open" if card.is_open else "over", color="gray", icon=icon)
            st.space("stretch")
            _know(context, card)
        st.text(card.sentence)
        lines = [
            f"Began {ago(card.opened_at)}, {exact(card.opened_at, context)}.",
            f"Seen last {ago(card.last_seen_at)}; {counted(card.occurrences, 'occurrence', 'occurrences')}.",
        ]
        if card.recovered_at is not None:
            lines.append(f"Over since {exact(card.recovered_at, context)}.")
        st.caption(plain(" ".join(lines)))


def _know(context: OrganizationContext, card: AlertCard) -> None:
    if card.acknowledged_at is not None:
        who = plain(card.acknowledged_by or "Somebody")
        st.caption(f":material/check: {who} knows since {plain(exact(card.acknowledged_at, context))}", width="content")
    elif card.is_open:
        may = context.may(Permission.SEGMENTS_EDIT)
        st.button(
            "I know of it", icon=":material/check:", type=emphasis(), key="alerts.know_this", on_click=_acknowledge,
            args=(card.alert_id,), disabled=not may, help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
        )  # fmt: skip


@action
def _acknowledge(alert_id: UUID) -> None:
    running_engine().alerts.acknowledge(current_context(), alert_id)
    flash("Noted that you know of it.")


def _segments(context: OrganizationContext, alert: Alert) -> None:
    if not alert.segments:
        return
    st.subheader(counted(len(alert.segments), "segment", "segments"), anchor=False)
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(alert.segments),
            "name": [each.name for each in alert.segments],
            "state": ["goes on" if each.recovered_at is None else "over" for each in alert.segments],
            "since": pd.Series([each.since for each in alert.segments], dtype="datetime64[us, UTC]"),
            "over": pd.Series([each.recovered_at for each in alert.segments], dtype="datetime64[us, UTC]"),
        }
    )
    columns, zone = st.column_config, context.calendar.time_zone
    ids = tuple(each.segment_id for each in alert.segments)
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=open_clicked, args=("segment", _CLICK, ids)
            ),
            "name": columns.TextColumn("Segment", width=320),
            "state": columns.TextColumn("Trouble", width=110),
            "since": columns.DatetimeColumn("Since", format="YYYY-MM-DD HH:mm", timezone=zone, width=150),
            "over": columns.DatetimeColumn("Over", format="YYYY-MM-DD HH:mm", timezone=zone, width=150),
        },
        key=f"alerts.segments.{hash(ids)}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(ids), 'segment', 'segments')} of this alert, with since when and until when",
    )  # fmt: skip


def _sent(context: OrganizationContext, alert: Alert) -> None:
    if not context.may(Permission.SEGMENTS_EDIT):
        return
    st.subheader("Messages", anchor=False)
    if not alert.deliveries:
        st.caption("Nobody was told: no rule asks for this kind of alert.")
        return
    frame = pd.DataFrame(
        {
            "to": [each.target for each in alert.deliveries],
            "channel": [CHANNEL_WORDS[Channel(each.channel)] for each in alert.deliveries],
            "news": [NEWS_WORDS[each.news] for each in alert.deliveries],
            "state": [STATE_WORDS[each.state] for each in alert.deliveries],
            "tries": [each.attempts for each in alert.deliveries],
            "at": pd.Series(
                [each.delivered_at or each.not_before for each in alert.deliveries], dtype="datetime64[us, UTC]"
            ),
            "error": [each.error or NOTHING for each in alert.deliveries],
        }
    )
    columns, zone = st.column_config, context.calendar.time_zone
    table(
        frame,
        {
            "to": columns.TextColumn("To", width=260),
            "channel": columns.TextColumn("Channel", width=90),
            "news": columns.TextColumn("News", width=100),
            "state": columns.TextColumn("State", width=90),
            "tries": columns.NumberColumn("Tries", width=65),
            "at": columns.DatetimeColumn(
                "Arrived, or next try", format="YYYY-MM-DD HH:mm", timezone=zone, width=150
            ),
            "error": columns.TextColumn("What went wrong", width=320),
        },
        key=f"alerts.messages.{alert.card.alert_id}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(frame), 'message', 'messages')} about this alert, with how far each is",
    )  # fmt: skip
