"""Every role on every page: what it may not open says why and loads nothing; what it opens offers nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from app import PLACES, Place
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role, refusal
from segment_engine.domain.audit import AuditQuery, AuditResult
from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from segment_engine.engine import Engine
from tests.pages.conftest import IN_UTRECHT, Create, Visit, words

# What stands in the address of the pages that show one thing.
World = dict[str, str]


@pytest.fixture
def world(engine: Engine, context: OrganizationContext, create: Create, work: Callable[[], None]) -> World:
    """A calculated segment, a campaign with it and a data source."""
    segment_id = create("Loyal in Utrecht", IN_UTRECHT)
    work()
    campaign = engine.campaigns.create(
        context, CampaignDraft(CampaignKind.CAMPAIGN, "Spring greeting", included=(segment_id,))
    )
    source: UUID = engine.sources.find(context)[0].source_id
    return {
        "segment": str(segment_id), "edit": str(segment_id), "campaign": str(campaign.campaign_id),
        "campaign_editor": str(campaign.campaign_id), "source": str(source),
    }  # fmt: skip


def opened(visit: Visit, place: Place, world: World) -> AppTest:
    """Open a place as its link does."""
    return visit(place.path, **({"id": world[place.path]} if place.path in world else {}))


def refused(engine: Engine, context: OrganizationContext) -> list[str]:
    """Read what was refused to anybody so far."""
    lines = engine.audit.find(context, AuditQuery(result=AuditResult.REFUSED), limit=100).lines
    return sorted(line.action for line in lines)


@pytest.mark.usefixtures("contacts")
@pytest.mark.parametrize("given", list(Role))
def test_every_page_for_every_role(
    visit: Visit, role: Callable[[Role], None], engine: Engine, context: OrganizationContext, world: World, given: Role
) -> None:
    """Open with nothing refused inside; or closed with the reason, nothing loaded, and a line in the log (C2)."""
    role(given)
    acting = replace(context, role=given, permissions=PERMISSIONS[given])
    closed = [place for place in PLACES if not place.opens_to(acting)]
    for place in PLACES:
        page = opened(visit, place, world)
        assert not page.exception, place.path
        links = [link.proto.label for link in page.sidebar.get("page_link")]
        if place in closed:
            assert refusal(acting, place.permission) in words(page), place.path
            assert not page.dataframe, place.path
            assert not page.title, place.path
            assert not page.main.button, place.path
            assert place.title not in links, place.path
        else:
            assert "does not allow you to see" not in "".join(error.value for error in page.error), place.path
            assert not place.icon or place.title in links, place.path
    # Whoever opens what is open asks the engine for nothing that is refused.
    assert refused(engine, context) == sorted(f"page.{place.path}" for place in closed)


@pytest.mark.usefixtures("contacts")
def test_no_button_leads_a_viewer_to_a_refusal(
    visit: Visit, role: Callable[[Role], None], engine: Engine, context: OrganizationContext, world: World
) -> None:
    """Every button of every open page that can be pressed may be pressed; the others are disabled and say why."""
    role(Role.VIEWER)
    acting = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    pressed, explained = 0, 0
    for place in PLACES:
        if place.opens_to(acting):
            page = opened(visit, place, world)
            explained += sum(
                "does not allow you" in (button.help or "") for button in page.main.button if button.disabled
            )
            for key in [str(button.key) for button in page.main.button if not button.disabled]:
                again = opened(visit, place, world)
                again.button(key=key).click().run()
                assert not again.exception, (place.path, key)
                pressed += 1
    assert refused(engine, context) == []
    assert (pressed > 5, explained > 5) == (True, True), (pressed, explained)
