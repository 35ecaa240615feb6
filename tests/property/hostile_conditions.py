"""Conditions of every kind, drawn at random around the bounds of a world of hostile data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from segment_engine.domain.aggregates import FUNCTIONS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Field, FieldType, RowType, event_time_field, is_timed
from segment_engine.domain.criteria import (
    Aggregate,
    AnyTime,
    Attribute,
    Bucket,
    Campaign,
    Case,
    CompareFields,
    Consent,
    Count,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    GroupKind,
    InLast,
    InNext,
    InPeriod,
    Interactions,
    Limit,
    ListMembership,
    MomentRange,
    Node,
    Offset,
    OnMissing,
    OrderKey,
    Property,
    Reachable,
    Related,
    RelationPath,
    Rows,
    Sample,
    SegmentMembership,
    Sequence,
    Source,
    Span,
    Test,
    Unit,
    ValueExpression,
    Window,
)
from segment_engine.domain.operators import (
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    CONSENT_STATES,
    MEMBERSHIP_OPERATORS,
    QUANTIFIERS,
    REACHABLE_OPERATORS,
)
from tests.property.hostile_catalog import CATALOG
from tests.property.hostile_data import PERIODS
from tests.property.hostile_references import CAMPAIGNS, LISTS, LIVE, READABLE, ages_of
from tests.property.hostile_values import DrawnValues

EVENTS = ("order", "order", "order", "visit", "visit", "received", "bounced")
PATHS = tuple(
    RelationPath(path)
    for path in (("purchases",), ("pets",), ("purchases", "lines"), ("purchases", "lines"), ("purchases", "returns"))
)
INTERACTIONS = ("received", "opened", "opened", "bounced")
_GROUPS = tuple(GroupKind)
_WHICH = ("first", "last")
_SEEDS = ("a", "spring-2026", "spring-2026", "A.b_c-9", "x" * 64)
# The buckets of the keys 42 and 00000000-0000-0000-0000-000000000001 with the seed spring-2026 are 2582 and 1940.
_PERCENTS = ("0.01", "5", "12.5", "19.40", "25.82", "25.83", "33.33", "50", "99.99", "100")
_TIMES = ("1", "0.5", "2.00", "0.01", "100", "1000", "0.333333", "0.000001", "999999999999.999999")


def rows_of(source: Source) -> RowType:
    """Give what the rows of a source are."""
    rows = CATALOG.rows_of(source)
    assert rows is not None
    return rows


def own_fields(source: Source) -> list[Field]:
    """List the values of the rows of a source."""
    offered = (CATALOG.property_of(source, key) for key in ("@time", "@day", "@weekday", "@hour"))
    return [*rows_of(source).fields.values(), *(field for field in offered if field is not None)]


def all_fields(source: Source) -> list[Field]:
    """List what the rows of a source may be asked for, also in the relation above."""
    above = source.path[:-1] if isinstance(source, RelationPath) else ()
    return [*own_fields(source), *(field for step in above for field in CATALOG.relations[step].fields.values())]


@dataclass(frozen=True)
class Side:
    """A value expression without its rows yet, and what it gives."""

    field: Field
    value: ValueExpression
    may_miss: bool = True

    def is_like(self, other: Side) -> bool:
        """Tell whether the two can be compared."""
        return _class_of(self.field) == _class_of(other.field)


def _class_of(field: Field) -> tuple[object, ...]:
    kind = FieldType.DECIMAL if field.type is FieldType.INTEGER else field.type
    return kind, field.currency, field.values


def figures() -> Iterator[Side]:
    """Yield every figure that can be computed of the rows of a source."""
    for source in dict.fromkeys((*EVENTS, *PATHS)):
        for function in FUNCTIONS:
            for of in (None,) if function == "count" else own_fields(source):
                result = aggregate_result(function, of)
                if result is not None:
                    value = Figure(function, Rows(source), of.key if of else None)
                    yield Side(result, value, function not in NEVER_MISSING)


FIGURES = tuple(figures())
_FIELDS = tuple(Side(field, FieldValue(field.key)) for field in CATALOG.fields.values())
_HAPPENED = tuple(
    Side(event_time_field(rows_of(event)), FirstOrLast(which, Rows(event))) for event in EVENTS for which in _WHICH
)
SIDES = (*_FIELDS * 6, *FIGURES, *_HAPPENED * 3)
_COMPARABLE = tuple(
    side for side in SIDES if any(side.field.type in types for _, _, types in COMPARE_OPERATORS.values())
)
_SORTABLE = tuple(side for side in SIDES if side.field.type is not FieldType.SET)


class DrawnConditions(DrawnValues):
    """Draws conditions of every kind but all_contacts."""

    def attribute(self) -> Attribute:
        """Draw a test of a contact's field."""
        field = self.rng.choice(tuple(CATALOG.fields.values()))
        return Attribute(field.key, self.test(field))

    # Rows ------------------------------------------------------------------------------------------------------

    def rows(self, source: Source) -> Rows:
        """Draw which rows of a source are looked at."""
        rng, rows = self.rng, rows_of(source)
        where = self.where(source) if rng.random() < 0.4 else None
        if not is_timed(rows):
            return Rows(source, where)
        window = self._window(event_time_field(rows).type)
        return Rows(source, where, window, include_future=_looks_ahead(window) or rng.random() < 0.15)

    def _past_rows(self, source: Source) -> Rows:
        rows = self.rows(source)
        window = None if _looks_ahead(rows.window) or self.rng.random() < 0.4 else rows.window
        return replace(rows, window=window, include_future=False)

    def _window(self, line: FieldType) -> Window | None:
        rng = self.rng
        n, unit = self.span(line)
        chance = rng.random()
        if chance < 0.3:
            return None if chance < 0.25 else AnyTime()
        if chance < 0.55:
            return InLast(n, unit)
        if chance < 0.65:
            return self.between_ago(line)
        if chance < 0.75:
            return InPeriod(rng.choice(PERIODS), rng.choice((-1, 0, 0, 1)))
        if chance < 0.8:
            return InNext(n, unit)
        moments = self.moments(line)
        return rng.choice((moments, MomentRange(moments.start, None), MomentRange(None, moments.end)))

    def where(self, source: Source) -> Group:
        """Draw a group of one or two tests of properties."""
        rng = self.rng
        tests = [rng.choice(all_fields(source)) for _ in range(rng.choice((1, 1, 2)))]
        children: tuple[Node, ...] = tuple(Property(field.key, self.test(field)) for field in tests)
        if rng.random() < 0.2:
            children = (self._grouped(children),)
        return self._grouped(children)

    def _grouped(self, children: tuple[Node, ...]) -> Group:
        kind = self.rng.choice(_GROUPS)
        return Group(kind, children, k=self.rng.randint(1, len(children)) if kind is GroupKind.AT_LEAST else None)

    def _verb(self) -> tuple[str, Count | None]:
        chance = self.rng.random()
        if chance < 0.25:
            return "did_not", None
        return "did", Count("gte", 1) if chance < 0.4 else self.count()

    def event(self) -> Event:
        """Draw how often something happened."""
        verb, count = self._verb()
        return Event(verb, self.rows(self.rng.choice(EVENTS)), count)

    def campaign(self) -> Campaign:
        """Draw what happened to messages."""
        rng = self.rng
        named = tuple(rng.choices(CAMPAIGNS, k=rng.choice((0, 0, 1, 2))))
        verb, count = self._verb()
        counted = "campaigns" if verb == "did" and rng.random() < 0.4 else "interactions"
        return Campaign(verb, self.rows(Interactions(rng.choice(INTERACTIONS), named)), count, counted)

    def event_time(self) -> EventTime:
        """Draw when something first or last happened."""
        event = self.rng.choice(EVENTS)
        return EventTime(self.rng.choice(_WHICH), self.rows(event), self.test(event_time_field(rows_of(event))))

    def event_has(self) -> EventHas:
        """Draw what the first or last event looks like."""
        rng, event = self.rng, self.rng.choice(EVENTS)
        return EventHas(rng.choice(_WHICH), self.rows(event), self.where(event), rng.choice(tuple(OnMissing)))

    def sequence(self) -> Sequence:
        """Draw something that follows something, or does not, often exactly at a gap at which events were placed."""
        rng = self.rng
        first = rng.choice(EVENTS)
        dated = rows_of(first).date_only
        then = rng.choice([event for event in EVENTS if rows_of(event).date_only is dated])
        gaps = [gap for gap in self.world.gaps if not dated or gap[1] is Unit.DAY]
        within = Span(*rng.choice(gaps)) if rng.random() < 0.8 else None
        verb = rng.choice(("followed_by", "not_followed_by"))
        return Sequence(self._past_rows(first), verb, self._past_rows(then), within)

    def related(self) -> Related:
        """Draw how many rows of another table are like this."""
        rng = self.rng
        path, quantifier = rng.choice(PATHS), rng.choice(QUANTIFIERS)
        rows = self.rows(path)
        if quantifier == "all" or rng.random() < 0.6:
            rows = replace(rows, where=self.where(path))
        k = rng.choice((1, 1, 2, 3)) if quantifier == "at_least" else None
        return Related(quantifier, rows, k, rng.random() < 0.5 if quantifier == "all" else None)

    # Figures and value expressions -----------------------------------------------------------------------------

    def aggregate(self) -> Aggregate:
        """Draw a test of a figure over rows."""
        return self.aggregate_of(self.rng.choice(FIGURES))

    def aggregate_of(self, side: Side) -> Aggregate:
        """Draw a test of this figure."""
        figure = self.expression(side)
        assert isinstance(figure, Figure)
        test = self.average_test(self._averaged(figure)) if figure.function == "avg" else self.test(side.field)
        if not side.may_miss:
            test = Test(test.op, test.value, test.case)
        return Aggregate(figure.function, figure.rows, figure.of, test, figure.distinct_case)

    def _averaged(self, figure: Figure) -> Field:
        field = CATALOG.property_of(figure.rows.source, figure.of or "")
        assert field is not None
        return field

    def expression(self, side: Side) -> ValueExpression:
        """Draw the rows of a value expression."""
        match side.value:
            case FieldValue():
                return side.value
            case FirstOrLast():
                return replace(side.value, rows=self.rows(side.value.rows.source))
            case Figure(function, rows, of):
                field = CATALOG.property_of(rows.source, of) if of else None
                cased = function == "count_distinct" and field is not None and field.type in TEXTS
                return replace(
                    side.value,
                    rows=self.rows(rows.source),
                    distinct_case=self.rng.choice(tuple(Case)) if cased else None,
                )

    def compare_fields(self) -> CompareFields:
        """Draw value against value, multiplied or moved in time."""
        rng = self.rng
        left = rng.choice(_COMPARABLE)
        right = rng.choice([side for side in _COMPARABLE if side.is_like(left)])
        kind = left.field.type
        return CompareFields(
            self.expression(left),
            rng.choice([op for op, (_, _, types) in COMPARE_OPERATORS.items() if kind in types]),
            self.expression(right),
            Decimal(rng.choice(_TIMES)) if kind in NUMBERS and rng.random() < 0.5 else None,
            self._offset(kind) if kind in TIMES and rng.random() < 0.7 else None,
            rng.choice(tuple(Case)) if kind is FieldType.TEXT else None,
            rng.choice(tuple(OnMissing)) if left.may_miss or right.may_miss else None,
        )

    def _offset(self, kind: FieldType) -> Offset:
        gaps = [gap for gap in self.world.gaps if kind is FieldType.INSTANT or gap[1] is Unit.DAY]
        n, unit = self.rng.choice(gaps)
        return Offset(n * self.rng.choice((-1, -1, 0, 1, 1)), unit)

    def limit(self) -> Limit:
        """Draw the first N; many values are equal or missing, so that ties are decided."""
        rng = self.rng
        keys = [rng.choice(_SORTABLE) for _ in range(rng.choice((1, 1, 2, 3)))]
        order = tuple(OrderKey(self.expression(side), rng.choice(("asc", "desc"))) for side in keys)
        return Limit(rng.choice((1, 2, 3, 5, 10, 25, 60)), rng.choice(("cut", "keep")), order)

    # Members ---------------------------------------------------------------------------------------------------

    def segment(self) -> SegmentMembership:
        """Draw membership of segments that can be read."""
        rng = self.rng
        op = rng.choice(tuple(MEMBERSHIP_OPERATORS))
        if rng.random() < 0.4:
            return SegmentMembership(op, tuple(rng.choices(LIVE, k=rng.choice((1, 1, 2)))), members="live")
        named = tuple(rng.choices(READABLE, k=rng.choice((1, 1, 2, 3))))
        ages = set(ages_of(named[0])).intersection(*map(ages_of, named))
        return SegmentMembership(op, named, rng.choice((None, *sorted(ages))))

    def static_list(self) -> ListMembership:
        """Draw membership of static lists."""
        rng = self.rng
        return ListMembership(
            rng.choice(tuple(MEMBERSHIP_OPERATORS)), tuple(rng.choices(LISTS, k=rng.choice((1, 2, 3))))
        )

    def consent(self) -> Consent:
        """Draw the state of consent."""
        rng = self.rng
        states = tuple(rng.choices(CONSENT_STATES, k=rng.choice((1, 1, 2, 4))))
        topic = rng.choice((None, None, "news", "news", "News", "%", "never"))
        return Consent(
            rng.choice(("email", "email", "sms", "post")), rng.choice(tuple(CONSENT_OPERATORS)), states, topic
        )

    def reachable(self) -> Reachable:
        """Draw whether a channel reaches the contact."""
        return Reachable(
            self.rng.choice(("email", "email", "sms", "push")), self.rng.choice(tuple(REACHABLE_OPERATORS))
        )

    def sample(self) -> Sample:
        """Draw a share of the contacts."""
        percent = Decimal(self.rng.choice(_PERCENTS))
        return Sample(percent, self.rng.choice(_SEEDS))

    def bucket(self) -> Bucket:
        """Draw a range of buckets."""
        start, end = sorted(self.rng.sample((0, 1, 100, 2582, 2583, 5000, 5951, 9999, 10_000), 2))
        return Bucket(start, end, self.rng.choice(_SEEDS))


def _looks_ahead(window: Window | None) -> bool:
    return isinstance(window, InNext) or (isinstance(window, InPeriod) and window.offset > 0)
