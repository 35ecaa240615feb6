"""How many contacts each condition of a segment lets through: three counts for every one, and what is left in turn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.criteria_words import group_words, node_words, nodes_by_path
from pages.parts import boundary, table
from pages.words import counted, exact, number, plain, seconds
from segment_engine import Calendar, Catalog, NodeCounts, OrganizationContext, PreviewKind, Segment

ROW_HEIGHT = 36
INDENT = "\u2003"
COUNTED, EXACTLY = "segment.counts", "segment.counts.exact"


def condition_counts(segment: Segment) -> None:
    """Draw the panel; nothing is counted before somebody opens it."""
    if segment.criteria is not None:
        panel = st.expander(
            "How many contacts each condition holds for", icon=":material/filter_list:", on_change="rerun", key="counts"
        )
        if panel.open:
            with panel:
                st.fragment(_counts)(segment)


def _counts(segment: Segment) -> None:
    with boundary():
        context = current_context()
        found = _counted(context, segment)
        catalog = running_engine().catalog(context, segment.document)
        _table(segment.document, found, catalog, context.calendar)
        estimated = found.kind is PreviewKind.ESTIMATED
        said = f"Counted in {seconds(found.seconds)} as of {exact(found.as_of, context)}, on the data of that moment."
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(f"{found.note} {said}".strip()))
            if estimated:
                st.button("Count exactly", icon=":material/calculate:", key=EXACTLY, type="tertiary")
        st.caption("No value: the value is missing, so the choice for missing values decides.")


def _counted(context: OrganizationContext, segment: Segment) -> NodeCounts:
    """Count once for each version a visit sees, and again when somebody asks for exact figures."""
    exactly = bool(st.session_state.get(EXACTLY))
    question = (context.organization_id, segment.segment_id, segment.revision)
    held: tuple[object, NodeCounts] | None = st.session_state.get(COUNTED)
    if held is None or held[0] != question or exactly:
        found = running_engine().analysis.counts(
            context, segment.document, segment_id=segment.segment_id, exact=exactly
        )
        held = st.session_state[COUNTED] = (question, found)
    return held[1]


def _table(document: dict[str, Any], found: NodeCounts, catalog: Catalog, calendar: Calendar) -> None:
    places = nodes_by_path(document)
    left = {step.path: step.remaining for step in found.funnel}
    rows: list[dict[str, object]] = []
    for node in found.nodes:
        place, held = places.get(node.path, ("", {}))
        said = group_words(held) if "group" in held else node_words(held, catalog, calendar)
        row: dict[str, object] = {
            "Condition": f"{INDENT * node.path.count('.of[')}{place} {said}".rstrip(),
            "Holds": node.matched,
            "True": node.true,
            "Not true": node.false,
            "No value": node.unknown,
        }
        rows.append(row | ({"Left after it": left.get(node.path)} if left else {}))
    figure = st.column_config.NumberColumn(format="localized", width=82)
    columns: dict[str, Any] = dict.fromkeys(("Holds", "True", "Not true", "No value"), figure)
    columns["Condition"] = st.column_config.TextColumn(width=430)
    columns["Left after it"] = st.column_config.ProgressColumn(
        format="localized", min_value=0, max_value=max(found.base_count, 1), width=150
    )
    frame = pd.DataFrame(rows)
    members = number(found.member_count)
    alt = f"Counts of {counted(len(rows), 'node', 'nodes')} over {number(found.base_count)} contacts, {members} members"
    table(frame, columns, key="counts_table", alt=alt, row_height=ROW_HEIGHT)
