"""The block that follows a survey, a rehearsal or an import until it has ended."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, flash
from pages.words import counted, plain, seconds
from segment_engine import ImportAct, ImportJob

POLL_SECONDS = 0.7
# Most small files are through before a first look is worth drawing.
AT_ONCE_SECONDS = 0.4
HEIGHT = 92
WORDS = {
    ImportAct.SURVEY: "Looking at the file",
    ImportAct.REHEARSAL: "Rehearsing the import",
    ImportAct.IMPORT: "Importing",
}


def follow(job_id: UUID) -> None:
    """Show how far a job is and look again until it has ended; then the whole page is drawn anew."""
    st.fragment(run_every=POLL_SECONDS)(_panel)(job_id)


def _panel(job_id: UUID) -> None:
    with boundary():
        job = running_engine().imports.job(current_context(), job_id)
        if not job.working:
            st.rerun()
        with st.container(border=True, height=HEIGHT, horizontal=True, vertical_alignment="center"):
            st.progress(_share(job), text=plain(_said(job)))
            st.button(
                "Cancelling" if job.stopping else "Cancel", icon=":material/close:", key="import_cancel",
                on_click=_cancel, args=(job_id,), disabled=job.stopping,
            )  # fmt: skip


def _share(job: ImportJob) -> float:
    """Give a rough place on the way: reading is about half of it, and how long the rest takes nobody knows before."""
    if not job.row_total:
        return 0.05
    read = min(job.rows_read / job.row_total, 1.0)
    return 0.05 + 0.55 * read if job.rows_read < job.row_total else 0.8


def _said(job: ImportJob) -> str:
    of = "" if job.row_total is None else f" of {job.row_total:,}"
    rows = f", {job.rows_read:,}{of} rows" if job.rows_read else ""
    return f"{WORDS[job.act]}: {job.stage.value.lower()}{rows} · {seconds(job.seconds)}"


@action
def _cancel(job_id: UUID) -> None:
    job = running_engine().imports.stop(current_context(), job_id)
    if job.working:
        flash(f"Cancelling. Nothing of {counted(job.rows_read, 'row', 'rows')} will stay.", icon=":material/cancel:")
