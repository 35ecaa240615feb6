"""Says in one sentence why a contact is a member or not: by hand, by the tree, or by the limit."""

from __future__ import annotations

from segment_engine.domain.criteria import Criteria, GroupKind
from segment_engine.domain.describe.values import number_text
from segment_engine.domain.explanation import HandDecision, NodeExplanation, Standing

_BY_HAND = {"taken_out": "taken out by hand", "put_in": "put in by hand"}


def membership_sentence(
    criteria: Criteria, root: NodeExplanation, hand: HandDecision | None, standing: Standing | None, *, member: bool
) -> str:
    """Name what decided, in the order of docs/criteria.md §1: what a person decided is stronger than any rule."""
    outcome = "A member" if member else "Not a member"
    if hand is not None:
        return f"{outcome}: {_BY_HAND[hand.decision]} ({hand.reason})."
    if not root.holds:
        return f"{outcome}: {_why_not(root, criteria)}."
    if standing is None:
        return f"{outcome}: the criteria hold."
    kept = f"among the first {number_text(standing.top_n)}"
    place = f", at place {number_text(standing.rank)}" if standing.rank is not None else ""
    return f"{outcome}: the criteria hold{place}, {kept if standing.inside else f'not {kept}'}."


def _why_not(root: NodeExplanation, criteria: Criteria) -> str:
    holding = [child for child in root.children if child.holds]
    failing = [child for child in root.children if not child.holds]
    match criteria.root.kind:
        case GroupKind.ALL if len(failing) == 1 and not failing[0].children:
            return f"it does not hold that {_words(failing[0])}"
        case GroupKind.ALL if len(failing) == 1:
            return f"one group of conditions does not hold ({_words(failing[0])})"
        case GroupKind.ALL:
            return f"{len(failing)} of {len(root.children)} parts of the criteria do not hold"
        case GroupKind.ANY:
            return f"none of {len(root.children)} parts of the criteria holds"
        case GroupKind.NONE if len(holding) == 1 and not holding[0].children:
            return f"left out, because {_words(holding[0])}"
        case GroupKind.NONE:
            return f"left out by {len(holding)} of {len(root.children)} parts of the criteria"
        case GroupKind.AT_LEAST:
            return f"{len(holding)} parts of the criteria hold, and {criteria.root.k} are needed"


def _words(node: NodeExplanation) -> str:
    return node.text.splitlines()[0].rstrip(":")
