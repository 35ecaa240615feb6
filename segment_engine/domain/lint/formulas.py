"""Formulas of literals: how they combine, what negates them, and whether they can ever be true.

The search is bounded: when it gives up, the answer is that the formula can hold, so that nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segment_engine.domain.lint.subjects import Literal, Subject, can_hold


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; without parts it always does."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least `k` parts hold; without parts, or with too few, it never does."""

    parts: tuple[Formula, ...]
    k: int = 1


Formula = Literal | Every | Some
State = dict[Subject, tuple[Literal, ...]]
ALWAYS = Every(())
NEVER = Some(())


def opposite(formula: Formula) -> Formula:
    """Give the formula that is true exactly where this one is false."""
    match formula:
        case Literal():
            return formula.opposite()
        case Every(parts):
            return Some(tuple(opposite(part) for part in parts))
        case Some(parts, k):
            negated = tuple(opposite(part) for part in parts)
            return Every(negated) if k == 1 else Some(negated, len(parts) - k + 1)


class Search:
    """Looks for a way to make formulas true together; finding none is a proof, finding one is not.

    Shape: `agrees` compares what is said about different subjects; it answers no only when they exclude each other.
    Units: `left` is how many literals may still be looked at; when they are used up, the answer is yes.
    """

    def __init__(self, agrees: Callable[[State], bool], left: int) -> None:
        self._agrees = agrees
        self.left = left

    def finds(self, waiting: list[Formula], state: State) -> bool:
        """Tell whether what waits can be true with what is settled."""
        choices = self._settle(waiting, state)
        if choices is None:
            return False
        if not choices:
            return self._agrees(state)
        choices.sort(key=_width, reverse=True)
        narrowest = choices.pop()
        return any(self.left <= 0 or self.finds([*choices, *taken], dict(state)) for taken in _ways(narrowest))

    def _settle(self, waiting: list[Formula], state: State) -> list[Some] | None:
        """Take in everything that must hold; what is left are choices. None when it cannot hold."""
        choices: list[Some] = []
        said: dict[Subject, list[Literal]] = {}
        while waiting:
            formula = waiting.pop()
            match formula:
                case Literal(subject):
                    said.setdefault(subject, []).append(formula)
                case Every(parts):
                    waiting += parts
                case Some(parts, k) if k > len(parts):
                    return None
                case Some(parts, k) if k == len(parts):
                    waiting += parts
                case Some(_, k):
                    choices += [formula] if k > 0 else []
        return choices if self._takes(said, state) else None

    def _takes(self, said: dict[Subject, list[Literal]], state: State) -> bool:
        for subject, literals in said.items():
            state[subject] = (*state.get(subject, ()), *literals)
            self.left -= len(state[subject])
            if not can_hold(state[subject]):
                return False
        return True


def _width(choice: Some) -> int:
    return len(choice.parts)


def _ways(choice: Some) -> list[list[Formula]]:
    """List ways to make a choice true; every one of its solutions is among them."""
    if choice.k == 1:
        return [[part] for part in choice.parts]
    first, *rest = choice.parts
    left = tuple(rest)
    return [[first, Some(left, choice.k - 1)], [Some(left, choice.k)]]
