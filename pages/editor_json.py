"""The criteria as JSON, for experts: read it, copy it, take it along, or bring another document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.editor_draft import Draft, current_draft, exchanged, keep
from pages.parts import boundary, flash
from pages.words import plain
from segment_engine import Catalog, OrganizationContext, parse_criteria, write_criteria
from segment_engine.errors import CriteriaError

TEXT, FILE, REFUSED = "editor.json.text", "editor.json.file", "editor.json.refused"
MOST_SHOWN = 12


def json_panel(draft: Draft, catalog: Catalog, context: OrganizationContext) -> None:
    """Draw the panel; nothing is written out before somebody opens it."""
    with boundary():
        # A compact one: the border of the usual kind fades while the page runs, and when that is broken off the menus
        # wait for its end for ever before they take the focus, out of reach of who has no mouse.
        panel = st.expander(
            "As JSON, for experts", icon=":material/data_object:", on_change="rerun", key="editor.json", type="compact"
        )
        if not panel.open:
            return
        with panel:
            text = as_text(draft.step.document)
            st.code(text, language="json", height=280)
            st.download_button(
                "Download", text.encode, file_name="criteria.json", mime="application/json", icon=":material/download:",
                key="editor.json.download", on_click="ignore",
            )  # fmt: skip
            _importing(catalog, context)


def as_text(document: dict[str, Any]) -> str:
    """Write a document as people read JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _importing(catalog: Catalog, context: OrganizationContext) -> None:
    st.space("small")
    st.text_area(
        "Paste a criteria document", key=TEXT, height=140, placeholder='{"format": "segment-criteria", "version": 1, …}'
    )
    st.file_uploader("or choose a file", type="json", key=FILE, max_upload_size=1)
    for sentence in st.session_state.pop(REFUSED, ()):
        st.error(plain(sentence), icon=":material/error:")
    st.button(
        "Replace the criteria by this document", icon=":material/upload:", key="editor.json.import",
        on_click=_import, args=(catalog, context),
    )  # fmt: skip


def _import(catalog: Catalog, context: OrganizationContext) -> None:
    """Take the document over when it can be read; else say everything that is wrong with it, and change nothing."""
    uploaded = st.session_state.get(FILE)
    given: str | bytes = uploaded.getvalue() if uploaded is not None else st.session_state.get(TEXT) or ""
    draft = current_draft()
    if draft is None:
        return
    if not given.strip():
        st.session_state[REFUSED] = ("There is nothing to take over. Paste a document, or choose a file.",)
        return
    try:
        document = write_criteria(parse_criteria(given, catalog, calendar=context.calendar))
    except CriteriaError as error:
        sentences = [f"{each.path}: {each.sentence}" for each in error.problems]
        more = len(sentences) - MOST_SHOWN
        st.session_state[REFUSED] = (*sentences[:MOST_SHOWN], *((f"… and {more} more problems.",) if more > 0 else ()))
        return
    keep(replace(exchanged(draft, document), tried=False))
    st.session_state[TEXT] = ""
    flash("The criteria were replaced. Undo brings the old ones back.")
