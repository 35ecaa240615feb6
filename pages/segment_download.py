"""Members as a file: made when somebody clicks, for those who may, under a name that cannot be guessed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from pages.downloading import making, show_failures
from segment_engine import (
    MIME_TYPES,
    MOST_DOWNLOADED,
    Engine,
    OrganizationContext,
    Permission,
    Segment,
    file_name,
    members_file,
    refusal,
)

NAMES = "download.names"
WORDS = {"csv": "CSV", "parquet": "Parquet"}


def downloads(context: OrganizationContext, segment: Segment, at_run: UUID | None, members: int) -> None:
    """Offer both kinds of files; nothing is made before the click, and every file is in the audit log."""
    may = context.may(Permission.MEMBERS_EXPORT)
    show_failures()
    cut = f" A file holds the first {MOST_DOWNLOADED:,} members; the command line exports all." if members > (
        MOST_DOWNLOADED
    ) else ""  # fmt: skip
    with st.popover("Export", icon=":material/download:", disabled=not may or members == 0):
        st.caption(f"Every member of this result, not only those found.{cut} The audit log says who made a file.")
        for form, mime in MIME_TYPES.items():
            st.download_button(
                f"Download as {WORDS[form]}", _making(context, segment.segment_id, at_run, form),
                file_name=_name(segment, at_run, form), mime=mime, key=f"download.{form}", on_click="ignore",
                icon=":material/table_view:" if form == "csv" else ":material/database:", width="stretch",
            )  # fmt: skip
    if not may:
        st.caption(refusal(context, Permission.MEMBERS_EXPORT))


def _making(context: OrganizationContext, segment_id: UUID, at_run: UUID | None, form: str) -> Callable[[], bytes]:
    def members(engine: Engine, acting: OrganizationContext) -> bytes:
        return members_file(engine, acting, segment_id, form=form, at_run=at_run).data

    return making(context, members)


def _name(segment: Segment, at_run: UUID | None, form: str) -> str:
    """Keep the name of a file for as long as the same file would be made."""
    names: dict[tuple[UUID, UUID | None, str], str] = st.session_state.setdefault(NAMES, {})
    return names.setdefault((segment.segment_id, at_run, form), file_name(segment.name, form))
