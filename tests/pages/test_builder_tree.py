"""The tree of criteria while it is edited: opened, changed and written back, without a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from pages import builder_changes as changes
from pages import builder_new as new
from pages import builder_subjects as subjects
from pages import builder_tree as trees
from pages.builder_times import looks_ahead, period_name, window_form
from pages.builder_tree import KEY
from pages.builder_values import listed_in
from pages.editor_draft import UNFINISHED
from pages.words import ago, percent, plain, readable, seconds
from segment_engine import GroupKind, parse_criteria
from segment_engine.errors import CriteriaError
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import attribute, document, event, group, prop
from tests.criteria_strategies import documents

CITY = attribute("city", "equals", "Gent")
AGE = attribute("age", "gte", 30)
PAID = event(where=group("all", prop("order_placed.status", "equals", "Paid")))


def _tree(*conditions: object, kind: str = "all") -> trees.Node:
    return trees.opened(document(*conditions, group=kind))


def _shape(node: trees.Node) -> Any:
    return (
        [_shape(child) for child in trees.children(node)] if trees.is_group(node) else node.get("field") or node["kind"]
    )


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # documents may be large; that is the point
@settings(deadline=None, max_examples=100)
@given(whole=documents(CATALOG))
def test_opening_and_writing_back_changes_nothing(whole: dict[str, object]) -> None:
    """What the form does not touch stays as it was stored, keys of the form apart (M15)."""
    written = trees.document_of(trees.opened(whole), whole)
    assert parse_criteria(written, CATALOG) == parse_criteria(whole, CATALOG)
    assert KEY not in str(written)


def test_keys_are_unique_and_survive_every_change_of_others() -> None:
    """A row keeps its controls when another one is moved, and a copy gets its own."""
    root = _tree(CITY, group("any", AGE, PAID))
    keys = {each.node[KEY] for each in trees.walk(root)}
    assert len(keys) == 7
    moved = changes.moved(root, trees.children(root)[0][KEY], 1)
    assert {each.node[KEY] for each in trees.walk(moved)} == keys
    copied = changes.duplicated(root, trees.children(root)[1][KEY])
    assert len({each.node[KEY] for each in trees.walk(copied)}) == 7 + 5
    assert keys < {each.node[KEY] for each in trees.walk(copied)}


def test_every_change_leaves_the_old_tree_alone() -> None:
    """A rerun that is broken off half-way finds the tree as it was."""
    root = _tree(CITY, group("any", AGE))
    before = trees.document_of(root)
    key, inner = trees.children(root)[0][KEY], trees.children(root)[1][KEY]
    for changed in (
        changes.added(root, inner, new.blank_condition()),
        changes.removed(root, key),
        changes.duplicated(root, key),
        changes.moved(root, key, 1),
        changes.moved_in(root, key),
    ):
        assert trees.document_of(changed) != before
    assert trees.document_of(root) == before


def test_moving_goes_through_the_tree_and_stops_at_its_ends() -> None:
    """Up, down, into the group beside and out of it again; where there is nowhere to go nothing moves."""
    root = _tree(CITY, group("any", AGE))
    key = trees.children(root)[0][KEY]
    assert _shape(changes.moved(root, key, -1)) == ["contact.city", ["contact.age"]]
    assert _shape(changes.moved(root, key, 1)) == [["contact.age"], "contact.city"]
    inside = changes.moved_in(root, key)
    assert _shape(inside) == [["contact.age", "contact.city"]]
    assert _shape(changes.moved_out(inside, key)) == [["contact.age"], "contact.city"]
    assert _shape(changes.moved_out(root, key)) == _shape(root)
    assert _shape(changes.removed(root, root[KEY])) == _shape(root)


def test_a_filter_is_made_with_its_first_condition_and_goes_with_its_last() -> None:
    """An empty filter is none: it never reaches the document."""
    root = _tree(event())
    key = trees.children(root)[0][KEY]
    filtered = changes.with_filter(root, key, ("where",), new.new_filter("order_placed", CATALOG))
    where = trees.children(filtered)[0]["where"]
    assert trees.document_of(filtered)["root"]["of"][0]["where"]["of"][0]["kind"] == "property"
    emptied = changes.removed(filtered, trees.children(where)[0][KEY])
    assert "where" not in trees.document_of(emptied)["root"]["of"][0]


def test_a_change_to_what_is_gone_says_so() -> None:
    """A button pressed twice finds its row gone."""
    with pytest.raises(KeyError):
        changes.removed(_tree(CITY), "gone")


def test_numbers_are_read_as_people_count() -> None:
    """1, 2.1, and the filters of 2.2 by its number."""
    root = _tree(CITY, group("any", AGE, PAID))
    numbers = list(trees.numbers(root).values())
    assert numbers == ["", "1", "2", "2.1", "2.2", "2.2 filter", "2.2 filter 1"]


def test_every_problem_finds_its_row() -> None:
    """A problem deep inside a condition belongs to that condition; one of a filter to the filter's row."""
    broken = event(where=group("all", prop("order_placed.status", "equals", "lost")), window={"in_last": {"n": 0}})
    root = _tree(attribute("city", "equals"), group("any", attribute("none", "is_set")), broken)
    with pytest.raises(CriteriaError) as refused:
        parse_criteria(trees.document_of(root), CATALOG)
    found = trees.problems_by_key(root, refused.value.problems)
    numbers = trees.numbers(root)
    assert sorted(numbers[key] for key in found) == ["1", "2.1", "3", "3 filter 1"]
    assert sum(map(len, found.values())) == len(refused.value.problems)


def _codes(root: trees.Node) -> set[str]:
    try:
        parse_criteria(trees.document_of(root), CATALOG)
    except CriteriaError as refused:
        return {problem.code for problem in refused.problems}
    return set()


@pytest.mark.parametrize("subject", list(subjects.subjects(CATALOG)))
def test_a_new_condition_of_every_subject_only_lacks_what_a_person_must_say(subject: str) -> None:
    """Whatever is chosen, nothing is wrong before an answer was given; at most something is missing."""
    root = trees.new_group(GroupKind.ALL, new.new_condition(subject, CATALOG))
    assert subjects.subject_of(trees.children(root)[0]) == subject
    assert _codes(root) <= UNFINISHED


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a, b,  c ", ["a", "b", "c"]),
        ("a\nb, c\n\n a\n", ["a", "b, c"]),
        ("one", ["one"]),
        (" , ", []),
        ("0012\n0012\n013", ["0012", "013"]),
    ],
)
def test_pasted_lists(text: str, values: list[str]) -> None:
    """One per line, or commas when it is one line; keys keep their zeros, and repetitions fall away."""
    assert listed_in(text) == values


def test_windows_have_a_form_and_a_direction() -> None:
    """The menu shows what is stored, and only what lies ahead looks ahead."""
    day = {"day": "2026-01-01"}
    forms = {
        "any_time": None, "in_last": {"in_last": {"n": 1}}, "between": {"range": {"from": day, "to": day}},
        "since": {"range": {"from": day, "to": None}}, "until": {"range": {"to": day}},
    }  # fmt: skip
    assert {form: window_form(window) for form, window in forms.items()} == {form: form for form in forms}
    assert [looks_ahead({"in_next": {}}), looks_ahead({"in_period": {"offset": 1}}), looks_ahead(None)] == [
        True, True, False,
    ]  # fmt: skip
    assert [period_name(offset, "fiscal_year") for offset in (-2, -1, 0, 1, 2)] == [
        "2 fiscal years ago", "last fiscal year", "this fiscal year", "next fiscal year", "2 fiscal years ahead",
    ]  # fmt: skip


def test_figures_read_well() -> None:
    """Never zero for something, never more digits than a person compares."""
    assert [percent(0, 0), percent(1, 100_000), percent(1, 3)] == ["0%", "under 0.1%", "33.3%"]
    assert [seconds(None), seconds(0.0234), seconds(3.84), seconds(125)] == ["–", "23 ms", "3.8 s", "2 min 5 s"]
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    moments = [
        now, datetime(2026, 5, 1, 11, 58, tzinfo=UTC), datetime(2026, 4, 30, 12, tzinfo=UTC),
        datetime(2025, 5, 1, tzinfo=UTC),
    ]  # fmt: skip
    assert [ago(moment, now=now) for moment in moments] == ["just now", "2 minutes ago", "1 day ago", "12 months ago"]
    assert ago(None) == "never"
    assert readable("$.root.of[0].field: There is no field.") == "There is no field."


def test_plain_text_loses_nothing_but_control_signs() -> None:
    """What a person typed is what is shown, sign by sign."""
    typed = "*a* _b_ `c` [d](e) <f> :g: $h$ i\\j -> k.l @m http://n #o ~~p~~ | q & r é 漢"
    assert plain(typed).replace("\u2060", "").replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == typed
    assert plain("a\n\u202eb\x00") == "a b "
