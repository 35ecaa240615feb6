"""What is being edited, its earlier states, and how the parser reads it. It lives in the session of one tab."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages import builder_changes as changes
from pages import builder_new as new
from pages import builder_tree as trees
from pages.builder_tree import KEY, Node
from segment_engine import (
    Catalog,
    Criteria,
    GroupKind,
    OrganizationContext,
    Schedule,
    ScheduleKind,
    Segment,
    SegmentState,
    parse_criteria,
    write_criteria,
)
from segment_engine.errors import CriteriaError, NotFound, Problem

DRAFT = "editor.draft"
CHOICES = "editor.choices"
UNFINISHED = frozenset({"missing_key", "empty_group", "empty_list"})
DIALOG = "editor.dialog"
MOST_STEPS = 100
# What a new segment begins with: it follows what it reads, so nobody has to come back to it.
RECOMMENDED = Schedule(ScheduleKind.SOURCE)


@dataclass(frozen=True)
class Step:
    """One state of the criteria: the tree, and what the form does not edit (the calendar)."""

    root: Node
    stored: dict[str, Any] | None

    @property
    def document(self) -> dict[str, Any]:
        """The document of this state."""
        return trees.document_of(self.root, self.stored)


@dataclass(frozen=True)
class Draft:
    """What is being edited.

    Shape: `past` and `future` hold the states that undo and redo lead to, the nearest last. `fresh` is True between a
        change by a button and the next drawing, whose own defaults are no step of their own. `tried` after a save that
        could not be made: from then on what is missing is named too. `accepted` are the warnings a person ticked, and
        the codes that were accepted before. `published` says whether there are members already. `schedule` is that of
        a new segment; an edit leaves the one there is alone.
    """

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
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()
    fresh: bool = True
    accepted: frozenset[str] = frozenset()
    published: bool = False
    schedule: Schedule | None = None

    @property
    def step(self) -> Step:
        """The present state of the criteria."""
        return Step(self.root, self.stored)

    @property
    def untouched(self) -> bool:
        """Whether nothing was asked yet."""
        of = trees.children(self.root)
        return len(of) <= 1 and all(not each.get("field") and each.get("kind") == "attribute" for each in of)


@dataclass(frozen=True)
class Reading:
    """What the parser says of the tree: criteria, or the problems, sorted into unfinished conditions and mistakes."""

    document: dict[str, Any]
    criteria: Criteria | None
    problems: dict[str, list[Problem]]

    @property
    def written(self) -> dict[str, Any] | None:
        """The document as it would be stored, with every default spelled out."""
        return None if self.criteria is None else write_criteria(self.criteria)

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
    st.session_state.pop(CHOICES, None)
    dialog_closed()


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
    forget()
    if asked is None:
        root = trees.new_group(GroupKind.ALL, new.blank_condition())
        keep(Draft(None, 0, SegmentState.ACTIVE, "", "", None, root, schedule=RECOMMENDED))
        return
    keep(draft_of(running_engine().segments.get(context, asked)))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def draft_of(segment: Segment, *, edition: int = 0) -> Draft:
    """Take a stored segment for editing; another `edition` makes the controls forget what they held."""
    return Draft(
        segment.segment_id, segment.revision, segment.state, segment.name, segment.description, dict(segment.document),
        trees.opened(dict(segment.document)), edition, accepted=frozenset(segment.accepted_warnings),
        published=segment.published_run_id is not None,
    )  # fmt: skip


def dialog_opened() -> None:
    """Remember that a dialog is open: drawing the whole page anew would close it."""
    st.session_state[DIALOG] = True


def dialog_closed() -> None:
    """Let the page be drawn anew again."""
    st.session_state.pop(DIALOG, None)


# Changes and their undoing -----------------------------------------------------------------------------------------


def change(act: Callable[[Node], Node]) -> None:
    """Change the tree from a button. One that was pressed twice may find its node gone; then nothing is left to do."""
    draft = current_draft()
    if draft is not None:
        with suppress(KeyError):
            keep(_stepped(draft, act(draft.root)))


def answered(draft: Draft, root: Node) -> Draft:
    """Take over what the controls say. What a person changed is a step that can be undone."""
    if draft.fresh:
        return replace(draft, root=root, fresh=False)
    return replace(_stepped(draft, root), fresh=False)


def exchanged(draft: Draft, document: dict[str, Any]) -> Draft:
    """Take another document in place of the criteria; undo brings the old ones back."""
    return replace(_stepped(draft, trees.opened(document)), stored=document)


def _stepped(draft: Draft, root: Node) -> Draft:
    """Give the draft with another tree; the old one is kept, unless the two say the same."""
    if trees.document_of(root) == trees.document_of(draft.root):
        return replace(draft, root=root, fresh=True)
    past = (*draft.past, draft.step)[-MOST_STEPS:]
    return replace(draft, root=root, past=past, future=(), fresh=True)


def undo() -> None:
    """Go one step back."""
    draft = current_draft()
    if draft is not None and draft.past:
        keep(_gone_to(replace(draft, past=draft.past[:-1], future=(*draft.future, draft.step)), draft.past[-1]))


def redo() -> None:
    """Go one step forward again."""
    draft = current_draft()
    if draft is not None and draft.future:
        keep(_gone_to(replace(draft, future=draft.future[:-1], past=(*draft.past, draft.step)), draft.future[-1]))


def _gone_to(draft: Draft, step: Step) -> Draft:
    return replace(draft, root=changes.refreshed(step.root, draft.root), stored=step.stored, fresh=True)


# Reading -----------------------------------------------------------------------------------------------------------


def read(draft: Draft, catalog: Catalog, context: OrganizationContext) -> Reading:
    """Let the engine's own parser judge the tree as it stands."""
    document = draft.step.document
    try:
        return Reading(document, parse_criteria(document, catalog, calendar=context.calendar), {})
    except CriteriaError as error:
        return Reading(document, None, trees.problems_by_key(draft.root, error.problems))


def finished_part(draft: Draft, reading: Reading) -> Node | None:
    """Give the tree without the conditions that have problems, so that the others can be counted meanwhile."""
    left_out = {each.node[KEY] for each in trees.walk(draft.root) if each.node[KEY] in reading.problems}
    root = changes.without(draft.root, left_out)
    return None if root is None else root | {trees.LIMIT: None}
