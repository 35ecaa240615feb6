"""Takes the pictures of the README from the demo organization: `make screenshots`. Wide and narrow, light and dark."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from segment_engine.databases import connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.demo.load import load_demo
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentQuery
from segment_engine.engine import Engine
from segment_engine.local_postgres import ADMINISTRATOR
from segment_engine.settings import load_settings
from segment_engine.throwaway_postgres import throwaway_server
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.browser.install_browser import NOT_FOUND, arguments, find_browser
from tests.browser.serving import PROJECT, serving, settle

FOLDER = PROJECT / "docs" / "pictures"
WIDE, NARROW = (1440, 1000), (390, 844)
TALL = (1440, 1320)
LARGEST_BYTES = 300_000
LOYAL, BROWSED, BROKEN = "Loyal customers", "Browsed the sale or filled a cart, did not buy", "Utrecht store regulars"


@dataclass(frozen=True)
class Picture:
    """One picture: a page, a size and an appearance. With `contact` the page explains that one, scrolled into sight."""

    name: str
    path: str
    size: tuple[int, int]
    appearance: str = "light"
    contact: str | None = None


def pictures(ids: dict[str, str]) -> tuple[Picture, ...]:
    """List what is photographed."""
    loyal, broken = f"/segment?id={ids[LOYAL]}", f"/segment?id={ids[BROKEN]}"
    editor = f"/edit?id={ids[BROWSED]}"
    return (
        Picture("segments-light", "/?sort=Most+members", WIDE),
        Picture("segments-dark", "/?sort=Most+members", WIDE, "dark"),
        Picture("segments-table-light", "/?view=Table", WIDE),
        Picture("segments-phone-light", "/?sort=Most+members", NARROW),
        Picture("segments-phone-dark", "/?sort=Most+members", NARROW, "dark"),
        Picture("segment-light", loyal, TALL),
        Picture("segment-dark", loyal, TALL, "dark"),
        Picture("segment-failed-dark", broken, WIDE, "dark"),
        Picture("segment-phone-light", loyal, NARROW),
        Picture("segment-why-light", loyal, WIDE, contact="000057"),
        Picture("segment-why-dark", loyal, WIDE, "dark", contact="000057"),
        Picture("editor-light", editor, WIDE),
        Picture("editor-dark", editor, WIDE, "dark"),
        Picture("editor-phone-light", editor, NARROW),
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
    settle(page, quiet=1500)  # charts are drawn a moment after the run has ended
    if picture.contact is not None:
        key = page.get_by_label("Key of the contact", exact=True)
        key.fill(picture.contact)
        key.press("Enter")
        settle(page, quiet=1500)
        key.evaluate("field => field.scrollIntoView({block: 'start'})")
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled")
    visitor.close()
    return path


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


def _ids(engine: Engine, context: OrganizationContext) -> dict[str, str]:
    return {card.name: str(card.segment_id) for card in engine.segments.find(context, SegmentQuery(size=100)).items}


if __name__ == "__main__":
    sys.exit(main())
