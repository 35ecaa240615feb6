"""Quotes parts of criteria in the sentences of the linter, in the words of the sentence itself but in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from segment_engine.domain.criteria import Group, GroupKind, Node, Source
from segment_engine.domain.describe.conditions import condition_pieces
from segment_engine.domain.describe.rows import Piece, Speaker
from segment_engine.domain.lint.walk import Spot

_JOINERS = {GroupKind.ALL: " and ", GroupKind.ANY: " or ", GroupKind.NONE: " or ", GroupKind.AT_LEAST: ", "}
_MOST = 160


@dataclass(frozen=True, slots=True)
class Words:
    """Says nodes in one line, without the bounds of relative times."""

    speaker: Speaker

    def of(self, spot: Spot) -> str:
        """Say a node, cut where it is long."""
        words = self._without_bounds(self._said(spot.node, spot.source))
        return words if len(words) <= _MOST else f"{words[: _MOST - 1].rstrip()}…"

    def in_effect(self, spot: Spot, within: Spot | None = None) -> str:
        """Say a node in the sense in which it counts in the tree, or within one of its groups."""
        turned = spot.negated is not (within is not None and within.negated)
        return f"not: {self.of(spot)}" if turned else self.of(spot)

    def _said(self, node: Node, source: Source | None) -> str:
        if isinstance(node, Group):
            joined = _JOINERS[node.kind].join(self._said(child, source) for child in node.of)
            return f"none of: {joined}" if node.kind is GroupKind.NONE else joined
        pieces = condition_pieces(node, replace(self.speaker, source=source))
        return "".join(self._piece(piece) for piece in pieces)

    def _piece(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        return f"{piece.lead}{self._said(piece.group, piece.speaker.source)}"

    def _without_bounds(self, words: str) -> str:
        """Leave out what stands between parentheses with the zone: a finding holds for every moment."""
        zone = re.escape(self.speaker.clock.calendar.time_zone)
        return re.sub(rf" \([^()]*, {zone}[^()]*\)", "", words)
