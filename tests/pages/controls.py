"""The controls of the editor as tests use them: found by their accessible labels, as who cannot see finds them."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from pages.builder_subjects import Family
from tests.pages.conftest import words

PATIENCE = 40
KINDS = ("selectbox", "multiselect", "text_input", "number_input", "text_area", "button", "menu_button", "toggle")


def control(page: AppTest, label: str) -> str:
    """Find the key of a control by its accessible label."""
    return str(element(page, label).key)


def element(page: AppTest, label: str) -> Any:
    """Find a control by its accessible label."""
    return next(each for kind in KINDS for each in page.get(kind) if str(each.proto.label) == label)


def answer(page: AppTest, label: str, value: object) -> None:
    """Give an answer and let the page run."""
    element(page, label).set_value(value).run()
    assert not page.exception


def shown(page: AppTest, label: str) -> object:
    """Read what a control shows."""
    return element(page, label).value


def act(page: AppTest, label: str, act: str) -> None:
    """Choose from a menu."""
    element(page, label).click(act).run()
    assert not page.exception


def add_condition(page: AppTest, family: Family = Family.CONTACT) -> None:
    """Add a condition to the outermost group."""
    act(page, "Add condition", family)


def name_it(page: AppTest, name: str) -> None:
    """Type the name of the segment."""
    answer(page, "Name", name)


def in_utrecht(page: AppTest, number: str = "1") -> None:
    """Ask for a city."""
    answer(page, f"Condition {number} subject", "attribute:contact.city")
    answer(page, f"Condition {number} value", "Utrecht")


def save(page: AppTest) -> None:
    """Press Save."""
    page.button(key="editor.save_button").click().run()
    assert not page.exception


def live_size(page: AppTest) -> str:
    """Read the live size; a count that takes longer than a moment is asked for again, as the page itself does."""
    for _ in range(PATIENCE):
        if not page.get("skeleton"):
            break
        page.run()
    return next(str(metric.value) for metric in page.metric if metric.label == "Live size")


def counted(page: AppTest) -> str:
    """Wait until every condition is counted; gives every text on the page then."""
    for _ in range(PATIENCE):
        if "[…]" not in words(page):
            break
        page.run()
    return words(page)
