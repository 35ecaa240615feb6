"""Puts the explanation of a tree together: answers of the database, what they rest on, and what time will change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segment_engine.domain.criteria import Condition, Criteria, Group, GroupKind, Node
from segment_engine.domain.describe import describe
from segment_engine.domain.describe.times import instant_text
from segment_engine.domain.explanation import DecidedBy, NodeExplanation, Truth
from segment_engine.domain.explanation.conditions import testify
from segment_engine.domain.explanation.rows import Seen
from segment_engine.domain.flips.ahead import ROOT, Ahead, Change
from segment_engine.domain.write import write_node

_HEADINGS = {
    GroupKind.ALL: "all of these hold",
    GroupKind.ANY: "any of these holds",
    GroupKind.NONE: "none of these holds",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the compiled criteria say of one node for one contact: whether it holds, and whether a value is missing."""

    holds: bool
    missing: bool

    @property
    def truth(self) -> Truth:
        """The answer by value alone."""
        if self.missing:
            return Truth.UNKNOWN
        return Truth.TRUE if self.holds else Truth.FALSE


@dataclass(frozen=True, slots=True)
class Telling:
    """What a tree is explained with."""

    criteria: Criteria
    answers: Mapping[str, Answer]
    words: Mapping[str, str]
    seen: Seen
    ahead: Ahead


def explain_tree(telling: Telling) -> NodeExplanation:
    """Explain every node, in the shape of the tree."""
    return _explain(telling, telling.criteria.root, ROOT)


def _explain(telling: Telling, node: Node, path: str) -> NodeExplanation:
    answer = telling.answers[path]
    if isinstance(node, Group):
        children = tuple(_explain(telling, child, f"{path}.of[{place}]") for place, child in enumerate(node.of))
        return NodeExplanation(
            path, node.kind.value, _heading(node), answer.truth, answer.holds, DecidedBy.CHILDREN, children=children
        )  # fmt: skip
    decided = DecidedBy.ON_MISSING if answer.missing else DecidedBy.VALUE
    kind, words = str(write_node(node)["kind"]), telling.words[path]
    found = testify(node, telling.seen, holds=answer.holds)
    change = telling.ahead.changes.get(path)
    flips = found.flips if change is None else (*found.flips, change_text(change, telling.criteria))
    return NodeExplanation(
        path, kind, words, answer.truth, answer.holds, decided, found.facts, found.rows, flips,
        None if change is None else change.at,
    )  # fmt: skip


def _heading(group: Group) -> str:
    if group.kind is GroupKind.AT_LEAST:
        return f"at least {group.k} of these {'holds' if group.k == 1 else 'hold'}"
    return _HEADINGS[group.kind]


def condition_words(leaf: Condition, seen: Seen) -> str:
    """Say one condition, with its times resolved."""
    alone = Criteria(Group(GroupKind.ALL, (leaf,)), seen.calendar)
    return describe(alone, seen.catalog, as_of=seen.as_of).text.removeprefix("Contacts where ")


def change_text(change: Change, criteria: Criteria) -> str:
    """Say a change by time alone: holds from 3 Dec 2026 14:00 on, when something is older than 30 days."""
    verb = "holds" if change.holds else "no longer holds"
    return f"{verb} from {_when(change, criteria)} on, when {change.reason}"


def ahead_text(ahead: Ahead, criteria: Criteria) -> str:
    """Say when time alone changes the whole answer, or why that cannot be told."""
    change = ahead.changes.get(ROOT)
    if change is not None:
        verb = "enters" if change.holds else "leaves"
        return f"Without new data the contact {verb} on {_when(change, criteria)}, when {change.reason}."
    if ahead.unforeseen:
        return "It cannot be told when time alone changes the answer: it rests on more than was read of this contact."
    if ahead.until is not None:
        zone = criteria.calendar.time_zone
        until = instant_text(ahead.until.replace(second=0, microsecond=0), criteria.calendar)
        return f"Time alone changes nothing before {until} ({zone})."
    return "Time alone never changes the answer."


def _when(change: Change, criteria: Criteria) -> str:
    # To the minute: a bound is passed a microsecond later than it is reached, which nobody needs to read.
    at = change.at.replace(second=0, microsecond=0)
    return f"{instant_text(at, criteria.calendar)} ({criteria.calendar.time_zone})"
