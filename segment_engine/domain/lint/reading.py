"""Reads operators and conditions as formulas over subjects, so that they can be compared.

What it does not understand becomes a subject of its own about which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import cast

from segment_engine.domain.canonical.values import canonical_count, canonical_test
from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Field, FieldType
from segment_engine.domain.criteria import Case, Count, LiteralRange, OnMissing, Test
from segment_engine.domain.criteria import Literal as Typed
from segment_engine.domain.folding import fold, fold_ascii
from segment_engine.domain.lint.edges import TimeLine
from segment_engine.domain.lint.formulas import Every, Formula, Some, opposite
from segment_engine.domain.lint.ranges import NOT_NEGATIVE, Ranges, points, span
from segment_engine.domain.lint.subjects import Falls, Includes, Literal, OneOf, Rule, Says, Size, Subject, Within
from segment_engine.domain.literals import scaled
from segment_engine.domain.operators import Operator, find_operator
from segment_engine.errors import InputError, LimitExceeded, Unresolved

_SAYS = {"equals": "is", "is_any_of": "is"}
_UNIVERSES = {"@weekday": span(1, 8), "@hour": span(0, 24)}
YES = OneOf(points((1,)))


def fold_of(field: Field) -> Callable[[str], str]:
    """Give the folding of a field's text."""
    return fold_ascii if field.fold_column is None else fold


def subject_of(field: Field) -> Subject:
    """Describe a field of a contact, or a property of a row, as what literals speak of."""
    universe = _UNIVERSES.get(field.key)
    if universe is not None:
        return Subject(field.key, universe=universe)
    if field.type is FieldType.BOOLEAN:
        return Subject(field.key, may_miss=True, universe=span(0, 2))
    return Subject(field.key, may_miss=not field.key.startswith("@"), fold=fold_of(field))


def read_test(test: Test, field: Field, subject: Subject, line: TimeLine, *, dense: bool = False) -> Formula:
    """Read an operator with its value. `dense` is for averages, which lie between the literals too.

    Raises: Unresolved when the operator does not suit the field any more.
    Source: docs/criteria.md §5 and M3.
    """
    operator = find_operator(test.op, field.type, ordered=field.ordered)
    if operator is None:
        raise Unresolved(f"{field.label} cannot be asked with {test.op}. Edit that condition.")
    if isinstance(test.value, Count):
        numbers = count_numbers(test.value)
        return Literal(subject, Size(numbers), missing=0 in numbers)
    positive = find_operator(operator.complement, field.type, ordered=field.ordered) if operator.negative else operator
    answer = (test.on_missing or operator.missing) is OnMissing.INCLUDE
    if operator.key in {"is_set", "is_not_set"}:
        answer = operator.negative
    asked = _Asked(test, cast("Operator", positive), field, replace(line, dates=field.type is FieldType.DATE), dense)
    try:
        formula = asked.formula(Literal(subject, None, missing=answer is not operator.negative))
    except (LimitExceeded, InputError):  # a time outside of 1900 to 2200, which the run will name
        return Literal(Subject(f"{subject.key} {canonical_test(test, field, negated=False)}"), YES)
    return opposite(formula) if operator.negative else formula


def count_numbers(count: Count) -> Ranges:
    """Give the numbers a count allows."""
    written = canonical_count(count, negated=False)
    n, first, last = (cast("int", written.get(key, 0)) for key in ("n", "from", "to"))
    match written["op"]:
        case "gte":
            return span(n, None)
        case "lte":
            return span(0, n + 1)
        case "eq":
            return points((n,))
        case "ne":
            return points((n,)).opposite().both(NOT_NEGATIVE)
        case "between":
            return span(first, last + 1)
        case _:
            return span(first, last + 1).opposite().both(NOT_NEGATIVE)


class _Asked:
    """One operator in its positive sense. `plain` is the literal that holds for every value, to be given a rule."""

    def __init__(self, test: Test, operator: Operator, field: Field, line: TimeLine, dense: bool) -> None:  # noqa: FBT001 - one constructor, one caller
        self.value = test.value
        self.op = operator.key
        self.folded = test.case is not Case.EXACT
        self.field = field
        self.line = line
        self.dense = dense

    def formula(self, plain: Literal) -> Formula:
        """Read the operator."""
        kind = self.field.type
        if self.op == "is_set":
            return plain
        if self.op == "is_true":
            return replace(plain, rule=YES)
        if kind in TIMES:
            return replace(plain, rule=self._time())
        if kind in NUMBERS:
            return replace(plain, rule=OneOf(self._numbers()))
        if kind is FieldType.SET:
            return self._set(plain)
        if kind in TEXTS and self.op in {"gt", "gte", "between"}:
            return self._position(plain)
        return self._text(plain)

    def _listed(self) -> tuple[Typed, ...]:
        return self.value if isinstance(self.value, tuple) else (cast("Typed", self.value),)

    # Numbers -------------------------------------------------------------------------------------------------

    def _numbers(self) -> Ranges:
        if isinstance(self.value, LiteralRange):
            return span(self._place(self.value.start), self._place(self.value.end) + 1)
        places = [self._place(literal) for literal in self._listed()]
        match self.op:
            case "gt":
                return span(places[0] + 1, None)
            case "gte":
                return span(places[0], None)
            case _:
                return points(places)

    def _place(self, literal: Typed) -> int:
        # Between two neighboring literals an average still has room: every second place stands for all that lies there.
        return scaled(cast("int | Decimal", literal), self.field.scale) * (2 if self.dense else 1)

    # Text, choices, sets -------------------------------------------------------------------------------------

    def _texts(self) -> list[str]:
        same = fold_of(self.field) if self.folded else str
        return [same(str(literal)) for literal in self._listed()]

    def _text(self, plain: Literal) -> Formula:
        how = _SAYS.get(self.op, self.op.removesuffix("_any_of"))
        if how == "is":
            return replace(plain, rule=Says(how, frozenset(self._texts()), self.folded))
        return _any(plain, [Says(how, frozenset({text}), self.folded) for text in self._texts()])

    def _position(self, plain: Literal) -> Formula:
        """Read a comparison of an ordered choice; a stored value outside of its list counts as missing (§2)."""
        order = self.field.values
        if isinstance(self.value, LiteralRange):
            first, last = order.index(str(self.value.start)), order.index(str(self.value.end))
        else:
            first = order.index(str(self.value)) + (self.op == "gt")
            last = len(order) - 1
        inside, outside = frozenset(order[first : last + 1]), frozenset((*order[:first], *order[last + 1 :]))
        if plain.missing:
            return replace(plain, rule=Says("is", outside, folded=False), negated=True)
        return replace(plain, rule=Says("is", inside, folded=False))

    def _set(self, plain: Literal) -> Formula:
        rules: list[Rule] = [Includes(text, self.folded) for text in self._texts()]
        if self.op == "includes_all":
            return Every(tuple(replace(plain, rule=rule) for rule in rules))
        return _any(plain, rules)

    # Time ----------------------------------------------------------------------------------------------------

    def _time(self) -> Rule:
        match self.op:
            case "month_is" | "weekday_is":
                numbers = points(int(number) for number in self._listed())
                return Falls(self.op.removesuffix("_is"), numbers)
            case "anniversary_within":
                return Falls(repr(self.value), points((1,)))
            case _:
                return Within(self.line.of_operator(self.op, self.value))


def _any(plain: Literal, rules: list[Rule]) -> Formula:
    parts = tuple(replace(plain, rule=rule) for rule in rules)
    return parts[0] if len(parts) == 1 else Some(parts)
