"""Every page as axe-core sees it, light and dark, wide and narrow: nothing serious, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from tests.browser.accessibility import grave_findings
from tests.browser.acting import calculated
from tests.browser.conftest import Site, go
from tests.browser.serving import settle
from tests.pages.conftest import IN_UTRECHT

WIDE, NARROW = (1440, 1000), (390, 844)
PAGES = (
    "/",
    "/segments",
    "/segments?view=Table",
    "/segment?id={segment}",
    "/segment?id={segment}&tab=Criteria",
    "/segment?id={segment}&tab=Members",
    "/segment?id={segment}&tab=Runs",
    "/segment?id={segment}&tab=Usage",
    "/segment?id={segment}&tab=Versions",
    "/segment?id={segment}&tab=About",
    "/edit?id={segment}",
    "/contacts",
    "/contacts?c_key=0001",
    "/campaigns",
    "/campaign?id={campaign}",
    "/campaign_editor",
    "/sequences",
    "/operations",
    "/operations?o_tab=Pace+and+cost",
    "/cleanup",
    "/sources",
    "/source?id={source}",
    "/import",
    "/administration",
    "/administration?a_tab=Settings",
    "/administration?a_tab=Audit+log&a_line=1",
)


@pytest.fixture(scope="module")
def addresses(site: Site) -> dict[str, str]:
    """Something to look at on every page."""
    segment = site.create("Looked at by everybody", IN_UTRECHT)
    calculated(site, segment)
    campaign = site.engine.campaigns.create(
        site.context, CampaignDraft(CampaignKind.CAMPAIGN, "Looked at", included=(segment,))
    )
    source = site.engine.sources.find(site.context)[0]
    return {"segment": str(segment), "campaign": str(campaign.campaign_id), "source": str(source.source_id)}


@pytest.fixture(
    scope="module", params=[("light", WIDE), ("dark", WIDE), ("light", NARROW)], ids=["light", "dark", "phone"]
)
def visitor(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """One visitor for all pages of an appearance."""
    appearance, (width, height) = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=appearance, locale="en-US")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_by_everybody(visitor: Page, site: Site, addresses: dict[str, str], path: str) -> None:
    """axe-core finds nothing serious, the page has one main heading, and nothing has to be pushed sideways."""
    go(visitor, site, path.format(**addresses))
    expect(visitor.get_by_role("heading", level=1)).to_have_count(1)
    settle(visitor, quiet=500)
    assert grave_findings(visitor) == []
    width = visitor.evaluate("innerWidth")
    assert visitor.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
