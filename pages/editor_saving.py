"""Saving what is being edited: what stands in the way, what the change does, and two people at once."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_counts import stop_counting
from pages.editor_diff import confirm_change
from pages.editor_draft import Draft, Reading, current_draft, draft_of, forget, keep
from pages.editor_findings import Judgement
from pages.parts import action, flash, page
from pages.words import plain
from segment_engine import OrganizationContext, Segment, SegmentDraft, SegmentState
from segment_engine.errors import SegmentEngineError, StaleVersion

SAVE = "editor.save"
ASKED, CONFIRMED, AS_DRAFT = "asked", "confirmed", "as draft"


def ask_to_save() -> None:
    """Remember that Save was pressed; the fragment then saves what its controls say."""
    st.session_state[SAVE] = ASKED


def save_as_draft() -> None:
    """Remember that the work is to be kept, although its criteria have errors."""
    st.session_state[SAVE] = AS_DRAFT


def confirm() -> None:
    """Remember that a person has seen what the change does."""
    st.session_state[SAVE] = CONFIRMED


def save_if_asked(draft: Draft, reading: Reading, judgement: Judgement, context: OrganizationContext) -> Draft:
    """Save when the button was pressed; whatever stands in the way is said, and the text stays."""
    how = st.session_state.pop(SAVE, None)
    if how is None:
        return draft
    as_draft = how == AS_DRAFT
    if reading.criteria is None or (not as_draft and (judgement.blocking or judgement.open)):
        return replace(draft, tried=True)
    if how == ASKED and _changes_members(draft, reading):
        confirm_change(draft, reading, confirm)
        return draft
    try:
        saved = _save(draft, reading, judgement, context, as_draft=as_draft)
    except StaleVersion as error:
        return replace(draft, conflict=str(error))
    except SegmentEngineError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return draft
    forget()
    stop_counting()
    flash(f"{saved.name} is saved{' as a draft' if as_draft else ''}.")
    st.switch_page(page("segment"), query_params={"id": str(saved.segment_id)})
    return draft


def _changes_members(draft: Draft, reading: Reading) -> bool:
    """Tell whether criteria that have members already are about to change."""
    return draft.published and reading.written != draft.stored


def _save(
    draft: Draft, reading: Reading, judgement: Judgement, context: OrganizationContext, *, as_draft: bool
) -> Segment:
    segments = running_engine().segments
    # A draft that was completed becomes active; an inactive segment stays as its owner left it.
    state = SegmentState.ACTIVE if draft.state is SegmentState.DRAFT else draft.state
    wanted = SegmentDraft(
        draft.name, draft.description, reading.document, SegmentState.DRAFT if as_draft else state, judgement.codes
    )
    if draft.segment_id is None:
        return segments.create(context, wanted, schedule=draft.schedule)
    return segments.update(context, draft.segment_id, expected_revision=draft.revision, draft=wanted)


# Two at once -------------------------------------------------------------------------------------------------------


def conflict(draft: Draft) -> None:
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
        ask_to_save()
