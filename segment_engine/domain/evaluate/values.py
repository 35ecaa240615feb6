"""One stored value against one operator, for the reference evaluator. It never sees SQL.

A *rule* answers for a value that is present; `on_missing` answers for the rest (docs/criteria.md §5, M2, M4).
"""

from __future__ import annotations

from collections.abc import Callable

from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.criteria import Count, OnMissing, Test
from segment_engine.domain.evaluate.reading import Read, read_value
from segment_engine.domain.evaluate.records import Stored
from segment_engine.domain.evaluate.rules import Rule, rule_of
from segment_engine.domain.evaluate.times import Clock
from segment_engine.domain.operators import find_operator
from segment_engine.errors import Unresolved

Answer = Callable[[Read | None], bool]


def judge(test: Test, field: Field, clock: Clock) -> Callable[[Stored | None], bool]:
    """Return the question a test asks of a stored value of this field.

    Raises: Unresolved when the operator does not suit the field's type, or an ordered choice lost a value.
    """
    kind = field.type
    decide = judge_read(test, field, clock)
    return lambda value: decide(read_value(value, kind))


def judge_read(test: Test, field: Field, clock: Clock) -> Answer:
    """Return the question a test asks of a value that was read, or calculated (an average is a fraction)."""
    operator = find_operator(test.op, field.type, ordered=field.ordered)
    if operator is None:
        raise _unsuited(test, field)
    if test.op in {"is_set", "is_not_set"}:
        wanted = test.op == "is_set"
        return lambda value: (value is not None) is wanted
    if isinstance(test.value, Count):
        return _size(test.value)
    rule = rule_of(test.op, test, field, clock)
    if rule is None:
        rule = _opposite(rule_of(operator.complement, test, field, clock))
    if rule is None:
        raise _unsuited(test, field)
    missing = (test.on_missing or operator.missing) is OnMissing.INCLUDE
    if operator.ordered_choice_only and field.type is FieldType.CHOICE:
        return _by_position(rule, field.values, missing=missing)
    return _total(rule, missing=missing)


def _size(count: Count) -> Answer:
    # The number of different present elements; none at all is 0 and never missing.
    return lambda value: count_holds(len(value) if isinstance(value, frozenset) else 0, count)


def count_holds(number: int, count: Count) -> bool:
    """Tell whether a number of rows, or of elements, is as asked; both ends of a range are in."""
    upper = count.n if count.to is None else count.to
    answers = {
        "eq": number == count.n,
        "ne": number != count.n,
        "gt": number > count.n,
        "gte": number >= count.n,
        "lt": number < count.n,
        "lte": number <= count.n,
        "between": count.n <= number <= upper,
        "not_between": not count.n <= number <= upper,
    }
    return answers[count.op]


def _unsuited(test: Test, field: Field) -> Unresolved:
    return Unresolved(f"{field.label} cannot be asked with {test.op}. Edit that condition.")


def _total(rule: Rule, *, missing: bool) -> Answer:
    return lambda value: missing if value is None else rule(value)


def _opposite(rule: Rule | None) -> Rule | None:
    return None if rule is None else lambda value: not rule(value)


def _by_position(rule: Rule, values: tuple[str, ...], *, missing: bool) -> Answer:
    # A stored choice outside the list has no place in the order, so there it counts as missing (§2).
    places: dict[Read | None, int] = {value: place for place, value in enumerate(values)}
    decide = _total(rule, missing=missing)
    return lambda value: decide(places.get(value))
