"""What the demo generates: the same every time, within its bounds, and plausible in its shape."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from segment_engine.demo.activity import KINDS, draw
from segment_engine.demo.campaigns import CAMPAIGNS, Campaign, daily_metrics
from segment_engine.demo.history import calculations
from segment_engine.demo.interactions import Sent, interaction_columns
from segment_engine.demo.later_segments import LATER_PLANS
from segment_engine.demo.people import Population, populate
from segment_engine.demo.seasons import DAY, DAYS, Year, microseconds, year_until
from segment_engine.demo.segments import PLANS as FIRST_PLANS
from segment_engine.demo.sources import write_files
from segment_engine.imports.arrow import parquet

TODAY = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SCALE = 0.02
PLANS = (*FIRST_PLANS, *LATER_PLANS)


@pytest.fixture
def year() -> Year:
    """The year before the demo's day."""
    return year_until(TODAY)


@pytest.fixture
def people(year: Year) -> Population:
    """A thousand contacts."""
    return populate(1_000, year, default_rng(1))


def test_same_day_gives_same_files(tmp_path: Path) -> None:
    """The demo is seeded: one day and one scale always give the same contacts and the same events."""
    first, second = tmp_path / "first", tmp_path / "second"
    for directory in (first, second):
        directory.mkdir()
        write_files(directory, today=TODAY, scale=SCALE)
    names = sorted(path.name for path in first.iterdir())
    more = ("contacts", "orders", "order_lines", "consents", "mail", "phone")
    assert names == sorted(f"{name}.parquet" for name in (*more, *(kind.key for kind in KINDS)))
    for name in names:
        assert parquet.read_table(first / name).equals(parquet.read_table(second / name)), name


def test_full_scale_is_half_a_million_events() -> None:
    """At scale 1 the event types add up to 500,000."""
    assert sum(kind.count for kind in KINDS) == 500_000


def test_every_field_has_gaps(tmp_path: Path) -> None:
    """No column of contacts but the key is complete: 4 to 31 % of its values are missing."""
    table = parquet.read_table(write_files(tmp_path, today=TODAY, scale=SCALE).paths["contacts"])
    missing = {name: table[name].null_count / table.num_rows for name in table.column_names}
    assert missing.pop("customer_number") == 0
    assert all(0.03 < share < 0.34 for share in missing.values()), missing


def test_addresses_belong_to_nobody(tmp_path: Path) -> None:
    """Addresses end in example.com or example.org, and telephone numbers begin with a code that no country has."""
    table = parquet.read_table(write_files(tmp_path, today=TODAY, scale=SCALE).paths["contacts"])
    emails = [email for email in table["email"].to_pylist() if email]
    assert all(email.endswith(("@example.com", "@example.org")) and email.isascii() for email in emails)
    assert all(phone.startswith("+999 ") for phone in table["phone"].to_pylist() if phone)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_events_lie_between_joining_and_today(kind: object, people: Population, year: Year) -> None:
    """Nobody does anything before joining, after falling silent, or after the source's last delivery."""
    chosen = next(each for each in KINDS if each is kind)
    until = microseconds(TODAY) - chosen.days_late * DAY
    events = draw(chosen, people, year, default_rng(2), count=5_000, until=until)
    assert (events.moments < until).all()
    assert (events.moments >= microseconds(TODAY) - DAYS * DAY).all()
    assert (events.moments >= people.joined[events.contacts] - 1).all()
    assert (np.diff(events.moments) >= 0).all()


def test_events_follow_week_and_day(people: Population, year: Year) -> None:
    """Weekends are busier than Mondays, and evenings busier than nights."""
    moments = draw(KINDS[0], people, year, default_rng(3), count=60_000, until=microseconds(TODAY)).moments
    hours = np.bincount((moments % DAY) // (DAY // 24), minlength=24)
    weekdays = np.bincount((moments // DAY + 3) % 7, minlength=7)  # 1970 began on a Thursday
    assert hours[19] > 10 * hours[2]
    assert weekdays[6] > weekdays[1]


def test_contacts_differ_in_liveliness(people: Population, year: Year) -> None:
    """A tenth of the contacts places at least a third of the orders, and some place none."""
    events = draw(KINDS[0], people, year, default_rng(4), count=3_000, until=microseconds(TODAY))
    counts = np.sort(np.bincount(events.contacts, minlength=1_000))
    assert counts[-100:].sum() > 1_000
    assert counts[0] == 0


@pytest.mark.parametrize("today", [TODAY, datetime(2024, 2, 29, 3, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)])
def test_calculations_lie_in_the_past(today: datetime) -> None:
    """No calculation of the history lies ahead, and each segment's follow each other."""
    for place, plan in enumerate(PLANS):
        planned = [each.requested_at for each in calculations(plan, place, today=today)]
        assert planned == sorted(planned)
        assert all((today - moment).days <= 92 for moment in planned)
        assert not planned or planned[-1] < today


def test_every_failure_of_the_plans_happens() -> None:
    """Each failure written into a plan falls on a day on which that segment is calculated."""
    for place, plan in enumerate(PLANS):
        found = [each.failure for each in calculations(plan, place, today=TODAY) if each.failure is not None]
        assert sorted(found, key=str) == sorted(plan.failures, key=str)


def test_campaigns_name_segments_there_are() -> None:
    """Whoever a campaign includes or leaves out is a segment of the demo; a sent one has results to freeze."""
    plans = {plan.name: plan for plan in PLANS}
    for campaign in CAMPAIGNS:
        for name in (*campaign.included, *campaign.excluded):
            sent = campaign.days_ago is not None and campaign.days_ago > 0
            assert name in plans
            assert plans[name].calculated or not sent


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.name)
@pytest.mark.parametrize("audience", [0, 7, 5_000])
def test_metrics_narrow_from_step_to_step(campaign: Campaign, audience: int) -> None:
    """Every step of a campaign is at most the one before it, and opening fades after the day of sending."""
    rows = daily_metrics(campaign, audience, first=date(2026, 1, 5), days=15, random=default_rng(5))
    sums = {key: sum(int(str(row[key])) for row in rows) for key in rows[0] if key != "day"}
    assert audience >= sums["sent"] == sums["delivered"] + sums["bounced"]
    assert sums["delivered"] >= sums["opened"] >= sums["clicked"] >= sums["converted"]
    assert all(int(str(row["opened"])) >= int(str(row["clicked"])) >= int(str(row["converted"])) for row in rows)
    assert all(int(str(row["sent"])) == 0 for row in rows[1:])
    assert int(str(rows[0]["opened"])) >= int(str(rows[-1]["opened"]))


@pytest.mark.parametrize("today", [TODAY, datetime(2026, 3, 14, 0, 7, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC)])
def test_interactions_never_lie_ahead(today: datetime) -> None:
    """What came of a campaign happened after the sending and before the moment of loading, whatever the hour."""
    sent_at = datetime(2026, 3, 10, 8, tzinfo=UTC)
    metrics = daily_metrics(CAMPAIGNS[0], 500, first=sent_at.date(), days=5, random=default_rng(6))
    sent = Sent("A", "email", sent_at, np.arange(1, 501, dtype=np.int64), metrics)
    found = interaction_columns([sent], today=today, random=default_rng(7))
    for kind, name in (("received", "delivered"), ("opened", "opened"), ("clicked", "clicked"), ("bounced", "bounced")):
        assert len(found[kind]["campaign"]) == sum(int(str(row[name])) for row in metrics)
        assert all(sent_at < moment < today for moment in found[kind]["happened_at"].to_pylist())
    assert set(found["clicked"]["customer_number"].to_pylist()) <= set(found["opened"]["customer_number"].to_pylist())
    assert set(found["opened"]["customer_number"].to_pylist()) <= set(found["received"]["customer_number"].to_pylist())
