"""The builder drawn: what a stored document says is what its controls say, and nothing is lost by looking at it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from streamlit.testing.v1 import AppTest

from pages import builder_tree as trees
from segment_engine import parse_criteria
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import attribute, document, event, event_time, group
from tests.criteria_strategies import documents

VISIT = str(Path(__file__).with_name("builder_visit.py"))
Document = dict[str, object]


def _drawn(whole: Document) -> AppTest:
    page = AppTest.from_file(VISIT, default_timeout=30)
    page.session_state["root"] = trees.opened(whole)
    page.session_state["calendar"] = asdict(parse_criteria(whole, CATALOG).calendar)
    page.run()
    assert not page.exception, page.exception[0].value
    return page


def _answered(page: AppTest, whole: Document) -> Document:
    return trees.document_of(page.session_state["drawn"], whole)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(whole=documents(CATALOG))
def test_drawing_changes_no_meaning(whole: Document) -> None:
    """Every operator, shape, window and group there is can be edited: its controls give back what was stored (T90)."""
    assert parse_criteria(_answered(_drawn(whole), whole), CATALOG) == parse_criteria(whole, CATALOG)


def test_every_control_is_named_after_its_place() -> None:
    """A person who cannot see the rows hears which one a control belongs to, and no two are called the same."""
    whole = document(
        attribute("city", "equals", "Gent"),
        group(
            "any", event(window={"in_last": {"n": 3, "unit": "day"}}), event_time("last", "on", {"day": "2026-01-01"})
        ),
    )
    page = _drawn(whole)
    kinds = ("selectbox", "number_input", "text_input", "date_input", "button_group", "menu_button")
    labels = [str(each.proto.label) for kind in kinds for each in page.get(kind)]
    assert "Condition 2.1 period" in labels
    assert "Condition 2.2 day" in labels
    assert "Group 2 actions" in labels
    assert all(label.strip() for label in labels)
    named = [label for label in labels if label != "Add condition"]
    assert sorted(named) == sorted(set(named))


def test_another_field_asks_another_question() -> None:
    """The operator and the value of the old field are forgotten, so that none of it is asked of the new one."""
    whole = document(attribute("city", "contains", "Gent"))
    page = _drawn(whole)
    page.selectbox[0].set_value("attribute:contact.age").run()
    answered = _answered(page, whole)
    assert answered["root"] == {
        "group": "all",
        "of": [{"kind": "attribute", "field": "contact.age", "op": "gte", "on_missing": "exclude"}],
    }
    page.number_input[0].set_value(30).run()
    assert _answered(page, whole)["root"]["of"][0]["value"] == 30  # pyright: ignore[reportIndexIssue, reportUnknownVariableType] -- JSON


def test_a_value_goes_along_to_a_similar_operator() -> None:
    """From “is” to “is not” and to “is one of” nobody has to type the value again."""
    whole = document(attribute("city", "equals", "Gent"))
    page = _drawn(whole)
    for operator, value in (("not_equals", "Gent"), ("is_any_of", ["Gent"])):
        next(each for each in page.selectbox if each.label.endswith("operator")).set_value(operator).run()
        (condition,) = _answered(page, whole)["root"]["of"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType] -- JSON
        assert (condition["op"], condition["value"]) == (operator, value)
        page.session_state["root"] = page.session_state["drawn"]
