"""Finds what can never hold, what always holds, and what a neighbor says already. Every claim is a proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from segment_engine.domain.canonical import canonical_node, serialized
from segment_engine.domain.criteria import Bucket, Group, GroupKind, Sample
from segment_engine.domain.lint.conditions import FEW, TreeReader
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.formulas import Formula, opposite
from segment_engine.domain.lint.negations import Negations
from segment_engine.domain.lint.rows import RowsReader
from segment_engine.domain.lint.walk import Spot, below
from segment_engine.domain.lint.words import Words


@dataclass(frozen=True)
class Logic:
    """Examines one tree: that of the criteria, or of a `where` or `has`.

    Shape: `known` takes all_contacts for true, which proves that something can never hold; `open` leaves it open, which
        proves that something always holds without it.
    """

    known: TreeReader
    open: TreeReader
    words: Words
    negations: Negations

    def findings(self, tree: Spot) -> Iterator[Finding]:
        """Yield everything found in a tree."""
        whole = tree.path == "$.root"
        if not self._possible(tree):
            yield self._contradiction(tree, whole=whole)
            return
        yield from self._parts(tree, whole=whole)

    def _parts(self, spot: Spot, *, whole: bool) -> Iterator[Finding]:
        """Examine a node that can hold; what is found of a node is not repeated for its parts."""
        turned = tuple(self.negations.turned(spot))
        yield from turned
        if not turned and self._always(spot):
            yield self._tautology(spot, whole=whole)
            return
        children = spot.children()
        alive = [child for child in children if self._possible(child)]
        yield from (self._dead(child, alone=len(children) == 1) for child in children if child not in alive)
        sound = [child for child in alive if not self._always(child)]
        if not turned and spot.joins is not GroupKind.AT_LEAST:
            yield from self._repeated(spot, sound)
        for child in alive:
            yield from self._parts(child, whole=False)

    def _possible(self, spot: Spot) -> bool:
        return self.known.can_hold(self.known.read(spot.node, spot.source))

    def _always(self, spot: Spot) -> bool:
        return not self.open.can_hold(opposite(self.open.read(spot.node, spot.source)))

    # Never and always ----------------------------------------------------------------------------------------

    def _contradiction(self, tree: Spot, *, whole: bool) -> Finding:
        code, who = (
            ("L-CONTRADICTION", "Nobody can ever match") if whole else ("L-DEAD", "No row can ever satisfy this")
        )
        return found(code, tree.path, f"{who}. {self._reason(tree)} Correct it, or remove what is not meant.")

    def _dead(self, spot: Spot, *, alone: bool) -> Finding:
        effect = "excludes nobody" if spot.negated else "adds nobody"
        sentence = f"This part can never hold, so it {effect}. {self._reason(spot)} Correct it or remove it."
        return found("L-DEAD", spot.path, sentence, fix=None if alone else "Remove this part.")

    def _reason(self, tree: Spot) -> str:
        """Name the two conditions that exclude each other, where two are enough."""
        leaves = [each for each in below(tree) if not isinstance(each.node, Group)]
        formulas = [self._in_effect(each, tree) for each in leaves]
        for leaf, formula in zip(leaves, formulas, strict=True):
            if not self.known.can_hold(formula, most=FEW):
                return f"“{self.words.in_effect(leaf, tree)}” holds for no value at all."
        for (one, first), (other, second) in combinations(zip(leaves, formulas, strict=True), 2):
            if not self.known.can_hold(first, second, most=FEW):
                names = [f"“{self.words.in_effect(each, tree)}”" for each in (one, other)]
                return f"{' and '.join(names)} exclude each other."
        return "Its conditions exclude each other."

    def _in_effect(self, spot: Spot, tree: Spot) -> Formula:
        formula = self.known.read(spot.node, spot.source)
        return formula if spot.negated is tree.negated else opposite(formula)

    def _tautology(self, spot: Spot, *, whole: bool) -> Finding:
        if spot.source is None:
            who, instead = "every contact", "Use “all contacts” if everyone is meant, or correct it."
        else:
            who, instead = "every row", "Remove it, or correct it."
        part = "The whole" if whole else "This part"
        sentence = f"{part} holds for {who}, so it decides nothing: “{self.words.of(spot)}”. {instead}"
        return found("L-TAUTOLOGY", spot.path, sentence, at_root=whole)

    # Neighbors -----------------------------------------------------------------------------------------------

    def _repeated(self, group: Spot, children: Sequence[Spot]) -> Iterator[Finding]:
        """Yield children that another child makes superfluous, each once; samples have a finding of their own."""
        formulas = {child.path: self.open.read(child.node, child.source) for child in children}
        gone: set[str] = set()
        for one, other in combinations(children, 2):
            both_drawn = isinstance(one.node, Sample | Bucket) and isinstance(other.node, Sample | Bucket)
            if one.path in gone or other.path in gone or both_drawn:
                continue
            needless = self._needless(group, (one, formulas[one.path]), (other, formulas[other.path]))
            if needless is not None:
                gone.add(needless.path)
                yield self._superfluous(needless, one if needless is other else other)

    def _needless(self, group: Spot, one: tuple[Spot, Formula], other: tuple[Spot, Formula]) -> Spot | None:
        """In `all` what follows from the other is superfluous, in `any` and `none` what implies it; the later first."""
        forward, backward = self._implies(one[1], other[1]), self._implies(other[1], one[1])
        later, earlier = (forward, backward) if _is_all_of(group) else (backward, forward)
        return other[0] if later else one[0] if earlier else None

    def _implies(self, strict: Formula, loose: Formula) -> bool:
        return not self.open.can_hold(strict, opposite(loose), most=FEW)

    def _equal(self, one: Spot, other: Spot) -> bool:
        writing = self.known.rows.writing(one.source)
        texts = [serialized(canonical_node(each.node, writing, negated=False)) for each in (one, other)]
        return texts[0] == texts[1]

    def _superfluous(self, needless: Spot, reason: Spot) -> Finding:
        if self._equal(needless, reason):
            sentence = f"“{self.words.of(needless)}” stands here twice. Remove one of the two."
        else:
            said = f"“{self.words.of(reason)}” already decides what “{self.words.of(needless)}” asks"
            sentence = f"{said}, so the latter changes nothing. Remove it, or correct one of the two."
        return found("L-REDUNDANT", needless.path, sentence, fix="Remove this condition.")


def _is_all_of(group: Spot) -> bool:
    """Whether the children are asked to hold together, before any `none` further out turns them."""
    return isinstance(group.node, Group) and group.node.kind is GroupKind.ALL


def logic_of(rows: RowsReader, words: Words, negations: Negations) -> Logic:
    """Prepare the examination of trees."""
    return Logic(TreeReader(rows, everyone=True), TreeReader(rows, everyone=False), words, negations)
