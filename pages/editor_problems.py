"""Says what is wrong or missing: beside its row, and together at the top."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages import builder_tree as trees
from pages.builder_drawing import Drawing
from pages.editor_draft import UNFINISHED, Draft, Reading
from pages.editor_findings import Judgement
from pages.editor_saving import conflict, save_as_draft
from pages.words import counted, plain
from segment_engine.errors import Problem


def waiting_for(reading: Reading) -> str:
    """Say what has to happen before the size can be counted."""
    if reading.mistaken:
        return f"Correct {counted(len(reading.mistaken), 'condition', 'conditions')} to see the size."
    if reading.unfinished:
        return f"Finish {counted(len(reading.unfinished), 'condition', 'conditions')} to see the size."
    return ""


def explain(draft: Draft, reading: Reading, judgement: Judgement, drawing: Drawing, messages: DeltaGenerator) -> None:
    """Write every problem beside its row, and together at the top what stands in the way of saving."""
    empty = not trees.children(draft.root)
    for key, found in reading.problems.items():
        slot, mistake = drawing.slots.get(trees.shown_owner(draft.root, key)), key in reading.mistaken
        if slot is None or (empty and not draft.tried):
            continue
        for sentence in dict.fromkeys(_sentence(each) for each in found):
            if mistake or draft.tried:
                slot.markdown(f":red[:material/error: {plain(sentence)}]")
            else:
                slot.caption(plain(sentence))
    with messages:
        if draft.conflict is not None:
            conflict(draft)
        named = [*reading.mistaken, *(reading.unfinished if draft.tried else ())]
        if named:
            st.error(plain(f"Nothing is saved yet. Look at: {_places(drawing, named)}."), icon=":material/error:")
        elif draft.tried and reading.criteria is not None:
            _findings(judgement, drawing)


def _findings(judgement: Judgement, drawing: Drawing) -> None:
    """Say which findings stand in the way, and offer to keep the work as a draft."""
    if judgement.blocking:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.error(
                plain(f"Nothing is saved yet. Correct the errors at: {_places(drawing, judgement.blocking)}."),
                icon=":material/error:",
            )
            st.button("Save as a draft", key="editor.save_draft", on_click=save_as_draft)
    elif judgement.open:
        places = _places(drawing, judgement.open)
        st.warning(
            plain(f"Nothing is saved yet. Read the warnings at: {places}. Tick those that are meant so, then save."),
            icon=":material/warning:",
        )


def _places(drawing: Drawing, keys: list[str]) -> str:
    return ", ".join(drawing.numbers.get(key) or "the criteria as a whole" for key in keys)


def _sentence(problem: Problem) -> str:
    """Say a problem in the words of the form; the document's own words mean nothing to who never sees it."""
    if problem.code == "empty_group":
        return "This group is empty: add a condition, or remove the group."
    return "Something is missing here." if problem.code in UNFINISHED else problem.sentence
