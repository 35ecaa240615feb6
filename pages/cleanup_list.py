"""The candidates as a table: why, what each costs, and what to do with those that are selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pandas as pd
import streamlit as st

from auth.guard import current_context
from pages.cleanup_acts import ask, is_asked
from pages.cleanup_words import REASON_WORDS
from pages.parts import open_clicked
from pages.words import NOTHING, STATE_LOOKS, counted, seconds
from segment_engine import Alike, Candidate, OrganizationContext, Permission, SegmentAct, refusal

ROW_HEIGHT = 40
_CLICK = "cleanup.open"
NONE_SELECTED = "Select segments to archive or delete them."


def candidates(found: Sequence[Candidate], known: tuple[Alike, ...]) -> None:
    """Draw the rows as a block of their own: selecting one asks the engine for nothing."""
    st.fragment(_candidates)(found, known)


def _candidates(found: Sequence[Candidate], known: tuple[Alike, ...]) -> None:
    """Draw what can be done with the selected rows, and the rows."""
    if is_asked():
        st.rerun()  # the whole page opens the dialog
    context = current_context()
    key = f"cleanup.table.{hash(tuple(each.figures.segment_id for each in found))}"
    chosen = [found[row].figures.segment_id for row in _selected(key) if row < len(found)]
    # On the left: above its right corner the table shows tools of its own as soon as rows are selected.
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for act, word, icon, permission in (
            (SegmentAct.ARCHIVE, "Archive…", ":material/inventory_2:", Permission.SEGMENTS_EDIT),
            (SegmentAct.DELETE, "Delete…", ":material/delete:", Permission.SEGMENTS_DELETE),
        ):
            may = context.may(permission)
            st.button(
                word, icon=icon, key=f"cleanup.{act.value}", on_click=ask, args=(act, chosen, known),
                disabled=not chosen or not may,
                help=None if chosen and may else refusal(context, permission) if not may else "Select segments first.",
            )  # fmt: skip
        st.caption(f"{len(chosen):,} selected" if chosen else NONE_SELECTED, width="content")
    _table(context, found, key)


def _selected(key: str) -> list[int]:
    state = cast("dict[str, Any] | None", st.session_state.get(key))
    return [] if state is None else list(state["selection"]["rows"])


def _table(context: OrganizationContext, found: Sequence[Candidate], key: str) -> None:
    figures = [each.figures for each in found]
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(found),
            "name": [each.name for each in figures],
            "reasons": [[REASON_WORDS[ground.reason] for ground in each.grounds] for each in found],
            "why": [_why(each) for each in found],
            "cost": [seconds(each.seconds) if each.runs else NOTHING for each in figures],
            "used": pd.Series([each.last_used_at for each in figures], dtype="datetime64[us, UTC]"),
            "members": pd.Series([each.member_count for each in figures], dtype="Int64"),
            "score": [round(each.score) for each in found],
            "state": [STATE_LOOKS[each.state].word for each in figures],
            "owner": [each.owner or NOTHING for each in figures],
        }
    )
    columns, zone = st.column_config, context.calendar.time_zone
    st.dataframe(  # pyright: ignore[reportUnknownMemberType] -- polars is not installed, so its type is unknown
        frame, hide_index=True, placeholder=NOTHING, row_height=ROW_HEIGHT, height="content", key=key,
        on_select="rerun", selection_mode="multi-row",
        alt=f"{counted(len(found), 'candidate', 'candidates')}, each with why it could go and what it costs",
        column_config={
            "open": columns.ButtonColumn(
                "", type="tertiary", width=58, key=_CLICK, on_click=open_clicked,
                args=("segment", _CLICK, tuple(each.segment_id for each in figures)),
            ),
            "name": columns.TextColumn("Segment", width=185),
            "reasons": columns.MultiselectColumn(
                "Reasons", width=140, options=list(REASON_WORDS.values()), color=["gray"] * len(REASON_WORDS)
            ),
            "why": columns.TextColumn("Why it could go", width=320),
            "cost": columns.TextColumn("Cost, 30 days", width=92, alignment="right"),
            "used": columns.DatetimeColumn("Last used", format="distance", timezone=zone, width=95),
            "members": columns.NumberColumn("Members", format="localized", width=78),
            "score": columns.NumberColumn("Score", format="localized", width=56),
            "state": columns.TextColumn("State", width=80),
            "owner": columns.TextColumn("Owner", width=120),
        },
    )  # fmt: skip


def _why(candidate: Candidate) -> str:
    users = (*candidate.figures.plans, *candidate.figures.readers)
    said = " ".join(ground.sentence for ground in candidate.grounds)
    return f"{said} Used by {', '.join(users)}." if users else said
