"""Takes the pictures of the README from the demo organization: `make screenshots`. Wide and narrow, light and dark."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from segment_engine.databases import connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.demo.load import load_demo
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.campaign import CampaignQuery
from segment_engine.domain.segment import SegmentQuery
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import load_settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.browser.install_browser import NOT_FOUND, arguments, find_browser
from tests.browser.serving import PROJECT, serving, settle

FOLDER = PROJECT / "docs" / "pictures"
WIDE, NARROW = (1440, 1000), (390, 844)
TALL = (1440, 1320)
LARGEST_BYTES = 300_000
PLANNED, LAUNCHED = "Birthday voucher", "Double points weekend"
LOYAL, BROWSED, BROKEN = "Loyal customers", "Browsed the sale or filled a cart, did not buy", "Utrecht store regulars"


@dataclass(frozen=True)
class Picture:
    """One picture: a page, a size and an appearance. With `contact` the page explains that one, scrolled into sight."""

    name: str
    path: str
    size: tuple[int, int]
    appearance: str = "light"
    contact: str | None = None


@dataclass(frozen=True)
class Ids:
    """What the demo made, by name."""

    segments: dict[str, str]
    campaigns: dict[str, str]
    sources: dict[str, str]


def pictures(ids: Ids) -> tuple[Picture, ...]:
    """List what is photographed."""
    loyal, broken = f"/segment?id={ids.segments[LOYAL]}", f"/segment?id={ids.segments[BROKEN]}"
    editor = f"/edit?id={ids.segments[BROWSED]}"
    planned, launched = f"/campaign?id={ids.campaigns[PLANNED]}", f"/campaign?id={ids.campaigns[LAUNCHED]}"
    reached = f"/contacts?c_key=000007&c_tab=Campaigns&c_campaign={ids.campaigns[LAUNCHED]}"
    desk = f"/source?id={ids.sources['Support desk']}"
    return (
        Picture("overview-light", "/", TALL),
        Picture("overview-dark", "/", TALL, "dark"),
        Picture("overview-phone-light", "/", NARROW),
        Picture("segments-light", "/segments?sort=Members", WIDE),
        Picture("segments-dark", "/segments?sort=Members", WIDE, "dark"),
        Picture("segments-table-light", "/segments?view=Table", WIDE),
        Picture("segments-phone-light", "/segments?sort=Members", NARROW),
        Picture("segments-phone-dark", "/segments?sort=Members", NARROW, "dark"),
        Picture("segment-light", loyal, TALL),
        Picture("segment-dark", loyal, TALL, "dark"),
        Picture("segment-usage-light", f"{loyal}&tab=Usage", TALL),
        Picture("segment-failed-dark", broken, WIDE, "dark"),
        Picture("segment-phone-light", loyal, NARROW),
        Picture("segment-why-light", f"{loyal}&tab=Members", WIDE, contact="000057"),
        Picture("segment-why-dark", f"{loyal}&tab=Members", WIDE, "dark", contact="000057"),
        Picture("editor-light", editor, WIDE),
        Picture("editor-dark", editor, WIDE, "dark"),
        Picture("editor-phone-light", editor, NARROW),
        Picture("contact-light", reached, WIDE),
        Picture("contact-dark", reached, WIDE, "dark"),
        Picture("campaign-light", planned, WIDE),
        Picture("campaign-dark", launched, TALL, "dark"),
        Picture("operations-light", "/operations?o_tab=Failures", WIDE),
        Picture("cleanup-light", "/cleanup", WIDE),
        Picture("sources-light", "/sources", WIDE),
        Picture("source-drift-light", f"{desk}&d_tab=Drift", WIDE),
    )


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> Path:
    """Open the page as a new visitor and photograph what is in sight."""
    width, height = picture.size
    visitor = browser.new_context(
        viewport={"width": width, "height": height}, locale="en-US",
        color_scheme="dark" if picture.appearance == "dark" else "light",
    )  # fmt: skip
    page = visitor.new_page()
    page.goto(address + picture.path)
    _rest(page)
    if picture.contact is not None:
        key = page.get_by_label("Key of the contact", exact=True)
        key.fill(picture.contact)
        key.press("Enter")
        _rest(page)
        key.evaluate("field => field.scrollIntoView({block: 'start'})")
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled")
    visitor.close()
    return path


def _rest(page: Page) -> None:
    """Wait for the run, for what is computed beside the page, and for charts, which are drawn a moment later."""
    settle(page, quiet=1500)
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
    settle(page, quiet=500)


def main() -> int:
    """Load the demo, photograph every page, and say how large the pictures are."""
    program = find_browser()
    if program is None:
        sys.stderr.write(f"{NOT_FOUND}\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with throwaway_server() as server, sync_playwright() as playwright:
        databases = connect_local(server, load_settings({}))
        upgrade(databases.migrator)
        load_demo(databases)
        engine = Engine(databases)
        ids = _ids(engine, engine.context_for(LOCAL_IDENTITY))
        browser = playwright.chromium.launch(executable_path=program, args=[*arguments(), "--disable-gpu"])
        too_large = 0
        with serving(server.url(ADMINISTRATOR)) as address:
            for picture in pictures(ids):
                path = take(browser, address, picture, FOLDER)
                too_large += path.stat().st_size > LARGEST_BYTES
                sys.stdout.write(f"{path.stat().st_size / 1000:7.0f} kB  {path.relative_to(PROJECT)}\n")
        browser.close()
        engine.close()
    return 1 if too_large else 0


def _ids(engine: Engine, context: OrganizationContext) -> Ids:
    segments = engine.segments.find(context, SegmentQuery(size=100)).items
    campaigns = engine.campaigns.find(context, CampaignQuery(size=100)).items
    sources = engine.sources.find(context)
    return Ids(
        {card.name: str(card.segment_id) for card in segments},
        {card.name: str(card.campaign_id) for card in campaigns},
        {card.name: str(card.source_id) for card in sources},
    )


if __name__ == "__main__":
    sys.exit(main())
