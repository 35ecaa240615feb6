"""The two views of the list of data sources: cards to get an impression, a table to compare."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts import badge, open_clicked, page, table
from pages.source_charts import rows_over_imports
from pages.source_words import (
    FRESHNESS_LOOKS,
    delivers,
    freshness_of,
    freshness_sentence,
    moment_words,
    read_by,
    result_of,
)
from pages.words import ago, counted, exact, number, plain, shortened, signed
from segment_engine import OrganizationContext, Permission, SourceCard, refusal

ROW_HEIGHT = 40
LONGEST_NAME = 60
_CLICK = "s_open"


def show_cards(items: Sequence[SourceCard], context: OrganizationContext) -> None:
    """Draw a card a source; the name opens it."""
    with st.grid(3, min_column_width=300):
        for item in items:
            with st.container(border=True, height="stretch", gap="xsmall"):
                _card(item, context)


def _card(item: SourceCard, context: OrganizationContext) -> None:
    badge(FRESHNESS_LOOKS[freshness_of(item)], help_text=freshness_sentence(item))
    st.page_link(
        page("source"), label=f"**{plain(shortened(item.name, LONGEST_NAME))}**", icon="", width="stretch",
        query_params={"id": str(item.source_id)},
    )  # fmt: skip
    st.caption(plain(shortened(delivers(item), 2 * LONGEST_NAME)))
    totals = item.recent_totals
    change = totals[-1] - totals[-2] if len(totals) > 1 else None
    st.metric(
        "Rows", number(item.row_total), signed(change), delta_color="off", delta_arrow="off",
        delta_description="since the import before" if change is not None else None, label_visibility="collapsed",
    )  # fmt: skip
    rows_over_imports(totals)
    if item.last_import is not None:
        st.text(f"Imported {ago(item.last_imported_at)}: {result_of(item.last_import)}")
        st.caption(
            f"Delivered up to {moment_words(item.watermark, context)}",
            help=plain(f"{item.last_import.file_name}, imported {exact(item.last_imported_at, context)}"),
        )
    st.space("stretch")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(read_by(item), width="content")
        st.space("stretch")
        import_link(item, context)


def import_link(item: SourceCard, context: OrganizationContext, *, label: str = "Import") -> None:
    """Draw the way to import another file into a source, or why it is closed."""
    may = context.may(Permission.SOURCES_MANAGE)
    st.page_link(
        page("import"), label=label, icon=":material/upload_file:", query_params={"i_source": item.name},
        disabled=not may, help=None if may else refusal(context, Permission.SOURCES_MANAGE),
    )  # fmt: skip


def _frame(items: Sequence[SourceCard]) -> pd.DataFrame:
    words = [FRESHNESS_LOOKS[freshness_of(item)].word for item in items]
    imports = [item.last_import for item in items]
    return pd.DataFrame(
        {
            "open": ["Open"] * len(items),
            "name": [item.name for item in items],
            "freshness": [[word] for word in words],
            "rows": pd.Series([item.row_total for item in items], dtype="Int64"),
            "recent": [list(item.recent_totals) for item in items],
            "imported": pd.Series([item.last_imported_at for item in items], dtype="datetime64[us, UTC]"),
            "result": [None if each is None else result_of(each) for each in imports],
            "watermark": pd.Series([item.watermark for item in items], dtype="datetime64[us, UTC]"),
            "segments": [item.segment_count for item in items],
            "campaigns": [item.campaign_count for item in items],
            "delivers": [delivers(item) for item in items],
        }
    )


def show_table(items: Sequence[SourceCard], context: OrganizationContext) -> None:
    """Draw a row a source; its button opens it."""
    looks = tuple(FRESHNESS_LOOKS.values())
    columns = st.column_config
    zone = context.calendar.time_zone
    table(
        _frame(items),
        {
            "open": columns.ButtonColumn(
                "", type="tertiary", width=64, key=_CLICK, on_click=open_clicked,
                args=("source", _CLICK, tuple(item.source_id for item in items)),
            ),
            "name": columns.TextColumn("Data source", width=200),
            "freshness": columns.MultiselectColumn(
                "Freshness", options=[look.word for look in looks], color=[look.color for look in looks], width=115
            ),
            "rows": columns.NumberColumn("Rows", format="localized", width=100),
            "recent": columns.AreaChartColumn("After each import", color="primary", width=120),
            "imported": columns.DatetimeColumn("Imported", format="distance", timezone=zone, width=125),
            "result": columns.TextColumn("Last import", width=240),
            "watermark": columns.DatetimeColumn(
                "Delivered up to", format="D MMM YYYY, HH:mm", timezone=zone, width=150
            ),
            "segments": columns.NumberColumn("Segments", width=90),
            "campaigns": columns.NumberColumn("Campaigns", width=95),
            "delivers": columns.TextColumn("Delivers", width=220),
        },
        # A click is told by the number of its row: with other rows, it has to be another table.
        key=f"s_table.{hash(tuple(item.source_id for item in items))}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(items), 'data source', 'data sources')} with freshness, rows, last import and readers",
    )  # fmt: skip
