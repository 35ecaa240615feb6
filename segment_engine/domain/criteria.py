"""The criteria tree as frozen values: what was asked, exactly as typed. It never resolves time or reads data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class GroupKind(StrEnum):
    """How the children of a group combine."""

    ALL = "all"
    ANY = "any"
    NONE = "none"
    AT_LEAST = "at_least"


class Case(StrEnum):
    """Whether letters of different case are the same. Only text operators have it."""

    FOLD = "fold"
    EXACT = "exact"


class OnMissing(StrEnum):
    """What a condition answers for a contact whose value is missing."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Unit(StrEnum):
    """Minutes and hours are elapsed time; days and longer are calendar time in the zone of the criteria."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"


@dataclass(frozen=True, slots=True)
class Calendar:
    """How days, weeks and years are counted.

    Shape: `week_starts_on` is monday, sunday or saturday; `leap_day`, the day of 29 February in common years, is feb_28
        or mar_1.
    """

    time_zone: str = "UTC"
    week_starts_on: str = "monday"
    fiscal_year_start_month: int = 1
    leap_day: str = "feb_28"


# Moments ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayMoment:
    """A named local date: `{"day": "2026-03-01"}`."""

    day: date


@dataclass(frozen=True, slots=True)
class TodayMoment:
    """The local date of `as_of`, shifted: `{"today": {"n": -3, "unit": "day"}}`; units day to year."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class InstantMoment:
    """An instant kept exactly as typed (RFC 3339 with `Z` or an offset): `{"instant": "2026-03-01T09:30:00Z"}`."""

    text: str


@dataclass(frozen=True, slots=True)
class NowMoment:
    """`as_of`, shifted: `{"now": {"n": -90, "unit": "minute"}}`; units minute to year."""

    n: int
    unit: Unit


Moment = DayMoment | TodayMoment | InstantMoment | NowMoment


# Values of operators and windows ---------------------------------------------------------------------------------

Literal = str | int | Decimal


@dataclass(frozen=True, slots=True)
class LiteralRange:
    """Two literals, both ends included: `{"from": …, "to": …}`."""

    start: Literal
    end: Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: `{"n": 30, "unit": "day"}`, n from 1 to 10,000."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class InLast:
    """`{"in_last": {"n": 30, "unit": "day"}}` as a window; the bare span as an operator's value is a `Span`."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class InNext:
    """`{"in_next": {"n": 30, "unit": "day"}}`."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class BetweenAgo:
    """`{"from": 90, "to": 30, "unit": "day"}`, from > to >= 0. A window (`between_ago`) and an operator's value."""

    start: int
    end: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class InPeriod:
    """`{"unit": "month", "offset": -1}`: a whole calendar period. A window (`in_period`) and an operator's value."""

    unit: Unit
    offset: int


@dataclass(frozen=True, slots=True)
class MomentRange:
    """`{"from": moment, "to": moment}`; as a window (`range`) one end may be None for open."""

    start: Moment | None
    end: Moment | None


@dataclass(frozen=True, slots=True)
class AnyTime:
    """`{"any_time": true}`: no bounds. The same as no window."""


Window = InLast | InNext | BetweenAgo | InPeriod | MomentRange | AnyTime


@dataclass(frozen=True, slots=True)
class Anniversary:
    """`{"before": 0, "after": 7, "min_years": 1}` in days around the local date of `as_of`."""

    before: int
    after: int
    min_years: int = 1


Value = (
    None
    | Literal
    | tuple[Literal, ...]
    | LiteralRange
    | Moment
    | MomentRange
    | Span
    | BetweenAgo
    | InPeriod
    | Anniversary
)


# Nodes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    """What a person may attach to a node without changing its meaning."""

    id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """An operator applied to a value: shared by attribute, property, aggregate and event_time conditions.

    Shape: `op` is a key of the operator table; the shape of `value` is the one that table names. `case` is None where
        the operator has no case, `on_missing` is None where the document may not state it; the parser fills defaults.
    """

    __test__ = False  # pytest: this is not a test class

    op: str
    value: Value = None
    case: Case | None = None
    on_missing: OnMissing | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value of the contact."""

    field: str
    test: Test
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Property:
    """A value of an event, inside `where`. `field` is a qualified key, or `@time`, `@day`, `@weekday`, `@hour`."""

    field: str
    test: Test
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Count:
    """A comparison of a number of rows: eq ne gt gte lt lte to `n`; between, not_between with `n` to `to`, both in."""

    op: str
    n: int
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Which events of one type are looked at: those in `window`, satisfying `where`, before `as_of`."""

    event: str
    where: Group | None = None
    window: Window | None = None
    include_future: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Did, or did not. `count` is None exactly when `verb` is did_not; `did` without a count is gte 1."""

    verb: str
    rows: Rows
    count: Count | None
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure over rows: count, count_distinct, sum, avg, min or max `of` a property (None for count only).

    Shape: `distinct_case` is the case flag of count_distinct over text (exact unless the document says fold).
    """

    function: str
    rows: Rows
    of: str | None
    test: Test
    distinct_case: Case | None = None
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class EventTime:
    """When the first or last of the rows happened (`which`: first | last)."""

    which: str
    rows: Rows
    test: Test
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class AllContacts:
    """True for every contact of the base; the only way to say everyone."""

    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Group:
    """Children combined; `k` is set for at_least only."""

    kind: GroupKind
    of: tuple[Node, ...]
    k: int | None = None
    label: Label = Label()


Condition = Attribute | Property | Event | Aggregate | EventTime | AllContacts
Node = Condition | Group


@dataclass(frozen=True, slots=True)
class Criteria:
    """One document: a calendar and a tree over the base `contacts`."""

    root: Group
    calendar: Calendar = Calendar()
