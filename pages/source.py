"""One data source: its fields as they look now, its imports, what changed, and what is agreed about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.parts import badge, boundary, nothing_here, page
from pages.source_charts import rows_over_imports
from pages.source_drift import drift
from pages.source_fields import fields
from pages.source_imports import imports
from pages.source_list import import_link
from pages.source_settings import settings
from pages.source_words import FRESHNESS_LOOKS, delivers, freshness_of, freshness_sentence, moment_words
from pages.words import exact, number, plain, signed
from segment_engine import OrganizationContext, SourceCard
from segment_engine.errors import NotFound

# What stands in the address.
TABS: dict[str, Callable[[OrganizationContext, SourceCard], None]] = {
    "Fields": fields,
    "Imports": imports,
    "Drift": drift,
    "Settings": settings,
}
TAB = "d_tab"


def render(context: OrganizationContext) -> None:
    """Draw the page of the source that the address names."""
    st.page_link(page("sources"), label="Data sources", icon=":material/arrow_back:")
    try:
        source = running_engine().sources.get(context, _asked_for())
    except NotFound:
        _not_found()
        return
    _header(context, source)
    _tiles(source)
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab, boundary():
                draw(context, source)


def _asked_for() -> UUID:
    """Read the id in the address; one that is none is the nil id, which no source has."""
    try:
        return UUID(st.query_params.get("id", ""))
    except ValueError:
        return UUID(int=0)


def _not_found() -> None:
    step = nothing_here(
        "No such data source",
        "It belongs to an organization you are not in, or never was. Check the address, or look in the list.",
        icon=":material/search_off:",
    )
    step.page_link(page("sources"), label="Show all data sources", icon=":material/database:")


def _header(context: OrganizationContext, source: SourceCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(source.name), anchor=False, width="content")
        badge(FRESHNESS_LOOKS[freshness_of(source)])
        st.space("stretch")
        import_link(source, context, label="Import a file into it")
    st.text(f"Delivers {delivers(source)}.")
    when = f" Its rows go up to {moment_words(source.watermark, context)}." if source.watermark else ""
    st.caption(
        plain(f"{freshness_sentence(source)}{when}"),
        help=exact(source.last_imported_at, context) if source.last_imported_at else None,
    )


def _tiles(source: SourceCard) -> None:
    totals = source.recent_totals
    change = totals[-1] - totals[-2] if len(totals) > 1 else None
    with st.grid(4, min_column_width=150):
        with st.container(border=True, height="stretch", gap="xsmall"):
            st.metric(
                "Rows", number(source.row_total), signed(change), delta_color="off", delta_arrow="off",
                delta_description="since the import before" if change is not None else None,
            )  # fmt: skip
            rows_over_imports(totals)
        for label, value, about in (
            ("Fields", source.field_count, "Every import makes a profile of each"),
            ("Segments that read it", source.segment_count, "Those in the archive left out"),
            ("Campaigns on these", source.campaign_count, "Sequences counted as well"),
        ):
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(label, number(value))
                st.caption(about)
