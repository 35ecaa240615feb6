"""Members as a file: made when somebody clicks, for those who may, under a name that cannot be guessed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from auth.guard import running_engine, tried_role
from auth.identity import who
from pages.parts import sentence_of
from pages.words import plain
from segment_engine import (
    MIME_TYPES,
    MOST_DOWNLOADED,
    OrganizationContext,
    Permission,
    Segment,
    file_name,
    members_file,
    refusal,
)
from segment_engine.errors import NotSignedIn, SegmentEngineError

NAMES = "download.names"
FAILED = "download.failed"
WORDS = {"csv": "CSV", "parquet": "Parquet"}


def downloads(context: OrganizationContext, segment: Segment, at_run: UUID | None, members: int) -> None:
    """Offer both kinds of files; nothing is made before the click, and every file is in the audit log."""
    may = context.may(Permission.MEMBERS_EXPORT)
    failed: list[str] = st.session_state.setdefault(FAILED, [])
    while failed:
        st.error(plain(failed.pop(0)), icon=":material/error:")
    cut = f" A file holds the first {MOST_DOWNLOADED:,} members; the command line exports all." if members > (
        MOST_DOWNLOADED
    ) else ""  # fmt: skip
    with st.popover("Export", icon=":material/download:", disabled=not may or members == 0):
        st.caption(f"Every member of this result, not only those found.{cut} The audit log says who made a file.")
        for form, mime in MIME_TYPES.items():
            st.download_button(
                f"Download as {WORDS[form]}", _making(context.organization_id, segment.segment_id, at_run, form),
                file_name=_name(segment, at_run, form), mime=mime, key=f"download.{form}", on_click="ignore",
                icon=":material/table_view:" if form == "csv" else ":material/database:", width="stretch",
            )  # fmt: skip
    if not may:
        st.caption(refusal(context, Permission.MEMBERS_EXPORT))


def _making(organization_id: int, segment_id: UUID, at_run: UUID | None, form: str) -> Callable[[], bytes]:
    """Give what makes the file. It runs later and elsewhere, so it asks anew who may do what.

    Shape: the browser only says that it failed; the sentence, or the number, stands on the page from its next run on.
    """
    engine, identity, role = running_engine(), who().identity, tried_role()
    failed: list[str] = st.session_state.setdefault(FAILED, [])

    def acting() -> OrganizationContext:
        if identity is None:
            raise NotSignedIn
        return engine.context_for(identity, organization_id, role=role)

    def make() -> bytes:
        try:
            return members_file(engine, acting(), segment_id, form=form, at_run=at_run).data
        except Exception as problem:  # noqa: BLE001 - see boundary(): the log has it, the page says it
            failed.append(sentence_of(problem))
            raise SegmentEngineError(failed[-1]) from None

    return make


def _name(segment: Segment, at_run: UUID | None, form: str) -> str:
    """Keep the name of a file for as long as the same file would be made."""
    names: dict[tuple[UUID, UUID | None, str], str] = st.session_state.setdefault(NAMES, {})
    return names.setdefault((segment.segment_id, at_run, form), file_name(segment.name, form))
