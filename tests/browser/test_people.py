"""One day of each kind of person, in a real browser: what they came for, and what must not happen meanwhile."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy import text

from pages.cleanup_list import ROW_HEIGHT
from segment_engine.db.session import Database
from segment_engine.domain.campaign import CampaignDraft, CampaignKind, CampaignQuery, CampaignState
from segment_engine.domain.segment import SegmentDraft, SegmentState, SegmentStatus
from tests.browser.acting import (
    asked_id,
    at_rest,
    calculated,
    expect_text,
    metric,
    open_tab,
    press,
    tick_row,
    type_into,
)
from tests.browser.conftest import Site, go
from tests.browser.serving import settle
from tests.pages.conftest import IN_UTRECHT, document

GOLD = document({"kind": "attribute", "field": "contact.tier", "op": "equals", "value": "gold"})
ADA = document({"kind": "attribute", "field": "contact.name", "op": "equals", "value": "Ada"})
WITH_SCORE = document({"kind": "attribute", "field": "contact.score", "op": "gte", "value": 20})


def test_an_analyst_validates_an_audience(tab: Page, site: Site) -> None:
    """From the list to the verdict, the sentence, the counts and the members; looking starts no calculation."""
    segment_id = site.create("Audience to validate", IN_UTRECHT)
    calculated(site, segment_id)
    before = site.engine.runs.find(site.context, segment_id)
    go(tab, site, "/segments?q=%22audience+to+validate%22")
    tab.get_by_role("link", name="Audience to validate").click()
    expect(tab.get_by_role("heading", name="Audience to validate")).to_be_visible()
    expect_text(tab, "Ready")
    expect(metric(tab, "Members")).to_have_text("2")
    open_tab(tab, "Criteria")
    expect_text(tab, "City is “Utrecht”")
    open_tab(tab, "Members")
    expect(tab.get_by_role("region", name="2 contacts of the segment")).to_be_attached()
    expect(tab).to_have_url(re.compile("tab=Members"))
    assert site.engine.runs.find(site.context, segment_id) == before


def test_a_campaign_manager_sets_up_a_campaign(tab: Page, site: Site) -> None:
    """Health first, then a campaign on what is ready; no draft is offered, and the audience keeps its run (T93)."""
    calculated(site, included := site.create("Chosen for the campaign", GOLD))
    draft = SegmentDraft(
        "Never offered", "", WITH_SCORE, state=SegmentState.DRAFT, accepted_warnings=frozenset({"L-DUPLICATE"})
    )
    site.engine.segments.create(site.context, draft)
    go(tab, site)
    expect(tab.get_by_role("heading", name="Overview")).to_be_visible()
    tab.get_by_role("link", name="Campaigns").click()
    press(tab, "New campaign")
    type_into(tab, "Name", "Gold in spring")
    search = tab.get_by_placeholder("Find active segments by name or description")
    search.fill("never offered")
    search.press("Enter")
    expect_text(tab, "No other active segment has this text.")
    search.fill("chosen for the campaign")
    search.press("Enter")
    press(tab, "Include Chosen for the campaign")
    expect_text(tab, "1 of 2 contacts can be reached")
    press(tab, "Save campaign")
    expect(tab.get_by_role("heading", name="Gold in spring")).to_be_visible()
    campaign_id = asked_id(tab)
    press(tab, "Launch…")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("2 contacts")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("aunch to 1 contact")).click()
    expect(dialog).to_have_count(0)
    settle(tab)
    assert site.engine.campaigns.get(site.context, campaign_id).state is CampaignState.RUNNING
    (audience,) = site.engine.campaigns.audiences(site.context, campaign_id)
    published = site.engine.segments.get(site.context, included).published_run_id
    assert [source.run_id for source in audience.sources] == [published]
    found = site.engine.campaigns.find(site.context, CampaignQuery(kind=CampaignKind.CAMPAIGN, search="Gold in spring"))
    assert found.total == 1  # pressed once, made once


def test_an_ops_lead_retries_what_failed(tab: Page, site: Site) -> None:
    """A failure has its cause, is tried again when the cause is gone, and nothing else is calculated with it (T61)."""
    calculated(site, bystander := site.create("Bystander", WITH_SCORE))
    calculated(site, broken := site.create("Loses its field", ADA))
    database = Database(site.database_url)
    own = {"o": site.context.organization_id}
    with database.transaction() as transaction:
        transaction.run(
            text("UPDATE fields SET key = 'contact.gone' WHERE organization_id = :o AND key = 'contact.name'"), own
        )
    site.engine.runs.request(site.context, broken)
    calculated(site, broken, status=SegmentStatus.FAILED)
    others = site.engine.runs.find(site.context, bystander)
    go(tab, site, "/operations?o_tab=Failures")
    expect_text(tab, "A field or event type is gone")
    with database.transaction() as transaction:
        transaction.run(
            text("UPDATE fields SET key = 'contact.name' WHERE organization_id = :o AND key = 'contact.gone'"), own
        )
    database.close()
    press(tab, "Retry")
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Queue 1 run").click()
    expect(dialog).to_have_count(0)
    assert calculated(site, broken).member_count == 1
    expect_text(tab, "Nothing stands as failed")
    assert site.engine.runs.find(site.context, bystander) == others


def test_somebody_cleans_up_doubles(tab: Page, site: Site) -> None:
    """Of two segments that say the same the used one stays; the other goes, and comes back by one click (T55)."""
    calculated(
        site,
        used := site.create(
            "Double in use", document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"})
        ),
    )
    calculated(
        site,
        spare := site.create(
            "Double to spare", document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"})
        ),
    )
    site.engine.campaigns.create(site.context, CampaignDraft(CampaignKind.CAMPAIGN, "Uses a double", included=(used,)))
    at_rest(site)
    go(tab, site, "/cleanup?k_reason=Same+criteria")
    tick_row(
        tab, "candidate", "Double to spare", row_height=ROW_HEIGHT
    )  # other visitors of this site left doubles of their own
    press(tab, "Archive…")
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Archive 1 segment").click()
    expect(dialog).to_have_count(0)
    expect(tab.get_by_role("button", name="Undo")).to_be_visible()  # what was archived before is told below, too
    assert site.engine.segments.get(site.context, spare).state is SegmentState.ARCHIVED
    assert site.engine.segments.get(site.context, used).state is SegmentState.ACTIVE
    press(tab, "Undo")
    expect(tab.get_by_role("button", name="Undo")).to_have_count(0)
    assert site.engine.segments.get(site.context, spare).state is SegmentState.ACTIVE


def test_a_teammate_explains_a_missing_contact(tab: Page, site: Site) -> None:
    """Found by the address, the answer is one sentence with its gate, under a link; nothing is changed (T91)."""
    calculated(site, chosen := site.create("Reads of the missing one", GOLD))
    draft = CampaignDraft(CampaignKind.CAMPAIGN, "Does it reach them", included=(chosen,))
    campaign = site.engine.campaigns.create(site.context, draft)
    before = site.engine.campaigns.get(site.context, campaign.campaign_id)
    go(tab, site, "/contacts")
    search = tab.get_by_placeholder("Key, e-mail, phone or name")
    search.fill("cy@example.org")
    search.press("Enter")
    settle(tab)
    expect(tab.get_by_role("heading", name="0003")).to_be_visible()
    open_tab(tab, "Campaigns")
    expect(tab.get_by_role("heading", name="With this contact")).to_be_visible()
    tile = tab.get_by_test_id("stVerticalBlock").filter(has=tab.get_by_role("link", name="Does it reach them")).last
    tile.get_by_role("button", name="Why reached, or not").click()
    settle(tab)
    expect_text(tab, "consent")
    expect_text(tab, "Not reached")
    link = tab.url
    tab.goto("about:blank")
    tab.goto(link)
    settle(tab)
    expect_text(tab, "Not reached")
    expect(tab.get_by_text("ada@example.org")).to_have_count(0)  # nobody else's data beside it
    assert site.engine.campaigns.get(site.context, campaign.campaign_id) == before
