"""The row above the criteria: undo, redo, and templates to begin with."""

from __future__ import annotations

import streamlit as st

from pages.editor_draft import Draft, redo, undo
from segment_engine import Catalog


def tools(draft: Draft, catalog: Catalog) -> None:
    """Draw the heading of the criteria and what concerns all of them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.subheader("Who is in this segment", anchor=False, width="content")
        st.space("stretch")
        st.button(
            "Undo", icon=":material/undo:", type="tertiary", key="editor.undo", on_click=undo, disabled=not draft.past,
            help="Take the last change back", shortcut="Ctrl+Z",
        )  # fmt: skip
        st.button(
            "Redo", icon=":material/redo:", type="tertiary", key="editor.redo", on_click=redo,
            disabled=not draft.future, help="Make it again", shortcut="Ctrl+Shift+Z",
        )  # fmt: skip
