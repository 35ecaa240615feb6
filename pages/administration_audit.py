"""The audit log: searched and filtered in the address, read line by line, looked at in a drawer, exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.administration_audit_filters import ABOUT, query_of, reset, toolbar
from pages.administration_audit_line import LINE, drawer, open_line, who_of
from pages.administration_download import download
from pages.parts import clicked, nothing_here, table
from pages.words import counted, plain
from segment_engine import AuditLine, AuditPage, AuditQuery, AuditResult, OrganizationContext, audit_sentence

ROW_HEIGHT, ROWS_SHOWN = 36, 16
RESULT_WORDS = {AuditResult.DONE: "Done", AuditResult.REFUSED: "Refused"}
_CLICK, _STARTS = "a_line_button", "administration.audit_starts"


def audit_log(context: OrganizationContext) -> None:
    """Draw the tab."""
    choices = running_engine().audit.choices(context)
    if not choices.actions:
        nothing_here(
            "Nothing has happened yet", "Whatever people change here is written down, with who did it and when.",
            icon=":material/receipt_long:",
        )  # fmt: skip
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        toolbar(choices)
        query = query_of(context, choices)
        if query is not None:
            st.space("stretch")
            download(context, query)
    if query is None:
        return
    _about(query)
    starts = _starts(query)
    found = running_engine().audit.find(context, replace(query, before=starts[-1] if starts else None))
    if found.lines:
        _table(context, found.lines)
        _pages(query, found)
    else:
        step = nothing_here(
            "No line matches", "There are lines, but none with all of this together.", icon=":material/search_off:"
        )
        step.button("Reset filters", icon=":material/filter_list_off:", on_click=reset, key="a_reset_audit")
    if st.query_params.get(LINE):
        drawer()


def _about(query: AuditQuery) -> None:
    """Show that only one thing is looked at, and let that go."""
    if query.object_id is not None:
        st.button(
            plain(f"Only the thing {query.object_id}"), icon=":material/close:", icon_position="right",
            key="a_about_off", on_click=_everything, help="Show the lines about everything",
        )  # fmt: skip


def _everything() -> None:
    st.query_params.pop(ABOUT, None)


def _table(context: OrganizationContext, lines: Sequence[AuditLine]) -> None:
    columns, numbers = st.column_config, tuple(line.number for line in lines)
    table(
        pd.DataFrame(
            {
                "open": ["Details"] * len(lines),
                "what": [f"{who_of(line)} {audit_sentence(line)}" for line in lines],
                "when": pd.Series([line.happened_at for line in lines], dtype="datetime64[us, UTC]"),
                "result": [[RESULT_WORDS[line.result]] for line in lines],
            }
        ),
        {
            "open": columns.ButtonColumn("", type="tertiary", width=75, key=_CLICK, on_click=_clicked, args=(numbers,)),
            "what": columns.TextColumn("Who did what", width=660),
            "when": columns.DatetimeColumn(
                "When", format="D MMM YYYY, HH:mm:ss", timezone=context.calendar.time_zone, width=175
            ),
            "result": columns.MultiselectColumn(
                "Result", options=list(RESULT_WORDS.values()), color=["gray", "red"], width=95
            ),
        },
        key=f"a_audit.{hash(numbers)}", row_height=ROW_HEIGHT,
        rows_shown=None if len(lines) <= ROWS_SHOWN else ROWS_SHOWN,
        alt=f"{counted(len(lines), 'line', 'lines')} of the audit log, the newest first",
    )  # fmt: skip


def _clicked(numbers: tuple[int, ...]) -> None:
    chosen = clicked(_CLICK, numbers)
    if chosen is not None:
        open_line(chosen)


# Pages -------------------------------------------------------------------------------------------------------------


def _starts(query: AuditQuery) -> tuple[int, ...]:
    held = st.session_state.get(_STARTS)
    return held[1] if held and held[0] == query else ()


def _pages(query: AuditQuery, found: AuditPage) -> None:
    """Draw the ways to newer and older lines. A page begins after a line: what is written meanwhile shifts nothing."""
    starts = _starts(query)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(len(found.lines), 'line', 'lines')}, page {len(starts) + 1}", width="content")
        st.space("stretch")
        st.button(
            "Newer", icon=":material/chevron_left:", key="a_newer", disabled=not starts, on_click=_go,
            args=(query, starts[:-1]),
        )  # fmt: skip
        st.button(
            "Older", icon=":material/chevron_right:", icon_position="right", key="a_older",
            disabled=found.next_before is None, on_click=_go, args=(query, (*starts, found.next_before)),
        )  # fmt: skip


def _go(query: AuditQuery, starts: tuple[int, ...]) -> None:
    st.session_state[_STARTS] = (query, starts)
