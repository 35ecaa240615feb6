"""Operations: what waits and who computes, what failed and why, what is out of date, how long it takes."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import current_context, running_engine
from pages.alerts import alerts
from pages.operations_acts import dialog_is_open, open_what_was_asked, report
from pages.operations_failures import failures
from pages.operations_pace import pace
from pages.operations_queue import queue
from pages.operations_schedules import schedules
from pages.operations_stale import stale
from pages.parts import boundary
from pages.words import counted, number, seconds
from segment_engine import OperationsFigures, OrganizationContext, RunQueue

# What stands in the address.
TABS: dict[str, Callable[[OrganizationContext, OperationsFigures], None]] = {
    "Queue": queue,
    "Failures": failures,
    "Alerts": alerts,
    "Out of date": stale,
    "Schedules": schedules,
    "Pace and cost": pace,
}
TAB = "o_tab"
BUSY_SECONDS, IDLE_SECONDS = 2.0, 10.0
START_A_WORKER = "make worker"


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    st.title("Operations", anchor=False)
    figures = running_engine().operations.figures(context, limit=0)
    busy = _busy(figures.queue)
    st.fragment(run_every=BUSY_SECONDS if busy else IDLE_SECONDS)(_figures)(busy)
    report()
    open_what_was_asked(figures.queue.live_workers)
    for tab, draw in zip(
        st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params"), TABS.values(), strict=True
    ):
        if tab.open:
            with tab, boundary():
                draw(context, figures)


def _busy(queue: RunQueue) -> bool:
    return bool(queue.waiting or queue.processing)


def _figures(was_busy: bool) -> None:  # noqa: FBT001 - a fragment hands on what it was called with
    """Draw the figures, and look again: often while something runs, seldom while nothing does."""
    with boundary():
        figures = running_engine().operations.figures(current_context(), limit=0)
        if _busy(figures.queue) is not was_busy and not dialog_is_open():
            st.rerun()  # the whole page once more: with the new results, and at the other pace
        _tiles(figures)
        _no_worker(figures.queue)


def _tiles(figures: OperationsFigures) -> None:
    queue = figures.queue
    longest = None if queue.longest_wait is None else f"the longest for {seconds(queue.longest_wait)}"
    with st.grid(4, min_column_width=150):
        _tile("Waiting", number(queue.waiting), longest or "nothing has to wait", ":material/schedule:")
        working = "at this moment" if queue.processing else "no run at this moment"
        _tile("Working", number(queue.processing), working, ":material/sync:")
        failed = "their last run, with the reason below" if figures.failed else "no segment stands as failed"
        _tile("Failed segments", number(figures.failed), failed, ":material/error:")
        _tile("Workers", number(queue.live_workers), heard(queue), ":material/memory:")


def _tile(label: str, value: str, about: str, icon: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, icon=icon)
        st.caption(about)


def heard(queue: RunQueue) -> str:
    """Say when any worker was heard of last, and how many are missed."""
    if queue.heard is None:
        return "none was ever heard of"
    silent = f"; {counted(queue.silent_workers, 'is', 'are')} silent" if queue.silent_workers else ""
    return f"last heard {_passed(queue.heard)} ago{silent}"


def _passed(passed: float) -> str:
    if passed < 60:  # noqa: PLR2004 - a minute
        return f"{int(passed)} s"
    if passed < 172_800:  # noqa: PLR2004 - two days, in hours before and in days from then on
        return f"{int(passed // 3600)} h" if passed >= 3600 else f"{int(passed // 60)} min"  # noqa: PLR2004 - an hour
    return f"{int(passed // 86_400)} days"


def _no_worker(queue: RunQueue) -> None:
    """Say what a new installation needs: without a worker everything waits."""
    if queue.live_workers:
        return
    waiting = f"{counted(queue.waiting, 'run waits', 'runs wait')} for one. " if queue.waiting else ""
    lost = "" if queue.heard is None else f" The last sign of one was {_passed(queue.heard)} ago."
    with st.container(border=True, gap="small"):
        st.markdown(f":material/power_off: **No worker is running.** {waiting}Start one with this command:{lost}")
        st.code(START_A_WORKER, language=None)
