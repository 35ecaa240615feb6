"""When time alone changes members: before the stored instant nothing does, whatever the criteria ask of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from segment_engine.databases import Databases
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate import ContactRecord, EventRecord, Population, members_of
from segment_engine.domain.flips.clock import watched
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Claim, RunId
from segment_engine.domain.write import write_criteria
from segment_engine.errors import LimitExceeded, Unresolved
from segment_engine.worker.results import clock as clocks
from segment_engine.worker.results.clock import AT, NEVER, UNKNOWN, Clock, read_clock
from tests.integration.importing import Importer
from tests.integration.reference_worlds import city, document
from tests.property import focused
from tests.property.comparison import Question, StoredWorld
from tests.property.hostile_documents import Documents

AS_OF = datetime(2026, 6, 10, 9, 30, tzinfo=UTC)
PEOPLE = 12
AHEAD = 5


def span(n: int, unit: str = "day") -> dict[str, object]:
    """Write a length of time."""
    return {"n": n, "unit": unit}


def event(window: dict[str, object] | None = None, **more: object) -> dict[str, object]:
    """Ask for orders."""
    asked: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did", **more}
    return asked if window is None else {**asked, "window": window}


def field(key: str, op: str, value: object) -> dict[str, object]:
    """Ask for a value of the contact."""
    return {"kind": "attribute", "field": f"contact.{key}", "op": op, "value": value}


ASKED: dict[str, dict[str, object]] = {
    "rolling days": event({"in_last": span(3)}),
    "rolling hours": event({"in_last": span(30, "hour")}),
    "none lately": event({"in_last": span(2)}, verb="did_not"),
    "twice lately": event({"in_last": span(4)}, count={"op": "gte", "n": 2}),
    "a while ago": event({"between_ago": {"from": 5, "to": 2, "unit": "day"}}),
    "this week": event({"in_period": {"unit": "week", "offset": 0}}),
    "ever": event(),
    "to come": event({"in_next": span(2)}, include_future=True),
    "last order": {
        "kind": "event_time", "which": "last", "event": "order_placed", "op": "more_than_ago", "value": span(3),
    },
    "visit days": {**event({"in_last": span(3)}), "event": "visited"},
    "birthday": field("birthday", "anniversary_within", {"before": 1, "after": 1}),
    "signed up": field("signed_up_at", "in_last", span(3)),
    "before today": field("birthday", "before", {"today": span(0)}),
    "days of orders": event(
        where={"group": "all", "of": [{"kind": "property", "field": "@day", "op": "in_last", "value": span(3)}]},
    ),
    "since a month": field("signed_up_at", "more_than_ago", span(1, "month")),
}  # fmt: skip
STANDING_STILL = (city("Gent"), event({"range": {"from": {"day": "2026-01-01"}, "to": None}}, include_future=True))


class People:
    """Contacts with orders and visits around an instant, in the database and for the reference evaluator."""

    def __init__(self, importer: Importer) -> None:
        rng = Random(11)  # noqa: S311 - made-up people
        self.records: dict[int, ContactRecord] = {}
        lines = {"contacts": ["id,city,birthday,signed_up_at"], "orders": ["id,at"], "visits": ["id,at"]}
        for number in range(1, PEOPLE + 1):
            born = date(1990, 6, 10) + timedelta(days=rng.randint(-4, 5))
            joined = AS_OF + timedelta(hours=rng.choice((-31 * 24, -30 * 24, -72, -70, -40, -3, 5)), minutes=number)
            orders = [AS_OF + timedelta(minutes=rng.randint(-9000, 3000)) for _ in range(rng.randint(0, 3))]
            visits = [date(2026, 6, 10) + timedelta(days=rng.randint(-5, 2)) for _ in range(rng.randint(0, 2))]
            lines["contacts"].append(f"{number},Gent,{born},{joined.isoformat()}")
            lines["orders"] += [f"{number},{moment.isoformat()}" for moment in orders]
            lines["visits"] += [f"{number},{day}" for day in visits]
            rows = [EventRecord("order_placed", place, moment, {}) for place, moment in enumerate(orders)]
            rows += [
                EventRecord("visited", 100 + place, datetime(day.year, day.month, day.day, tzinfo=UTC), {})
                for place, day in enumerate(visits)
            ]
            values = {"contact.city": "Gent", "contact.birthday": born, "contact.signed_up_at": joined}
            self.records[number] = ContactRecord(values, tuple(rows), str(number))
        importer.contacts("\n".join(lines["contacts"]), types={"birthday": "date", "signed_up_at": "instant"})
        importer.events("\n".join(lines["orders"]))
        importer.events("\n".join(lines["visits"]), event="visited")

    def members(self, criteria: Criteria, catalog: Any, at: datetime) -> frozenset[int]:
        """Say who is a member at an instant."""
        return members_of(criteria, Population(self.records), catalog=catalog, as_of=at)


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Any) -> Importer:
    """The organization's files."""
    return Importer(databases.app, organization_id, tmp_path)


def instants(until: datetime) -> list[datetime]:
    """List instants to look at: every quarter of an hour, and around each."""
    steps = int((until - AS_OF) / timedelta(minutes=15))
    return [AS_OF + timedelta(minutes=15 * step) for step in range(1, steps + 1)]


def test_before_the_stored_instant_nothing_changes(
    databases: Databases, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every kind of question about time, alone and together, nobody changes before the stored instant (T13).

    Where a bound passes stored times one by one, the instant is exact; a question left out is noticed.
    """
    people = People(importer)
    with databases.worker.transaction(importer.organization_id, read_only=True) as transaction:
        catalog = load_catalog(transaction, importer.organization_id)

        def read(*children: dict[str, object], group: str = "all") -> tuple[Criteria, Clock]:
            criteria = parse_criteria(document(*children, group=group), catalog)
            claim = Claim(importer.organization_id, RunId(uuid4()), uuid4(), 1, 1, {}, AS_OF)
            return criteria, read_clock(transaction, claim, criteria, catalog)

        def early(criteria: Criteria, clock: Clock) -> list[datetime]:
            """List instants before the stored one at which somebody had joined or left already."""
            now = people.members(criteria, catalog, AS_OF)
            end = clock.changes_at or AS_OF + timedelta(days=AHEAD)
            return [at for at in instants(end) if at < end and people.members(criteria, catalog, at) != now]

        assert {read(each)[1] for each in STANDING_STILL} == {Clock(NEVER)}
        changing = 0
        for name, question in ASKED.items():
            criteria, clock = read(question)
            assert early(criteria, clock) == [], name
            changes = len({people.members(criteria, catalog, at) for at in (AS_OF, AS_OF + timedelta(days=AHEAD))}) > 1
            assert clock.kind == AT or (clock.kind == NEVER and not changes), name
            changing += changes
        assert changing >= len(ASKED) - 3
        criteria, clock = read(*ASKED.values(), group="any")
        assert early(criteria, clock) == []
        criteria, clock = read(ASKED["since a month"])
        assert clock.changes_at is not None
        tick = timedelta(microseconds=1)
        before, after = (people.members(criteria, catalog, clock.changes_at + each) for each in (-tick, tick))
        assert before == people.members(criteria, catalog, AS_OF) != after
        monkeypatch.setattr(clocks, "watched", lambda *asked: watched(*asked)[-1:])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - any
        assert any(early(*read(ASKED[name])) for name in ("rolling days", "a while ago", "last order"))


def test_around_a_change_of_clocks_nothing_is_foreseen(databases: Databases, importer: Importer) -> None:
    """A bound between instants may move back in the night the clocks change: that is said, and not guessed."""
    People(importer)
    calendar = {"time_zone": "Europe/Amsterdam", "week_starts_on": "monday", "fiscal_year_start_month": 1}
    with databases.worker.transaction(importer.organization_id, read_only=True) as transaction:
        catalog = load_catalog(transaction, importer.organization_id)
        asked = document(ASKED["rolling days"]) | {"calendar": {**calendar, "leap_day": "feb_28"}}
        criteria = parse_criteria(asked, catalog)
        night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        claim = Claim(importer.organization_id, RunId(uuid4()), uuid4(), 1, 1, {}, night)
        assert read_clock(transaction, claim, criteria, catalog) == Clock()


def test_nobody_changes_before_the_stored_instant_whatever_is_asked(
    worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """Drawn questions over rows placed around every bound: the instant that is told is never too late (T13 T21 T33)."""
    told = 0
    for stored in worlds[2::4]:
        with hostile_database.transaction(stored.organization_id, read_only=True) as transaction:
            drawn = [*focused.questions(stored, focused.whole, 20, start=71)]
            drawn += focused.questions(stored, focused.asked(Documents.related), 30, start=72)
            for question in drawn:
                before = _asked(stored, question, stored.world.as_of)
                if before is None:
                    continue
                claim = Claim(stored.organization_id, RunId(uuid4()), uuid4(), 1, 1, {}, stored.world.as_of)
                clock = read_clock(transaction, claim, question.criteria, stored.world.catalog)
                told += clock.kind != UNKNOWN
                wrong = [at for at in _looked_at(clock, stored) if _asked(stored, question, at) not in {before, None}]
                assert not wrong, (clock, wrong[0], write_criteria(question.criteria))
    assert told > 120


def _asked(stored: StoredWorld, question: Question, at: datetime) -> frozenset[int] | None:
    """Say who is a member at an instant; None where a run as of then would fail."""
    world, known = stored.world, stored.population
    try:
        return members_of(question.criteria, known, catalog=world.catalog, as_of=at, segment_id=question.segment_id)
    except (Unresolved, LimitExceeded):
        return None


def _looked_at(clock: Clock, stored: StoredWorld) -> list[datetime]:
    """List instants before the stored one, the last of them right before it; without one, as far as a year ahead."""
    start, tick = stored.world.as_of, timedelta(microseconds=1)
    if clock.kind == UNKNOWN:
        return []
    if clock.changes_at is None:
        return [start + timedelta(hours=hours) for hours in (1, 2, 30, 24 * 8, 24 * 40, 24 * 400)]
    ahead = clock.changes_at - start
    return [
        at for at in (start + ahead / 50, start + ahead / 2, clock.changes_at - tick) if start < at < clock.changes_at
    ]
