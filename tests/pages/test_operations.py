"""The page Operations: every tab with something and with nothing in it, every role, and acts on many."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from pages.operations_stale import REASONS
from segment_engine.databases import Databases
from segment_engine.db import workers
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.operations import STALE_CODES
from segment_engine.domain.segment import SegmentStatus
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, words

TABS = ("Queue", "Failures", "Out of date", "Pace and cost")
Work = Callable[[], None]


def open_tab(visit: Visit, tab: str) -> AppTest:
    """Open the page at one tab."""
    page = visit("operations", o_tab=tab)
    assert not page.exception
    return page


def a_worker(databases: Databases) -> None:
    """Let a worker be heard of."""
    with databases.worker.transaction() as transaction:
        workers.beat(transaction, "one", runs_done=3)


@pytest.mark.parametrize(
    ("tab", "sentence"),
    [
        ("Queue", "Nothing waits"),
        ("Failures", "Nothing stands as failed"),
        ("Out of date", "Everything is up to date"),
        ("Pace and cost", "No run has ended in the last 30 days"),
    ],
)
def test_an_empty_organization_has_calm_tabs(visit: Visit, tab: str, sentence: str) -> None:
    """Nothing waiting, failing or out of date is said as such, with one next step."""
    page = open_tab(visit, tab)
    assert sentence in words(page)
    assert [error.value for error in page.error] == []


def test_without_a_worker_the_command_is_there(
    visit: Visit, contacts: Importer, create: Create, databases: Databases
) -> None:
    """The state every new user meets: what waits, why, and the command that starts a worker; gone when one is heard."""
    assert contacts
    create("Everyone here")
    told = words(open_tab(visit, "Queue"))
    assert "No worker is running." in told
    assert "1 run waits for one." in told
    assert "make worker" in told
    assert "none was ever heard of" in told
    a_worker(databases)
    told = words(open_tab(visit, "Queue"))
    assert "No worker is running." not in told
    assert "last heard" in told


def test_the_queue_lists_what_waits_in_its_order(visit: Visit, contacts: Importer, create: Create) -> None:
    """Place, segment and who asked stand in the table; the newest is the last."""
    assert contacts
    create("First of them")
    create("Second of them", IN_UTRECHT)
    found = columns(open_tab(visit, "Queue"))
    assert (found["place"], found["name"]) == (["1", "2"], ["First of them", "Second of them"])
    assert found["asked"][0].startswith("Segment created, by ")


def test_all_that_waits_is_cancelled_after_a_dialog(
    visit: Visit, contacts: Importer, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """The dialog names the number and what would happen to each; the report stays on the page until put away."""
    assert contacts
    ids = [create("First of them"), create("Second of them", IN_UTRECHT)]
    page = open_tab(visit, "Queue")
    page.button(key="operations.cancel_all").click().run()
    assert "**2 runs** would end without a result" in words(page)
    assert any("waits and would not begin" in each for each in columns(page)["verdict"])
    assert engine.segments.get(context, ids[0]).status is SegmentStatus.QUEUED
    page.button(key="operations.yes").click().run()
    assert "2 runs cancelled, 0 left as they were." in words(page)
    assert {engine.segments.get(context, each).status for each in ids} == {SegmentStatus.NOT_CALCULATED}
    page.button(key="operations.put_away").click().run()
    assert "2 runs cancelled" not in words(page)


def test_selected_runs_alone_are_cancelled(
    visit: Visit, contacts: Importer, create: Create, engine: Engine, context: OrganizationContext
) -> None:
    """What is selected is what the dialog is about, and the table stands still meanwhile."""
    assert contacts
    first, second = create("First of them"), create("Second of them", IN_UTRECHT)
    page = open_tab(visit, "Queue")
    assert page.button(key="operations.cancel_picked").disabled
    key = next(str(table.key) for table in page.dataframe if "place" in table.value)
    page.session_state[key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    page.run()
    assert "The table stands still while rows are selected." in words(page)
    page.button(key="operations.cancel_picked").click().run()
    page.button(key="operations.yes").click().run()
    assert engine.segments.get(context, first).status is SegmentStatus.QUEUED
    assert engine.segments.get(context, second).status is SegmentStatus.NOT_CALCULATED


def test_failures_stand_by_cause_and_are_retried_together(
    visit: Visit, contacts: Importer, create: Create, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Two segments of one missing field are one block with who can act; retrying queues both."""
    assert contacts
    ids = [create("First of them", IN_UTRECHT), create("Second of them", IN_UTRECHT)]
    fail(databases, context, ids)
    page = open_tab(visit, "Failures")
    told = words(page)
    assert "2 segments stand as failed, for 1 cause." in told
    assert "A field or event type is gone" in told
    assert "Whoever imports the data, or edits the segments" in told
    assert sorted(columns(page)["name"]) == ["First of them", "Second of them"]
    page.button(key="operations.retry.0").click().run()
    assert "**2 runs** would be queued" in words(page)
    assert "No worker is running, so they will wait" in words(page)
    page.button(key="operations.yes").click().run()
    assert {engine.segments.get(context, each).status for each in ids} == {SegmentStatus.QUEUED}


def fail(databases: Databases, context: OrganizationContext, ids: list[UUID]) -> None:
    """Let the waiting runs fail because a field is gone."""
    with databases.worker.transaction(context.organization_id) as transaction:
        for status in ("processing", "failed"):
            transaction.run(
                text(
                    "UPDATE runs SET status = :status, started_at = clock_timestamp(), error_class = 'field_missing', "
                    "error_sentence = '$.root.of[0]: There is no field “contact.gone”.', "
                    "finished_at = CASE WHEN :status = 'failed' THEN clock_timestamp() END "
                    "WHERE organization_id = :o AND segment_id = ANY(:ids) AND status IN ('queued', 'processing')"
                ),
                {"status": status, "o": context.organization_id, "ids": ids},
            )


def test_what_is_out_of_date_says_why_and_is_recalculated(
    visit: Visit, contacts: Importer, create: Create, engine: Engine, context: OrganizationContext, work: Work
) -> None:
    """Imported since: the block says so, and one button brings everything up to date."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    work()
    contacts.contacts("id,city\n0009,Utrecht\n")
    page = open_tab(visit, "Out of date")
    assert "Imported since" in words(page)
    assert "was imported after the members were calculated" in columns(page)["why"][0]
    page.button(key="operations.stale.everything").click().run()
    page.button(key="operations.yes").click().run()
    assert engine.segments.get(context, segment_id).status is SegmentStatus.QUEUED
    assert page.button(key="operations.stale.everything").disabled


def test_every_reason_to_be_out_of_date_has_a_block(
    visit: Visit, contacts: Importer, create: Create, databases: Databases, work: Work
) -> None:
    """No reason that readiness knows breaks the tab: each has a heading, also that time has passed."""
    assert list(REASONS) == list(STALE_CODES)
    segment = create("Lately", IN_UTRECHT)
    work()
    with databases.migrator.transaction() as transaction:
        transaction.run(
            text(
                "UPDATE segments SET clock = 'at', changes_at = clock_timestamp() - interval '1 minute', "
                "outdated_at = clock_timestamp() - interval '1 minute' WHERE segment_id = :segment"
            ),
            {"segment": segment},
        )
    assert contacts.organization_id
    page = open_tab(visit, "Out of date")
    assert [error.value for error in page.error] == []
    assert "Time has passed" in words(page)
    assert "changes by time alone" in columns(page)["why"][0]


def test_pace_and_cost_have_charts_and_exact_figures(
    visit: Visit, contacts: Importer, create: Create, work: Work
) -> None:
    """Charts come with a table of every day, and the dearest segments with their share."""
    assert contacts
    create("In Utrecht", IN_UTRECHT)
    work()
    page = open_tab(visit, "Pace and cost")
    assert len(page.get("vega_lite_chart")) == 3
    found = columns(page)
    assert len(found["day"]) == 30
    assert found["success"][0] == 1
    assert found["share"] == [pytest.approx(100.0)]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("given", list(Role))
def test_every_role_sees_every_tab_and_only_some_may_act(
    visit: Visit, contacts: Importer, create: Create, role: Callable[[Role], None], tab: str, given: Role
) -> None:
    """Whoever may not act sees why: buttons are there, disabled, with the reason."""
    assert contacts
    create("In Utrecht", IN_UTRECHT)
    role(given)
    page = open_tab(visit, tab)
    assert [error.value for error in page.error] == []
    if tab == "Queue":
        button = page.button(key="operations.cancel_all")
        assert button.disabled is (given is Role.VIEWER)
        assert ("does not allow you" in str(button.help)) is (given is Role.VIEWER)


def test_a_tab_of_the_address_that_does_not_exist_is_the_first(visit: Visit) -> None:
    """Anybody can change an address; the page opens all the same."""
    assert "Nothing waits" in words(open_tab(visit, "No such tab"))
