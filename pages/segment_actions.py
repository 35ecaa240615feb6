"""What one can do with a segment. Each act asks for the context anew; those that take something away ask first."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import dialog_closed, dialog_opened, draft_of, forget, keep
from pages.parts import action, boundary, emphasis, flash, page
from pages.words import counted, plain, shortened
from segment_engine import (
    OrganizationContext,
    Permission,
    Run,
    Segment,
    SegmentAct,
    SegmentState,
    Verdict,
    refusal,
)

DUPLICATE = "Duplicate"
ACTIVATE, DEACTIVATE = "Activate", "Deactivate"
ARCHIVE, UNARCHIVE, DELETE = "Archive…", "Restore from the archive", "Delete…"
_ICONS = {
    DUPLICATE: ":material/content_copy:", ACTIVATE: ":material/toggle_on:", DEACTIVATE: ":material/toggle_off:",
    ARCHIVE: ":material/inventory_2:", UNARCHIVE: ":material/unarchive:", DELETE: ":material/delete:",
}  # fmt: skip
_ASKED = {ARCHIVE: SegmentAct.ARCHIVE, DELETE: SegmentAct.DELETE}
LONGEST_NAME = 200


def actions(context: OrganizationContext, segment: Segment, runs: tuple[Run, ...]) -> None:
    """Draw the buttons; those the role does not allow are there, with the reason."""
    running = any(run.active for run in runs)
    recalculate, edit = Permission.SEGMENTS_RECALCULATE, Permission.SEGMENTS_EDIT
    st.button(
        "Recalculate", icon=":material/refresh:", key="recalculate", on_click=_recalculate, args=(segment.segment_id,),
        disabled=running or not context.may(recalculate),
        help=_why_not(context, recalculate) or ("It is being calculated already." if running else None),
    )  # fmt: skip
    st.button(
        "Edit", icon=":material/edit:", type=emphasis(), key="edit", on_click=_edit, args=(segment.segment_id,),
        disabled=not context.may(edit), help=_why_not(context, edit),
    )  # fmt: skip
    _more(context, segment)


def _why_not(context: OrganizationContext, permission: Permission) -> str | None:
    return None if context.may(permission) else refusal(context, permission)


def _options(context: OrganizationContext, segment: Segment) -> list[str]:
    """List what changes something here and is allowed to this role."""
    archived = segment.state is SegmentState.ARCHIVED
    found: list[str] = [DUPLICATE] if context.may(Permission.SEGMENTS_CREATE) else []
    if context.may(Permission.SEGMENTS_EDIT):
        found += [UNARCHIVE] if archived else [_switch(segment), ARCHIVE]
    return [*found, DELETE] if context.may(Permission.SEGMENTS_DELETE) else found


def _switch(segment: Segment) -> str:
    return DEACTIVATE if segment.state is SegmentState.ACTIVE else ACTIVATE


def _more(context: OrganizationContext, segment: Segment) -> None:
    options = _options(context, segment)
    chosen = st.menu_button(
        "More", options or [DELETE], icon=":material/more_vert:", key="more", disabled=not options,
        format_func=lambda option: f"{_ICONS[option]} {option}",
        help=None if options else refusal(context, Permission.SEGMENTS_EDIT),
    )  # fmt: skip
    if chosen is None:
        return
    if chosen in _ASKED:
        _ask(segment, _ASKED[chosen])
    elif chosen == DUPLICATE:
        _duplicate(segment)
    else:
        _set_state(segment.segment_id, chosen)
        st.rerun()


@action
def _recalculate(segment_id: UUID) -> None:
    running_engine().runs.request(current_context(), segment_id)


def _edit(segment_id: UUID) -> None:
    forget()
    st.switch_page(page("edit"), query_params={"id": str(segment_id)})


def _duplicate(segment: Segment) -> None:
    """Open a copy in the editor. Nothing is stored before somebody saves it there: a copy is made to be changed."""
    forget()
    name = shortened(f"Copy of {segment.name}", LONGEST_NAME)
    copy = replace(
        draft_of(segment), segment_id=None, revision=0, state=SegmentState.ACTIVE, name=name, published=False,
        accepted=frozenset(),
    )  # fmt: skip
    keep(copy)
    st.switch_page(page("edit"))


@action
def _set_state(segment_id: UUID, chosen: str) -> None:
    segments = running_engine().segments
    change = {ACTIVATE: segments.activate, DEACTIVATE: segments.deactivate, UNARCHIVE: segments.unarchive}[chosen]
    for verdict in change(current_context(), (segment_id,)):
        flash(f"{verdict.name} {verdict.reason}.")


# Asking first ------------------------------------------------------------------------------------------------------


def _ask(segment: Segment, act: SegmentAct) -> None:
    dialog_opened()
    (_ask_to_delete if act is SegmentAct.DELETE else _ask_to_archive)(segment)


@st.dialog("Delete this segment?", icon=":material/delete:", on_dismiss=dialog_closed)
def _ask_to_delete(segment: Segment) -> None:
    """Name what would go, what stays, and what stands in the way."""
    with boundary():
        st.text(segment.name)
        st.markdown(f"{_size(segment)} **The contacts stay**; the segment, its versions and its history go, for good.")
        _decide(segment, SegmentAct.DELETE, "Delete segment")


@st.dialog("Archive this segment?", icon=":material/inventory_2:", on_dismiss=dialog_closed)
def _ask_to_archive(segment: Segment) -> None:
    """Say what the archive means, and what stands in the way."""
    with boundary():
        st.text(segment.name)
        st.markdown(
            f"{_size(segment)} It leaves the lists and is offered to nobody. **Members, versions and history stay**, "
            "and it can be brought back."
        )
        _decide(segment, SegmentAct.ARCHIVE, "Archive segment")


def _size(segment: Segment) -> str:
    if segment.member_count is None:
        return "It has never been calculated."
    return f"It holds {counted(segment.member_count, 'contact', 'contacts')}."


def _decide(segment: Segment, act: SegmentAct, label: str) -> None:
    """Let the engine rehearse the act, show what it says, and offer it when it would be done."""
    (verdict,) = running_engine().segments.rehearse(current_context(), act, (segment.segment_id,))
    if not verdict.done:
        why = _users(segment) if act is SegmentAct.DELETE else f"It {verdict.reason}."
        st.warning(plain(f"{why} Change that first, or deactivate it instead."), icon=":material/link:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Keep it", key="keep", on_click=_close)
        st.button(
            label, type=emphasis(), icon=_ICONS[DELETE if act is SegmentAct.DELETE else ARCHIVE],
            disabled=not verdict.done, key=f"confirm_{act.value}", on_click=_do, args=(segment.segment_id, act),
        )  # fmt: skip


def _users(segment: Segment) -> str:
    """Name whoever would lose the segment, and count them."""
    readers = [each.name for each in running_engine().details.uses(current_context(), segment.segment_id).read_by]
    parts = [
        f"{counted(len(names), one, many)}: {', '.join(names)}"
        for names, one, many in (
            (segment.campaigns, "campaign or sequence", "campaigns and sequences"),
            (readers, "segment", "segments"),
        )
        if names
    ]
    return f"It is used by {'; and by '.join(parts)}." if parts else "It is used elsewhere."


def _close() -> None:
    dialog_closed()
    st.rerun()


@action
def _do(segment_id: UUID, act: SegmentAct) -> None:
    dialog_closed()
    segments = running_engine().segments
    doing = segments.delete if act is SegmentAct.DELETE else segments.archive
    (verdict,) = doing(current_context(), (segment_id,))
    flash(_said(verdict))
    if verdict.done and act is SegmentAct.DELETE:
        st.switch_page(page("segments"))
    st.rerun()


def _said(verdict: Verdict) -> str:
    return f"{verdict.name or 'The segment'}: {verdict.reason}."
