"""Finds groups joined by or that mean nearly everyone: two negations of one field, or every value but the missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from segment_engine.domain.canonical import canonical_node, serialized
from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.criteria import Attribute, Group, GroupKind, OnMissing, Property
from segment_engine.domain.lint.conditions import FEW, TreeReader
from segment_engine.domain.lint.facts import Counts
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.formulas import Every, Formula, opposite
from segment_engine.domain.lint.reading import subject_of
from segment_engine.domain.lint.rows import RowsReader
from segment_engine.domain.lint.subjects import Literal, Says
from segment_engine.domain.lint.walk import Spot
from segment_engine.domain.lint.words import Words
from segment_engine.domain.operators import find_operator

# A list of one and a single value are one sort of question.
_SORTS = {
    listed: single
    for single, listed in (
        ("equals", "is_any_of"),
        ("not_equals", "is_none_of"),
        ("contains", "contains_any_of"),
        ("not_contains", "contains_none_of"),
    )
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A condition about a field, in the sense in which it counts: `negative` after all `none` around it."""

    spot: Spot
    field: Field
    negative: bool
    sort: str
    formula: Formula
    written: str


class Negations:
    """Examines groups joined by or. `counts` are those of the nodes, to show the share of the base."""

    def __init__(self, rows: RowsReader, words: Words, counts: Mapping[str, Counts]) -> None:
        self._rows = rows
        self._reader = TreeReader(rows, everyone=False)
        self._words = words
        self._counts = counts

    def turned(self, group: Spot) -> Iterator[Finding]:
        """Yield at most one finding about a group joined by or."""
        if group.joins is not GroupKind.ANY:
            return
        asked = [each for child in group.children() for each in self._asked(child)]
        for one, other in combinations(asked, 2):
            if one.field.key == other.field.key and one.negative and other.negative and self._lets_in(one, other):
                yield self._two_negations(group, one, other)
                return
        for key in dict.fromkeys(each.field.key for each in asked):
            same = [each for each in asked if each.field.key == key]
            if len(same) > 1 and self._covers_the_known(same) and self._reader.can_hold(_none_of(same)):
                yield self._looks_like_all(group, same[0].field)
                return

    def _asked(self, spot: Spot) -> Iterator[_Asked]:
        """Yield the condition about a field that a child is, also where groups of one stand around it."""
        node = spot.node
        if isinstance(node, Group) and len(node.of) == 1:
            yield from self._asked(spot.children()[0])
        elif isinstance(node, Attribute | Property):
            writing = self._rows.writing(spot.source)
            field = writing.field(node.field)
            operator = find_operator(node.test.op, field.type, ordered=field.ordered)
            formula = self._reader.read(node, spot.source)
            if operator is not None and operator.missing is not None:
                yield _Asked(
                    spot,
                    field,
                    (operator.missing is OnMissing.INCLUDE) is not spot.negated,
                    _SORTS.get(operator.key, operator.key),
                    opposite(formula) if spot.negated else formula,
                    serialized(canonical_node(node, writing, negated=spot.negated)),
                )  # fmt: skip

    def _lets_in(self, one: _Asked, other: _Asked) -> bool:
        """Tell whether two negations ask different things, none follows from the other, and they are of one sort."""
        pairs = ((one, other), (other, one))
        apart = one.written != other.written and all(
            self._reader.can_hold(first.formula, opposite(second.formula), most=FEW) for first, second in pairs
        )
        return apart and (one.sort == other.sort or self._covers_the_known([one, other]))

    def _covers_the_known(self, asked: list[_Asked]) -> bool:
        """Tell whether no known value is left over."""
        known = Literal(subject_of(asked[0].field), None)
        return not self._reader.can_hold(_none_of(asked), known, *self._listed(asked[0].field))

    def _listed(self, field: Field) -> list[Formula]:
        if field.type is not FieldType.CHOICE:
            return []
        return [Literal(subject_of(field), Says("is", frozenset(field.values), folded=False))]

    # Sentences -----------------------------------------------------------------------------------------------

    def _two_negations(self, group: Spot, one: _Asked, other: _Asked) -> Finding:
        words = [self._words.in_effect(each.spot) for each in (one, other)]
        counts = self._counts.get(group.path)
        share = ""
        if counts is not None and counts.base:
            share = f" It holds for {counts.matched / counts.base:.0%} of the base ({counts.matched:,} contacts)."
        sentence = (
            f"“{words[0]}” or “{words[1]}” lets nearly everyone in: whoever has the one value does not have the "
            f"other.{share} Join them with and, or use one condition with both values."
        )
        return found("L-OR-NEG", group.path, sentence, fix="Join the negations with and (all).")

    def _looks_like_all(self, group: Spot, field: Field) -> Finding:
        sentence = (
            f"Together these cover every known {field.label}, so only those without one are left out. "
            f"Write “{field.label} is known” if that is meant, or let missing values in."
        )
        return found("L-LOOKS-ALL", group.path, sentence, fix=f"Use the condition “{field.label} is known”.")


def _none_of(asked: list[_Asked]) -> Formula:
    return Every(tuple(opposite(each.formula) for each in asked))
