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


@dataclass(frozen=True, slots=True)
class Count:
    """A comparison of a number of rows, or of a set's size: eq ne gt gte lt lte with `n`; between, not_between `to`."""

    op: str
    n: int
    to: int | None = None


Value = (
    None
    | Literal
    | tuple[Literal, ...]
    | LiteralRange
    | Count
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
class RelationPath:
    """One or two relations, starting at the contact: `["orders", "order_lines"]`. The rows are those of the last."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interactions:
    """One kind of campaign history, such as `opened`, of these campaigns (ids as text) or, empty, of any."""

    interaction: str
    campaigns: tuple[str, ...] = ()


Source = str | RelationPath | Interactions
"""Where rows come from: the key of an event type, a path of relations, or the history of campaigns."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows are looked at: those of the source in `window`, satisfying `where`, before `as_of`."""

    source: Source
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
class Figure:
    """A figure over rows: count, count_distinct, sum, avg, min or max `of` a property (None for count only).

    Shape: `distinct_case` is the case flag of count_distinct over text (exact unless the document says fold).
    """

    function: str
    rows: Rows
    of: str | None = None
    distinct_case: Case | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An operator applied to a figure over rows; the parts of the figure as in `Figure`."""

    function: str
    rows: Rows
    of: str | None
    test: Test
    distinct_case: Case | None = None
    label: Label = Label()

    @property
    def figure(self) -> Figure:
        """What the operator is applied to."""
        return Figure(self.function, self.rows, self.of, self.distinct_case)


@dataclass(frozen=True, slots=True)
class EventTime:
    """When the first or last of the rows happened (`which`: first | last)."""

    which: str
    rows: Rows
    test: Test
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class EventHas:
    """The first or last of the rows (`which`), chosen before it is looked at, satisfies `has`."""

    which: str
    rows: Rows
    has: Group
    on_missing: OnMissing = OnMissing.EXCLUDE
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Sequence:
    """A row of `first`, then (`followed_by`) or then not (`not_followed_by`) a row of `then` within elapsed time.

    Shape: `within` has unit minute, hour, or day (exactly 24 hours); None is any later time.
    """

    first: Rows
    verb: str
    then: Rows
    within: Span | None = None
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Campaign:
    """What happened to messages. `rows.source` is `Interactions`; `counted` is interactions or campaigns.

    Shape: `count` is None exactly when `verb` is did_not; `did` without a count is gte 1.
    """

    verb: str
    rows: Rows
    count: Count | None
    counted: str = "interactions"
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class SegmentMembership:
    """Member of other segments: in_any, in_all, not_in_any, not_in_all of their ids (UUIDs as text).

    Shape: `members` is last_run (stored members of the latest successful run) or live (the child's criteria now).
    Units: `max_age_hours` bounds the age of the run that is read; None for live.
    """

    op: str
    segments: tuple[str, ...]
    max_age_hours: int | None = None
    members: str = "last_run"
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class ListMembership:
    """Member of static lists: in_any, in_all, not_in_any, not_in_all of their ids (UUIDs as text)."""

    op: str
    lists: tuple[str, ...]
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Consent:
    """The state of consent for a channel (and topic): state_is, state_is_not; granted pending withdrawn no_record."""

    channel: str
    op: str
    states: tuple[str, ...]
    topic: str | None = None
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whether a channel reaches the contact: is_reachable, is_not_reachable."""

    channel: str
    op: str
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of another table: any, none, all or at_least `k` of the rows of a path satisfy `rows.where`.

    Shape: `rows.source` is a `RelationPath`; its window and include_future choose the rows the quantifier speaks of.
        `when_empty` is the answer of `all` without rows, None for the other quantifiers.
    """

    quantifier: str
    rows: Rows
    k: int | None = None
    when_empty: bool | None = None
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Sample:
    """A stable share of the contacts. Units: `percent` 0.01 to 100 with at most two decimals."""

    percent: Decimal
    seed: str
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class Bucket:
    """Stable buckets `start` <= b < `end` of 10,000."""

    start: int
    end: int
    seed: str
    label: Label = Label()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a contact's field."""

    field: str


@dataclass(frozen=True, slots=True)
class FirstOrLast:
    """When the first or last of the rows happened."""

    which: str
    rows: Rows


ValueExpression = FieldValue | Figure | FirstOrLast


@dataclass(frozen=True, slots=True)
class Offset:
    """Time added to the right side. Units: minute, hour, 24-hour day for instants; whole days for dates; n any sign."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class CompareFields:
    """Value against value: left `op` right × `times`, or left `op` right + `offset`; never both.

    Shape: `op` is equals, not_equals, gt, gte, lt, lte, before, after, on_or_before or on_or_after.
    """

    left: ValueExpression
    op: str
    right: ValueExpression
    times: Decimal | None = None
    offset: Offset | None = None
    case: Case | None = None
    on_missing: OnMissing | None = None
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


Condition = (
    Attribute
    | Property
    | Event
    | Aggregate
    | EventTime
    | EventHas
    | Sequence
    | Campaign
    | SegmentMembership
    | ListMembership
    | Consent
    | Reachable
    | Related
    | Sample
    | Bucket
    | CompareFields
    | AllContacts
)
Node = Condition | Group


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of a ranking. `direction` is asc or desc; missing values come last in both."""

    value: ValueExpression
    direction: str


@dataclass(frozen=True, slots=True)
class Limit:
    """The first `top_n` of the result.

    Shape: `ties` is cut (exactly n; among equals the contact's own key decides) or keep (equals of the n-th come too).
    """

    top_n: int
    ties: str
    order_by: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """One document: a calendar, a tree over the base `contacts`, and a limit applied after the tree."""

    root: Group
    calendar: Calendar = Calendar()
    limit: Limit | None = None
