"""Criteria built in a real browser: every change, the keyboard, lists, JSON, templates, counts, and the edit diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from segment_engine.domain.segment import SegmentQuery
from tests.browser.acting import choose, type_into
from tests.browser.conftest import Site, go
from tests.browser.serving import settle
from tests.pages.conftest import IN_UTRECHT


def _act(page: Page, menu: str, act: str) -> None:
    """Choose from a menu as a person does."""
    page.get_by_role("button", name=menu, exact=True).first.click()
    page.get_by_role("menuitem", name=act).click()
    settle(page)


def _press(page: Page, name: str, *, nth: int = 0) -> None:
    page.get_by_role("button", name=name, exact=True).nth(nth).click()
    settle(page)


def _size(page: Page) -> Locator:
    tile = page.get_by_test_id("stMetric").filter(has=page.get_by_text("Live size", exact=True))
    return tile.get_by_test_id("stMetricValue")


def _tick_all(page: Page) -> None:
    """Accept every warning; those there are may change while others are accepted, so they are looked up each time."""
    waiting = page.get_by_test_id("stCheckbox").filter(has=page.get_by_role("checkbox", checked=False))
    while waiting.count():
        waiting.first.locator("label").click()
        settle(page)


def _row(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def test_four_levels_are_built_changed_and_saved(tab: Page, site: Site) -> None:
    """Nested groups of several kinds, negated, duplicated, moved, folded, taken back, and saved."""
    go(tab, site, "/edit")
    type_into(tab, "Name", "Four levels")
    _ask_for_pasted_cities(tab)
    _nest_three_groups(tab)
    _change_and_take_back(tab)
    _press(tab, "Save segment")
    expect(tab.get_by_text("Tick those that are meant so")).to_be_visible()
    _tick_all(tab)
    _press(tab, "Save segment")
    expect(tab.get_by_role("heading", name="Four levels")).to_be_visible()
    (card,) = site.engine.segments.find(site.context, SegmentQuery(search="Four levels")).items
    root = json.dumps(site.engine.segments.get(site.context, card.segment_id).document["root"])
    assert root.count('"group"') == 4
    assert '"is_not_reachable"' in root


def _ask_for_pasted_cities(page: Page) -> None:
    choose(page, "Condition 1 subject", "City")
    choose(page, "Condition 1 operator", "is one of")
    _press(page, "Condition 1: paste a list")
    type_into(page, "Condition 1 values, one per line or separated by commas", "Utrecht\nGent\tUtrecht")
    expect(page.get_by_text("2 values, 1 repetition left out")).to_be_visible()
    expect(_size(page)).to_have_text("3")


def _nest_three_groups(page: Page) -> None:
    """Each below the one before: the second condition of each is the next group."""
    _press(page, "Add group")
    choose(page, "Condition 2.1 subject", "Events: order placed")
    _press(page, "Add group", nth=1)
    choose(page, "Condition 2.2.1 subject", "score")
    type_into(page, "Condition 2.2.1 value", "30")
    _press(page, "Add group", nth=2)
    choose(page, "Condition 2.2.2.1 subject", "Consent and reach: Can be reached")
    expect(page.get_by_role("button", name="Remove group 2.2.2", exact=True)).to_be_visible()
    expect(_size(page)).to_have_text("2")


def _change_and_take_back(page: Page) -> None:
    _act(page, "Condition 2.2.2.1 actions", "Negate")
    expect(_row(page, "Condition 2.2.2.1 operator")).to_have_value("cannot be reached")
    expect(_size(page)).to_have_text("3")
    _act(page, "Condition 2.1 actions", "Duplicate")
    _act(page, "Condition 2.2 actions", "Negate")
    expect(_row(page, "Condition 2.2 verb")).to_have_value("did not happen")
    _act(page, "Condition 2.2 actions", "Move up")
    expect(_row(page, "Condition 2.1 verb")).to_have_value("did not happen")
    _press(page, "Collapse group 2")
    expect(_row(page, "Condition 2.1 verb")).to_have_count(0)
    expect(page.get_by_text("order placed did not happen").first).to_be_visible()
    _press(page, "Expand group 2")
    for _ in range(3):  # the move, the negation, the copy: folding is nothing to take back
        page.get_by_role("button", name="Undo").click()
        settle(page)
    expect(_row(page, "Condition 2.1 verb")).to_have_value("happened")
    expect(_row(page, "Condition 2.2 verb")).to_have_count(0)


def test_everything_is_within_reach_of_the_keyboard(tab: Page, site: Site) -> None:
    """Without a mouse: a condition is added from the menu, chosen, answered, moved, taken back and made again."""
    go(tab, site, "/edit")
    # A menu takes the focus once no fade is under way, and a busy computer loses the end of one that was broken off.
    tab.add_style_tag(content="* { transition: none !important }")
    keyboard = tab.keyboard
    tab.get_by_label("Name", exact=True).focus()
    keyboard.type("By keyboard")
    _tab_to(tab, "Condition 1 subject")
    _take(tab, "City")
    settle(tab)
    _tab_to(tab, "Condition 1 value")
    _take(tab, "Gent")
    settle(tab)
    expect(_size(tab)).to_have_text("1")
    _pick(tab, "Add condition", "Events")
    _tab_to(tab, "Condition 2 subject")
    _take(tab, "order placed")
    settle(tab)
    _pick(tab, "Condition 2 actions", "Move up")
    expect(_row(tab, "Condition 1 verb")).to_have_value("happened")
    _tab_to(tab, "Undo", back=True)
    keyboard.press("Enter")
    settle(tab)
    expect(_row(tab, "Condition 2 verb")).to_have_value("happened")
    keyboard.press("Control+y")
    settle(tab)
    expect(_row(tab, "Condition 1 verb")).to_have_value("happened")


def _take(page: Page, text: str) -> None:
    """Type into a select box, wait until the list is short, and take its first entry."""
    page.keyboard.type(text)
    expect(page.get_by_role("option").first).to_contain_text(text)
    page.keyboard.press("Enter")


def _pick(page: Page, menu: str, entry: str) -> None:
    """Tab to a menu, open it, go down to an entry, and take it."""
    _tab_to(page, menu)
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.closest('[role=menu]') !== null")
    for _ in range(12):
        if entry in str(page.evaluate(_ENTRY)).splitlines():
            page.keyboard.press("Enter")
            settle(page)
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"The menu has no “{entry}”.")


_ENTRY = """() => { const at = document.activeElement;
  return at.getAttribute('role') === 'menuitem' ? at.innerText : '' }"""
_FOCUSED = """() => { const at = document.activeElement;
  return ['MAIN', 'BODY'].includes(at.tagName) ? '' : at.getAttribute('aria-label') || at.innerText.trim() }"""


def _tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if name in str(page.evaluate(_FOCUSED)):
            settle(page, quiet=600)
            return
    pytest.fail(f"Tab never reached “{name}”.")


def test_json_is_taken_along_and_brought_back(tab: Page, site: Site, tmp_path: Path) -> None:
    """What was downloaded is imported into another segment as the same criteria (T87)."""
    segment_id = site.create("To take along", IN_UTRECHT)
    go(tab, site, f"/edit?id={segment_id}")
    tab.get_by_text("As JSON, for experts").click()
    settle(tab)
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Download").click()
    file = tmp_path / "criteria.json"
    waiting.value.save_as(file)
    assert json.loads(file.read_text())["root"]["of"][0]["value"] == "Utrecht"
    go(tab, site, "/edit")
    tab.get_by_text("As JSON, for experts").click()
    settle(tab)
    tab.locator("input[type=file]").set_input_files(file)
    settle(tab)
    _press(tab, "Replace the criteria by this document")
    expect(_row(tab, "Condition 1 value")).to_have_value("Utrecht · 2")
    expect(_size(tab)).to_have_text("2")


def test_a_template_is_a_beginning(tab: Page, site: Site) -> None:
    """A template is filled in from the data there is; what it lacks is said."""
    go(tab, site, "/edit")
    _press(tab, "Templates")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("Needs a birthday.")).to_be_visible()
    dialog.get_by_role("button", name="Use “Big spenders”").click()
    expect(dialog).to_have_count(0)
    settle(tab)
    expect(tab.get_by_label("Name", exact=True)).to_have_value("Big spenders")
    expect(tab.get_by_label("Limit size", exact=True)).to_have_value("100")


def test_what_an_edit_does_is_shown_before_it_is_saved(tab: Page, site: Site) -> None:
    """Who joins and who leaves; going back saves nothing."""
    segment_id = site.create("To be edited", IN_UTRECHT)
    go(tab, site, f"/segment?id={segment_id}")
    expect(tab.get_by_test_id("stMain").locator("p", has_text="Success").first).to_be_visible()
    go(tab, site, f"/edit?id={segment_id}")
    choose(tab, "Condition 1 value", "Gent · 1")
    expect(_size(tab)).to_have_text("1")
    for answer in ("Back to the criteria", "Save the change"):
        _press(tab, "Save segment")
        dialog = tab.get_by_role("dialog")
        expect(dialog.get_by_test_id("stMetric").filter(has_text="Leave").get_by_test_id("stMetricValue")).to_have_text(
            "2"
        )
        assert site.engine.segments.get(site.context, segment_id).version == 1
        dialog.get_by_role("button", name=answer).click()
        expect(dialog).to_have_count(0)
        settle(tab)
    expect(tab.get_by_role("heading", name="To be edited")).to_be_visible()
    assert site.engine.segments.get(site.context, segment_id).version == 2
