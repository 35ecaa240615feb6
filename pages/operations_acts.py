"""Acts on many from the page Operations: what would happen to each is said before, what happened afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, emphasis, flash
from pages.verdicts import said, verdicts_table
from pages.words import counted, plain
from segment_engine import Permission, SegmentAct, Verdict, refusal

MOST_AT_ONCE = 1_000
REPORT = "operations.report"
ASKED = "operations.asked"
CANCEL, RECALCULATE = "cancel", "recalculate"


@dataclass
class Asked:
    """What somebody wants to do; it stays until the dialog is closed, so that drawing the page anew keeps it open."""

    act: str
    ids: tuple[UUID, ...]
    opened: bool = False


def ask(act: str, ids: Sequence[UUID]) -> None:
    """Remember what somebody wants to do; the whole page opens the dialog on its next run."""
    st.session_state[ASKED] = Asked(act, tuple(ids))


def is_asked() -> bool:
    """Tell whether a dialog is still to be opened."""
    asked: Asked | None = st.session_state.get(ASKED)
    return asked is not None and not asked.opened


def dialog_is_open() -> bool:
    """Tell whether somebody reads a dialog, which should not be drawn anew under the eyes."""
    return ASKED in st.session_state


def open_what_was_asked(live_workers: int) -> None:
    """Open the dialog somebody asked for."""
    asked: Asked | None = st.session_state.get(ASKED)
    if asked is None:
        return
    asked.opened = True
    if asked.act == CANCEL:
        confirm_cancel(asked.ids)
    else:
        confirm_recalculate(asked.ids, live_workers)


def forget() -> None:
    """Forget what was asked; the dialog closes."""
    st.session_state.pop(ASKED, None)


@st.dialog("Cancel these runs?", icon=":material/cancel:", width="medium", on_dismiss=forget)
def confirm_cancel(run_ids: Sequence[UUID]) -> None:
    """Say of every run what cancelling would do to it."""
    with boundary():
        verdicts = running_engine().operations.rehearse_cancel(current_context(), run_ids)
        ending = sum(verdict.changed for verdict in verdicts)
        st.markdown(
            f"**{counted(ending, 'run', 'runs')}** would end without a result. Members, versions and history stay; "
            "each segment can be recalculated at any time."
        )
        verdicts_table(verdicts, "What would happen", key="operations.verdicts")
        _buttons("Keep them", f"Cancel {counted(ending, 'run', 'runs')}", ":material/cancel:", _cancel, run_ids, ending)


@st.dialog("Recalculate these segments?", icon=":material/refresh:", width="medium", on_dismiss=forget)
def confirm_recalculate(segment_ids: Sequence[UUID], live_workers: int) -> None:
    """Say of every segment what asking for a run would do."""
    with boundary():
        acts = running_engine().segments
        verdicts = acts.rehearse(current_context(), SegmentAct.RECALCULATE, segment_ids)
        new = sum(verdict.changed for verdict in verdicts)
        rest = len(verdicts) - new
        others = f" {counted(rest, 'segment waits or works', 'segments wait or work')} already." if rest else ""
        st.markdown(
            f"**{counted(new, 'run', 'runs')}** would be queued, what is read before what reads it.{others} "
            "The members stay as they are until each run has succeeded."
        )
        if not live_workers:
            st.info("No worker is running, so they will wait until one is started.", icon=":material/hourglass_empty:")
        verdicts_table(verdicts, "What would happen", key="operations.verdicts", words=_ahead)
        _buttons(
            "Not now", f"Queue {counted(new, 'run', 'runs')}", ":material/refresh:", _recalculate, segment_ids, new
        )


def _buttons(
    no: str, yes: str, icon: str, act: Callable[[tuple[UUID, ...]], None], ids: Sequence[UUID], number: int
) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(no, key="operations.no", on_click=_close)
        st.button(
            yes, icon=icon, type=emphasis(), key="operations.yes", on_click=act, args=(tuple(ids),),
            disabled=not number,
        )  # fmt: skip


def _close() -> None:
    forget()
    st.rerun()


def _ahead(verdict: Verdict) -> str:
    return "a run would be queued" if verdict.changed else said(verdict)


@action
def _cancel(run_ids: tuple[UUID, ...]) -> None:
    _report("cancelled", "run", running_engine().runs.cancel_many(current_context(), run_ids))


@action
def _recalculate(segment_ids: tuple[UUID, ...]) -> None:
    _report("queued", "run", running_engine().runs.request_many(current_context(), segment_ids))


def _report(done: str, noun: str, verdicts: tuple[Verdict, ...]) -> None:
    changed = sum(verdict.changed for verdict in verdicts)
    sentence = f"{counted(changed, noun, f'{noun}s')} {done}, {len(verdicts) - changed:,} left as they were."
    st.session_state[REPORT] = (sentence, verdicts)
    flash(sentence)
    forget()
    st.rerun()


def report() -> None:
    """Show what the last act did to each, until it is put away."""
    kept: tuple[str, tuple[Verdict, ...]] | None = st.session_state.get(REPORT)
    if kept is None:
        return
    with st.expander(plain(kept[0]), icon=":material/checklist:"):
        verdicts_table(kept[1], "What happened", key="operations.verdicts")
        st.button("Put this away", key="operations.put_away", on_click=_put_away, type="tertiary")


def _put_away() -> None:
    st.session_state.pop(REPORT, None)


def why_not() -> str | None:
    """Say why whoever is here may not recalculate or cancel; None for those who may."""
    context = current_context()
    may = context.may(Permission.SEGMENTS_RECALCULATE)
    return None if may else refusal(context, Permission.SEGMENTS_RECALCULATE)
