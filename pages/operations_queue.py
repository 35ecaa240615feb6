"""The queue, as it stands: who takes what next, since when it waits, and when it is likely to begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.operations_acts import CANCEL, MOST_AT_ONCE, ask, is_asked, why_not
from pages.parts import action, boundary, nothing_here, open_clicked, page
from pages.segment_progress import STEPS
from pages.words import NOTHING, REASONS, RUN_LOOKS, ago, counted, exact, seconds
from segment_engine import (
    KnownWorker,
    OperationsFigures,
    OrganizationContext,
    RunQueue,
    RunStatus,
    WaitingRun,
    WorkerState,
)

POLL_SECONDS = 2.0
ROW_HEIGHT = 36
ROWS_SHOWN = 12
ROWS_SENT = 300
MOST_ATTEMPTS = 3
HELD = "operations.held"
PICKED = "operations.queue"
_CLICK = "operations.queue_open"
_WORKERS = {
    WorkerState.LIVE: ("Running", "green"),
    WorkerState.SILENT: ("Silent", "orange"),
    WorkerState.STOPPED: ("Stopped", "gray"),
}


def queue(_context: OrganizationContext, figures: OperationsFigures) -> None:
    """Draw the tab; it looks again by itself while something runs."""
    busy = bool(figures.queue.waiting or figures.queue.processing)
    st.fragment(run_every=POLL_SECONDS if busy else None)(_queue)()


def _queue() -> None:
    with boundary():
        if is_asked():
            st.rerun()  # the whole page opens the dialog: one that this fragment opened would close when it looks again
        context = current_context()
        found = running_engine().operations.figures(context, limit=ROWS_SENT).queue
        if found.runs:
            _runs(context, found)
        else:
            step = nothing_here(
                "Nothing waits",
                "Every run that was asked for has ended. Runs appear here as soon as somebody asks for one.",
                icon=":material/done_all:",
            )
            step.page_link(page("segments"), label="Show the segments", icon=":material/group_work:")
        _workers(context, found.workers)


def _runs(context: OrganizationContext, found: RunQueue) -> None:
    shown = _steady(found.runs)
    picked = [shown[row] for row in _rows_picked(shown)]
    may_not = why_not()
    st.subheader("Waiting and working", anchor=False)
    # On the left: above its right corner the table shows tools of its own as soon as rows are selected.
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Cancel {len(picked):,} selected…" if picked else "Cancel selected…", icon=":material/cancel:",
            key="operations.cancel_picked", on_click=ask, args=(CANCEL, [run.run_id for run in picked]),
            disabled=not picked or may_not is not None,
            help=may_not or (None if picked else "Select runs in the table."),
        )  # fmt: skip
        st.button(
            f"Cancel all {min(found.waiting, MOST_AT_ONCE):,} waiting…", icon=":material/playlist_remove:",
            key="operations.cancel_all", on_click=_ask_all, disabled=not found.waiting or may_not is not None,
            help=may_not,
        )  # fmt: skip
    _table(context, shown)
    total = found.waiting + found.processing
    held = " The table stands still while rows are selected." if picked else ""
    less = f"The first {len(shown):,} of {total:,} runs. " if total > len(shown) else ""
    st.caption(
        f"{less}When a run begins is an estimate, from how long the last runs of these segments took and from the "
        f"workers heard of lately; other organizations’ runs are not counted.{held}"
    )


def _steady(fresh: Sequence[WaitingRun]) -> Sequence[WaitingRun]:
    """Keep the rows that somebody has selected where they are: a selection is by the number of the row."""
    held: Sequence[WaitingRun] | None = st.session_state.get(HELD)
    if held is not None and _rows_picked(held):
        return held
    st.session_state[HELD] = fresh
    return fresh


def _key(runs: Sequence[WaitingRun]) -> str:
    return f"{PICKED}.{hash(tuple(run.run_id for run in runs))}"


def _rows_picked(runs: Sequence[WaitingRun]) -> list[int]:
    state = cast("dict[str, Any] | None", st.session_state.get(_key(runs)))
    rows: list[int] = [] if state is None else state["selection"]["rows"]
    return [row for row in rows if row < len(runs)]


@action
def _ask_all() -> None:
    runs = running_engine().operations.figures(current_context(), limit=MOST_AT_ONCE).queue.runs
    ask(CANCEL, [run.run_id for run in runs if run.status is RunStatus.QUEUED])


def _table(context: OrganizationContext, runs: Sequence[WaitingRun]) -> None:
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(runs),
            "place": [NOTHING if run.position is None else f"{run.position:,}" for run in runs],
            "name": [run.name for run in runs],
            "status": [[RUN_LOOKS[run.status].word] for run in runs],
            "doing": [_doing(run) for run in runs],
            "begins": [_begins(run) for run in runs],
            "asked": [_asked(run) for run in runs],
            "requested": pd.Series([run.requested_at for run in runs], dtype="datetime64[us, UTC]"),
            "lease": pd.Series([run.lease_until for run in runs], dtype="datetime64[us, UTC]"),
        }
    )
    columns = st.column_config
    zone = context.calendar.time_zone
    looks = [RUN_LOOKS[RunStatus.QUEUED], RUN_LOOKS[RunStatus.PROCESSING]]
    st.dataframe(  # pyright: ignore[reportUnknownMemberType] -- polars is not installed, so its type is unknown
        frame, hide_index=True, placeholder=NOTHING, row_height=ROW_HEIGHT, key=_key(runs), on_select="rerun",
        selection_mode="multi-row", height=ROW_HEIGHT * (min(len(runs), ROWS_SHOWN) + 1) + 2,
        alt=f"{counted(len(runs), 'run', 'runs')} with place, segment, what happens, and since when",
        column_config={
            "open": columns.ButtonColumn(
                "", type="tertiary", width=60, key=_CLICK, on_click=open_clicked,
                args=("segment", _CLICK, tuple(run.segment_id for run in runs)),
            ),
            "place": columns.TextColumn("Place", width=52, alignment="right", help="In the order of taking."),
            "name": columns.TextColumn("Segment", width=175),
            "status": columns.MultiselectColumn(
                "Status", width=104, options=[look.word for look in looks], color=[look.color for look in looks]
            ),
            "doing": columns.TextColumn("What happens", width=190),
            "begins": columns.TextColumn("Begins (estimate)", width=118),
            "asked": columns.TextColumn("Asked for", width=150),
            "requested": columns.DatetimeColumn("Requested", format="distance", timezone=zone, width=100),
            "lease": columns.DatetimeColumn("Lease until", format="HH:mm:ss", timezone=zone, width=82),
        },
    )  # fmt: skip


def _doing(run: WaitingRun) -> str:
    again = f", attempt {run.attempt} of {MOST_ATTEMPTS}" if run.attempt > 1 else ""
    if run.status is RunStatus.PROCESSING:
        return f"{STEPS.get(run.step, STEPS[None])[1]}, for {seconds(run.working_seconds)}{again}"
    if run.attempt:
        return f"Waits for attempt {run.attempt + 1} of {MOST_ATTEMPTS}"
    return f"Waits for {seconds(run.waited_seconds)}"


def _asked(run: WaitingRun) -> str:
    return f"{REASONS[run.reason]}, by {run.requested_by}" if run.requested_by else REASONS[run.reason]


def _begins(run: WaitingRun) -> str:
    if run.status is RunStatus.PROCESSING:
        return "has begun"
    if run.starts_in is None:
        return NOTHING
    return "at once" if run.starts_in < 1 else f"in about {seconds(round(run.starts_in))}"


def _workers(context: OrganizationContext, workers: Sequence[KnownWorker]) -> None:
    """List the workers with the time each was heard of last."""
    if not workers:
        return
    st.subheader("Workers", anchor=False)
    frame = pd.DataFrame(
        {
            "name": [worker.name for worker in workers],
            "state": [[_WORKERS[worker.state][0]] for worker in workers],
            "heard": [ago(worker.seen_at) for worker in workers],
            "started": [exact(worker.started_at, context) for worker in workers],
            "runs": [worker.runs_done for worker in workers],
        }
    )
    columns = st.column_config
    st.dataframe(  # pyright: ignore[reportUnknownMemberType] -- see above
        frame, hide_index=True, row_height=ROW_HEIGHT, height=ROW_HEIGHT * (min(len(workers), ROWS_SHOWN) + 1) + 2,
        key="operations.workers", alt=f"{counted(len(workers), 'worker', 'workers')} with the time each was heard of",
        column_config={
            "name": columns.TextColumn("Worker", width=260),
            "state": columns.MultiselectColumn(
                "State", width=100, options=[word for word, _ in _WORKERS.values()],
                color=[color for _, color in _WORKERS.values()],
            ),
            "heard": columns.TextColumn("Last heard", width=130),
            "started": columns.TextColumn("Started", width=230),
            "runs": columns.NumberColumn("Runs done", format="localized", width=100),
        },
    )  # fmt: skip
    st.caption(
        "A worker says every 10 seconds that it is there; after a minute without a word it counts as silent. Workers "
        "serve every organization, and one that is gone is forgotten after a week."
    )
