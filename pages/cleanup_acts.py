"""Archiving and deleting candidates: what would happen to each stands in the dialog, what did on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, emphasis, flash
from pages.verdicts import verdicts_table
from pages.words import counted, plain
from segment_engine import Alike, OrganizationContext, SegmentAct, Verdict

ASKED = "cleanup.asked"
REPORT = "cleanup.report"
CONFIRMATION = "cleanup.confirmation"


@dataclass
class Asked:
    """What somebody wants to do; it stays until the dialog is closed. `alike` keeps one of those that are alike."""

    act: SegmentAct
    ids: tuple[UUID, ...]
    alike: tuple[Alike, ...]
    opened: bool = False


@dataclass(frozen=True)
class Done:
    """What an act did to each, in which organization, until somebody puts it away."""

    organization_id: int
    act: SegmentAct
    verdicts: tuple[Verdict, ...]

    @property
    def changed(self) -> tuple[UUID, ...]:
        """Those the act changed."""
        return tuple(verdict.segment_id for verdict in self.verdicts if verdict.done and verdict.changed)


def ask(act: SegmentAct, ids: Sequence[UUID], alike: tuple[Alike, ...]) -> None:
    """Remember what somebody wants to do; the page opens the dialog."""
    st.session_state.pop(CONFIRMATION, None)
    st.session_state[ASKED] = Asked(act, tuple(ids), alike)


def is_asked() -> bool:
    """Tell whether a dialog is still to be opened."""
    asked: Asked | None = st.session_state.get(ASKED)
    return asked is not None and not asked.opened


def forget() -> None:
    """Forget what was asked; the dialog closes."""
    st.session_state.pop(ASKED, None)


def open_what_was_asked() -> None:
    """Open the dialog somebody asked for."""
    asked: Asked | None = st.session_state.get(ASKED)
    if asked is not None:
        asked.opened = True
        (_confirm_archive if asked.act is SegmentAct.ARCHIVE else _confirm_delete)(asked)


@st.dialog("Archive these segments?", icon=":material/inventory_2:", width="medium", on_dismiss=forget)
def _confirm_archive(asked: Asked) -> None:
    with boundary():
        verdicts, going = _rehearse(asked)
        st.markdown(
            f"**{counted(going, 'segment', 'segments')}** would be archived{_kept(verdicts, going)}. Members, versions "
            "and history stay, and each can be restored in the state it has now."
        )
        verdicts_table(verdicts, "What would happen", key="cleanup.verdicts")
        _buttons(asked, f"Archive {counted(going, 'segment', 'segments')}", ":material/inventory_2:", going)


@st.dialog("Delete these segments for good?", icon=":material/delete:", width="medium", on_dismiss=forget)
def _confirm_delete(asked: Asked) -> None:
    with boundary():
        verdicts, going = _rehearse(asked)
        st.markdown(
            f"**{counted(going, 'segment', 'segments')}** would be deleted{_kept(verdicts, going)}. **The contacts "
            "stay**, and so do audiences that campaigns have frozen. Gone for good: each segment with all its "
            "versions, runs and history of members, its tags and notes, and what was decided by hand. Archiving can be "
            "undone; this cannot."
        )
        verdicts_table(verdicts, "What would happen", key="cleanup.verdicts")
        needed = _needed(verdicts, going)
        typed = st.text_input(
            f"To confirm, type: {plain(needed)}", key=CONFIRMATION, disabled=not going, live="300ms", max_chars=300
        )
        sure = bool(going) and (typed or "").strip().casefold() == needed.casefold()
        _buttons(asked, f"Delete {counted(going, 'segment', 'segments')}", ":material/delete:", going if sure else 0)


def _rehearse(asked: Asked) -> tuple[tuple[Verdict, ...], int]:
    verdicts = running_engine().cleanup.rehearse(current_context(), asked.act, asked.ids, alike=asked.alike)
    return verdicts, sum(verdict.done and verdict.changed for verdict in verdicts)


def _kept(verdicts: Sequence[Verdict], going: int) -> str:
    staying = len(verdicts) - going
    return f", {staying:,} kept" if staying else ""


def _needed(verdicts: Sequence[Verdict], going: int) -> str:
    """Give what to type: the name of the only one, or the number of them."""
    if going == 1:
        return next(verdict.name for verdict in verdicts if verdict.done and verdict.changed)
    return f"delete {going}"


def _buttons(asked: Asked, yes: str, icon: str, number: int) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Keep them", key="cleanup.no", on_click=_close)
        st.button(yes, icon=icon, type=emphasis(), key="cleanup.yes", on_click=_act, args=(asked,), disabled=not number)


def _close() -> None:
    forget()
    st.rerun()


@action
def _act(asked: Asked) -> None:
    context, room = current_context(), running_engine().cleanup
    do = room.archive if asked.act is SegmentAct.ARCHIVE else room.delete
    forget()
    done = Done(context.organization_id, asked.act, do(context, asked.ids, alike=asked.alike))
    st.session_state[REPORT] = done
    flash(_sentence(done))
    st.rerun()


def _sentence(done: Done) -> str:
    word = "archived" if done.act is SegmentAct.ARCHIVE else "deleted"
    kept = len(done.verdicts) - len(done.changed)
    rest = f", {kept:,} kept" if kept else ""
    return f"{counted(len(done.changed), 'segment', 'segments')} {word}{rest}."


def report(context: OrganizationContext) -> None:
    """Show what the last act did to each, with the way back where there is one."""
    done: Done | None = st.session_state.get(REPORT)
    if done is None or done.organization_id != context.organization_id:
        return
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/checklist: **{_sentence(done)}**", width="stretch")
            if done.act is SegmentAct.ARCHIVE and done.changed:
                st.button(
                    "Undo", icon=":material/undo:", key="cleanup.undo", on_click=restore, args=(done.changed,),
                )  # fmt: skip
            st.button("Put this away", key="cleanup.put_away", type="tertiary", on_click=_put_away)
        with st.expander("What happened to each"):
            verdicts_table(done.verdicts, "What happened", key="cleanup.verdicts")


def _put_away() -> None:
    st.session_state.pop(REPORT, None)


@action
def restore(ids: tuple[UUID, ...]) -> None:
    """Bring segments back from the archive, in the state they had."""
    verdicts = running_engine().segments.unarchive(current_context(), ids)
    _put_away()
    if len(verdicts) == 1:
        flash(f"{verdicts[0].name} {verdicts[0].reason}.", icon=":material/undo:")
        return
    back = sum(verdict.done and verdict.changed for verdict in verdicts)
    flash(f"{counted(back, 'segment', 'segments')} restored.", icon=":material/undo:")
    for verdict in verdicts:
        if "though it was active" in verdict.reason:
            flash(f"{verdict.name} {verdict.reason}.", icon=":material/info:")
