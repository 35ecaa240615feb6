"""New and edit: name, description and the criteria, with their sentence and size while they are being built."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages import builder
from pages.builder_choices import choices_of
from pages.editor_counts import count, stop_counting
from pages.editor_draft import CHOICES, Draft, answered, change, current_draft, forget, keep, prepare, read
from pages.editor_findings import judge, show_findings
from pages.editor_json import json_panel
from pages.editor_problems import explain, waiting_for
from pages.editor_saving import ask_to_save, save_if_asked
from pages.editor_schedule import first_schedule
from pages.editor_side import show_side
from pages.editor_tools import tools
from pages.parts import boundary, emphasis, nothing_here, page
from segment_engine import Catalog, OrganizationContext, Permission, named_ids, refusal
from segment_engine.errors import NotFound

LONGEST_NAME, LONGEST_DESCRIPTION = 200, 2_000


def render(context: OrganizationContext) -> None:
    """Draw the page: a new segment, or the one the address names."""
    permission = Permission.SEGMENTS_EDIT if "id" in st.query_params else Permission.SEGMENTS_CREATE
    if not context.may(permission):
        nothing_here("Not allowed", refusal(context, permission), icon=":material/lock:").page_link(
            page("segments"), label="Back to the segments"
        )
        return
    try:
        prepare(context)
    except NotFound:
        nothing_here("No such segment", str(NotFound()), icon=":material/search_off:").page_link(
            page("segments"), label="Show all segments"
        )
        return
    st.fragment(_editor)()


# The one fragment --------------------------------------------------------------------------------------------------


def _editor() -> None:
    """Draw everything, then act on Save: the save takes what the controls say at this moment, not a moment ago."""
    with boundary():
        context = current_context()
        draft = current_draft()
        if draft is None:
            return
        catalog = running_engine().catalog(context, draft.step.document)
        _header(draft)
        messages = st.container()
        left, right = st.columns([8, 3])
        with left:
            draft = _texts(draft)
            tools(draft, catalog, context)
            choices = choices_of(running_engine(), context, st.session_state.setdefault(CHOICES, {}))
            root, drawing = builder.draw(draft.root, catalog, context.calendar, change, choices)
            draft = answered(draft, root)
            when = st.container(gap=None)
            json_panel(draft, catalog, context)
        catalog = _with_new_names(catalog, draft, context)
        reading = read(draft, catalog, context)
        if draft.segment_id is None:
            with when:
                draft = first_schedule(draft, reading, catalog, context)
        judgement = judge(context, draft, reading)
        draft = show_findings(draft, judgement, drawing)
        draft = save_if_asked(draft, reading, replace(judgement, accepted=draft.accepted), context)
        keep(draft)
        explain(draft, reading, judgement, drawing, messages)
        counting = count(context, draft, reading, drawing)
        with right:
            show_side(catalog, reading, counting, waiting_for=waiting_for(reading))


def _with_new_names(catalog: Catalog, draft: Draft, context: OrganizationContext) -> Catalog:
    """Read the catalog again when the criteria name something they did not name before."""
    named = named_ids(draft.step.document)
    known = {*catalog.segments, *catalog.lists, *catalog.campaigns}
    if {*named.segments, *named.lists, *named.campaigns} <= known:
        return catalog
    return running_engine().catalog(context, draft.step.document)


def _header(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Edit segment" if draft.segment_id else "New segment", anchor=False, width="content")
        st.space("stretch")
        st.button("Cancel", key="editor.cancel", on_click=_leave, args=(draft.segment_id,))
        st.button(
            "Save segment", type=emphasis(), icon=":material/check:", key="editor.save_button", on_click=ask_to_save
        )


def _leave(segment_id: UUID | None) -> None:
    forget()
    stop_counting()
    if segment_id is None:
        st.switch_page(page("segments"))
    st.switch_page(page("segment"), query_params={"id": str(segment_id)})


def _texts(draft: Draft) -> Draft:
    name = st.text_input(
        "Name", draft.name, max_chars=LONGEST_NAME, key=f"editor.{draft.edition}.name",
        placeholder="A name that says who is in it",
    )  # fmt: skip
    description = st.text_area(
        "Description", draft.description, max_chars=LONGEST_DESCRIPTION, height=82,
        key=f"editor.{draft.edition}.description", placeholder="What it is for (optional)",
    )  # fmt: skip
    return replace(draft, name=name or "", description=description or "")
