"""What people do with a page, in a few words: choose, type, read a figure, wait for a segment."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from segment_engine.domain.segment import Segment, SegmentStatus
from tests.browser.conftest import Site
from tests.browser.serving import settle

PATIENCE_SECONDS = 60.0
HEADER_HEIGHT, FIRST_COLUMN = 35, 18


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box as a person does: open, type, take."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    settle(page)


def type_into(page: Page, label: str, value: str) -> None:
    """Type into a field and leave it."""
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")
    settle(page)


def metric(page: Page, label: str) -> Locator:
    """Find the value of a figure by its label."""
    tile = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return tile.get_by_test_id("stMetricValue")


def asked_id(page: Page) -> UUID:
    """Read which one the address names."""
    return UUID(parse_qs(urlsplit(page.url).query)["id"][0])


def open_tab(page: Page, name: str) -> None:
    """Open a tab of the page and wait for what is in it."""
    page.get_by_role("tab", name=name, exact=True).click()
    settle(page)


def press(page: Page, name: str) -> None:
    """Press a button by the beginning of its name; what pops up beside it goes away first, as a person would wait."""
    page.mouse.move(2, 400)  # one that is pointed at stays
    expect(page.get_by_test_id("stToast")).to_have_count(0, timeout=30_000)
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).first.click()
    settle(page)


def tick_row(page: Page, alt: str, text: str, *, row_height: int) -> None:
    """Tick the row of a table that has a text; rows that are drawn also stand in the tree that screen readers read."""
    table = page.get_by_role("region", name=re.compile(alt)).or_(page.get_by_test_id("stDataFrame")).first
    table.scroll_into_view_if_needed()
    line = table.locator("canvas tr").filter(has=page.locator("td").filter(has_text=re.compile(f"^{re.escape(text)}$")))
    place = int(line.first.get_attribute("aria-rowindex") or 0) - 2  # counted from 1, and the header is the first
    assert place >= 0, f"no row says {text}"
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + FIRST_COLUMN, box["y"] + HEADER_HEIGHT + row_height * (place + 0.5))
    settle(page)


def calculated(site: Site, segment_id: UUID, *, status: SegmentStatus = SegmentStatus.SUCCESS) -> Segment:
    """Wait until the worker is done with a segment, and read it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found = site.engine.segments.get(site.context, segment_id)
        if found.status is status:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{segment_id} did not become {status.value}")


def at_rest(site: Site) -> None:
    """Wait until the worker has nothing to do, so that lists stay as they are read."""
    until = time.monotonic() + PATIENCE_SECONDS
    while site.engine.operations.figures(site.context).queue.runs:
        assert time.monotonic() < until, "the worker does not come to rest"
        time.sleep(0.1)


def expect_text(page: Page, text: str) -> None:
    """Wait until a text can be read somewhere in the page itself."""
    expect(page.get_by_test_id("stMain").get_by_text(text).first).to_be_visible()
