"""Groups and references in the reference evaluator, worked out by hand from the paper."""

from __future__ import annotations

import pytest

from segment_engine.domain.criteria import AllContacts, Attribute, Group, GroupKind, Node, Test
from segment_engine.errors import Unresolved
from tests.unit.test_evaluate_values import asked


def _truth(*, value: bool) -> Node:
    return AllContacts() if value else Group(GroupKind.NONE, (AllContacts(),))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_groups_follow_their_truth_tables(*, first: bool, second: bool) -> None:
    """T12 T15 T17 T18: all, any, none and at least k, at every combination of two children."""
    children = (_truth(value=first), _truth(value=second))
    assert asked(Group(GroupKind.ALL, children)) is (first and second)
    assert asked(Group(GroupKind.ANY, children)) is (first or second)
    assert asked(Group(GroupKind.NONE, children)) is not (first or second)
    assert asked(Group(GroupKind.AT_LEAST, children, k=1)) is (first or second)
    assert asked(Group(GroupKind.AT_LEAST, children, k=2)) is (first and second)
    assert asked(Group(GroupKind.AT_LEAST, (children[0], children[0]), k=2)) is first


def test_a_tree_of_negations_alone_is_answered() -> None:
    """T11 T19: nobody needs a positive condition, and missing values are let in by the negation."""
    root = Group(GroupKind.NONE, (Attribute("contact.city", Test("equals", "Gent")),))
    assert asked(root, city="Utrecht")
    assert asked(root)
    assert not asked(root, city="gent")


def test_what_is_gone_from_the_catalog_is_named() -> None:
    """T40 T51: a missing field is an error with its key; the condition is never dropped."""
    with pytest.raises(Unresolved, match=r"contact\.gone") as caught:
        asked(Attribute("contact.gone", Test("is_set")))
    assert caught.value.cause == "field_missing"
