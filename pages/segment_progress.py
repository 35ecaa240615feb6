"""The block that follows a running calculation without a reload, and stops by itself at its end."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import DIALOG
from pages.parts import action, boundary, flash
from pages.words import counted, seconds
from segment_engine import OrganizationContext, Permission, Run, RunId, RunStatus, Segment

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 20
# What a step means in words, and how far along it is; their lengths differ much, so the bar is a rough guide.
STEPS: dict[str | None, tuple[float, str]] = {
    None: (0.15, "Processing"),
    "claimed": (0.2, "A worker has taken it"),
    "evaluating": (0.5, "Finding the contacts that meet the criteria"),
    "publishing": (0.85, "Saving who joined and who left"),
}


def progress(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Show the active run, if there is one, and look again every second until it has ended."""
    run = next((run for run in runs if run.active), None)
    if run is None:
        return
    st.fragment(run_every=POLL_SECONDS)(_panel)(segment.name, run.run_id, context.may(Permission.SEGMENTS_RECALCULATE))


def _panel(name: str, run_id: RunId, may_cancel: bool) -> None:  # noqa: FBT001 - a fragment hands on what it was called with
    with boundary():
        run = running_engine().runs.get(current_context(), run_id)
        if not run.active and st.session_state.get(DIALOG):
            st.caption("The run has ended. Its result is shown when the dialog is closed.")
            return
        if not run.active:
            _announce(name, run)
            st.rerun()  # the whole page once more, with the new figures; without an active run nothing polls
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            share, words = (0.05, _waiting(run)) if run.status is RunStatus.QUEUED else STEPS.get(run.step, STEPS[None])
            st.progress(share, text=words)
            if may_cancel:
                st.button("Cancel", icon=":material/close:", key="cancel_run", on_click=_cancel, args=(run_id,))


def _waiting(run: Run) -> str:
    waited = (datetime.now(UTC) - run.requested_at).total_seconds()
    if waited < PATIENCE_SECONDS:
        return "Queued: waiting for a worker"
    return (
        f"Queued for {seconds(waited)}: no worker has taken it. Start one with “make worker”, or wait for a busy one."
    )


def _announce(name: str, run: Run) -> None:
    if run.status is RunStatus.SUCCESS:
        flash(f"{name} is calculated: {counted(run.member_count or 0, 'contact', 'contacts')}.")
    elif run.status is RunStatus.FAILED:
        flash(f"The run of {name} failed. The reason stands on the page.", icon=":material/error:")


@action
def _cancel(run_id: UUID) -> None:
    running_engine().runs.cancel(current_context(), run_id)
    flash("The run is cancelled; the members of the last successful one stay.", icon=":material/cancel:")
