"""New and edit: name, description and the criteria, with their sentence and size while they are being built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.guard import current_context, running_engine
from pages import builder
from pages import builder_tree as trees
from pages.builder_choices import choices_of
from pages.builder_drawing import Drawing
from pages.editor_draft import (
    CHOICES,
    UNFINISHED,
    Draft,
    Reading,
    answered,
    change,
    current_draft,
    draft_of,
    forget,
    keep,
    prepare,
    read,
)
from pages.editor_json import json_panel
from pages.editor_side import show_side
from pages.editor_tools import tools
from pages.live_count import LiveCount
from pages.parts import action, boundary, flash, nothing_here, page
from pages.words import counted, plain
from segment_engine import OrganizationContext, Permission, Segment, SegmentDraft, refusal
from segment_engine.errors import NotFound, Problem, SegmentEngineError, StaleVersion

SAVE = "editor.save"
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
        left, right = st.columns([5, 2])
        with left:
            draft = _texts(draft)
            tools(draft)
            choices = choices_of(running_engine(), context, st.session_state.setdefault(CHOICES, {}))
            root, drawing = builder.draw(draft.root, catalog, context.calendar, change, choices)
            draft = answered(draft, root)
            json_panel(draft, catalog, context)
        reading = read(draft, catalog, context)
        draft = _save_if_asked(draft, reading, context)
        keep(draft)
        _explain(draft, reading, drawing, messages)
        with right:
            show_side(
                context,
                catalog,
                reading.criteria,
                reading.document,
                waiting_for=_waiting_for(reading),
                counting=_counting(),
            )


def _header(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Edit segment" if draft.segment_id else "New segment", anchor=False, width="content")
        st.space("stretch")
        st.button("Cancel", key="editor.cancel", on_click=_leave, args=(draft.segment_id,))
        st.button(
            "Save segment", type="primary", icon=":material/check:", key="editor.save_button", on_click=_ask_to_save
        )


def _leave(segment_id: UUID | None) -> None:
    forget()
    if segment_id is None:
        st.switch_page(page("segments"))
    st.switch_page(page("segment"), query_params={"id": str(segment_id)})


def _ask_to_save() -> None:
    st.session_state[SAVE] = True


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


def _counting() -> LiveCount:
    return st.session_state.setdefault("editor.counting", LiveCount())


# Reading and saying what is wrong ----------------------------------------------------------------------------------


def _waiting_for(reading: Reading) -> str:
    """Say what has to happen before the size can be counted."""
    if reading.mistaken:
        return f"Correct {counted(len(reading.mistaken), 'condition', 'conditions')} to see the size."
    if reading.unfinished:
        return f"Finish {counted(len(reading.unfinished), 'condition', 'conditions')} to see the size."
    return ""


def _explain(draft: Draft, reading: Reading, drawing: Drawing, messages: DeltaGenerator) -> None:
    """Write every problem beside its row, and together at the top."""
    empty = not trees.children(draft.root)
    for key, found in reading.problems.items():
        slot, mistake = drawing.slots.get(key), key in reading.mistaken
        if slot is None or (empty and not draft.tried):
            continue
        for sentence in dict.fromkeys(_sentence(each) for each in found):
            if mistake or draft.tried:
                slot.markdown(f":red[:material/error: {plain(sentence)}]")
            else:
                slot.caption(plain(sentence))
    with messages:
        if draft.conflict is not None:
            _conflict(draft)
        named = [*reading.mistaken, *(reading.unfinished if draft.tried else ())]
        if named:
            places = ", ".join(drawing.numbers.get(key) or "the criteria as a whole" for key in named)
            st.error(plain(f"Nothing is saved yet. Look at: {places}."), icon=":material/error:")


def _sentence(problem: Problem) -> str:
    """Say a problem in the words of the form; the document's own words mean nothing to who never sees it."""
    if problem.code == "empty_group":
        return "This group is empty: add a condition, or remove the group."
    return "Something is missing here." if problem.code in UNFINISHED else problem.sentence


# Saving ------------------------------------------------------------------------------------------------------------


def _save_if_asked(draft: Draft, reading: Reading, context: OrganizationContext) -> Draft:
    """Save when the button was pressed; whatever stands in the way is said, and the text stays."""
    if not st.session_state.pop(SAVE, False):
        return draft
    if reading.criteria is None:
        return replace(draft, tried=True)
    try:
        saved = _save(draft, reading.document, context)
    except StaleVersion as error:
        return replace(draft, conflict=str(error))
    except SegmentEngineError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return draft
    forget()
    flash(f"{saved.name} is saved.")
    st.switch_page(page("segment"), query_params={"id": str(saved.segment_id)})
    return draft


def _save(draft: Draft, document: dict[str, Any], context: OrganizationContext) -> Segment:
    segments = running_engine().segments
    wanted = SegmentDraft(draft.name, draft.description, document, draft.state)
    if draft.segment_id is None:
        return segments.create(context, wanted)
    return segments.update(context, draft.segment_id, expected_revision=draft.revision, draft=wanted)


def _conflict(draft: Draft) -> None:
    """Let the person decide between the two versions; until then nothing of either is lost."""
    st.warning(
        plain(draft.conflict or ""), title="Somebody else saved this segment meanwhile", icon=":material/sync_problem:"
    )
    with st.container(horizontal=True):
        st.button("Show the newest version instead of mine", key="editor.theirs", on_click=_take_newest)
        st.button("Keep mine, and save it over the newest", key="editor.mine", on_click=_keep_mine)


@action
def _take_newest() -> None:
    draft = current_draft()
    if draft is not None and draft.segment_id is not None:
        newest = running_engine().segments.get(current_context(), draft.segment_id)
        keep(draft_of(newest, edition=draft.edition + 1))


@action
def _keep_mine() -> None:
    draft = current_draft()
    if draft is not None and draft.segment_id is not None:
        newest = running_engine().segments.get(current_context(), draft.segment_id)
        keep(replace(draft, revision=newest.revision, conflict=None))
        _ask_to_save()
