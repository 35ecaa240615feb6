"""Criteria drawn at random for a world of hostile data: every kind, operator, type and value shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from segment_engine.domain.catalog import (
    NUMBERS,
    TEXTS,
    TIMES,
    EventType,
    Field,
    FieldType,
    event_time_field,
    property_of,
)
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Anniversary,
    AnyTime,
    Attribute,
    BetweenAgo,
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
    InstantMoment,
    Literal,
    LiteralRange,
    Moment,
    MomentRange,
    Node,
    NowMoment,
    OnMissing,
    Property,
    Rows,
    Span,
    Test,
    TodayMoment,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, Shape, operators_for
from tests.property.hostile_data import CATALOG, PERIODS, SMALL, World
from tests.property.hostile_data import TEXTS as TYPED_TEXTS

_ELAPSED = {Unit.MINUTE, Unit.HOUR}
_INTEGER = Field("@count", "count", FieldType.INTEGER, "")
_ASKED = ("order", "order", "visit")


class Documents:
    """Draws criteria around the bounds at which the values of one world were placed."""

    def __init__(self, rng: Random, world: World) -> None:
        self.rng = rng
        self.world = world

    def criteria(self) -> Criteria:
        """Draw one document with one to eight conditions."""
        rng = self.rng
        calendar = Calendar(
            time_zone=self.world.zone,
            week_starts_on=rng.choice(("monday", "sunday", "saturday")),
            fiscal_year_start_month=rng.randint(1, 12),
            leap_day=rng.choice(("feb_28", "mar_1")),
        )
        return Criteria(self._group(2), calendar)

    def _group(self, levels: int) -> Group:
        rng = self.rng
        children: list[Node] = []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            deeper = levels > 0 and rng.random() < 0.25
            children.append(self._group(levels - 1) if deeper else self.condition())
        kind = rng.choice(tuple(GroupKind))
        return Group(kind, tuple(children), k=rng.randint(1, len(children)) if kind is GroupKind.AT_LEAST else None)

    def condition(self) -> Condition:
        """Draw one condition of any kind."""
        chance = self.rng.random()
        if chance < 0.02:
            return AllContacts()
        if chance < 0.5:
            field = self.rng.choice(tuple(CATALOG.fields.values()))
            return Attribute(field.key, self.test(field))
        return self.rng.choice((self._event, self._aggregate, self._event_time))()

    def test(self, field: Field) -> Test:
        """Draw a test that suits a field."""
        return self.test_of(self.rng.choice(operators_for(field.type, ordered=field.ordered)), field)

    def test_of(self, operator: Operator, field: Field) -> Test:
        """Draw a value and the options of one operator, as the parser would have filled them in."""
        cased = operator.cased and field.type in TEXTS
        return Test(
            operator.key,
            self.value(operator, field),
            self.rng.choice(tuple(Case)) if cased else None,
            None if operator.missing is None else self.rng.choice(tuple(OnMissing)),
        )

    # Values ----------------------------------------------------------------------------------------------------

    def value(self, operator: Operator, field: Field) -> Value:
        """Draw a value of the shape an operator takes."""
        rng = self.rng
        match operator.shape:
            case Shape.NOTHING:
                return None
            case Shape.LITERAL:
                return self._literal(field)
            case Shape.LITERALS:
                return tuple(self._literal(field) for _ in range(rng.randint(1, 4)))
            case Shape.RANGE:
                return self._range(field)
            case Shape.DAY:
                return self._day_moment()
            case _:
                return self._time_value(operator.shape, field.type)

    def _calendar_value(self, shape: Shape) -> Value:
        rng = self.rng
        if shape is Shape.PERIOD:
            return InPeriod(rng.choice(PERIODS), rng.choice((-2, -1, 0, 1, 2)))
        if shape is Shape.ANNIVERSARY:
            before = rng.choice((0, 0, 1, 7, 30, 364))
            return Anniversary(before, rng.choice((0, 1, 7, 30)) if before < 300 else 0, rng.choice((0, 1, 1, 18)))
        highest = 12 if shape is Shape.MONTHS else 7
        return tuple(sorted(rng.sample(range(1, highest + 1), rng.randint(1, 4))))

    def _time_value(self, shape: Shape, line: FieldType) -> Value:
        match shape:
            case Shape.MOMENT:
                return self._moment(line)
            case Shape.MOMENTS:
                return self._moments(line)
            case Shape.SPAN:
                return Span(*self._span(line))
            case Shape.SPAN_BETWEEN:
                return self._between_ago(line)
            case _:
                return self._calendar_value(shape)

    def _literal(self, field: Field) -> Literal:
        rng = self.rng
        if field.type in TEXTS:
            return rng.choice(field.values) if field.type is FieldType.CHOICE else self._text()
        number = rng.choice((*SMALL, *SMALL, 2**53 + 1, 10**17, 10**18 - 1, -(10**18) + 1))
        if field.type is FieldType.INTEGER:
            return rng.choice((number, number, 2**63 - 1, -(2**63))) if rng.random() < 0.3 else number
        literal = Decimal(number).scaleb(-field.scale)
        # The same figure may be typed with fewer zeros.
        return literal.normalize() if rng.random() < 0.5 and abs(number) < 1000 and number else literal

    def _text(self) -> str:
        text = self.rng.choice(TYPED_TEXTS)
        if len(text) > 1 and self.rng.random() < 0.4:
            start = self.rng.randrange(len(text))
            part = text[start : start + self.rng.randint(1, 3)]
            return part if part.strip() else text
        return text

    def _range(self, field: Field) -> LiteralRange:
        ends = [self._literal(field), self._literal(field)]
        ends.sort(key=lambda end: field.values.index(end) if isinstance(end, str) else end)
        return LiteralRange(ends[0], ends[1])

    def _span(self, line: FieldType) -> tuple[int, Unit]:
        spans = self.world.spans
        return self.rng.choice([span for span in spans if line is not FieldType.DATE or span[1] not in _ELAPSED])

    def _between_ago(self, line: FieldType) -> BetweenAgo:
        n, unit = self._span(line)
        return BetweenAgo(n + self.rng.choice((1, n)), self.rng.choice((0, n)), unit)

    def _day_moment(self) -> DayMoment | TodayMoment:
        if self.rng.random() < 0.5:
            return DayMoment(self.rng.choice(self.world.days))
        n, unit = self._span(FieldType.DATE)
        return TodayMoment(n * self.rng.choice((-1, 0, 1)), unit)

    def _moment(self, line: FieldType) -> Moment:
        if line is FieldType.DATE or self.rng.random() < 0.5:
            return self._day_moment()
        if self.rng.random() < 0.5:
            return InstantMoment(_typed(self.rng.choice(self.world.moments)))
        n, unit = self._span(line)
        return NowMoment(n * self.rng.choice((-1, 0, 1)), unit)

    def _moments(self, line: FieldType) -> MomentRange:
        # Two absolute ends in the wrong order are refused by the parser; relative ones are not.
        low, high = self._moment(line), self._moment(line)
        if isinstance(low, DayMoment | InstantMoment) and isinstance(high, DayMoment | InstantMoment):
            low, high = sorted((low, high), key=_reading_order)
            if type(low) is not type(high) or low == high:
                return MomentRange(low, TodayMoment(0, Unit.DAY))
        return MomentRange(low, high)

    # Rows ------------------------------------------------------------------------------------------------------

    def _rows(self) -> Rows:
        rng = self.rng
        event = CATALOG.events[rng.choice(_ASKED)]
        window = self._window(FieldType.DATE if event.date_only else FieldType.INSTANT)
        ahead = isinstance(window, InNext) or (isinstance(window, InPeriod) and window.offset > 0)
        where = self._where(event) if rng.random() < 0.4 else None
        return Rows(event.key, where, window, include_future=ahead or rng.random() < 0.15)

    def _window(self, line: FieldType) -> Window | None:
        rng = self.rng
        n, unit = self._span(line)
        chance = rng.random()
        if chance < 0.3:
            return None if chance < 0.25 else AnyTime()
        if chance < 0.55:
            return InLast(n, unit)
        if chance < 0.65:
            return self._between_ago(line)
        if chance < 0.75:
            return InPeriod(rng.choice(PERIODS), rng.choice((-1, 0, 0, 1)))
        if chance < 0.8:
            return InNext(n, unit)
        moments = self._moments(line)
        return rng.choice((moments, MomentRange(moments.start, None), MomentRange(None, moments.end)))

    def _where(self, event: EventType) -> Group:
        rng = self.rng
        fields = [*event.fields.values(), *self._offered(event)]
        tests = [rng.choice(fields) for _ in range(rng.choice((1, 1, 2)))]
        children: tuple[Node, ...] = tuple(Property(field.key, self.test(field)) for field in tests)
        if rng.random() < 0.2:
            children = (Group(rng.choice((GroupKind.ALL, GroupKind.ANY, GroupKind.NONE)), children),)
        return Group(rng.choice((GroupKind.ALL, GroupKind.ANY, GroupKind.NONE)), children)

    def _offered(self, event: EventType) -> list[Field]:
        found = (property_of(event, key) for key in ("@time", "@day", "@weekday", "@hour"))
        return [field for field in found if field is not None]

    def _event(self) -> Event:
        rng = self.rng
        chance = rng.random()
        if chance < 0.25:
            return Event("did_not", self._rows(), None)
        if chance < 0.4:
            return Event("did", self._rows(), Count("gte", 1))
        op = rng.choice(tuple(COUNT_OPERATORS))
        n = rng.choice((0, 0, 1, 1, 2, 3))
        return Event("did", self._rows(), Count(op, n, n + rng.randint(0, 2) if "between" in op else None))

    def _aggregate(self) -> Aggregate:
        rng = self.rng
        rows = self._rows()
        event = CATALOG.events[rows.source]
        fields = [*event.fields.values(), *self._offered(event)]
        function = rng.choice(("count", "count_distinct", "count_distinct", "sum", "avg", "min", "max"))
        if function == "count":
            return Aggregate(function, rows, None, self._figure_test(_INTEGER))
        if function == "count_distinct":
            field = rng.choice(fields)
            case = rng.choice(tuple(Case)) if field.type in TEXTS else None
            return Aggregate(function, rows, field.key, self._figure_test(_INTEGER), case)
        wanted = NUMBERS if function in {"sum", "avg"} else NUMBERS | TIMES
        field = rng.choice([field for field in fields if field.type in wanted])
        if function == "avg":
            return Aggregate(function, rows, field.key, self.average_test(field))
        test = self._figure_test(field) if function == "sum" else self.test(field)
        return Aggregate(function, rows, field.key, test)

    def _figure_test(self, field: Field) -> Test:
        test = self.test(field)
        return Test(test.op, test.value, test.case)

    def average_test(self, field: Field) -> Test:
        """Draw a test of an average, whose literal may be a millionth finer than the field."""
        finer = Field(field.key, field.label, FieldType.DECIMAL, "", scale=field.scale + 6)
        test = self.test(field)
        rng = self.rng

        def near(literal: Literal) -> Decimal:
            share = Decimal(rng.choice((0, 500_000, 333_333, 666_667, 1))).scaleb(-finer.scale)
            return (
                (Decimal(rng.choice(SMALL)).scaleb(-field.scale) + share) if rng.random() < 0.7 else _fitting(literal)
            )

        match test.value:
            case LiteralRange():
                low, high = sorted((near(test.value.start), near(test.value.end)))
                return Test(test.op, LiteralRange(low, high), test.case, test.on_missing)
            case tuple():
                return Test(test.op, tuple(near(part) for part in test.value), test.case, test.on_missing)
            case str() | int() | Decimal():
                return Test(test.op, near(test.value), test.case, test.on_missing)
            case _:
                return test

    def _event_time(self) -> EventTime:
        rows = self._rows()
        return EventTime(
            self.rng.choice(("first", "last")), rows, self.test(event_time_field(CATALOG.events[rows.source]))
        )


def _fitting(literal: Literal) -> Decimal:
    # Six more decimals must still fit the eighteen digits of a literal.
    return Decimal(literal) if abs(Decimal(literal)) < 10**4 else Decimal(1000)


def _typed(moment: datetime) -> str:
    local = moment.astimezone(UTC) + timedelta(hours=2)
    return local.replace(tzinfo=None).isoformat() + "+02:00"


def _reading_order(moment: DayMoment | InstantMoment) -> str:
    if isinstance(moment, DayMoment):
        return moment.day.isoformat()
    return datetime.fromisoformat(moment.text).astimezone(UTC).isoformat(timespec="microseconds")
