"""Settings of an organization: limits, revisions, what a change would do, and both values in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import LOCAL_IDENTITY, OrganizationContext
from segment_engine.domain.audit import AuditQuery
from segment_engine.domain.audit_sentences import audit_sentence
from segment_engine.domain.organization_settings import OrganizationSettings, SettingsFigures
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import InputError, StaleVersion
from segment_engine.worker.loop import Worker
from tests.integration.racing import race
from tests.isolation.calls.shared import EVERYONE

DEFAULTS = OrganizationSettings("Europe/Amsterdam", "monday", 1, "feb_28", 26, 168, 400, 400, 4)


@pytest.fixture
def aged(engine: Engine, databases: Databases, context: OrganizationContext) -> Callable[[str, int], UUID]:
    """Make a calculated segment whose members are so many hours old."""
    with databases.app.transaction(context.organization_id) as transaction:
        for statement in (
            "INSERT INTO contacts (organization_id, number, external_key) VALUES (:o, 1, 'k')",
            "INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:o, 'key', 'k', 1)",
        ):
            transaction.run(text(statement), {"o": context.organization_id})

    def make(name: str, hours: int) -> UUID:
        segment = engine.segments.create(
            context, SegmentDraft(name, "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
        )
        worker = Worker(databases.worker)
        while worker.work_once():
            pass
        with databases.migrator.transaction() as transaction:
            transaction.run(
                text(
                    "UPDATE segments SET last_calculated_at = now() - make_interval(hours => :hours) "
                    "WHERE segment_id = :segment"
                ),
                {"hours": hours, "segment": segment.segment_id},
            )
        return segment.segment_id

    return make


def test_settings_are_changed_with_both_values_in_the_log(engine: Engine, context: OrganizationContext) -> None:
    """Everything can be set, holds at the next call, and the log says from what to what."""
    held = engine.settings.get(context)
    assert (held.settings, held.revision) == (DEFAULTS, 1)
    wanted = OrganizationSettings("America/New_York", "sunday", 7, "mar_1", 12, 48, 90, 30, 2)
    stored = engine.settings.update(context, wanted, expected_revision=1)
    assert (stored.settings, stored.revision) == (wanted, 2)
    assert engine.settings.get(context) == stored
    calendar = engine.context_for(LOCAL_IDENTITY).calendar
    assert (calendar.time_zone, calendar.week_starts_on, calendar.leap_day) == ("America/New_York", "sunday", "mar_1")
    assert engine.settings.update(context, wanted, expected_revision=2) == stored
    with pytest.raises(StaleVersion):
        engine.settings.update(context, DEFAULTS, expected_revision=1)
    (line,) = engine.audit.find(context, AuditQuery(actions=("settings.update",))).lines
    assert line.detail["changed"] == {
        "time_zone": {"from": "Europe/Amsterdam", "to": "America/New_York"},
        "week_starts_on": {"from": "monday", "to": "sunday"},
        "fiscal_year_start_month": {"from": 1, "to": 7},
        "leap_day": {"from": "feb_28", "to": "mar_1"},
        "stale_after_hours": {"from": 26, "to": 12},
        "unusable_after_hours": {"from": 168, "to": 48},
        "history_days": {"from": 400, "to": 90},
        "runs_kept_days": {"from": 400, "to": 30},
        "runs_at_once": {"from": 4, "to": 2},
    }
    assert audit_sentence(line) == (
        "changed the settings of the organization: fiscal year start month, history days, leap day, runs at once, "
        "runs kept days, stale after hours, time zone, unusable after hours, week starts on"
    )


def test_what_cannot_be_set(engine: Engine, context: OrganizationContext) -> None:
    """Every problem is named; what is old must be old before it is too old."""
    for wrong, word in (
        (replace(DEFAULTS, time_zone="Mars/Olympus"), "not a time zone"),
        (replace(DEFAULTS, week_starts_on="tuesday"), "A week starts"),
        (replace(DEFAULTS, leap_day="mar_2"), "29 February"),
        (replace(DEFAULTS, fiscal_year_start_month=13), "fiscal year"),
        (replace(DEFAULTS, stale_after_hours=168), "before they are too old"),
        (replace(DEFAULTS, stale_after_hours=0), "1 to 8,784 hours"),
        (replace(DEFAULTS, history_days=6), "7 to 3,660 days"),
        (replace(DEFAULTS, runs_kept_days=4000), "Runs can be kept"),
        (replace(DEFAULTS, runs_at_once=0), "at once"),
    ):
        with pytest.raises(InputError, match=word):
            engine.settings.rehearse(context, wrong)
        with pytest.raises(InputError, match=word):
            engine.settings.update(context, wrong, expected_revision=1)
    assert engine.settings.get(context).revision == 1


def test_a_rehearsal_counts_what_the_change_would_do(
    engine: Engine, context: OrganizationContext, aged: Callable[[str, int], UUID]
) -> None:
    """Its figures are those after the change, nothing of it stays, and the segments stand as it said."""
    fresh, day_old, week_old = aged("Fresh", 0), aged("Day old", 30), aged("Week old", 200)
    wanted = replace(DEFAULTS, stale_after_hours=48, unusable_after_hours=400)
    rehearsed = engine.settings.rehearse(context, wanted)
    assert rehearsed.changed == {"stale_after_hours": (26, 48), "unusable_after_hours": (168, 400)}
    assert rehearsed.now == SettingsFigures(1, 1, 1, 0, 0)
    assert rehearsed.then == SettingsFigures(2, 1, 0, 0, 0)
    assert engine.settings.get(context).revision == 1
    assert engine.settings.rehearse(context, DEFAULTS).changed == {}
    engine.settings.update(context, wanted, expected_revision=1)
    assert engine.settings.rehearse(context, wanted).now == rehearsed.then
    standings = engine.segments.standings(context, [fresh, day_old, week_old])
    assert [standings[each].readiness for each in standings].count(Readiness.READY) == 2


def test_two_administrators_at_once(engine: Engine, context: OrganizationContext) -> None:
    """One change is kept, the other one is told: in 20 races."""

    def change(hours: int, revision: int) -> object:
        wanted = replace(DEFAULTS, stale_after_hours=hours)
        return engine.settings.update(context, wanted, expected_revision=revision)

    for place in range(20):
        held = engine.settings.get(context).revision
        outcomes = race(partial(change, 30 + 2 * place, held), partial(change, 31 + 2 * place, held))
        assert sorted(type(each).__name__ for each in outcomes) == ["StaleVersion", "StoredSettings"]


def test_settings_of_another_organization_stay_as_they_are(engine: Engine, context: OrganizationContext) -> None:
    """A change touches one's own organization alone."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other", time_zone="Europe/Amsterdam"))
    engine.settings.update(context, replace(DEFAULTS, runs_at_once=9, history_days=8), expected_revision=1)
    held = engine.settings.get(other)
    assert (held.settings, held.revision) == (DEFAULTS, 1)
