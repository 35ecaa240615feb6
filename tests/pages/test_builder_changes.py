"""Negating, grouping, folding, leaving out and taking back: what the buttons of the builder do to a tree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from pages import builder_changes as changes
from pages import builder_new as new
from pages import builder_tree as trees
from pages.builder_filters import filters_of
from pages.builder_subjects import FAMILIES, Family
from pages.builder_tree import FOLDED, KEY, LIMIT
from pages.editor_draft import Draft, answered, change, keep, redo, undo
from segment_engine import GroupKind, SegmentState, parse_criteria
from segment_engine.domain.canonical import criteria_hash
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import aggregate, attribute, document, event, group
from tests.criteria_strategies import documents

CITY = attribute("city", "equals", "Gent", on_missing="exclude")
AGE = attribute("age", "gte", 30)
SAMPLE = {"kind": "sample", "percent": "10", "seed": "a"}
REACHABLE = {"kind": "reachable", "channel": "sms", "op": "is_reachable"}
SEQUENCE = {
    "kind": "sequence", "first": {"event": "order_placed"}, "verb": "followed_by", "then": {"event": "order_placed"},
}  # fmt: skip


def _tree(*conditions: object, kind: str = "all") -> trees.Node:
    return trees.opened(document(*conditions, group=kind))


def _root(tree: trees.Node) -> Any:
    return trees.document_of(tree)["root"]


def _hash(whole: dict[str, Any]) -> str:
    return criteria_hash(parse_criteria(whole, CATALOG), CATALOG)


def _uncounted(node: Any) -> Any:
    """At least one interaction is at least one campaign; the canonical form keeps the two apart."""
    if node.get("kind") != "campaign" or node.get("count", {"op": "gte", "n": 1}) != {"op": "gte", "n": 1}:
        return node
    return {key: each for key, each in node.items() if key != "counted"}


@settings(deadline=None, max_examples=150)
@given(whole=documents(CATALOG))
def test_negating_says_the_opposite_of_every_kind(whole: dict[str, Any]) -> None:
    """A negated node is the same definition as the node in a group of none (M3, T12)."""
    tree = trees.opened(whole)
    node = trees.children(tree)[0]
    negated = changes.negated(tree, node[KEY], CATALOG)
    first = trees.children(negated)[0]
    by_hand = {"group": "all", "of": [{"group": "none", "of": [_uncounted(trees.bare(node))]}]}
    by_button = {"group": "all", "of": [_uncounted(trees.bare(first))]}
    assert _hash(whole | {"root": by_button, "limit": None}) == _hash(whole | {"root": by_hand, "limit": None})


@pytest.mark.parametrize(
    ("condition", "opposite"),
    [
        (CITY, CITY | {"op": "not_equals", "on_missing": "include"}),
        (event(), event("did_not")),
        (event("did_not"), event(count={"op": "gte", "n": 1})),
        (event(count={"op": "lte", "n": 2}), event(count={"op": "gt", "n": 2})),
        (aggregate("count", "gte", 5), aggregate("count", "lt", 5)),
        (REACHABLE, REACHABLE | {"op": "is_not_reachable"}),
        (SAMPLE, group("none", SAMPLE)),
        (group("any", CITY, AGE), group("none", CITY, AGE)),
        (group("all", CITY, AGE), group("none", group("all", CITY, AGE))),
    ],
    ids=["field", "did", "did not", "count", "figure", "reach", "sample", "any", "all"],
)  # fmt: skip
def test_negating_uses_the_complement_where_there_is_one(condition: Any, opposite: Any) -> None:
    """The row changes its operator; only what has no complement goes into a group of none."""
    tree = _tree(condition, AGE)
    negated = changes.negated(tree, trees.children(tree)[0][KEY], CATALOG)
    assert _root(negated)["of"][0] == opposite


@pytest.mark.parametrize(
    "condition",
    [CITY, event(), SAMPLE, SEQUENCE, group("all", CITY, AGE), group("any", CITY, AGE)],
    ids=["field", "did", "sample", "sequence", "all", "any"],
)
def test_negating_twice_gives_the_first_again(condition: Any) -> None:
    """Whoever negates by mistake negates again."""
    tree = _tree(condition, AGE)
    once = changes.negated(tree, trees.children(tree)[0][KEY], CATALOG)
    twice = changes.negated(once, trees.children(once)[0][KEY], CATALOG)
    before, after = _hash(trees.document_of(tree)), _hash(trees.document_of(twice))
    assert after == before
    assert _root(twice)["of"][0].get("group") == condition.get("group")


def test_negating_the_whole_keeps_the_limit() -> None:
    """The limit stands beside the tree, whatever becomes of its root."""
    tree = changes.with_limit(_tree(CITY, AGE), {"top_n": 5, "ties": "cut", "order_by": []})
    negated = changes.negated(tree, tree[KEY], CATALOG)
    assert _root(negated) == {"group": "none", "of": [_root(tree)]}
    assert trees.document_of(negated)["limit"]["top_n"] == 5
    again = changes.negated(negated, negated[KEY], CATALOG)
    assert _root(again) == _root(tree)
    assert trees.document_of(again)["limit"]["top_n"] == 5


def test_a_condition_is_put_into_a_group_of_its_own() -> None:
    """The group takes its place, so that others can be put beside it."""
    tree = _tree(CITY, AGE)
    grouped = changes.grouped(tree, trees.children(tree)[0][KEY])
    assert _root(grouped)["of"] == [group("any", CITY), AGE]


def test_folding_is_remembered_and_never_written() -> None:
    """A folded group is the same criteria."""
    tree = _tree(group("any", CITY, group("none", AGE)), AGE)
    folded = changes.folded(tree, fold=True)
    assert [bool(each.node.get(FOLDED)) for each in trees.walk(folded) if trees.is_group(each.node)] == [
        False, True, True,
    ]  # fmt: skip
    assert trees.document_of(folded) == trees.document_of(tree)
    outer, inner = trees.children(folded)[0], trees.children(trees.children(folded)[0])[1]
    assert trees.shown_owner(folded, inner[KEY]) == outer[KEY]
    assert trees.shown_owner(tree, trees.children(tree)[1][KEY]) == trees.children(tree)[1][KEY]


def test_what_is_finished_can_be_counted_without_the_rest() -> None:
    """Unfinished conditions are left out, with the groups they leave empty; counts of a group stay possible."""
    tree = _tree(CITY, group("any", AGE), group("at_least", CITY, AGE, SAMPLE, k=3))
    of = trees.children(tree)
    last = trees.children(of[2])[2]
    left = changes.without(tree, {trees.children(of[1])[0][KEY], last[KEY]})
    assert left is not None
    assert trees.bare(left)["of"] == [CITY, group("at_least", CITY, AGE, k=2)]
    assert changes.without(_tree(CITY), {trees.children(tree)[0][KEY]}) is not None
    assert changes.without(tree, {each[KEY] for each in of[:1]} | {each.node[KEY] for each in trees.walk(tree)}) is None


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_family_begins_a_condition(family: Family) -> None:
    """Whatever is chosen under “Add condition” gives one row to go on with."""
    made = new.new_of_family(family, CATALOG)
    assert made["kind"] in {"attribute", "segment", "consent", "sample", "compare_fields"}
    assert made[KEY]


def test_every_place_for_a_filter_has_a_name_and_is_found_again() -> None:
    """A condition may have several filters, each below its own rows."""
    node = new.new_condition("sequence:order_placed", CATALOG)
    root = trees.new_group(GroupKind.ALL, node)
    key = trees.children(root)[0][KEY]
    for each in filters_of(node, CATALOG):
        root = changes.with_filter(root, key, each.place, new.new_filter(each.source, CATALOG))
    numbers = trees.numbers(root)
    assert list(numbers.values()) == ["", "1", "1 first filter", "1 first filter 1", "1 then filter", "1 then filter 1"]


# Undo and redo -----------------------------------------------------------------------------------------------------


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session that holds a draft, without a page."""
    held: dict[str, Any] = {}
    monkeypatch.setattr("pages.editor_draft.st.session_state", held)
    keep(Draft(None, 0, SegmentState.ACTIVE, "", "", None, _tree(CITY), fresh=False))
    return held


def _draft(session: dict[str, Any]) -> Draft:
    return session["editor.draft"]


def test_undo_goes_back_step_by_step_and_redo_forward(session: dict[str, Any]) -> None:
    """Buttons and answers are steps alike; a new change ends what could be redone."""
    first = _draft(session).root
    change(lambda root: changes.added(root, root[KEY], new.new_condition("attribute:contact.age", CATALOG)))
    keep(answered(_draft(session), _draft(session).root))
    keep(answered(_draft(session), changes.removed(_draft(session).root, trees.children(first)[0][KEY])))
    assert len(_draft(session).past) == 2
    undo()
    assert len(trees.children(_draft(session).root)) == 2
    undo()
    assert trees.document_of(_draft(session).root) == trees.document_of(first)
    undo()
    assert trees.document_of(_draft(session).root) == trees.document_of(first)
    redo()
    assert len(trees.children(_draft(session).root)) == 2
    change(lambda root: changes.removed(root, trees.children(root)[1][KEY]))
    assert _draft(session).future == ()


def test_what_a_drawing_fills_in_is_no_step(session: dict[str, Any]) -> None:
    """After a button, the defaults of the new controls belong to it; and folding is nothing to take back."""
    change(lambda root: changes.added(root, root[KEY], trees.keyed(dict(AGE))))
    filled = trees.opened(document(CITY, AGE | {"on_missing": "exclude"}))
    keep(answered(_draft(session), filled))
    assert len(_draft(session).past) == 1
    change(lambda root: changes.folded(root, fold=True))
    assert len(_draft(session).past) == 1


def test_what_comes_back_gets_new_controls_and_the_rest_keeps_its_own(session: dict[str, Any]) -> None:
    """A control would show the newer answer; one that did not change must not lose its place."""
    root = _tree(CITY, AGE)
    city, age = trees.children(root)
    other = changes.refreshed(root, replace(_draft(session), root=root).root)
    assert [each[KEY] for each in trees.children(other)] == [city[KEY], age[KEY]]
    later = root | {"of": [city | {"value": "Utrecht"}, age]}
    back = changes.refreshed(root, later)
    assert trees.children(back)[0][KEY] != city[KEY]
    assert trees.children(back)[1][KEY] == age[KEY]
    assert LIMIT not in back
