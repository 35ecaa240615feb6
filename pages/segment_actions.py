"""What one can do with a segment: recalculate, edit, activate, delete. Each asks for the context anew."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import forget
from pages.parts import action, flash, page
from pages.words import counted, plain
from segment_engine import OrganizationContext, Permission, Run, Segment, SegmentState, refusal

ACTIVATE, DEACTIVATE, DELETE = "Activate", "Deactivate", "Delete…"
_ICONS = {ACTIVATE: ":material/toggle_on:", DEACTIVATE: ":material/toggle_off:", DELETE: ":material/delete:"}


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
        "Edit", icon=":material/edit:", type="primary", key="edit", on_click=_edit, args=(segment.segment_id,),
        disabled=not context.may(edit), help=_why_not(context, edit),
    )  # fmt: skip
    _more(context, segment)


def _why_not(context: OrganizationContext, permission: Permission) -> str | None:
    return None if context.may(permission) else refusal(context, permission)


def _more(context: OrganizationContext, segment: Segment) -> None:
    options: list[str] = []
    if context.may(Permission.SEGMENTS_EDIT):
        options.append(DEACTIVATE if segment.state is SegmentState.ACTIVE else ACTIVATE)
    if context.may(Permission.SEGMENTS_DELETE):
        options.append(DELETE)
    chosen = st.menu_button(
        "More", options or [DELETE], icon=":material/more_vert:", key="more", disabled=not options,
        format_func=lambda option: f"{_ICONS[option]} {option}",
        help=None if options else refusal(context, Permission.SEGMENTS_DELETE),
    )  # fmt: skip
    if chosen == DELETE:
        _confirm(segment)
    elif chosen is not None:
        _set_state(segment.segment_id, chosen)
        st.rerun()


@action
def _recalculate(segment_id: UUID) -> None:
    running_engine().runs.request(current_context(), segment_id)


def _edit(segment_id: UUID) -> None:
    forget()
    st.switch_page(page("edit"), query_params={"id": str(segment_id)})


@action
def _set_state(segment_id: UUID, chosen: str) -> None:
    segments = running_engine().segments
    change = segments.activate if chosen == ACTIVATE else segments.deactivate
    for verdict in change(current_context(), (segment_id,)):
        flash(f"{verdict.name} {verdict.reason}.")


@st.dialog("Delete this segment?", icon=":material/delete:")
def _confirm(segment: Segment) -> None:
    """Name what would go, what stays, and what stands in the way."""
    st.text(segment.name)
    size = (
        f"It holds {counted(segment.member_count, 'contact', 'contacts')}."
        if segment.member_count is not None
        else "It has never been calculated."
    )
    st.markdown(f"{size} **The contacts stay**; the segment, its versions and its history go, for good.")
    if segment.campaigns:
        names = ", ".join(segment.campaigns)
        st.warning(
            plain(f"It is used by {counted(len(segment.campaigns), 'campaign', 'campaigns')}: {names}. ")
            + "Remove it there first, or deactivate it instead.",
            icon=":material/link:",
        )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Keep it", key="keep", on_click=st.rerun)
        st.button(
            "Delete segment", type="primary", icon=":material/delete:", key="confirm_delete", on_click=_delete,
            args=(segment.segment_id,), disabled=bool(segment.campaigns),
        )  # fmt: skip


@action
def _delete(segment_id: UUID) -> None:
    (verdict,) = running_engine().segments.delete(current_context(), (segment_id,))
    flash(f"{verdict.name or 'The segment'}: {verdict.reason}.")
    if verdict.done:
        st.switch_page(page("segments"))
    st.rerun()
