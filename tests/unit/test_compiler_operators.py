"""The compiler has one SQL line for every positive operator and type class, and no other."""

from __future__ import annotations

from itertools import product

import pytest

from segment_engine.compiler.figures import AT_ZERO
from segment_engine.compiler.operands import TypeClass, class_of
from segment_engine.compiler.operators import LINES
from segment_engine.domain.catalog import NUMBERS, FieldType
from segment_engine.domain.operators import OPERATORS, Operator, find_operator


def test_the_table_and_the_lines_agree() -> None:
    """T14 T38: every operator that can be asked has its SQL, and no SQL stands for an operator nobody can ask."""
    asked = {
        (operator.key, class_of(kind))
        for operator, kind in product(OPERATORS, FieldType)
        if not operator.negative and operator.suits(kind, ordered=True)
    }
    assert set(LINES) == asked


def test_every_type_has_a_class() -> None:
    """A type without a class could not be compared at all."""
    assert {class_of(kind) for kind in FieldType} == set(TypeClass)


def test_zero_is_judged_by_every_number_operator() -> None:
    """T10: the answer for a contact without rows exists for each operator a sum or a count may have."""
    assert set(AT_ZERO) == {
        operator.key for operator in OPERATORS if not operator.negative and operator.types & NUMBERS
    }


@pytest.mark.parametrize("operator", [operator for operator in OPERATORS if operator.negative], ids=lambda o: o.key)
def test_a_negative_row_is_the_complement_of_a_positive_one(operator: Operator) -> None:
    """T12: NOT is written in front of the complement's line, so that a negation cannot drift from it."""
    for kind in operator.types:
        positive = find_operator(operator.complement, kind, ordered=True)
        assert positive is not None
        assert not positive.negative
        assert (positive.key, class_of(kind)) in LINES
