"""The row above the criteria: templates to begin with, undo, redo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from pages.editor_draft import Draft, current_draft, dialog_closed, dialog_opened, exchanged, keep, redo, undo
from pages.parts import flash
from pages.templates import Template, templates
from segment_engine import Catalog, OrganizationContext, parse_criteria, write_criteria

CHOSEN = "editor.template"
CARD_HEIGHT = 152


def tools(draft: Draft, catalog: Catalog, context: OrganizationContext) -> None:
    """Draw the heading of the criteria and what concerns all of them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Who is in this segment", anchor=False, width="content")
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            st.button(
                "Templates", icon=":material/dashboard_customize:", key="editor.templates",
                type="secondary" if draft.untouched else "tertiary", on_click=_open_templates,
            )  # fmt: skip
            st.button(
                "Undo", icon=":material/undo:", type="tertiary", key="editor.undo", on_click=undo,
                disabled=not draft.past, help="Take the last change back", shortcut="Ctrl+Z",
            )  # fmt: skip
            st.button(
                "Redo", icon=":material/redo:", type="tertiary", key="editor.redo", on_click=redo,
                disabled=not draft.future, help="Make it again", shortcut="Ctrl+Y",
            )  # fmt: skip
    if st.session_state.pop(CHOSEN, None) == "open":
        dialog_opened()
        _choose(catalog, context)


def _open_templates() -> None:
    st.session_state[CHOSEN] = "open"


@st.dialog("Begin with a template", width="large", icon=":material/dashboard_customize:", on_dismiss=dialog_closed)
def _choose(catalog: Catalog, context: OrganizationContext) -> None:
    """Show what there is to begin with, filled in from the catalog; what lacks something says what."""
    if st.session_state.pop(CHOSEN, None) == "taken":
        st.rerun()
    st.caption("It replaces the criteria. Everything in it can be changed afterwards, and undo brings yours back.")
    grid = st.grid(3, min_column_width=210)
    for template in templates(catalog):
        with grid, st.container(border=True, height=CARD_HEIGHT, gap="xsmall"):
            _card(template, catalog, context)


def _card(template: Template, catalog: Catalog, context: OrganizationContext) -> None:
    st.markdown(f"{template.icon} **{template.name}**")
    if template.document is None:
        st.caption(f"{template.sentence} Needs {template.needs}.")
        return
    st.caption(template.sentence)
    st.space("stretch")
    st.button(
        f"Use “{template.name}”", key=f"editor.template.{template.name}", type="tertiary", icon=":material/check:",
        on_click=_take, args=(template.name, template.document, catalog, context),
    )  # fmt: skip


def _take(name: str, document: dict[str, Any], catalog: Catalog, context: OrganizationContext) -> None:
    """Put the template in place of the criteria; a segment without a name takes its name too."""
    draft = current_draft()
    if draft is None:
        return
    whole = write_criteria(parse_criteria(document, catalog, calendar=context.calendar))
    taken = exchanged(draft, whole)
    if not draft.name.strip():
        taken = replace(taken, name=name, edition=draft.edition + 1)
    keep(replace(taken, tried=False))
    dialog_closed()
    st.session_state[CHOSEN] = "taken"
    flash(f"{name}: adjust it as you like.")
