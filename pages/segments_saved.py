"""Saved views: a menu of them beside the title, and keeping what the list shows now under a name."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages import segments_address as address
from pages.parts import action, boundary, emphasis, flash
from pages.words import plain, shortened
from segment_engine import OrganizationContext, Permission, SavedView

NAME, SHARED = "segments.view_name", "segments.view_shared"
LONGEST_NAME = 60


def saved_views(context: OrganizationContext) -> None:
    """Draw the menu of views; the one that is shown now is marked."""
    views = running_engine().views.find(context)
    current = address.current_query()
    active = next((view for view in views if address.same_view(view.query, current)), None)
    label = f"View: {shortened(active.name, 24)}" if active else "Views"
    with st.popover(plain(label), icon=":material/bookmark:", key="segments.views"):
        if not views:
            st.text("No view is saved yet. Set filters and an order, then save them under a name.")
        for view in views:
            _row(view, context, active=view is active)
        st.button(
            "Save this view…", key="segments.save_view", icon=":material/bookmark_add:", on_click=_ask,
            type=emphasis() if not views else "secondary",
        )  # fmt: skip
    if st.session_state.pop("segments.saving_view", False):
        _save_dialog()


def _row(view: SavedView, context: OrganizationContext, *, active: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            plain(shortened(view.name, LONGEST_NAME)), key=f"segments.view.{view.view_id}", type="tertiary",
            icon=":material/check:" if active else ":material/bookmark:", on_click=_show, args=(view.query,),
            help=plain(view.name) if len(view.name) > LONGEST_NAME else None,
        )  # fmt: skip
        st.space("stretch")
        if view.shared:
            by = "you" if view.mine else view.saved_by or "a person without a seat"
            st.badge("Shared", icon=":material/group:", color="gray", help=plain(f"Saved by {by}"))
        if view.mine or context.may(Permission.PEOPLE_MANAGE):
            st.button(
                plain(f"Delete view {shortened(view.name, LONGEST_NAME)}"), key=f"segments.unview.{view.view_id}",
                icon=":material/delete:", type="tertiary", width=24, wrap=False, on_click=_delete,
                args=(view.view_id, view.name),
            )  # fmt: skip


@action
def _show(query: str) -> None:
    address.show(query, address.options_of(running_engine().segments.choices(current_context())))


@action
def _delete(view_id: UUID, name: str) -> None:
    running_engine().views.delete(current_context(), view_id)
    flash(f"The view “{name}” is deleted. The segments stay.")


def _ask() -> None:
    st.session_state["segments.saving_view"] = True


@st.dialog("Save this view", icon=":material/bookmark_add:")
def _save_dialog() -> None:
    """Ask for a name, and whether others see it too."""
    with boundary():
        st.text("Search, filters, order and view are kept, not the segments found now.")
        st.text_input("Name of the view", key=NAME, max_chars=LONGEST_NAME, placeholder="Stale before a campaign")
        st.checkbox("Show it to everybody in this organization", key=SHARED)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Cancel", key="segments.view_cancel", on_click=st.rerun)
            st.button(
                "Save view", type=emphasis(), key="segments.view_save", icon=":material/bookmark_add:",
                on_click=_save, args=(address.current_query(),),
            )  # fmt: skip


@action
def _save(query: str) -> None:
    name = str(st.session_state.get(NAME) or "")
    running_engine().views.save(current_context(), name, query, shared=bool(st.session_state.get(SHARED)))
    flash(f"The view “{' '.join(name.split())}” is saved.")
    st.rerun()
