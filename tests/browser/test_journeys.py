"""What people do, from beginning to end, in a real browser against a real worker."""

from __future__ import annotations

import re
from datetime import time

import pytest
from playwright.sync_api import Page, expect

from segment_engine.domain.run import RunStatus
from segment_engine.domain.schedules import daily
from segment_engine.errors import NotFound
from tests.browser.acting import asked_id, choose, expect_text, metric, open_tab, type_into
from tests.browser.conftest import Site, go
from tests.browser.serving import settle
from tests.pages.conftest import EVERYONE, IN_UTRECHT

# Keeps every figure that the tile of the members has ever shown, however shortly.
_WATCH = """() => {
  window.__alive = true; window.__shown = [];
  const look = () => document.querySelectorAll('[data-testid=stMetric]').forEach(tile => {
    const label = tile.querySelector('[data-testid=stMetricLabel]')?.innerText.trim();
    if (label === 'Members') window.__shown.push(tile.querySelector('[data-testid=stMetricValue]').innerText.trim());
  });
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def test_from_an_idea_to_its_members(tab: Page, site: Site) -> None:
    """Open, build two conditions, see the size, set a time, save, watch it succeed without a reload, read who."""
    go(tab, site, "/segments")
    tab.get_by_role("button", name="New segment").click()
    settle(tab)
    tab.evaluate(_WATCH)
    type_into(tab, "Name", "Utrecht, ordered twice")
    choose(tab, "Condition 1 subject", "City")
    choose(tab, "Condition 1 value", "Utrecht · 2")
    expect(metric(tab, "Live size")).to_have_text("2")
    tab.get_by_role("button", name="Add condition").click()
    tab.get_by_role("menuitem", name="Events").click()
    settle(tab)
    choose(tab, "Condition 2 subject", "order placed")
    type_into(tab, "Condition 2 count", "2")
    expect(metric(tab, "Live size")).to_have_text("1")
    tab.get_by_role("radio", name="Daily").click()
    settle(tab)
    expect_text(tab, "Each segment has a minute of its own")
    tab.get_by_role("button", name="Save segment").click()
    expect(tab.get_by_role("heading", name="Utrecht, ordered twice")).to_be_visible()
    expect(metric(tab, "Members")).to_have_text("1")
    expect(tab.get_by_test_id("stMain").locator("p", has_text="Success").first).to_be_visible()
    settle(tab)
    expect_text(tab, "Every day at 06")

    open_tab(tab, "Members")
    members = tab.get_by_role("region", name="1 contact of the segment")
    expect(members.locator("td", has_text="0001")).to_have_count(1)
    assert tab.evaluate("window.__alive") is True  # the page was never loaded anew
    assert set(tab.evaluate("window.__shown")) <= {"–", "1"}  # and no count was shown before there was one
    (run,) = site.engine.runs.find(site.context, asked_id(tab))
    assert (run.status, run.member_count) == (RunStatus.SUCCESS, 1)
    assert site.engine.schedules.get(site.context, asked_id(tab)).schedule == daily(time(6), "Europe/Amsterdam")


def test_nothing_is_polled_when_nothing_runs(tab: Page, site: Site) -> None:
    """After the end of a calculation the page is quiet: not one message in three seconds."""
    segment_id = site.create("Quiet", EVERYONE)
    go(tab, site, f"/segment?id={segment_id}")
    expect(metric(tab, "Members")).to_have_text("4")
    settle(tab, quiet=1000)
    sent: list[object] = []

    def keep(frame: object) -> None:
        sent.append(frame)

    tab.on("websocket", lambda socket: socket.on("framesent", keep))
    tab.reload()
    settle(tab, quiet=1000)
    assert sent
    before = len(sent)
    tab.wait_for_timeout(3000)
    assert len(sent) == before


def test_typing_and_saving_at_once_saves_what_was_typed(tab: Page, site: Site) -> None:
    """A field that was left by clicking Save is not saved as it was before."""
    segment_id = site.create("Before", IN_UTRECHT)
    go(tab, site, f"/edit?id={segment_id}")
    tab.get_by_label("Name", exact=True).fill("After")
    tab.get_by_role("button", name="Save segment").click(delay=50)
    expect(tab.get_by_role("heading", name="After")).to_be_visible()
    assert site.engine.segments.get(site.context, segment_id).name == "After"


def test_filters_stand_in_the_address_and_survive_a_reload(tab: Page, site: Site) -> None:
    """What one sees can be sent to somebody else."""
    site.create("Findable", EVERYONE)
    site.create("Other", EVERYONE)
    go(tab, site, "/segments?q=findable&sort=Name")
    expect(tab.get_by_role("link", name="Findable")).to_be_visible()
    expect(tab.get_by_role("link", name="Other", exact=True)).to_have_count(0)
    tab.get_by_role("button", name=re.compile("Show .* active")).click()
    expect(tab).to_have_url(re.compile("state=Active"))
    tab.reload()
    settle(tab)
    expect(tab).to_have_url(re.compile("state=Active"))
    expect(tab.get_by_role("combobox", name="Active or inactive")).to_have_value("Active")


def test_a_row_of_the_table_opens_its_segment(tab: Page, site: Site) -> None:
    """The table is a picture to the browser; a click on its button still opens the right one."""
    segment_id = site.create("From the table", EVERYONE)
    go(tab, site, "/segments?view=Table&q=From+the+table")
    box = tab.get_by_test_id("stDataFrame").bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + 60, box["y"] + 40 + 20)
    expect(tab.get_by_role("heading", name="From the table")).to_be_visible()
    assert asked_id(tab) == segment_id


def test_deleting_asks_first(tab: Page, site: Site) -> None:
    """Closing the dialog deletes nothing; its button deletes, and the list is next."""
    segment_id = site.create("Short-lived", EVERYONE)
    go(tab, site, f"/segment?id={segment_id}")
    for answer in ("Keep it", "Delete segment"):
        tab.get_by_role("button", name="More").click()
        tab.get_by_role("menuitem", name="Delete").or_(tab.get_by_text("Delete…")).first.click()
        dialog = tab.get_by_role("dialog")
        expect(dialog.get_by_text("The contacts stay")).to_be_visible()
        assert site.engine.segments.get(site.context, segment_id)
        dialog.get_by_role("button", name=answer).click()
        expect(dialog).to_have_count(0)
    expect(tab.get_by_role("heading", name="Segments", exact=True)).to_be_visible()
    with pytest.raises(NotFound):
        site.engine.segments.get(site.context, segment_id)


@pytest.mark.parametrize("path", ["/", "/segments", "/segments?view=Table", "/segment?id={}", "/edit?id={}"])
def test_a_phone_is_wide_enough(tab: Page, site: Site, path: str) -> None:
    """At 390 pixels nothing has to be pushed sideways."""
    segment_id = site.create(f"Narrow {path}", IN_UTRECHT)
    tab.set_viewport_size({"width": 390, "height": 844})
    go(tab, site, path.format(segment_id))
    expect(tab.get_by_role("heading").first).to_be_visible()
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


NAMES = [
    "<img src=x onerror=\"document.title='broken in'\"> <b>bold</b>",
    "**b** [l](javascript:alert(1)) :material/home: :smile: :red[r] $x$ `c`",
    "http://example.org www.example.org a@example.org -> <- --",
    "# Heading\u202egnidaeh",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_more_than_a_name(tab: Page, site: Site, name: str) -> None:
    """Not a picture, not a script, not a link, not bold, not an icon: the signs as typed, everywhere (D2)."""
    segment_id = site.create(name, EVERYONE, name)
    shown = re.sub("[\u202e]", " ", name)
    go(tab, site, f"/segment?id={segment_id}")
    expect(metric(tab, "Members")).to_have_text("4")
    heading = tab.get_by_role("heading", level=1)
    assert heading.inner_text().replace("\u2060", "").strip() == shown
    assert heading.locator("a, b, strong, em, img, code, .katex, [data-testid=stIconMaterial]").count() == 0
    go(tab, site, "/segments?sort=Created")
    link = tab.locator(f'a[href*="{segment_id}"]').first
    assert link.inner_text().replace("\u2060", "").strip() == shown
    assert link.locator("a, b, em, img, code, .katex, [data-testid=stIconMaterial]").count() == 0
    assert "broken in" not in tab.title()
