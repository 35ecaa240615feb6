"""Times in the sentence: relative ones carry their bounds and their zone (docs/criteria.md §9.1)."""

# ruff: noqa: E501 - a table of sentences is read, and broken lines would hide a missing word

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segment_engine.domain.criteria import Calendar, InPeriod, Unit
from segment_engine.domain.describe import describe
from segment_engine.domain.describe.times import instant_text, length_text, period_text
from segment_engine.domain.parse import parse_criteria
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import Document, attribute, document, event, span

AS_OF = datetime(2026, 4, 1, 12, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
DAY, NOON = {"day": "2026-03-01"}, {"instant": "2026-03-01T12:00:00Z"}


def say(condition: Document) -> str:
    """Say one condition without the frame, as of 1 Apr 2026 14:00 in Amsterdam."""
    criteria = parse_criteria(document(condition), CATALOG)
    return describe(criteria, CATALOG, as_of=AS_OF).text.removeprefix("Contacts where ")


def seen(op: str, value: object, *, on_missing: str = "exclude") -> str:
    """Say a condition on an instant, without its label."""
    words = say(attribute("last_seen_at", op, value, on_missing=on_missing))
    return words.removeprefix("last visit ").removesuffix(" (only contacts with a known last visit)")


@pytest.mark.parametrize(
    ("op", "value", "words"),
    [
        ("on", DAY, "is on 1 Mar 2026"),
        ("before", NOON, f"is before 1 Mar 2026 13:00 ({ZONE})"),
        ("after", {"today": span(0)}, "is after today (1 Apr 2026)"),
        ("before", {"today": span(-1, "month")}, "is before 1 month before today (1 Mar 2026)"),
        ("on_or_after", {"now": span(2, "hour")}, f"is on or after 2 hours after now (1 Apr 2026 16:00, {ZONE})"),
        ("between", {"from": DAY, "to": DAY}, "is from 1 Mar 2026 to 1 Mar 2026, that day included"),
        ("between", {"from": DAY, "to": NOON}, f"is from 1 Mar 2026 to 1 Mar 2026 13:00 ({ZONE}), the end not included"),
        ("in_last", span(30), f"is in the last 30 days (from 2 Mar 2026 14:00 until 1 Apr 2026 14:00, {ZONE}; the end not included)"),
        ("in_next", span(1, "hour"), f"is in the next 1 hour (from 1 Apr 2026 14:00 until 1 Apr 2026 15:00, {ZONE}; the end not included)"),
        ("more_than_ago", span(1, "year"), f"is more than 1 year ago (before 1 Apr 2025 14:00, {ZONE})"),
        ("not_more_than_ago", span(1), f"is not more than 1 day ago (before 31 Mar 2026 14:00, {ZONE})"),
        ("more_than_ahead", span(1), f"is 1 day or more ahead (from 2 Apr 2026 14:00 on, {ZONE})"),
        ("not_more_than_ahead", span(1), f"is less than 1 day ahead (from 2 Apr 2026 14:00 on, {ZONE})"),
        ("between_ago", {"from": 90, "to": 30, "unit": "minute"}, f"is between 90 and 30 minutes ago (from 1 Apr 2026 12:30 until 1 Apr 2026 13:30, {ZONE}; the end not included)"),
        ("in_period", {"unit": "day", "offset": 0}, f"is today (from 1 Apr 2026 00:00 until 2 Apr 2026 00:00, {ZONE}; the end not included)"),
        ("not_in_period", {"unit": "week", "offset": -1}, f"is not in last week (from 23 Mar 2026 00:00 until 30 Mar 2026 00:00, {ZONE}; the end not included)"),
        ("in_last", span(10_000, "year"), "is in the last 10,000 years (outside the years 1900 to 2200)"),
    ],
)  # fmt: skip
def test_operators_on_instants(op: str, value: object, words: str) -> None:
    """Relative times are resolved in the zone of the criteria, and both are shown (T21, T25, T26)."""
    assert seen(op, value) == words


@pytest.mark.parametrize(
    ("op", "value", "words"),
    [
        ("in_last", span(7), "is in the last 7 days (from 26 Mar 2026 until 1 Apr 2026, both included)"),
        ("in_period", {"unit": "day", "offset": -1}, "is yesterday (31 Mar 2026)"),
        ("more_than_ago", span(1), "is more than 1 day ago (before 1 Apr 2026)"),
        ("more_than_ahead", span(1), "is 1 day or more ahead (from 3 Apr 2026 on)"),
        ("anniversary_within", {"before": 0, "after": 0}, "has its day within today alone (from 1 Apr 2026 until 1 Apr 2026, both included; at least 1 year later)"),
        ("anniversary_within", {"before": 1, "after": 7, "min_years": 18}, "has its day within today and the 1 day before it and the 7 days after it (from 31 Mar 2026 until 8 Apr 2026, both included; at least 18 years later)"),
    ],
)  # fmt: skip
def test_operators_on_dates(op: str, value: object, words: str) -> None:
    """Dates are whole days, both ends included (T22, T23)."""
    assert say(attribute("birthday", op, value)) == f"birthday {words}"


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"any_time": True}, "at any time"),
        ({"in_last": span(1)}, f"in the last 1 day (from 31 Mar 2026 14:00 until 1 Apr 2026 14:00, {ZONE}; the end not included)"),
        ({"in_period": {"unit": "day", "offset": -1}}, f"yesterday (from 31 Mar 2026 00:00 until 1 Apr 2026 00:00, {ZONE}; the end not included)"),
        ({"in_period": {"unit": "month", "offset": 0}}, f"in this month (from 1 Apr 2026 00:00 until 1 May 2026 00:00, {ZONE}; the end not included)"),
        ({"between_ago": {"from": 2, "to": 1, "unit": "hour"}}, f"between 2 and 1 hour ago (from 1 Apr 2026 12:00 until 1 Apr 2026 13:00, {ZONE}; the end not included)"),
        ({"range": {"from": DAY}}, "from 1 Mar 2026 on"),
        ({"range": {"to": DAY}}, "until 1 Mar 2026, that day included"),
        ({"range": {"from": DAY, "to": NOON}}, f"from 1 Mar 2026 to 1 Mar 2026 13:00 ({ZONE}), the end not included"),
    ],
)  # fmt: skip
def test_windows(window: Document, words: str) -> None:
    """Windows carry their bounds like operators do (T26)."""
    assert say(event(window=window)) == f"Order placed happened at least once {words}"


def test_windows_ahead_and_windows_over_dates() -> None:
    """Rows still to come are said; date-only events have whole days."""
    ahead = event(window={"in_next": span(1)}, include_future=True)
    assert say(ahead).endswith(f"until 2 Apr 2026 14:00, {ZONE}; the end not included), also what is still to come")
    visit: Document = {"kind": "event", "event": "visit", "verb": "did", "window": {"in_last": span(1)}}
    assert say(visit) == "Visit happened at least once in the last 1 day (1 Apr 2026)"


def test_a_day_that_never_was_holds_nothing_and_says_so() -> None:
    """Apia skipped 30 Dec 2011; a period without any instant is named as such."""
    tomorrow = attribute("last_seen_at", "in_period", {"unit": "day", "offset": 1})
    criteria = parse_criteria(document(tomorrow, calendar={"time_zone": "Pacific/Apia"}), CATALOG)
    the_day_before = datetime(2011, 12, 30, 9, 59, tzinfo=UTC)  # 23:59 on 29 Dec in Apia
    sentence = describe(criteria, CATALOG, as_of=the_day_before)
    assert sentence.text.endswith("is tomorrow (nothing lies within)")


def test_small_words() -> None:
    """Lengths, periods and instants are written for people."""
    assert length_text(1, Unit.FISCAL_YEAR) == "1 fiscal year"
    assert period_text(InPeriod(Unit.QUARTER, 1)) == "next quarter"
    assert period_text(InPeriod(Unit.FISCAL_QUARTER, -3)) == "the fiscal quarter 3 fiscal quarters ago"
    assert period_text(InPeriod(Unit.MONTH, 2)) == "the month 2 months ahead"
    precise = datetime(2026, 3, 1, 9, 30, 5, 7, tzinfo=UTC)
    assert instant_text(precise, Calendar(), as_typed=True) == "1 Mar 2026 09:30:05.000007"
    assert instant_text(precise, Calendar()) == "1 Mar 2026 09:30:05"
