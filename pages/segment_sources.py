"""Where the values of a segment come from: each source, how fresh it is, and what changed in it since the last run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from auth.guard import running_engine
from pages.parts import badge, boundary, page
from pages.source_words import LEVEL_LOOKS
from pages.words import Look, ago, counted, exact, plain
from segment_engine import OrganizationContext, Permission, Segment, SourceDrift, SourceUse

MOST_FINDINGS = 4
STALE = Look("Stale", "orange", ":material/schedule:")


def sources(context: OrganizationContext, segment: Segment) -> None:
    """Name the sources with the fields that are read, and the changes since the published run had read them."""
    with st.container(border=True):
        st.subheader("Data sources", anchor=False)
        with boundary():
            found = running_engine().segments.sources(context, segment.segment_id)
            if not found:
                st.caption("The criteria read no imported field.")
                return
            drifted = {
                each.name: each for each in running_engine().sources.drift_since_run(context, segment.segment_id)
            }
            for source in found:
                _source(context, source, drifted.get(source.name))


def _source(context: OrganizationContext, source: SourceUse, drifted: SourceDrift | None) -> None:
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if drifted is not None and context.may(Permission.SOURCES_VIEW):
                st.page_link(
                    page("source"), label=plain(source.name), icon=":material/database:", width="content",
                    query_params={"id": str(drifted.source_id)},
                )  # fmt: skip
            else:
                st.text(source.name)
            if _is_stale(source):
                badge(STALE, help_text=f"It should be imported every {source.stale_after_hours} hours.")
        st.caption(
            plain(f"Imported {ago(source.last_imported_at)} · {', '.join(source.fields)}"),
            help=exact(source.last_imported_at, context) if source.last_imported_at else None,
        )
        if drifted is not None:
            _changes(context, drifted)


def _is_stale(source: SourceUse) -> bool:
    if source.stale_after_hours is None or source.last_imported_at is None:
        return False
    return datetime.now(UTC) - source.last_imported_at > timedelta(hours=source.stale_after_hours)


def _changes(context: OrganizationContext, drifted: SourceDrift) -> None:
    """Say what changed in what the segment reads, the most serious first."""
    if drifted.since is None or drifted.since == drifted.until:
        st.caption("Nothing was imported since the last run read it.")
        return
    if not drifted.findings:
        since = exact(drifted.since, context)
        st.caption(f"Imported since the last run; what the segment reads looks as it did at {since}.")
    for each in drifted.findings[:MOST_FINDINGS]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(LEVEL_LOOKS[each.finding.level])
            st.text(each.finding.sentence, width="stretch")
    if len(drifted.findings) > MOST_FINDINGS:
        st.caption(counted(len(drifted.findings) - MOST_FINDINGS, "more change", "more changes"))
