"""Counts for the editor: the size of the whole, and how many contacts each condition holds for."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages import builder_tree as trees
from pages.builder_drawing import Drawing
from pages.builder_tree import KEY, Node
from pages.editor_draft import Draft, Reading, finished_part
from pages.live_count import Beside
from pages.words import counted, number
from segment_engine import Cancellable, Finding, NodeCount, NodeCounts, OrganizationContext, Preview, PreviewKind

COUNTING = "editor.counting"
PATIENCE_SECONDS = 0.2
MOST_KNOWN = 500
WAITING = "…"


@dataclass(frozen=True)
class Figure:
    """What stands beside a condition: for how many contacts it holds, and the whole story."""

    text: str
    story: str


@dataclass
class Counting:
    """What is counted beside one editor.

    Shape: `known` holds the figure of every node that was counted, by what the node says: undoing or moving a condition
        needs no new count. `exact` is the document for which a person asked to have it counted exactly.
    """

    size: Beside[Preview] = field(default_factory=Beside[Preview])
    nodes: Beside[NodeCounts] = field(default_factory=Beside[NodeCounts])
    findings: Beside[tuple[Finding, ...]] = field(default_factory=Beside[tuple[Finding, ...]])
    known: dict[str, Figure] = field(default_factory=dict[str, Figure])
    exact: str = ""

    @property
    def waiting(self) -> bool:
        """Whether anything is still to come."""
        return self.size.waiting or self.nodes.waiting or self.findings.waiting


def counting() -> Counting:
    """Give what is counted in this tab."""
    return st.session_state.setdefault(COUNTING, Counting())


def stop_counting() -> None:
    """Stop what is being counted, and forget it: the next visit may find other data."""
    held: Counting | None = st.session_state.pop(COUNTING, None)
    if held is not None:
        held.size.forget()
        held.nodes.forget()
        held.findings.forget()


def as_question(document: dict[str, Any]) -> str:
    """Write a document so that equal ones are equal texts."""
    return json.dumps(document, sort_keys=True)


def count(context: OrganizationContext, draft: Draft, reading: Reading, drawing: Drawing) -> Counting:
    """Begin to count what is on the screen, and write beside every condition what is known of it."""
    held = counting()
    _ask_size(held, context, draft.segment_id, reading)
    part = finished_part(draft, reading)
    _ask_nodes(held, context, draft, part)
    until = time.monotonic() + PATIENCE_SECONDS
    held.size.outcome(until=until)
    found = held.nodes.outcome(until=until)
    if part is not None and found is not None and found.answer is not None:
        _remember(held, draft, part, found.answer)
    _write(held, draft, drawing)
    if not held.nodes.waiting:
        _ask_findings(held, context, draft, reading, None if found is None else found.answer)
    return held


def _ask_size(held: Counting, context: OrganizationContext, segment_id: UUID | None, reading: Reading) -> None:
    if reading.criteria is None:
        held.size.forget()
        return
    document = reading.document
    question = f"{context.organization_id}:{as_question(document)}"
    exact = held.exact == as_question(document)

    def preview(handle: Cancellable) -> Preview:
        analysis = running_engine().analysis
        return analysis.preview(context, document, segment_id=segment_id, exact=exact, cancel=handle)

    held.size.ask(f"{question}:{exact}", preview)


def _ask_nodes(held: Counting, context: OrganizationContext, draft: Draft, part: Node | None) -> None:
    """Count the conditions that are finished, also while others are not; what was counted is not counted again."""
    if part is None or all(_said(draft, each.node) in held.known for each in _counted(part)):
        held.nodes.forget()
        return
    document = trees.document_of(part, draft.stored) | {"limit": None}
    question = f"{context.organization_id}:{as_question(document)}"

    def counts(handle: Cancellable) -> NodeCounts:
        return running_engine().analysis.counts(context, document, cancel=handle)

    held.nodes.ask(question, counts)


def findings_question(context: OrganizationContext, reading: Reading) -> str:
    """Write what the linter is asked, so that its answer is shown beside these very criteria only."""
    return f"{context.organization_id}:{as_question(reading.document)}"


def _ask_findings(
    held: Counting, context: OrganizationContext, draft: Draft, reading: Reading, counts: NodeCounts | None
) -> None:
    """Let the linter look at the data, too: that may take seconds, and nobody waits for it."""
    if reading.criteria is None:
        held.findings.forget()
        return
    document = reading.document

    def lint(_handle: Cancellable) -> tuple[Finding, ...]:
        return running_engine().segments.lint(context, document, segment_id=draft.segment_id, counts=counts)

    held.findings.ask(findings_question(context, reading), lint)


def _counted(root: Node) -> list[trees.Standing]:
    return [each for each in trees.walk(root) if not each.filter]


def _said(draft: Draft, node: Node) -> str:
    calendar = (draft.stored or {}).get("calendar")
    return as_question({"calendar": calendar, "node": trees.bare(node)})


def _remember(held: Counting, draft: Draft, part: Node, found: NodeCounts) -> None:
    if len(held.known) > MOST_KNOWN:
        held.known.clear()
    for each in _counted(part):
        node = found.of(each.path)
        if node is not None:
            held.known[_said(draft, each.node)] = figure_of(node, found)


def figure_of(node: NodeCount, found: NodeCounts) -> Figure:
    """Write the count of a node in short and in full."""
    estimated = found.kind is PreviewKind.ESTIMATED
    about = "about " if estimated else ""
    story = (
        f"Holds for {about}{number(node.matched)} of {counted(found.base_count, 'contact', 'contacts')}: "
        f"true for {number(node.true)}, not true for {number(node.false)}"
    )
    story += f", no value for {number(node.unknown)}." if node.unknown else "."
    if estimated:
        story += f" Estimated: between {number(node.matched_low)} and {number(node.matched_high)}."
    return Figure(f"≈ {number(node.matched)}" if estimated else number(node.matched), story)


def _write(held: Counting, draft: Draft, drawing: Drawing) -> None:
    for each in _counted(draft.root):
        slot = drawing.figures.get(each.node[KEY])
        figure = held.known.get(_said(draft, each.node))
        if slot is None:
            continue
        if figure is not None:
            slot.badge(figure.text, color="gray", help=figure.story)
        elif held.nodes.waiting:
            slot.badge(WAITING, color="gray")
