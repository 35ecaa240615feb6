"""Quotes parts of criteria in the sentences of the linter, in the words of the sentence itself."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.domain.criteria import Group, GroupKind
from segment_engine.domain.describe_conditions import condition_pieces
from segment_engine.domain.describe_rows import Speaker
from segment_engine.domain.lint_walk import Spot

_JOINERS = {GroupKind.ALL: " and ", GroupKind.ANY: " or ", GroupKind.NONE: " nor ", GroupKind.AT_LEAST: ", "}
_MOST = 160


@dataclass(frozen=True, slots=True)
class Words:
    """Says nodes in one line."""

    speaker: Speaker

    def of(self, spot: Spot) -> str:
        """Say a node, cut where it is long."""
        words = self._said(spot)
        return words if len(words) <= _MOST else f"{words[: _MOST - 1].rstrip()}…"

    def _said(self, spot: Spot) -> str:
        if isinstance(spot.node, Group):
            joined = _JOINERS[spot.node.kind].join(self._said(child) for child in spot.children())
            return f"none of: {joined}" if spot.node.kind is GroupKind.NONE else joined
        speaker = Speaker(self.speaker.catalog, self.speaker.clock, spot.source)
        return "".join(piece if isinstance(piece, str) else "…" for piece in condition_pieces(spot.node, speaker))
