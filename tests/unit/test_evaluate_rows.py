"""Events in the reference evaluator, worked out by hand from the paper: which rows count, how often, figures, times."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Calendar,
    Case,
    Condition,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventTime,
    Group,
    GroupKind,
    InLast,
    InNext,
    InPeriod,
    LiteralRange,
    MomentRange,
    Node,
    OnMissing,
    Property,
    Rows,
    Span,
    Test,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.evaluate import ContactRecord, EventRecord, evaluate
from segment_engine.domain.evaluate.values import Stored
from segment_engine.errors import Unresolved
from tests.unit.test_evaluate_times import at

_ORDER_FIELDS = (
    Field("order.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
    Field("order.items", "items", FieldType.INTEGER, "number_2"),
    Field("order.channel", "channel", FieldType.TEXT, "text_1"),
    Field("order.due", "due", FieldType.DATE, "date_1"),
)
CATALOG = Catalog(
    fields={"contact.city": Field("contact.city", "city", FieldType.TEXT, "city")},
    events={
        "order": EventType("order", "order", 1, fields={field.key: field for field in _ORDER_FIELDS}),
        "visit": EventType("visit", "visit", 2, date_only=True),
    },
)
AS_OF = "2026-03-29T10:00Z"
LAST_30 = InLast(30, Unit.DAY)


def order(time: str, **values: Stored | None) -> EventRecord:
    """Place an order."""
    return EventRecord("order", 1, at(time), {f"order.{key}": value for key, value in values.items()})


def visit(day: str) -> EventRecord:
    """Make a visit, which has a date and no time."""
    return EventRecord("visit", 1, at(f"{day}T00:00Z"), {})


def asked(condition: Condition, *events: EventRecord, zone: str = "Europe/Amsterdam", as_of: str = AS_OF) -> bool:
    """Ask one condition of a contact with these events."""
    criteria = Criteria(Group(GroupKind.ALL, (condition,)), Calendar(time_zone=zone))
    return evaluate(criteria, ContactRecord({}, events), catalog=CATALOG, as_of=at(as_of))


def did(count: Count | None = None, window: Window | None = None, where: Group | None = None) -> Event:
    """Ask whether the contact ordered."""
    return Event("did", Rows("order", where, window), count)


def where(field: str, op: str, value: Value, *, on_missing: OnMissing | None = None) -> Group:
    """Ask one property of an order."""
    return Group(GroupKind.ALL, (Property(field, Test(op, value, on_missing=on_missing)),))


def figure(function: str, of: str | None, op: str, value: Value, *, on_missing: OnMissing | None = None) -> Aggregate:
    """Ask for a figure over orders."""
    return Aggregate(function, Rows("order"), of, Test(op, value, on_missing=on_missing))


@pytest.mark.parametrize(
    ("count", "matching"),
    [
        (Count("eq", 0), {0}),
        (Count("lte", 2), {0, 1, 2}),
        (Count("lt", 1), {0}),
        (Count("gte", 0), {0, 1, 2, 3}),
        (Count("gt", 1), {2, 3}),
        (Count("gte", 2), {2, 3}),
        (Count("ne", 1), {0, 2, 3}),
        (Count("between", 1, 2), {1, 2}),
        (Count("not_between", 1, 2), {0, 3}),
        (Count("between", 0, 1), {0, 1}),
    ],
)
def test_no_rows_count_as_zero(count: Count, matching: set[int]) -> None:
    """T10 T02: every comparison of a number of events, for contacts with none, one, two and three."""
    found = {n for n in range(4) if asked(did(count), *(order("2026-03-01T10:00Z") for _ in range(n)))}
    assert found == matching


def test_did_and_did_not_are_opposites() -> None:
    """T12: with the same rows, one is true exactly when the other is not."""
    for events in ((), (order("2026-03-20T10:00Z"),), (order("2025-03-20T10:00Z"),), (visit("2026-03-20"),)):
        rows = Rows("order", None, LAST_30)
        assert asked(Event("did", rows, None), *events) is not asked(Event("did_not", rows, None), *events)


def test_a_window_is_half_open_and_calendar_time() -> None:
    """T13 T33: 30 days before 12:00 in Amsterdam is 12:00 in Amsterdam, an hour of UTC away after the clock change."""
    for time, inside in (
        ("2026-02-27T11:00Z", True),
        ("2026-02-27T10:59:59.999999Z", False),
        ("2026-03-29T09:59:59.999999Z", True),
        ("2026-03-29T10:00Z", False),
    ):
        assert asked(did(window=LAST_30), order(time)) is inside, time


def test_rows_leave_a_window_by_time_alone() -> None:
    """T13: the same rows, a later `as_of`, a smaller count."""
    event = order("2026-03-01T10:00Z")
    assert asked(did(window=LAST_30), event)
    assert not asked(did(window=LAST_30), event, as_of="2026-03-31T09:00:00.000001Z")


def test_later_rows_are_seen_only_when_asked_for() -> None:
    """T25: rows at or after `as_of` do not count, without a window either, unless `include_future` says so."""
    future = order("2026-04-01T10:00Z")
    now = order(AS_OF)
    assert not asked(did(), future)
    assert not asked(did(), now)
    assert asked(Event("did", Rows("order", include_future=True), None), future)
    ahead = Rows("order", None, InNext(7, Unit.DAY), include_future=True)
    assert asked(Event("did", ahead, None), future)
    assert asked(Event("did", ahead, None), now)
    assert not asked(Event("did", Rows("order", None, InNext(7, Unit.DAY)), None), future)


def test_date_only_events_are_counted_in_dates() -> None:
    """T22: today's visit counts at noon, and not at midnight when today has only begun."""
    visited = Event("did", Rows("visit", None, InLast(7, Unit.DAY)), None)
    assert asked(visited, visit("2026-03-29"))
    assert asked(visited, visit("2026-03-23"))
    assert not asked(visited, visit("2026-03-22"))
    assert not asked(visited, visit("2026-03-30"))
    at_midnight = "2026-03-28T23:00Z"
    assert not asked(visited, visit("2026-03-29"), as_of=at_midnight)
    assert asked(visited, visit("2026-03-22"), as_of=at_midnight)
    unbounded = Event("did", Rows("visit"), None)
    assert not asked(unbounded, visit("2026-03-29"), as_of=at_midnight)
    on_the_day = MomentRange(DayMoment(date(2026, 3, 22)), DayMoment(date(2026, 3, 22)))
    assert asked(Event("did", Rows("visit", None, on_the_day), None), visit("2026-03-22"), zone="America/Los_Angeles")


def test_where_tests_each_row_by_itself() -> None:
    """T81: a row counts when it satisfies the whole group, not when several rows do together."""
    both = Group(
        GroupKind.ALL,
        (
            Property("order.channel", Test("equals", "web")),
            Property("order.total", Test("gt", Decimal("10.00"))),
        ),
    )
    cheap, elsewhere = order("2026-03-01T10:00Z", channel="web", total=500), order("2026-03-01T10:00Z", total=5000)
    assert not asked(did(where=both), cheap, elsewhere)
    assert asked(did(where=both), order("2026-03-01T10:00Z", channel="WEB", total=1001))


def test_a_missing_property_follows_the_document() -> None:
    """T01 T06: also inside `where`; a row whose property is missing is not lost by a negation."""
    event = order("2026-03-01T10:00Z", channel=" ")
    assert asked(did(where=where("order.channel", "not_equals", "web")), event)
    assert not asked(did(where=where("order.channel", "not_equals", "web", on_missing=OnMissing.EXCLUDE)), event)
    assert not asked(did(where=where("order.channel", "equals", "web")), event)
    assert asked(did(where=where("order.items", "is_not_set", None)), event)


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("@day", "on", DayMoment(date(2026, 3, 1))),
        ("@weekday", "equals", 7),
        ("@hour", "equals", 0),
        ("@time", "on", DayMoment(date(2026, 3, 1))),
        ("@time", "in_period", InPeriod(Unit.MONTH, 0)),
    ],
)
def test_day_weekday_and_hour_are_local(field: str, op: str, value: Value) -> None:
    """T21: 23:30 UTC on Saturday 28 February is half past midnight on Sunday 1 March in Amsterdam."""
    event = order("2026-02-28T23:30Z")
    assert asked(did(where=where(field, op, value)), event)
    assert not asked(did(where=where(field, op, value)), event, zone="UTC")


def test_an_event_always_has_a_day() -> None:
    """T21: also when the first instant of 1900 is still 1899 west of Greenwich."""
    event = order("1900-01-01T00:00Z")
    for field in ("@day", "@time", "@weekday", "@hour"):
        assert asked(did(where=where(field, "is_set", None)), event, zone="America/Havana")
    assert asked(figure("max", "@day", "before", DayMoment(date(1900, 1, 1))), event, zone="America/Havana")


def test_sum_of_nothing_is_zero() -> None:
    """T07 T10: sums and counts are never missing; rows without the value are skipped."""
    zero = figure("sum", "order.total", "equals", Decimal(0))
    assert asked(zero)
    assert asked(zero, order("2026-03-01T10:00Z"))
    assert asked(figure("sum", "order.total", "lt", Decimal("0.01")))
    assert asked(figure("count", None, "equals", 0))
    assert asked(figure("count", None, "equals", 1), order("2026-03-01T10:00Z"))
    assert asked(figure("count_distinct", "order.total", "equals", 0), order("2026-03-01T10:00Z"))
    paid = (order("2026-03-01T10:00Z", total=4990), order("2026-03-02T10:00Z", total=-90), order("2026-03-02T10:00Z"))
    assert asked(figure("sum", "order.total", "equals", Decimal("49.00")), *paid)


def test_a_sum_is_exact_beyond_eight_bytes() -> None:
    """T29: sums do not overflow and are never rounded."""
    huge = (order("2026-03-01T10:00Z", items=2**63 - 1), order("2026-03-01T10:00Z", items=2**63 - 1))
    assert not asked(figure("sum", "order.items", "lte", 2**63 - 1), *huge)
    back = order("2026-03-01T10:00Z", items=-(2**63) + 1)
    assert asked(figure("sum", "order.items", "equals", 2**63 - 1), *huge, back)


def test_an_average_is_compared_without_dividing() -> None:
    """T29: 1, 1 and 2 cents average 1.333… cents, which is above 0.0133 and below 0.013334 and equal to neither."""
    thirds = tuple(order("2026-03-01T10:00Z", total=cents) for cents in (1, 1, 2))
    for op, literal, answer in (
        ("gt", "0.01333333", True),
        ("lt", "0.01333334", True),
        ("equals", "0.01333333", False),
        ("not_equals", "0.01333333", True),
        ("gte", "0.01333334", False),
    ):
        assert asked(figure("avg", "order.total", op, Decimal(literal)), *thirds) is answer, (op, literal)
    exact = tuple(order("2026-03-01T10:00Z", total=cents) for cents in (1, 2))
    assert asked(figure("avg", "order.total", "equals", Decimal("0.015")), *exact)
    assert asked(figure("avg", "order.total", "between", LiteralRange(Decimal("0.015"), Decimal("0.02"))), *exact)
    debts = tuple(order("2026-03-01T10:00Z", total=-cents) for cents in (1, 1, 2))
    assert asked(figure("avg", "order.total", "gt", Decimal("-0.01333334")), *debts)
    assert asked(figure("avg", "order.total", "lt", Decimal("-0.01333333")), *debts)


@pytest.mark.parametrize("function", ["avg", "min", "max"])
def test_a_figure_of_nothing_is_missing(function: str) -> None:
    """T07: no usable value is not 0; the document says what it counts as."""
    for events in ((), (order("2026-03-01T10:00Z"),)):
        assert not asked(figure(function, "order.total", "lt", Decimal("1.00")), *events)
        kept = figure(function, "order.total", "lt", Decimal("1.00"), on_missing=OnMissing.INCLUDE)
        assert asked(kept, *events)
        assert asked(figure(function, "order.total", "is_not_set", None), *events)
        assert asked(figure(function, "order.total", "not_equals", Decimal("1.00")), *events)


def test_smallest_and_largest_work_on_numbers_and_dates() -> None:
    """T22: a date is compared as a date; missing ones are skipped."""
    events = (
        order("2026-03-01T10:00Z", total=100, due=date(2026, 4, 1)),
        order("2026-03-02T10:00Z", total=300, due=None),
        order("2026-03-03T10:00Z", due=date(2026, 5, 1)),
    )
    assert asked(figure("min", "order.total", "equals", Decimal("1.00")), *events)
    assert asked(figure("max", "order.total", "equals", Decimal("3.00")), *events)
    assert asked(figure("max", "order.due", "on", DayMoment(date(2026, 5, 1))), *events)
    assert asked(figure("min", "order.due", "on", DayMoment(date(2026, 4, 1))), *events)


def test_different_values_are_counted_once() -> None:
    """T81: text by exact value unless the document folds it; different local days; missing ones skipped."""
    events = tuple(order("2026-03-01T10:00Z", channel=name) for name in ("web", "Web", "shop", None, " "))
    distinct = Aggregate("count_distinct", Rows("order"), "order.channel", Test("equals", 3), Case.EXACT)
    folded = Aggregate("count_distinct", Rows("order"), "order.channel", Test("equals", 2), Case.FOLD)
    assert asked(distinct, *events)
    assert asked(folded, *events)
    late = (order("2026-02-28T22:59Z"), order("2026-02-28T23:01Z"))
    assert asked(figure("count_distinct", "@day", "equals", 2), *late)
    assert asked(figure("count_distinct", "@day", "equals", 1), *late, zone="UTC")


def test_first_and_last_are_chosen_among_the_rows_that_count() -> None:
    """T28: the value is the time of the first or last row; no row is missing, not long ago."""
    events = (order("2025-01-01T10:00Z"), order("2026-03-20T10:00Z"), order("2026-04-20T10:00Z"))
    last = EventTime("last", Rows("order"), Test("more_than_ago", Span(180, Unit.DAY)))
    first = EventTime("first", Rows("order"), Test("more_than_ago", Span(180, Unit.DAY)))
    assert not asked(last, *events)
    assert asked(first, *events)
    assert not asked(last)
    assert asked(EventTime("last", Rows("order"), Test("not_more_than_ago", Span(180, Unit.DAY))))
    assert asked(EventTime("last", Rows("order"), Test("is_not_set")), order("2026-04-20T10:00Z"))
    same_day = EventTime("last", Rows("visit"), Test("on", DayMoment(date(2026, 3, 2))))
    assert asked(same_day, visit("2026-03-01"), visit("2026-03-02"), visit("2026-03-30"))


def test_only_rows_of_the_event_asked_for_count() -> None:
    """T44 T81: another event type of the same contact, at the same time, changes nothing."""
    assert not asked(did(), visit("2026-03-01"))
    assert asked(did(Count("eq", 1)), visit("2026-03-01"), order("2026-03-01T00:00Z"))


@pytest.mark.parametrize(
    "condition",
    [
        Event("did", Rows("gone"), None),
        EventTime("first", Rows("gone"), Test("is_set")),
        figure("sum", "order.gone", "equals", Decimal(0)),
        did(where=where("order.gone", "is_set", None)),
        did(where=where("order.channel", "is_true", None)),
    ],
)
def test_what_is_gone_from_the_catalog_is_an_error(condition: Condition) -> None:
    """T40 T43 T51: also for a contact without any event, so that nobody matches or misses by accident."""
    with pytest.raises(Unresolved):
        asked(condition)


def test_a_property_outside_where_and_an_attribute_inside_are_refused() -> None:
    """T47: a condition that cannot work where it stands is an error."""
    outside: Node = Property("order.channel", Test("is_set"))
    inside = Group(GroupKind.ALL, (Attribute("contact.city", Test("is_set")),))
    for condition in (outside, did(where=inside)):
        with pytest.raises(Unresolved):
            asked(condition)


def test_equal_times_are_separate_rows() -> None:
    """T81: rows are never merged by their time, and a repeated row is two rows when it was taken in twice."""
    events = (order("2026-03-01T10:00Z", total=1), order("2026-03-01T10:00Z", total=1))
    assert asked(did(Count("eq", 2)), *events)
    assert asked(figure("sum", "order.total", "equals", Decimal("0.02")), *events)
