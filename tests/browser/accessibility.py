"""What axe-core has to say about a page, in words a person can act on."""

from __future__ import annotations

from typing import Any, cast

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = frozenset({"serious", "critical"})
_AXE = Axe()


def grave_findings(page: Page) -> list[str]:
    """List what is serious or critical: the rule, what it asks for, and the first elements that break it.

    Source: the rules of axe-core 4.12, tags WCAG 2.0 to 2.2, levels A and AA, and its best practices.
    """
    answer = cast("dict[str, Any]", _AXE.run(page).response)  # pyright: ignore[reportUnknownMemberType] - half typed
    found: list[str] = []
    for rule in cast("list[dict[str, Any]]", answer["violations"]):
        if rule["impact"] in GRAVE:
            places = "; ".join(str(node["html"])[:300] for node in rule["nodes"][:3])
            found.append(f"{rule['id']} ({rule['impact']}): {rule['help']} – {places}")
    return found
