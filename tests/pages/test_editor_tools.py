"""What helps while criteria are built: templates, JSON, undo, counts, findings, lists, names of other things."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.builder_acts import NEGATE
from pages.builder_subjects import Family
from segment_engine import Preview
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentQuery, SegmentState
from segment_engine.engine import Engine
from segment_engine.errors import LimitExceeded
from segment_engine.use_cases.analysis import Analysis
from tests.pages.conftest import IN_UTRECHT, Create, Visit, document, words
from tests.pages.controls import (
    act,
    add_condition,
    answer,
    counted,
    element,
    in_utrecht,
    live_size,
    name_it,
    save,
    shown,
)

pytestmark = pytest.mark.usefixtures("contacts")
NOT_NL: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "not_equals", "value": "Utrecht"}
NOT_BE: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "not_equals", "value": "Gent"}


def _click(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()
    assert not page.exception


def _root(page: AppTest) -> Any:
    return page.session_state["editor.draft"].step.document["root"]


# Undo, redo, negate, fold ------------------------------------------------------------------------------------------


def test_undo_takes_back_an_answer_and_a_button_and_redo_makes_them_again(visit: Visit) -> None:
    """The controls show what the criteria say at every step."""
    page = visit("edit")
    in_utrecht(page)
    act(page, "Condition 1 actions", "Duplicate")
    answer(page, "Condition 2 value", "Gent")
    _click(page, "editor.undo")
    assert shown(page, "Condition 2 value") == "Utrecht"
    _click(page, "editor.undo")
    assert len(_root(page)["of"]) == 1
    _click(page, "editor.redo")
    _click(page, "editor.redo")
    assert shown(page, "Condition 2 value") == "Gent"
    assert page.button(key="editor.redo").disabled


def test_negating_a_row_changes_its_operator_and_a_group_its_join(visit: Visit) -> None:
    """What is shown is the complement, which includes contacts without a value."""
    page = visit("edit")
    in_utrecht(page)
    act(page, "Condition 1 actions", NEGATE)
    assert shown(page, "Condition 1 operator") == "not_equals"
    assert live_size(page) == "2"
    act(page, "Criteria actions", NEGATE)
    assert _root(page)["group"] == "none"
    assert live_size(page) == "2"


def test_a_folded_group_says_what_it_holds(visit: Visit) -> None:
    """Folding hides rows and changes nothing; what is wrong inside is still said."""
    page = visit("edit")
    in_utrecht(page)
    _click(page, str(element(page, "Add group").key))
    answer(page, "Condition 2.1 subject", "attribute:contact.city")
    _click(page, str(element(page, "Collapse group 2").key))
    assert not [each for each in page.selectbox if each.label.startswith("Condition 2.1")]
    assert "Something is missing here" in words(page)
    _click(page, str(element(page, "Expand group 2").key))
    answer(page, "Condition 2.1 value", "Gent")
    _click(page, str(element(page, "Collapse group 2").key))
    assert "city is “Gent”" in words(page).replace("City", "city")


# Counts ------------------------------------------------------------------------------------------------------------


def test_every_finished_condition_is_counted_also_beside_an_unfinished_one(visit: Visit) -> None:
    """Nobody has to finish everything to see what one condition does; the story names the three counts."""
    page = visit("edit")
    in_utrecht(page)
    add_condition(page)
    assert "[2]" in counted(page)
    assert "Finish 1 condition" in words(page)
    answer(page, "Condition 2 subject", "attribute:contact.score")
    answer(page, "Condition 2 value", 20)
    assert "[1]" in counted(page)


def test_an_estimate_says_so_and_can_be_counted_exactly(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure that was not counted shows its interval and a button (S)."""
    counted_in_time = Analysis.preview

    def hurried(analysis: Analysis, *asked: Any, **named: Any) -> Preview:
        return counted_in_time(analysis, *asked, budget_seconds=0, **named)

    monkeypatch.setattr(Analysis, "preview", hurried)
    monkeypatch.setattr("segment_engine.use_cases.previewing.SAMPLE_SIZE", 2)
    page = visit("edit")
    in_utrecht(page)
    assert live_size(page).startswith("≈")
    assert "Estimate of 4 contacts: between" in words(page)
    _click(page, "editor.exact")
    assert live_size(page) == "2"


def test_a_count_that_fails_leaves_the_rest_alone(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """No figure stands beside the condition, and saving is still possible."""

    def too_slow(*_: object, **__: object) -> None:
        raise LimitExceeded("Too slow.")

    monkeypatch.setattr("segment_engine.use_cases.analysis.Analysis.counts", too_slow)
    page = visit("edit")
    in_utrecht(page)
    assert live_size(page) == "2"
    name_it(page, "In Utrecht")
    save(page)
    assert "is saved" in words(page)


# Findings ----------------------------------------------------------------------------------------------------------


def _paste(page: AppTest, text: str) -> None:
    page.session_state["editor.json"] = True
    page.run()
    page.text_area(key="editor.json.text").set_value(text).run()
    _click(page, "editor.json.import")


def test_an_error_blocks_saving_and_a_draft_is_kept(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """Two negations joined by “any” let nearly everyone in: said at the group, and saved only as a draft (T19)."""
    page = visit("edit")
    _paste(page, json.dumps(document(NOT_NL, NOT_BE, group="any")))
    name_it(page, "Odd")
    save(page)
    assert "Correct the errors at: the criteria as a whole" in words(page)
    assert engine.segments.summary(context).total == 0
    _click(page, "editor.save_draft")
    (card,) = engine.segments.find(context, SegmentQuery()).items
    assert card.state is SegmentState.DRAFT


def test_a_warning_needs_a_tick(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """The tick is stored with the version, so that nobody is asked again (§7)."""
    page = visit("edit")
    in_utrecht(page)
    act(page, "Condition 1 actions", "Duplicate")
    name_it(page, "Twice")
    save(page)
    assert "Read the warnings at" in words(page)
    for box in page.checkbox:
        box.check().run()
    save(page)
    (card,) = engine.segments.find(context, SegmentQuery()).items
    assert engine.segments.get(context, card.segment_id).accepted_warnings == ("L-REDUNDANT",)


# JSON and templates ------------------------------------------------------------------------------------------------


def test_json_goes_out_and_comes_in_again(visit: Visit) -> None:
    """What was exported is imported as the same criteria (T87)."""
    page = visit("edit")
    _paste(page, json.dumps(IN_UTRECHT))
    assert shown(page, "Condition 1 value") == "Utrecht"
    exported = next(str(each.value) for each in page.code)
    _click(page, "editor.undo")
    assert "Utrecht" not in words(page)
    _paste(page, exported)
    assert _root(page)["of"][0]["value"] == "Utrecht"


@pytest.mark.parametrize("text", ["", "{", '{"format": "segment-criteria"}', json.dumps(document({"kind": "none"}))])
def test_json_that_cannot_be_read_changes_nothing(visit: Visit, text: str) -> None:
    """Everything that is wrong is said with its place."""
    page = visit("edit")
    in_utrecht(page)
    _paste(page, text)
    assert page.error
    assert shown(page, "Condition 1 value") == "Utrecht"


def test_a_template_fills_the_form_and_names_the_segment(visit: Visit) -> None:
    """It replaces the criteria, and undo brings them back."""
    page = visit("edit")
    in_utrecht(page)
    _click(page, "editor.templates")
    assert "Needs a birthday" in words(page)
    _click(page, "editor.template.Lapsed customers")
    assert shown(page, "Name") == "Lapsed customers"
    assert live_size(page) != "–"
    _click(page, "editor.undo")
    assert shown(page, "Condition 1 value") == "Utrecht"


# Values and names --------------------------------------------------------------------------------------------------


def test_values_are_offered_with_how_often_they_occur(visit: Visit) -> None:
    """Where they are few nobody has to know how they are written; another one may still be typed."""
    page = visit("edit")
    answer(page, "Condition 1 subject", "attribute:contact.city")
    box = element(page, "Condition 1 value")
    assert box.options == ["Utrecht · 2", "Gent · 1"]
    assert box.proto.accept_new_options
    answer(page, "Condition 1 value", "Gent")
    assert _root(page)["of"][0]["value"] == "Gent"


def test_a_list_is_pasted(visit: Visit) -> None:
    """Lines, tabs and commas; repetitions fall away, and the size of the list is said."""
    page = visit("edit")
    answer(page, "Condition 1 subject", "attribute:contact.city")
    answer(page, "Condition 1 operator", "is_any_of")
    _click(page, next(str(each.key) for each in page.button if str(each.label).endswith("paste a list")))
    label = "Condition 1 values, one per line or separated by commas"
    answer(page, label, "Utrecht\nGent\tUtrecht\n\nBrugge")
    assert _root(page)["of"][0]["value"] == ["Utrecht", "Gent", "Brugge"]
    assert "3 values, 1 repetition left out" in words(page)
    answer(page, label, "\n".join(str(number) for number in range(1001)))
    assert "at most 1,000 fit" in words(page)


def test_other_segments_and_lists_are_chosen_by_name(
    visit: Visit, create: Create, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """Their ids never appear; the sentence says the names."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    made = engine.lists.create(context, "Fair", ["0001", "0002"])
    work()
    page = visit("edit")
    add_condition(page, Family.SETS)
    answer(page, "Condition 2 segments", [str(segment_id)])
    add_condition(page, Family.SETS)
    answer(page, "Condition 3 subject", "static_list:")
    answer(page, "Condition 3 lists", [str(made.list_id)])
    _click(page, str(element(page, "Remove condition 1").key))
    assert live_size(page) == "1"
    seen = words(page)
    assert "“In Utrecht”" in seen
    assert "“Fair”" in seen


def test_only_the_first_of_a_ranking_are_kept(visit: Visit) -> None:
    """The limit is built like everything else, and removed again."""
    page = visit("edit")
    answer(page, "Condition 1 subject", "event:order_placed")
    assert live_size(page) == "2"
    _click(page, "builder.limit.begin")
    answer(page, "Limit size", 1)
    assert "sum of total" in words(page)
    assert live_size(page) == "1"
    _click(page, str(element(page, "Remove the limit").key))
    assert live_size(page) == "2"
