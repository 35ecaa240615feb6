"""Says criteria in plain English, line by line: no Markdown, no reading of data, the same words for equal documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import AllContacts, Criteria, Group, GroupKind, Node
from segment_engine.domain.describe_conditions import Speaker, condition_text
from segment_engine.domain.describe_times import Clock

_JOINERS = {GroupKind.ALL: "and ", GroupKind.ANY: "or ", GroupKind.NONE: "or ", GroupKind.AT_LEAST: ""}


@dataclass(frozen=True, slots=True)
class SentenceLine:
    """One line of a sentence; level 0 is the frame, deeper levels are bullets."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Criteria in words: lines for pages, text for everything else."""

    lines: tuple[SentenceLine, ...]

    @property
    def text(self) -> str:
        """The lines as plain text; a bullet stands two spaces further in for every level below the first."""
        return "\n".join(
            line.text if line.level == 0 else f"{'  ' * (line.level - 1)}• {line.text}" for line in self.lines
        )


def describe(criteria: Criteria, catalog: Catalog, *, as_of: datetime) -> Sentence:
    """Write criteria as a sentence in plain English.

    Shape:  one to many lines; exclusions stand last. Names are labels of the catalog, user text stands between “ and ”.
    Units:  relative times carry their bounds as of `as_of`, in the time zone of the criteria, which is named.
    Source: docs/criteria.md §7.
    """
    speaker = Speaker(catalog, Clock(as_of, criteria.calendar))
    return Sentence(tuple(_frame(criteria.root, speaker)))


def _frame(root: Group, speaker: Speaker) -> Iterator[SentenceLine]:
    node = _lifted(root)
    parts = _flattened(node) if isinstance(node, Group) and node.kind is GroupKind.ALL else (node,)
    asked = [part for part in parts if not _is_exclusion(part) and not isinstance(part, AllContacts)]
    left_out = [child for part in parts if isinstance(part, Group) and _is_exclusion(part) for child in part.of]
    if asked:
        yield from _block("Contacts where", asked, GroupKind.ALL, speaker)
    else:
        yield SentenceLine(0, "All contacts")
    if left_out:
        yield from _block("Leave out anyone where", left_out, GroupKind.NONE, speaker)


def _block(opening: str, nodes: Sequence[Node], kind: GroupKind, speaker: Speaker) -> Iterator[SentenceLine]:
    """Write a block of the frame: one condition goes on in the same line, several become bullets."""
    if len(nodes) == 1:
        yield from _node_lines(_lifted(nodes[0]), speaker, level=0, opening=f"{opening} ")
        return
    yield SentenceLine(0, opening)
    yield from _bullets(nodes, kind, speaker, level=1)


def _bullets(nodes: Sequence[Node], kind: GroupKind, speaker: Speaker, *, level: int) -> Iterator[SentenceLine]:
    for index, node in enumerate(nodes):
        yield from _node_lines(_lifted(node), speaker, level=level, opening=_JOINERS[kind] if index else "")


def _node_lines(node: Node, speaker: Speaker, *, level: int, opening: str) -> Iterator[SentenceLine]:
    if isinstance(node, Group):
        yield SentenceLine(level, f"{opening}{_heading(node)}")
        yield from _bullets(_flattened(node), node.kind, speaker, level=level + 1)
        return
    spoken = condition_text(node, speaker)
    text = f"{opening}{spoken.text}"
    where = None if spoken.where is None else _lifted(spoken.where)
    if where is None:
        yield SentenceLine(level, text)
    else:
        yield from _node_lines(where, spoken.speaker, level=level, opening=f"{text}, only where ")


def _heading(group: Group) -> str:
    if group.kind is GroupKind.AT_LEAST:
        return f"at least {group.k} of these {'holds' if group.k == 1 else 'hold'}:"
    if group.kind is GroupKind.NONE:
        return "this does not hold:" if len(group.of) == 1 else "none of these holds:"
    return "all of these hold:" if group.kind is GroupKind.ALL else "any of these holds:"


def _lifted(node: Node) -> Node:
    """Replace an all or any of one child by the child, which says the same."""
    while isinstance(node, Group) and node.kind in {GroupKind.ALL, GroupKind.ANY} and len(node.of) == 1:
        node = node.of[0]
    return node


def _flattened(group: Group) -> tuple[Node, ...]:
    """List the children; a group of the same kind inside an all or any joins them, exclusions of an all stand last."""
    parts: list[Node] = []
    for child in map(_lifted, group.of):
        if isinstance(child, Group) and child.kind is group.kind and group.kind in {GroupKind.ALL, GroupKind.ANY}:
            parts.extend(_flattened(child))
        else:
            parts.append(child)
    return tuple(sorted(parts, key=_is_exclusion)) if group.kind is GroupKind.ALL else tuple(parts)


def _is_exclusion(node: Node) -> bool:
    return isinstance(node, Group) and node.kind is GroupKind.NONE
