"""Says criteria in plain English, line by line: no Markdown, no reading of data, the same words for equal documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase

from segment_engine.domain.catalog import TEXTS, TIMES, Catalog, FieldType
from segment_engine.domain.criteria import AllContacts, Criteria, Group, GroupKind, Limit, Node, OrderKey
from segment_engine.domain.describe.conditions import condition_pieces
from segment_engine.domain.describe.rows import Clause, Piece, Speaker, expression_pieces
from segment_engine.domain.describe.times import Clock
from segment_engine.domain.describe.values import number_text

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


@dataclass(frozen=True, slots=True)
class ByHand:
    """How many contacts people put into a segment, or took out of it, whatever its criteria say."""

    put_in: int = 0
    taken_out: int = 0


def describe(criteria: Criteria, catalog: Catalog, *, as_of: datetime, by_hand: ByHand | None = None) -> Sentence:
    """Write criteria as a sentence in plain English.

    Shape:  one to many lines; exclusions stand last in the tree, then the limit, then members by hand. Names are labels
            of the catalog, user text stands between “ and ”.
    Units:  relative times carry their bounds as of `as_of`, in the time zone of the criteria, which is named.
    Source: docs/criteria.md §9.1.
    """
    speaker = Speaker(catalog, Clock(as_of, criteria.calendar))
    lines = [*_frame(criteria.root, speaker)]
    if criteria.limit is not None:
        lines += _limit(criteria.limit, speaker)
    return Sentence((*lines, *_by_hand(by_hand or ByHand())))


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


def _limit(limit: Limit, speaker: Speaker) -> Iterator[SentenceLine]:
    number = f" {number_text(limit.top_n)}" if limit.top_n > 1 else ""
    yield SentenceLine(0, f"Of these only the first{number}, ordered by")
    for place, key in enumerate(limit.order_by):
        direction = _direction(key, speaker)
        pieces = (*expression_pieces(key.value, speaker), f", {direction}")
        yield from _laid_out(pieces, level=1, opening="then " if place else "")
    keep = limit.ties == "keep"
    ties = "equals of the last one come too" if keep else "among equals the lower contact key decides"
    yield SentenceLine(1, f"{ties}; contacts without a value come last")


def _direction(key: OrderKey, speaker: Speaker) -> str:
    kind = speaker.type_of(key.value)
    low, high = ("lowest", "highest")
    if kind in TIMES:
        low, high = ("earliest", "latest")
    elif kind in TEXTS or kind is FieldType.BOOLEAN:
        return "in order" if key.direction == "asc" else "in reverse order"
    return f"{low if key.direction == 'asc' else high} first"


def _by_hand(by_hand: ByHand) -> Iterator[SentenceLine]:
    acts = ((by_hand.put_in, "put in"), (by_hand.taken_out, "taken out"))
    parts = [f"{number_text(n)} {'contact was' if n == 1 else 'contacts were'} {act} by hand" for n, act in acts if n]
    if parts:
        yield SentenceLine(0, f"Whatever the criteria say, {' and '.join(parts)}")


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
    yield from _laid_out(condition_pieces(node, speaker), level=level, opening=opening)


def _laid_out(pieces: Sequence[Piece], *, level: int, opening: str) -> Iterator[SentenceLine]:
    """Write words and the groups between them: in one line where only the last group needs lines of its own."""
    *before, last = pieces
    if all(_in_line(piece) is not None for piece in before):
        text = opening + "".join(_in_line(piece) or "" for piece in before)
        if isinstance(last, str):
            yield SentenceLine(level, text + last)
        else:
            yield from _node_lines(_lifted(last.group), last.speaker, level=level, opening=text + last.lead)
        return
    clauses = [piece for piece in pieces if isinstance(piece, Clause)]
    marks = {id(clause): f"({letter})" for clause, letter in zip(clauses, ascii_lowercase, strict=False)}
    yield SentenceLine(level, opening + "".join(p if isinstance(p, str) else f" {marks[id(p)]}" for p in pieces))
    for clause in clauses:
        words = f"{marks[id(clause)]} {clause.lead.strip(' ,') or 'where'} "
        yield from _node_lines(_lifted(clause.group), clause.speaker, level=level + 1, opening=words)


def _in_line(piece: Piece) -> str | None:
    """Write a piece within a line; None for a group of several conditions."""
    if isinstance(piece, str):
        return piece
    node = _lifted(piece.group)
    if isinstance(node, Group):
        return None
    return piece.lead + "".join(_in_line(part) or "" for part in condition_pieces(node, piece.speaker))


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
