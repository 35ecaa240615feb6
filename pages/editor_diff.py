"""What saving a change does: who joins, who leaves, who stays, and which campaigns and segments feel it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_draft import Draft, Reading, dialog_closed, dialog_opened
from pages.parts import boundary, emphasis
from pages.words import ago, counted, number, plain, shortened
from segment_engine import Difference, EditDiff

CONFIRMED = "editor.confirmed"
SHOWN = 4
LONGEST_NAME = 40


def confirm_change(draft: Draft, reading: Reading, confirm: Callable[[], None]) -> None:
    """Open the dialog; its button saves."""

    def agree() -> None:
        confirm()
        dialog_closed()
        st.session_state[CONFIRMED] = True

    def go_back() -> None:
        dialog_closed()
        st.rerun()

    @st.dialog("What this change does", width="medium", icon=":material/difference:", on_dismiss=dialog_closed)
    def ask() -> None:
        if st.session_state.pop(CONFIRMED, False):
            st.rerun()
        with boundary(), st.spinner("Comparing with the members as they are …"):
            if draft.segment_id is not None:
                found = running_engine().analysis.edit_diff(current_context(), draft.segment_id, reading.document)
                show_diff(found)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Back to the criteria", key="editor.diff.back", on_click=go_back)
            st.button(
                "Save the change", type=emphasis(), icon=":material/check:", key="editor.diff.save", on_click=agree
            )

    dialog_opened()
    ask()


def show_diff(diff: EditDiff) -> None:
    """Draw the three figures, what of them is the edit's and what time's, and what feels the change."""
    with st.container(horizontal=True, gap="small"):
        for label, part, icon in (
            ("Join", diff.added, ":material/person_add:"), ("Leave", diff.removed, ":material/person_remove:"),
            ("Stay", diff.kept, ":material/group:"),
        ):  # fmt: skip
            st.metric(label, number(part.count), border=True, icon=icon)
    st.caption(plain(_beside(diff)))
    for words, part in (("Joining", diff.added), ("Leaving", diff.removed)):
        if part.sample:
            st.markdown(f"**{words}:** {plain(_names(part))}")
    users = [
        *(f"campaign {name}" for name in diff.campaigns), *(f"sequence {name}" for name in diff.sequences),
        *(f"segment {name}" for name in diff.segments),
    ]  # fmt: skip
    if users:
        st.warning(plain(f"Used by {', '.join(users)}: they change with it."), icon=":material/link:")
    else:
        st.caption("No campaign, sequence or other segment uses it.")


def _beside(diff: EditDiff) -> str:
    if diff.published_count is None:
        return f"It has no members yet; it would have {counted(diff.new_count, 'member', 'members')}."
    then = f"Beside the {counted(diff.published_count, 'member', 'members')} calculated {ago(diff.published_at)}."
    if diff.old_problem:
        return f"{then} The criteria as they were cannot be evaluated any more: {diff.old_problem}"
    edit = _both(diff.added_by_edit, diff.removed_by_edit)
    passed = _both(diff.added_by_time, diff.removed_by_time)
    return f"{then} The edit itself: {edit}. Time and new data since then: {passed}."


def _both(added: Difference | None, removed: Difference | None) -> str:
    return f"{number(added.count if added else 0)} join, {number(removed.count if removed else 0)} leave"


def _names(part: Difference) -> str:
    shown = [shortened(member.name or member.external_key, LONGEST_NAME) for member in part.sample[:SHOWN]]
    more = part.count - len(shown)
    return ", ".join(shown) + (f" and {number(more)} more" if more > 0 else "")
