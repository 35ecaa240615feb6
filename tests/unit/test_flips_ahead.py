"""When time alone changes an answer: the instant named is the first one, whatever the calendar does around it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate import ContactRecord, EventRecord, question
from segment_engine.domain.explanation.needs import leaves
from segment_engine.domain.flips.ahead import ROOT, look_ahead
from segment_engine.domain.parse import parse_criteria
from tests.criteria_catalog import CATALOG

TICK = timedelta(microseconds=1)
AMSTERDAM, LORD_HOWE, UTC_ZONE = "Europe/Amsterdam", "Australia/Lord_Howe", "UTC"
ORDER: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did"}
VISIT: dict[str, object] = {"kind": "event", "event": "visit", "verb": "did"}


def attribute(field: str, op: str, value: object) -> dict[str, object]:
    """Ask a field of the contact."""
    return {"kind": "attribute", "field": f"contact.{field}", "op": op, "value": value}


def criteria(*conditions: dict[str, object], zone: str = AMSTERDAM, group: str = "all") -> Criteria:
    """Read a tree of conditions."""
    document = {
        "format": "segment-criteria",
        "version": 1,
        "base": "contacts",
        "calendar": {"time_zone": zone, "leap_day": "mar_1"},
        "root": {"group": group, "of": list(conditions)},
    }
    return parse_criteria(document, CATALOG)


CONDITIONS: dict[str, dict[str, object]] = {
    "in the last 30 days": {**ORDER, "window": {"in_last": {"n": 30, "unit": "day"}}},
    "not in the last month": {**ORDER, "verb": "did_not", "window": {"in_last": {"n": 1, "unit": "month"}}},
    "twice in the last quarter": {
        **ORDER, "count": {"op": "gte", "n": 2}, "window": {"in_last": {"n": 1, "unit": "quarter"}},
    },
    "in the last 36 hours": {**ORDER, "window": {"in_last": {"n": 36, "unit": "hour"}}},
    "between 40 and 10 days ago": {**ORDER, "window": {"between_ago": {"from": 40, "to": 10, "unit": "day"}}},
    "last calendar month": {**ORDER, "window": {"in_period": {"unit": "month", "offset": -1}}},
    "this week": {**ORDER, "window": {"in_period": {"unit": "week", "offset": 0}}},
    "in the next 10 days": {**ORDER, "include_future": True, "window": {"in_next": {"n": 10, "unit": "day"}}},
    "since yesterday": {**ORDER, "window": {"range": {"from": {"today": {"n": -1, "unit": "day"}}, "to": None}}},
    "days, in the last 7": {**VISIT, "window": {"in_last": {"n": 7, "unit": "day"}}},
    "days, this fiscal quarter": {**VISIT, "window": {"in_period": {"unit": "fiscal_quarter", "offset": 0}}},
    "due within a month": {
        **ORDER,
        "where": {"group": "all", "of": [
            {"kind": "property", "field": "order_placed.due", "op": "in_next", "value": {"n": 1, "unit": "month"}}]},
    },
    "last one over 20 days ago": {
        "kind": "event_time", "event": "order_placed", "which": "last", "op": "more_than_ago",
        "value": {"n": 20, "unit": "day"},
    },
    "seen within two months": attribute("last_seen_at", "in_last", {"n": 2, "unit": "month"}),
    "seen before three days ago": attribute("last_seen_at", "before", {"today": {"n": -3, "unit": "day"}}),
    "seen after 90 minutes ago": attribute("last_seen_at", "after", {"now": {"n": -90, "unit": "minute"}}),
    "renewal ahead": attribute("renewal", "more_than_ahead", {"n": 2, "unit": "week"}),
    "renewal today": attribute("renewal", "on", {"today": {"n": 0, "unit": "day"}}),
    "birthday soon": attribute("birthday", "anniversary_within", {"before": 1, "after": 5, "min_years": 3}),
    "ordered, then no visit-like order": {
        "kind": "sequence", "first": {"event": "order_placed"}, "verb": "not_followed_by",
        "then": {"event": "order_placed"}, "within": {"n": 3, "unit": "day"},
    },
    "visited, then no visit": {
        "kind": "sequence", "first": {"event": "visit"}, "verb": "not_followed_by", "then": {"event": "visit"},
        "within": {"n": 2, "unit": "day"},
    },
}  # fmt: skip


def drawn(draw: Random, as_of: datetime) -> ContactRecord:
    """Make a contact with a few orders and visits around an instant, some ahead of it."""
    events = [
        EventRecord(
            "order_placed", number, as_of + timedelta(seconds=draw.randrange(-90 * 86_400, 20 * 86_400)),
            {"order_placed.due": (as_of + timedelta(days=draw.randrange(-40, 60))).date()},
        )
        for number in range(draw.randrange(5))
    ]  # fmt: skip
    for number in range(10, 10 + draw.randrange(4)):
        day = (as_of + timedelta(days=draw.randrange(-30, 10))).date()
        events.append(EventRecord("visit", number, datetime(day.year, day.month, day.day, tzinfo=UTC), {}))
    values = {
        "contact.last_seen_at": as_of + timedelta(seconds=draw.randrange(-80 * 86_400, 5 * 86_400)),
        "contact.renewal": (as_of + timedelta(days=draw.randrange(-10, 60))).date(),
        "contact.birthday": draw.choice((date(2024, 2, 29), as_of.date() + timedelta(days=draw.randrange(-900, 400)))),
    }
    return ContactRecord(values, tuple(events))


def answers(asked: Criteria, record: ContactRecord, at: datetime) -> dict[str, bool]:
    """Ask every condition of a tree, and its root."""
    alone = {path: criteria_of(asked, path) for path, _ in leaves(asked.root)}
    return {path: question(each, catalog=CATALOG, as_of=at)(record) for path, each in {**alone, ROOT: asked}.items()}


def criteria_of(asked: Criteria, path: str) -> Criteria:
    """Make a tree of one condition of a tree."""
    leaf = dict(leaves(asked.root))[path]
    return Criteria(type(asked.root)(asked.root.kind.ALL, (leaf,)), asked.calendar)


# Around both clock changes, month ends, the leap day and a new year.
MOMENTS = (
    "2026-03-28T01:30:00+00:00", "2026-10-24T00:30:00+00:00", "2024-02-28T22:59:59+00:00", "2026-12-31T23:00:00+00:00",
    "2026-01-31T12:00:00+00:00", "2026-10-03T15:15:00+00:00",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(CONDITIONS))
@pytest.mark.parametrize("zone", [AMSTERDAM, LORD_HOWE, UTC_ZONE])
def test_the_first_change_by_time_alone_is_the_first(name: str, zone: str) -> None:
    """T13 T33: just before the instant named the answer is as now, at it the other one, and never other in between."""
    draw = Random(f"{name} {zone}")  # noqa: S311 - repeatable data, nothing secret
    asked = criteria(CONDITIONS[name], zone=zone)
    for moment in MOMENTS:
        as_of = datetime.fromisoformat(moment)
        for _ in range(4):
            record = drawn(draw, as_of)
            now = answers(asked, record, as_of)
            ahead = look_ahead(asked, record, catalog=CATALOG, as_of=as_of, holds=now)
            assert ahead.unforeseen == frozenset()
            change = ahead.changes.get(ROOT)
            end = as_of + timedelta(days=500) if change is None else change.at
            if change is not None:
                assert answers(asked, record, change.at)[ROOT] is change.holds is not now[ROOT]
                assert answers(asked, record, change.at - TICK)[ROOT] is now[ROOT]
                assert change.reason
            span = (end - as_of) // TICK
            for _ in range(60):
                between = as_of + draw.randrange(max(span, 1)) * TICK
                assert answers(asked, record, between)[ROOT] is now[ROOT], between


def test_a_tree_turns_with_whichever_condition_turns_it() -> None:
    """An any of two windows lets go with the later one; each condition still has a change of its own."""
    as_of = datetime(2026, 11, 1, tzinfo=UTC)
    record = ContactRecord({}, (EventRecord("order_placed", 1, as_of - timedelta(days=5), {}),))
    asked = criteria(
        {**ORDER, "window": {"in_last": {"n": 10, "unit": "day"}}},
        {**ORDER, "window": {"in_last": {"n": 30, "unit": "day"}}},
        group="any", zone="UTC",
    )  # fmt: skip
    ahead = look_ahead(asked, record, catalog=CATALOG, as_of=as_of, holds=answers(asked, record, as_of))
    assert ahead.changes["$.root.of[0]"].at == as_of + timedelta(days=5) + TICK
    assert ahead.changes["$.root.of[1]"].at == ahead.changes[ROOT].at == as_of + timedelta(days=25) + TICK
    assert ahead.changes[ROOT].reason == "Order placed of 27 Oct 2026 00:00 is older than 30 days"


def test_nothing_is_foreseen_where_the_answers_disagree() -> None:
    """An answer the evaluator does not share is never looked ahead from, and nothing is said of the root."""
    as_of = datetime(2026, 11, 1, tzinfo=UTC)
    record = ContactRecord({}, (EventRecord("order_placed", 1, as_of - timedelta(days=5), {}),))
    asked = criteria({**ORDER, "window": {"in_last": {"n": 10, "unit": "day"}}}, VISIT, group="any")
    wrong = {"$.root.of[0]": False, "$.root.of[1]": False}
    ahead = look_ahead(asked, record, catalog=CATALOG, as_of=as_of, holds=wrong)
    assert (ahead.unforeseen, dict(ahead.changes)) == ({"$.root.of[0]"}, {})
