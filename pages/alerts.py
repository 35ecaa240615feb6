"""Alerts: what is wrong at this moment, what was, and who is told; a tab of the page Operations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.alert_detail import CHOSEN, alert_detail, open_alert
from pages.alert_rules import rules
from pages.alert_words import concerned, look_of, title_of
from pages.parts import action, badge, clicked, flash, nothing_here, page, table
from pages.words import ago, counted, exact, plain, shortened
from segment_engine import AlertCard, OperationsFigures, OrganizationContext, Permission, refusal

SHOW = "al_show"
OPEN, PAST, TOLD = "Open", "Past", "Who is told"
MOST_BLOCKS = 30
MOST_PAST = 300
ROW_HEIGHT = 36
ROWS_SHOWN = 12
LONGEST = 400
_CLICK = "alerts.open_past"


def alerts(context: OrganizationContext, _figures: OperationsFigures) -> None:
    """Draw the tab: one alert that the address names, or what is chosen of the three lists."""
    asked = st.query_params.get(CHOSEN)
    if asked:
        alert_detail(context, asked)
        return
    shown = st.segmented_control(
        "Show", [OPEN, PAST, TOLD], default=OPEN, key=SHOW, bind="query-params", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    if shown == TOLD:
        rules(context)
    elif shown == PAST:
        _past(context)
    else:
        _open(context)


def _open(context: OrganizationContext) -> None:
    found = running_engine().alerts.find(context)
    if not found:
        step = nothing_here(
            "Nothing is wrong",
            "Failures, late data, unusual results and stuck work appear here, one alert for each cause.",
            icon=":material/notifications_off:",
        )
        step.button(
            "See who is told", icon=":material/send:", key="alerts.to_rules", on_click=_show, args=(TOLD,),
            type="tertiary",
        )  # fmt: skip
        return
    unseen = sum(card.acknowledged_at is None for card in found)
    known = "somebody knows of each" if not unseen else f"nobody has acknowledged {unseen:,} of them"
    st.caption(f"{counted(len(found), 'alert is open', 'alerts are open')}; {known}.")
    for card in found[:MOST_BLOCKS]:
        alert_block(context, card)
    if len(found) > MOST_BLOCKS:
        st.caption(f"The newest {MOST_BLOCKS:,} of {len(found):,}; the others appear when these are over.")


def _show(which: str) -> None:
    st.session_state[SHOW] = which


def alert_block(context: OrganizationContext, card: AlertCard) -> None:
    """Draw one open alert: what it is, since when, which segments, and what one can do."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(look_of(card))
            if card.segments > 1:
                st.badge(counted(card.failing, "segment", "segments"), color="gray")
            if card.occurrences > 1:
                st.badge(f"{card.occurrences:,} times", color="gray", icon=":material/repeat:")
            st.space("stretch")
            st.caption(f"since {ago(card.opened_at)}", help=plain(exact(card.opened_at, context)), width="content")
        st.text(shortened(card.sentence, LONGEST))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(plain(concerned(card)), width="stretch")
            acknowledging(context, card)
            st.button(
                "Details", icon=":material/chevron_right:", key=f"alerts.details.{card.alert_id}", on_click=open_alert,
                args=(str(card.alert_id),), type="tertiary",
            )  # fmt: skip


def acknowledging(context: OrganizationContext, card: AlertCard) -> None:
    """Say who knows of an alert, or let somebody say so."""
    if card.acknowledged_at is not None:
        who = card.acknowledged_by or "Somebody"
        st.caption(
            f":material/check: {plain(who)} knows", width="content", help=plain(exact(card.acknowledged_at, context))
        )
        return
    may = context.may(Permission.SEGMENTS_EDIT)
    st.button(
        "I know of it", icon=":material/check:", key=f"alerts.know.{card.alert_id}", on_click=_acknowledge,
        args=(card.alert_id,), disabled=not may, help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
    )  # fmt: skip


@action
def _acknowledge(alert_id: UUID) -> None:
    if running_engine().alerts.acknowledge(current_context(), alert_id):
        flash("Noted that you know of it.")
    else:
        flash("Somebody knew of it already, or it is over.", icon=":material/info:")


def _past(context: OrganizationContext) -> None:
    found = running_engine().alerts.find(context, only_open=False, limit=MOST_PAST)
    if not found:
        step = nothing_here(
            "Nothing has been wrong",
            "Alerts that are over stand here, with how long they lasted and what was sent.",
            icon=":material/history:",
        )
        step.page_link(page("overview"), label="Go to the overview", icon=":material/home:")
        return
    _past_table(context, found)
    if len(found) == MOST_PAST:
        st.caption(f"The newest {MOST_PAST:,}.")


def _past_table(context: OrganizationContext, found: Sequence[AlertCard]) -> None:
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(found),
            "kind": [title_of(card.kind) for card in found],
            "segments": [concerned(card) for card in found],
            "sentence": [shortened(card.sentence, LONGEST) for card in found],
            "opened": pd.Series([card.opened_at for card in found], dtype="datetime64[us, UTC]"),
            "over": pd.Series([card.recovered_at for card in found], dtype="datetime64[us, UTC]"),
        }
    )
    columns, zone = st.column_config, context.calendar.time_zone
    ids = tuple(str(card.alert_id) for card in found)
    table(
        frame,
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=_open_past, args=(ids,),
            ),
            "kind": columns.TextColumn("Alert", width=170),
            "segments": columns.TextColumn("Segments", width=230),
            "sentence": columns.TextColumn("What happened", width=420),
            "opened": columns.DatetimeColumn("Began", format="YYYY-MM-DD HH:mm", timezone=zone, width=140),
            "over": columns.DatetimeColumn("Over", format="YYYY-MM-DD HH:mm", timezone=zone, width=140),
        },
        key=f"alerts.past.{hash(ids)}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'alert', 'alerts')} that are over, the newest first",
    )  # fmt: skip


def _open_past(ids: tuple[str, ...]) -> None:
    chosen = clicked(_CLICK, ids)
    if chosen is not None:
        open_alert(str(chosen))


def open_alerts_link(context: OrganizationContext) -> None:
    """Draw the way to the open alerts, with their number; nothing where none is open."""
    count = running_engine().alerts.count(context)
    if count.open:
        st.page_link(
            page("operations"), label=counted(count.open, "open alert", "open alerts"),
            icon=":material/notifications_active:", query_params={"o_tab": "Alerts"}, width="content",
        )  # fmt: skip
