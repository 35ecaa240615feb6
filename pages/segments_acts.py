"""Before many are changed: a verdict on each. Afterwards: a report of what was done and what was kept, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, emphasis, table
from pages.segments_selection import ACT_ICONS, ASKED, choose, chosen_ids
from pages.words import ago, counted, exact, plain
from segment_engine import OrganizationContext, Owner, SegmentAct, Verdict

_REPORT, _READ = "segments.report", "segments.read_report"
TAGS, OWNER = "segments.act_tags", "segments.act_owner"
NOBODY = "Nobody"
SAFE, DONE = "Safe", "Done"
ROW_HEIGHT, ROWS_SHOWN = 36, 7
# What an act does to each segment that is safe: now, and afterwards.
_WILL: dict[SegmentAct, tuple[str, str]] = {
    SegmentAct.RECALCULATE: ("Recalculate", "recalculated"),
    SegmentAct.ACTIVATE: ("Activate", "activated"),
    SegmentAct.DEACTIVATE: ("Deactivate", "deactivated"),
    SegmentAct.TAG: ("Tag", "tagged"),
    SegmentAct.UNTAG: ("Take tags off", "relieved of tags"),
    SegmentAct.SET_OWNER: ("Set the owner of", "given another owner"),
    SegmentAct.ARCHIVE: ("Archive", "archived"),
    SegmentAct.UNARCHIVE: ("Restore", "restored"),
    SegmentAct.DELETE: ("Delete", "deleted"),
}
_MEANS: dict[SegmentAct, str] = {
    SegmentAct.RECALCULATE: "Each gets a run of its own, first what others read. The members stay until then.",
    SegmentAct.DEACTIVATE: "They are offered to no campaign any more. Members and history stay.",
    SegmentAct.ARCHIVE: "They leave the lists. Members, versions and history stay, and they can be restored.",
    SegmentAct.UNARCHIVE: "Each comes back in the state it had before.",
    SegmentAct.DELETE: "**The contacts stay.** The segments, their versions and their history go, for good.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What an act on many came to, kept until the next one."""

    organization_id: int
    act: SegmentAct
    at: datetime
    verdicts: tuple[Verdict, ...]


def dialogs(context: OrganizationContext) -> None:
    """Open the dialog that was asked for, or the report of what has just happened."""
    act = st.session_state.pop(ASKED, None)
    report = _report(context)
    if act is not None and chosen_ids():
        _ask(SegmentAct(act))
    elif report is not None and st.session_state.pop(_READ, False):
        _tell(report)


def report_link(context: OrganizationContext) -> None:
    """Offer the report of the last act again."""
    report = _report(context)
    if report is not None:
        st.button(
            f"Last change: {_summed(report)}", key="segments.report_again", type="tertiary",
            icon=":material/receipt_long:", on_click=_read_again, help=exact(report.at, context),
        )  # fmt: skip


def _report(context: OrganizationContext) -> Report | None:
    report = st.session_state.get(_REPORT)
    return report if isinstance(report, Report) and report.organization_id == context.organization_id else None


def _read_again() -> None:
    st.session_state[_READ] = True


# Before ------------------------------------------------------------------------------------------------------------


def _ask(act: SegmentAct) -> None:
    """Ask in a dialog that names the act and how many are chosen."""
    title = f"{_WILL[act][0]} {counted(len(chosen_ids()), 'segment', 'segments')}?"
    st.dialog(title, width="medium", icon=ACT_ICONS[act])(_asking)(act)


def _asking(act: SegmentAct) -> None:
    """Show what would happen to each, from a rehearsal; the button names how many will change."""
    with boundary():
        context, ids = current_context(), chosen_ids()
        if act in _MEANS:
            st.markdown(_MEANS[act])
        tags, owner_id, ready = _details(context, act)
        verdicts: tuple[Verdict, ...] = ()
        if ready:
            with st.spinner("Looking at each of them…"):
                verdicts = running_engine().segments.rehearse(context, act, ids, tags=tags, owner_id=owner_id)
            _verdicts(verdicts, act)
        _decide(act, ids, tags, owner_id, sum(verdict.changed for verdict in verdicts))


def _details(context: OrganizationContext, act: SegmentAct) -> tuple[list[str], UUID | None, bool]:
    """Ask for the tags or the owner, where the act needs them; the last says whether it can be rehearsed."""
    segments = running_engine().segments
    if act in {SegmentAct.TAG, SegmentAct.UNTAG}:
        known = [tag.tag for tag in segments.tags(context)]
        tags = st.multiselect(
            "Tags", known, key=TAGS, accept_new_options=act is SegmentAct.TAG,
            placeholder="Choose tags or type new ones" if act is SegmentAct.TAG else "Choose tags",
        )  # fmt: skip
        return tags, None, bool(tags)
    if act is SegmentAct.SET_OWNER:
        owners: dict[UUID | None, Owner] = {owner.person_id: owner for owner in segments.owners(context)}
        owner_id = st.selectbox(
            "Owner", [*owners, None], key=OWNER,
            format_func=lambda each: owners[each].name if each in owners else NOBODY,
        )  # fmt: skip
        return [], owner_id, True
    return [], None, True


def _verdicts(verdicts: Sequence[Verdict], act: SegmentAct) -> None:
    """Draw the counts and a line for each segment: those that will not change first, because they need reading."""
    will, same, stay = _counts(verdicts)
    with st.container(horizontal=True, gap="small"):
        st.badge(f"{will:,} will be {_WILL[act][1]}", icon=":material/check_circle:", color="green" if will else "gray")
        if same:
            st.badge(f"{same:,} with nothing to do", icon=":material/remove:", color="gray")
        if stay:
            st.badge(f"{stay:,} will not change", icon=":material/block:", color="orange")
    _lines(verdicts, safe=SAFE, key="segments.verdicts")


def _decide(act: SegmentAct, ids: Sequence[UUID], tags: Sequence[str], owner_id: UUID | None, count: int) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Cancel", key="segments.act_cancel", on_click=st.rerun)
        label = f"{_WILL[act][0]} {counted(count, 'segment', 'segments') if count else 'segments'}"
        st.button(
            label, type=emphasis(), icon=ACT_ICONS[act], key="segments.act_confirm", disabled=not count,
            on_click=_perform, args=(act, tuple(ids), tuple(tags), owner_id),
        )  # fmt: skip


@action
def _perform(act: SegmentAct, ids: tuple[UUID, ...], tags: tuple[str, ...], owner_id: UUID | None) -> None:
    """Do it: every verdict is reached anew, because others work here too."""
    context = current_context()
    verdicts = _doing(context, act, ids, tags, owner_id)()
    st.session_state[_REPORT] = Report(context.organization_id, act, datetime.now(UTC), verdicts)
    st.session_state[_READ] = True
    st.session_state.pop(TAGS, None)
    gone = act in {SegmentAct.DELETE, SegmentAct.ARCHIVE}
    choose(verdict.segment_id for verdict in verdicts if verdict.name and not (gone and verdict.done))
    st.rerun()


def _doing(
    context: OrganizationContext, act: SegmentAct, ids: Sequence[UUID], tags: Sequence[str], owner_id: UUID | None
) -> Callable[[], tuple[Verdict, ...]]:
    engine = running_engine()
    segments = engine.segments
    return {
        SegmentAct.RECALCULATE: lambda: engine.runs.request_many(context, ids),
        SegmentAct.ACTIVATE: lambda: segments.activate(context, ids),
        SegmentAct.DEACTIVATE: lambda: segments.deactivate(context, ids),
        SegmentAct.TAG: lambda: segments.tag(context, ids, tags),
        SegmentAct.UNTAG: lambda: segments.untag(context, ids, tags),
        SegmentAct.SET_OWNER: lambda: segments.set_owner(context, ids, owner_id),
        SegmentAct.ARCHIVE: lambda: segments.archive(context, ids),
        SegmentAct.UNARCHIVE: lambda: segments.unarchive(context, ids),
        SegmentAct.DELETE: lambda: segments.delete(context, ids),
    }[act]


# Afterwards --------------------------------------------------------------------------------------------------------


@st.dialog("What was done", width="medium", icon=":material/receipt_long:")
def _tell(report: Report) -> None:
    """Say of every segment what happened, and of those that were kept why."""
    with boundary():
        st.markdown(plain(f"{_WILL[report.act][0]}: {_summed(report)}, {ago(report.at)}."))
        _lines(report.verdicts, safe=DONE, key="segments.report_lines")
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Close", type=emphasis(), key="segments.report_close", on_click=st.rerun)


def _summed(report: Report) -> str:
    changed, same, kept = _counts(report.verdicts)
    parts = [f"{changed:,} {_WILL[report.act][1]}"]
    parts += [f"{same:,} with nothing to do"] if same else []
    parts += [f"{kept:,} kept as they were"] if kept else []
    return ", ".join(parts)


def _counts(verdicts: Sequence[Verdict]) -> tuple[int, int, int]:
    changed = sum(verdict.changed for verdict in verdicts)
    kept = sum(not verdict.done for verdict in verdicts)
    return changed, len(verdicts) - changed - kept, kept


def _lines(verdicts: Sequence[Verdict], *, safe: str, key: str) -> None:
    ordered = sorted(verdicts, key=lambda verdict: (verdict.done, verdict.changed, verdict.name.casefold()))
    frame = pd.DataFrame(
        {
            "segment": [verdict.name or "Unknown segment" for verdict in ordered],
            "verdict": [[_word(verdict, safe)] for verdict in ordered],
            "why": [_why(verdict, safe) for verdict in ordered],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "segment": columns.TextColumn("Segment", width=210),
            "verdict": columns.MultiselectColumn(
                "Verdict", options=[safe, "Nothing to do", "Kept"], color=["green", "gray", "orange"], width=120
            ),
            "why": columns.TextColumn("Why", width=340),
        },
        key=key, row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(ordered), 'segment', 'segments')}, each with a verdict and its reason",
    )  # fmt: skip


def _word(verdict: Verdict, safe: str) -> str:
    if not verdict.done:
        return "Kept"
    return safe if verdict.changed else "Nothing to do"


def _why(verdict: Verdict, safe: str) -> str:
    """Give the reason; before the act, one that is safe needs none but its warning, and one that is used its users."""
    if safe != SAFE:
        return verdict.reason
    return verdict.warning if verdict.changed else verdict.reason.rpartition("because it is ")[2]
