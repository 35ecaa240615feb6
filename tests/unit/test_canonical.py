"""The canonical form: one spelling for one definition, and another hash for every parameter that matters (§8, M19)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from segment_engine.domain.canonical import canonical, criteria_hash, serialized
from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType
from segment_engine.domain.criteria import (
    Attribute,
    Calendar,
    Case,
    Criteria,
    Event,
    FieldValue,
    Group,
    GroupKind,
    Limit,
    Node,
    OnMissing,
    OrderKey,
    Rows,
    Test,
)
from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import Unresolved
from tests.canonical_pairs import ALIKE, APART
from tests.language_catalog import CATALOG

CHECK = "sc1-6368bec22dd9d426c6f3e79f4665349318c87f40e571d7dcdea0c99d789fcc7e"
CHECK_ROOT = (
    '{"all":[{"case":"fold","field":"contact.city","kind":"attribute","on_missing":"exclude","op":"is_any_of",'
    '"value":["gent","utrecht"]},{"count":{"n":0,"op":"lte"},"event":"order_placed","kind":"event",'
    '"window":{"in_last":{"n":90,"unit":"day"}}}]}'
)
CITY = Field("contact.city", "city", FieldType.TEXT, "city", "city_fold")
SMALL = Catalog({CITY.key: CITY}, {"order_placed": EventType("order_placed", "Order placed", 1)})
WINDOW = {"in_last": {"n": 90, "unit": "day"}}


def _root_of(node: Node) -> str:
    return serialized(canonical(Criteria(Group(GroupKind.ALL, (node,))), CATALOG)["root"])


def _not(*nodes: Node) -> Group:
    return Group(GroupKind.NONE, nodes)


def _check_document(root: object) -> dict[str, object]:
    calendar = {
        "time_zone": "Europe/Amsterdam", "week_starts_on": "monday", "fiscal_year_start_month": 1, "leap_day": "feb_28",
    }  # fmt: skip
    head = {"format": "segment-criteria", "version": 1, "base": "contacts"}
    return {**head, "calendar": calendar, "root": root, "limit": None}


def test_the_check_value_comes_out() -> None:
    """The document of §1 and its rewritten twin have the published hash and canonical root."""
    cities = {"id": "city", "kind": "attribute", "field": "contact.city", "op": "is_any_of"}
    event = {"kind": "event", "event": "order_placed", "verb": "did", "window": WINDOW}
    first = {
        "group": "all",
        "of": [
            {**cities, "value": ["Utrecht", "Gent"], "case": "fold", "on_missing": "exclude"},
            {"group": "none", "of": [event]},
        ],
    }
    elsewhere = {**cities, "op": "is_none_of", "value": ["Gent", "Utrecht"], "on_missing": "include"}
    counted = {**event, "count": {"op": "gt", "n": 0}}
    second = {"group": "none", "of": [{"group": "any", "of": [elsewhere, counted]}]}
    for root in (first, second):
        criteria = parse_criteria(json.dumps(_check_document(root)), SMALL)
        assert criteria_hash(criteria, SMALL) == CHECK
        assert serialized(canonical(criteria, SMALL)["root"]) == CHECK_ROOT


@pytest.mark.parametrize(("one", "other"), [pytest.param(*pair, id=name) for name, *pair in ALIKE])
def test_two_spellings_of_one_condition_are_one(one: Node, other: Node) -> None:
    """What §8 calls the same is written the same, alone and under a negation."""
    assert _root_of(one) == _root_of(other)
    assert _root_of(_not(one)) == _root_of(_not(other))


@pytest.mark.parametrize("nodes", [pytest.param(nodes, id=name) for name, nodes in APART.items()])
def test_every_parameter_counts(nodes: tuple[Node, ...]) -> None:
    """A changed parameter changes the canonical form (M19, T30), and so does a negation."""
    written = [_root_of(node) for node in nodes] + [_root_of(_not(node)) for node in nodes]
    assert len(set(written)) == len(written)


@pytest.mark.parametrize("nodes", [pytest.param(nodes, id=name) for name, nodes in APART.items()])
def test_a_double_negation_is_nothing(nodes: tuple[Node, ...]) -> None:
    """Not not x is x, for every kind of condition (T12)."""
    for node in nodes:
        assert _root_of(_not(_not(node))) == _root_of(node)


def test_groups_are_lifted_sorted_and_made_unique() -> None:
    """Nested groups of one kind are one, order and repetition do not count; in `at_least` repetition does."""
    a, b, c = (Attribute("contact.age", Test("gt", n, on_missing=OnMissing.EXCLUDE)) for n in (1, 2, 3))
    nested = Group(GroupKind.ALL, (Group(GroupKind.ALL, (c, a)), Group(GroupKind.ANY, (b,)), a))
    assert _root_of(nested) == _root_of(Group(GroupKind.ALL, (a, b, c)))
    twice = Group(GroupKind.AT_LEAST, (a, a, b), k=2)
    assert _root_of(twice) != _root_of(Group(GroupKind.AT_LEAST, (a, b), k=2))


def test_at_least_has_its_edges_and_its_negation() -> None:
    """With k = 1 it is any, with k = all it is all; not at least k of n is at least n - k + 1 of the negated."""
    nodes = tuple(Attribute("contact.age", Test("equals", n, on_missing=OnMissing.EXCLUDE)) for n in (1, 2, 3))
    assert _root_of(Group(GroupKind.AT_LEAST, nodes, k=1)) == _root_of(Group(GroupKind.ANY, nodes))
    assert _root_of(Group(GroupKind.AT_LEAST, nodes, k=3)) == _root_of(Group(GroupKind.ALL, nodes))
    opposite = Group(GroupKind.AT_LEAST, tuple(_not(node) for node in nodes), k=2)
    assert _root_of(_not(Group(GroupKind.AT_LEAST, nodes, k=2))) == _root_of(opposite)


def test_calendar_and_limit_are_part_of_the_definition() -> None:
    """The same tree in another zone, or cut off, is another definition; the order of keys of a ranking counts."""
    tree = Group(GroupKind.ALL, (Event("did", Rows("order_placed"), None),))
    keys = (OrderKey(FieldValue("contact.age"), "desc"), OrderKey(FieldValue("contact.city"), "asc"))
    hashes = {
        criteria_hash(criteria, CATALOG)
        for criteria in (
            Criteria(tree),
            Criteria(tree, Calendar("Europe/Amsterdam")),
            Criteria(tree, Calendar(week_starts_on="sunday")),
            Criteria(tree, Calendar(fiscal_year_start_month=7)),
            Criteria(tree, Calendar(leap_day="mar_1")),
            Criteria(tree, limit=Limit(10, "cut", keys)),
            Criteria(tree, limit=Limit(11, "cut", keys)),
            Criteria(tree, limit=Limit(10, "keep", keys)),
            Criteria(tree, limit=Limit(10, "cut", keys[::-1])),
            Criteria(tree, limit=Limit(10, "cut", (replace(keys[0], direction="asc"), keys[1]))),
        )
    }
    assert len(hashes) == 10


def test_what_the_catalog_lost_is_named() -> None:
    """A field or operator that is gone is an error with a sentence, never a hash of something else."""
    for node in (
        Attribute("contact.gone", Test("is_set")),
        Attribute("contact.vip", Test("contains", "x", Case.FOLD)),
        Attribute("contact.age", Test("equals", Decimal("1.5"))),
    ):
        with pytest.raises(Unresolved, match=r"gone|VIP|1\.5"):
            _root_of(node)
