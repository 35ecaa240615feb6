"""Finds times that ask for what is gone, what is not seen yet, or what stands still while the segment is calculated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from segment_engine.domain.canonical.values import canonical_count
from segment_engine.domain.catalog import TIMES, Field, FieldType
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Campaign,
    Condition,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventTime,
    Group,
    GroupKind,
    InLast,
    InstantMoment,
    Moment,
    MomentRange,
    OnMissing,
    Property,
    Span,
    Test,
    Value,
    Window,
)
from segment_engine.domain.describe.times import day_text
from segment_engine.domain.lint.edges import Edge
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.rows import RowsReader
from segment_engine.domain.lint.shape import requires_rows
from segment_engine.domain.lint.walk import RowsSpot, Spot, below, every_node, every_rows
from segment_engine.domain.lint.words import Words
from segment_engine.domain.literals import instant_of
from segment_engine.domain.moments import local_date
from segment_engine.domain.operators import find_operator
from segment_engine.errors import InputError, LimitExceeded


@dataclass(frozen=True, slots=True)
class Times:
    """Examines the times of criteria."""

    rows: RowsReader
    words: Words

    def findings(self, criteria: Criteria) -> Iterator[Finding]:
        """Yield everything found."""
        for spot in every_rows(criteria):
            yield from self._window(spot)
        root = Spot(criteria.root, "$.root", root=True)
        frozen = self._frozen(root)
        if frozen is not None:
            sentence = (
                f"“{self.words.of(frozen)}” lies in the past for good, so no contact can ever enter any more. "
                "Use a time that moves along, or make a static list of it."
            )
            yield found("L-FROZEN", frozen.path, sentence)
        else:
            yield from self._standing_still(criteria)
        yield from self._same_twice(root)

    # Windows -------------------------------------------------------------------------------------------------

    def _window(self, spot: RowsSpot) -> Iterator[Finding]:
        stretch = self.rows.window(spot.rows)
        if stretch.lo is None:
            return
        now = self.rows.line(self.rows.time_of(spot.rows.source)).so_far()
        if not spot.rows.include_future and stretch.lo.at >= now.at:
            sentence = (
                f"The window begins on {self._day(stretch.lo)}, and rows are looked at up to now only, so none can "
                "be seen. Add “include_future”, or choose a window that has begun."
            )
            yield found("L-FUTURE", spot.path, sentence)
        yield from self._beyond_retention(spot, stretch.lo)

    def _beyond_retention(self, spot: RowsSpot, first: Edge) -> Iterator[Finding]:
        kind = self.rows.catalog.rows_of(spot.rows.source)
        kept = None if kind is None else kind.retention_days
        if kind is None or kept is None:
            return
        kept_since = self.rows.as_of - timedelta(days=kept)
        at = first.at if isinstance(first.at, datetime) else datetime.combine(first.at, datetime.min.time(), UTC)
        if at < kept_since:
            days = -(-(self.rows.as_of - at) // timedelta(days=1))
            sentence = (
                f"The window reaches {days:,} days back, but {kind.label} is kept for {kept:,} days. What is older "
                "does not count. Shorten the window, or have the source keep its rows longer."
            )
            yield found("L-RETENTION", spot.path, sentence)

    # Named days ----------------------------------------------------------------------------------------------

    def _standing_still(self, criteria: Criteria) -> Iterator[Finding]:
        """Yield conditions and windows with a named day that is past."""
        asked = [(spot.path, value) for spot in every_node(criteria) for value in _values(spot)]
        windows = [(spot.path, spot.rows.window) for spot in every_rows(criteria)]
        for path, value in (*asked, *windows):
            days = [day for moment in _moments(value) if (day := self._past(moment)) is not None]
            if days:
                stays = f"{day_text(days[0])} stays where it is while the segment is calculated again and again."
                yield found("L-ABSOLUTE", path, f"{stays} {self._relative(days[0])}")

    def _relative(self, day: date) -> str:
        age = (local_date(self.rows.as_of, self.rows.calendar) - day).days
        return f"If the time should move along, use a relative one, such as in the last {age:,} days."

    def _day(self, edge: Edge) -> str:
        local = local_date(edge.at, self.rows.calendar) if isinstance(edge.at, datetime) else edge.at
        return day_text(local)

    def _past(self, moment: Moment) -> date | None:
        match moment:
            case DayMoment(day) if day < local_date(self.rows.as_of, self.rows.calendar):
                return day
            case InstantMoment(text) if instant_of(text) < self.rows.as_of:
                return local_date(instant_of(text), self.rows.calendar)
            case _:
                return None

    # Nobody can enter any more ------------------------------------------------------------------------------

    def _frozen(self, spot: Spot) -> Spot | None:
        """Find the condition because of which no contact can enter any more; None where one still can."""
        if not isinstance(spot.node, Group):
            hi = self._latest_entry(spot, spot.node)
            return spot if hi is not None and hi.flow is None and hi.at <= self._now(spot.node) else None
        causes = [self._frozen(child) for child in spot.children()]
        if spot.joins is GroupKind.ALL:
            return next((cause for cause in causes if cause is not None), None)
        return causes[0] if spot.joins is GroupKind.ANY and all(causes) else None

    def _latest_entry(self, spot: Spot, node: Condition) -> Edge | None:
        """Give the end of the time that a value or a row must lie in; None where there is no end."""
        match node:
            case Event() | Campaign() if requires_rows(node, negated=spot.negated):
                return self.rows.window(node.rows).hi
            case EventTime(_, rows, test) if not spot.negated:
                return self._end_of_test(test, self.rows.time_of(rows.source).type)
            case Attribute(key, test) if not spot.negated:
                field = self.rows.writing().field(key)
                # A date may be a birthday, also of a contact that comes tomorrow; an instant is when it happened.
                return self._end_of_test(test, field.type) if field.type is FieldType.INSTANT else None
            case _:
                return None

    def _end_of_test(self, test: Test, kind: FieldType) -> Edge | None:
        if test.on_missing is OnMissing.INCLUDE or test.op in {"is_set", "is_not_set"}:
            return None
        line = self.rows.line(_TIME[kind])
        operator = find_operator(test.op, kind)
        try:
            stretch = line.of_operator(test.op, test.value)
        except (LimitExceeded, InputError):  # asks for a month or weekday, or for years that do not exist
            return None
        if operator is not None and operator.negative:
            return stretch.lo if stretch.hi is None else None
        return stretch.hi

    def _now(self, node: Condition) -> date:
        kind = FieldType.INSTANT
        if isinstance(node, Event | Campaign | EventTime):
            kind = self.rows.time_of(node.rows.source).type
        return self.rows.line(_TIME[kind]).so_far().at

    # The same twice -----------------------------------------------------------------------------------------

    def _same_twice(self, root: Spot) -> Iterator[Finding]:
        for group in below(root):
            if group.joins is GroupKind.ALL:
                ago = {key: child for child in group.children() if (key := self._long_ago(child)) is not None}
                for child in group.children():
                    earlier = ago.get(self._not_lately(child) or "")
                    if earlier is not None:
                        sentence = (
                            f"“{self.words.of(earlier)}” and “{self.words.of(child)}” say the same of everyone who has "
                            "done it at all. The first alone is enough."
                        )
                        yield found("L-WINDOW-EDGE", child.path, sentence, fix="Remove this condition.")

    def _long_ago(self, spot: Spot) -> str | None:
        """Name rows whose last one is longer ago than a span."""
        node = spot.node
        if not isinstance(node, EventTime) or node.which != "last" or spot.negated:
            return None
        span = node.test.value
        if node.test.op != "more_than_ago" or not isinstance(span, Span) or node.test.on_missing is OnMissing.INCLUDE:
            return None
        return self.rows.key(replace(node.rows, window=InLast(span.n, span.unit)))

    def _not_lately(self, spot: Spot) -> str | None:
        """Name rows of which there is none in their window."""
        node = spot.node
        if not isinstance(node, Event) or not isinstance(node.rows.window, InLast):
            return None
        written = canonical_count(node.count or Count("lte", 0), negated=spot.negated)
        return self.rows.key(node.rows) if written == {"op": "lte", "n": 0} else None


_TIME = {kind: Field("@time", "time", kind, "") for kind in TIMES}


def _values(spot: Spot) -> tuple[Value | Window, ...]:
    """List the values a condition compares with."""
    match spot.node:
        case Attribute(_, test) | Property(_, test) | EventTime(_, _, test) | Aggregate(test=test):
            return (test.value,)
        case _:
            return ()


def _moments(value: Value | Window | None) -> tuple[Moment, ...]:
    match value:
        case MomentRange(start, end):
            return tuple(moment for moment in (start, end) if moment is not None)
        case DayMoment() | InstantMoment():
            return (value,)
        case _:
            return ()
