"""What is being edited, and how the parser reads it. It lives in the session and dies with the tab."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages import builder_subjects as subjects
from pages import builder_tree as trees
from pages.builder_tree import Node
from segment_engine import (
    Catalog,
    Criteria,
    GroupKind,
    OrganizationContext,
    Segment,
    SegmentState,
    parse_criteria,
)
from segment_engine.errors import CriteriaError, NotFound, Problem

DRAFT = "editor.draft"
UNFINISHED = frozenset({"missing_key", "empty_group"})


@dataclass(frozen=True)
class Draft:
    """What is being edited. `tried` after a save that could not be made: from then on what is missing is named too."""

    segment_id: UUID | None
    revision: int
    state: SegmentState
    name: str
    description: str
    stored: dict[str, Any] | None
    root: Node
    edition: int = 0
    tried: bool = False
    conflict: str | None = None


@dataclass(frozen=True)
class Reading:
    """What the parser says of the tree: criteria, or the problems, sorted into unfinished conditions and mistakes."""

    document: dict[str, Any]
    criteria: Criteria | None
    problems: dict[str, list[Problem]]

    @property
    def unfinished(self) -> list[str]:
        """Keys of conditions that only lack something."""
        return [key for key, found in self.problems.items() if all(each.code in UNFINISHED for each in found)]

    @property
    def mistaken(self) -> list[str]:
        """Keys of conditions in which something is wrong."""
        return [key for key in self.problems if key not in self.unfinished]


def forget() -> None:
    """Drop what was being edited, so that the next visit begins anew."""
    st.session_state.pop(DRAFT, None)


def current_draft() -> Draft | None:
    """Give what is being edited in this tab."""
    return st.session_state.get(DRAFT)


def keep(draft: Draft) -> None:
    """Remember what the controls say."""
    st.session_state[DRAFT] = draft


def prepare(context: OrganizationContext) -> None:
    """Take the segment for editing on arrival, and never again: what is on the screen is not overwritten."""
    text = st.query_params.get("id")
    asked = None if text is None else _uuid(text)
    held = current_draft()
    if held is not None and held.segment_id == asked:
        return
    if asked is None:
        st.session_state[DRAFT] = Draft(
            None, 0, SegmentState.ACTIVE, "", "", None, trees.new_group(GroupKind.ALL, subjects.blank_condition())
        )
        return
    st.session_state[DRAFT] = draft_of(running_engine().segments.get(context, asked))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def draft_of(segment: Segment, *, edition: int = 0) -> Draft:
    """Take a stored segment for editing; another `edition` makes the controls forget what they held."""
    return Draft(
        segment.segment_id, segment.revision, segment.state, segment.name, segment.description, dict(segment.document),
        trees.opened(dict(segment.document)), edition,
    )  # fmt: skip


def change(act: Callable[[Node], Node]) -> None:
    """Change the tree from a button. One that was pressed twice may find its node gone; then nothing is left to do."""
    draft = current_draft()
    if draft is not None:
        with suppress(KeyError):
            keep(replace(draft, root=act(draft.root)))


def read(draft: Draft, catalog: Catalog, context: OrganizationContext) -> Reading:
    """Let the engine's own parser judge the tree as it stands."""
    document = trees.document_of(draft.root, draft.stored)
    try:
        return Reading(document, parse_criteria(document, catalog, calendar=context.calendar), {})
    except CriteriaError as error:
        return Reading(document, None, trees.problems_by_key(draft.root, error.problems))
