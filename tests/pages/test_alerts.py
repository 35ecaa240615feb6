"""Alerts on the pages: what is open and was, who knows, who is told; every role, nothing, something and too much."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import workers
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.alert_rules import Channel, RuleDraft
from segment_engine.domain.alerts import AlertKind
from segment_engine.domain.segment import SegmentId
from segment_engine.engine import Engine
from segment_engine.worker.watching import look
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, words

HOSTILE = "**Bold** <b>x</b> :red[y] [l](https://x.example.org)"


@pytest.fixture
def fail(
    databases: Databases, context: OrganizationContext, contacts: Importer, create: Create
) -> Callable[[str], UUID]:
    """Save a segment whose first run fails, and let a worker notice."""
    assert contacts
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=0)

    def failed(name: str) -> UUID:
        segment_id = create(name, IN_UTRECHT)
        with databases.worker.transaction(context.organization_id) as transaction:
            for status in ("processing", "failed"):
                transaction.run(
                    text(
                        "UPDATE runs SET status = :status, started_at = clock_timestamp(), "
                        "error_class = 'field_missing', error_sentence = 'There is no field “contact.shop”.', "
                        "finished_at = CASE WHEN :status = 'failed' THEN clock_timestamp() END "
                        "WHERE organization_id = :o AND segment_id = :s AND status IN ('queued', 'processing')"
                    ),
                    {"status": status, "o": context.organization_id, "s": segment_id},
                )
            transaction.run(
                text("UPDATE organization_work SET look_at = now() - interval '1 hour' WHERE organization_id = :o"),
                {"o": context.organization_id},
            )
        look(databases.worker)
        return segment_id

    return failed


def test_nothing_wrong_is_calm(visit: Visit) -> None:
    """Open, past and told of nothing: each says so with one next step, and the overview shows no link."""
    for shown, sentence in (
        ("Open", "Nothing is wrong"),
        ("Past", "Nothing has been wrong"),
        ("Who is told", "Nobody"),
    ):
        page = visit("operations", o_tab="Alerts", al_show=shown)
        assert not page.exception
        assert sentence in words(page)
    assert "open alert" not in words(visit("overview"))


def test_an_open_alert_is_acknowledged_and_read_in_full(
    visit: Visit, fail: Callable[[str], UUID], engine: Engine, context: OrganizationContext
) -> None:
    """One block for two segments of one cause; who knows of it stands there; names are shown as they were typed."""
    fail(HOSTILE)
    fail("Second of them")
    assert "1 open alert" in words(visit("overview"))
    page = visit("operations", o_tab="Alerts")
    told = words(page)
    assert "1 alert is open; nobody has acknowledged 1 of them." in told
    assert "A field or event type is gone. There is no field “contact.shop”." in told
    assert HOSTILE in told
    (card,) = engine.alerts.find(context)
    page.button(key=f"alerts.know.{card.alert_id}").click().run()
    assert "knows" in words(page)
    assert engine.alerts.count(context).unseen == 0
    detail = visit("operations", o_tab="Alerts", alert=str(card.alert_id))
    assert not detail.exception
    assert columns(detail)["name"] == [HOSTILE, "Second of them"]
    assert "Nobody was told" in words(detail)
    for wrong in ("nonsense", str(UUID(int=1))):
        assert "There is no such alert" in words(visit("operations", o_tab="Alerts", alert=wrong))


def test_what_is_over_stands_among_the_past(
    visit: Visit, fail: Callable[[str], UUID], databases: Databases, context: OrganizationContext
) -> None:
    """With what happened, when it began and when it was over."""
    segment = fail("Was broken")
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text("UPDATE segments SET state = 'inactive' WHERE organization_id = :o AND segment_id = :s"),
            {"o": context.organization_id, "s": segment},
        )
        transaction.run(
            text("UPDATE organization_work SET look_at = now() - interval '1 hour' WHERE organization_id = :o"),
            {"o": context.organization_id},
        )
    look(databases.worker)
    assert columns(visit("operations", o_tab="Alerts", al_show="Past"))["segments"] == ["Was broken"]
    about = words(visit("segment", id=str(segment), tab="About"))
    assert "No alert is open. The last one was over" in about


def test_rules_are_made_tested_and_removed(
    visit: Visit, engine: Engine, context: OrganizationContext, organization_id: int
) -> None:
    """The form keeps what was typed when something is wrong; a webhook's secret is shown once."""
    assert organization_id
    page = visit("operations", o_tab="Alerts", al_show="Who is told")
    page.button(key="alerts.add.None").click().run()
    page.text_input(key="alerts.form.email.new").set_value("nobody").run()
    page.button(key="alerts.form.yes").click().run()
    assert "This is not an e-mail address" in words(page)
    page.radio(key="alerts.form.channel.new").set_value(Channel.WEBHOOK).run()
    page.text_input(key="alerts.form.webhook.new").set_value("https://hooks.example.org/x").run()
    page.button(key="alerts.form.yes").click().run()
    (rule,) = engine.alerts.rules(context)
    assert (rule.draft.channel, rule.draft.kinds) == (Channel.WEBHOOK, frozenset(AlertKind))
    assert "whsec_" in words(page)
    page.button(key="alerts.kept").click().run()
    assert "whsec_" not in words(page)
    assert "https://hooks.example.org/x" in words(page)
    page.button(key=f"alerts.test.{rule.rule_id}").click().run()
    assert "waits for a worker" in words(page)
    page.button(key=f"alerts.remove.{rule.rule_id}").click().run()
    assert engine.alerts.rules(context) == ()


def test_rules_of_a_segment_stand_on_its_page(
    visit: Visit, fail: Callable[[str], UUID], engine: Engine, context: OrganizationContext
) -> None:
    """Its own alerts and rules alone, and a form that offers no kinds of the whole organization."""
    segment = SegmentId(fail("Mine"))
    draft = RuleDraft(frozenset({AlertKind.EMPTY}), Channel.EMAIL, "mine@example.org", segment)
    engine.alerts.add_rule(context, draft)
    engine.alerts.add_rule(context, RuleDraft(draft.kinds, draft.channel, "all@example.org"))
    page = visit("segment", id=str(segment), tab="About")
    assert not page.exception
    told = words(page)
    assert ("mine@example.org" in told, "all@example.org" in told) == (True, False)
    assert "A field or event type is gone." in told
    page.button(key=f"alerts.add.{segment}").click().run()
    offered = page.multiselect(key="alerts.form.kinds.new").options
    assert "No worker is running" not in offered


@pytest.mark.parametrize("which", [Role.VIEWER, Role.ANALYST])
def test_who_may_not_change_sees_why(
    visit: Visit, fail: Callable[[str], UUID], role: Callable[[Role], None], which: Role
) -> None:
    """A viewer reads alerts and not who is told; an analyst acknowledges, and makes no rule of the organization."""
    fail("Broken")
    role(which)
    page = visit("operations", o_tab="Alerts")
    know = next(button for button in page.button if str(button.key).startswith("alerts.know."))
    assert know.disabled is (which is Role.VIEWER)
    told = visit("operations", o_tab="Alerts", al_show="Who is told")
    if which is Role.VIEWER:
        assert "does not allow you to change segments" in words(told)
    else:
        assert told.button(key="alerts.add.None").disabled
