"""Value against value, for the reference evaluator (docs/criteria.md §4.14). It never sees SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Catalog, Field, FieldType
from segment_engine.domain.criteria import Case, CompareFields, Offset, OnMissing, Unit
from segment_engine.domain.evaluate.expressions import Worked, work_out
from segment_engine.domain.evaluate.reading import Number, Read, fold_text
from segment_engine.domain.evaluate.records import ContactRecord
from segment_engine.domain.evaluate.times import Clock
from segment_engine.errors import Unresolved

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "before": operator.lt,
    "after": operator.gt,
    "on_or_before": operator.le,
    "on_or_after": operator.ge,
}
_MICROSECONDS = {Unit.MINUTE: 60_000_000, Unit.HOUR: 3_600_000_000, Unit.DAY: 86_400_000_000}


def ask_compare(node: CompareFields, catalog: Catalog, clock: Clock) -> Callable[[ContactRecord], bool]:
    """Compare left with right × `times` or right + `offset`; a missing side is answered by `on_missing`.

    Raises: Unresolved when a side is gone or the two do not suit each other; LimitExceeded as for windows.
    """
    left, right = work_out(node.left, catalog, clock), work_out(node.right, catalog, clock)
    if not _suited(left.field, right.field):
        raise Unresolved(f"{left.field.label} cannot be compared with {right.field.label}. Edit that condition.")
    holds = _SIGNS[node.op]
    unit_of_left, unit_of_right = _units(node, left, right)
    default = OnMissing.INCLUDE if node.op == "not_equals" else OnMissing.EXCLUDE
    missing = (node.on_missing or default) is OnMissing.INCLUDE

    def answer(record: ContactRecord) -> bool:
        one, other = left.of(record), right.of(record)
        if one is None or other is None:
            return missing
        return holds(unit_of_left(one), unit_of_right(other))

    return answer


def _suited(left: Field, right: Field) -> bool:
    if left.type in NUMBERS:
        return right.type in NUMBERS and (left.currency or right.currency) == (right.currency or left.currency)
    if left.type is FieldType.CHOICE:
        return right.type is FieldType.CHOICE and left.values == right.values
    return left.type is right.type and left.type in TEXTS | TIMES


_Unit = Callable[[Read], object]


def _units(node: CompareFields, left: Worked, right: Worked) -> tuple[_Unit, _Unit]:
    """Return how each side is brought into the one unit in which they are compared."""
    if left.field.type in NUMBERS:
        times = Fraction(1) if node.times is None else Fraction(node.times)
        return _scaled(left.field, Fraction(1)), _scaled(right.field, times)
    if left.field.type in TIMES:
        step = _step(node.offset, left.field)
        return (lambda point: point), (lambda point: cast("Number", point) + step)
    same = _same_text(node, left.field, right.field)
    return same, same


def _scaled(field: Field, times: Fraction) -> _Unit:
    factor = times / 10**field.scale
    return lambda number: cast("Number", number) * factor


def _step(offset: Offset | None, field: Field) -> int:
    if offset is None:
        return 0
    if field.type is FieldType.DATE:
        if offset.unit is not Unit.DAY:
            raise Unresolved("Dates are moved by whole days only. Edit that condition.")
        return offset.n
    return offset.n * _MICROSECONDS[offset.unit]


def _same_text(node: CompareFields, left: Field, right: Field) -> _Unit:
    if node.case is not Case.FOLD:  # choices have no case: they are compared as they are
        return lambda text: text
    # Two fields fold alike only where both have a folded twin; else only A to Z fold, on either side.
    judge = left if left.fold_column is None else right
    return lambda text: fold_text(str(text), judge)
