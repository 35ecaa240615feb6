"""Operators with their values, drawn at random around the bounds of a world of hostile data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from segment_engine.domain.catalog import NUMBERS, TEXTS, Field, FieldType
from segment_engine.domain.criteria import (
    Anniversary,
    BetweenAgo,
    Case,
    Count,
    DayMoment,
    InPeriod,
    InstantMoment,
    Literal,
    LiteralRange,
    Moment,
    MomentRange,
    NowMoment,
    OnMissing,
    Span,
    Test,
    TodayMoment,
    Unit,
    Value,
)
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, Shape, operators_for
from tests.property.hostile_data import PERIODS, World
from tests.property.hostile_texts import ELEMENTS, SMALL
from tests.property.hostile_texts import TEXTS as TYPED_TEXTS

_ELAPSED = {Unit.MINUTE, Unit.HOUR}


class DrawnValues:
    """Draws tests of one value."""

    def __init__(self, rng: Random, world: World) -> None:
        self.rng = rng
        self.world = world
        self._known_averages: dict[str, tuple[Decimal, ...]] = {}

    def test(self, field: Field) -> Test:
        """Draw a test that suits a field."""
        return self.test_of(self.rng.choice(operators_for(field.type, ordered=field.ordered)), field)

    def test_of(self, operator: Operator, field: Field) -> Test:
        """Draw a value and the options of one operator, as the parser would have filled them in."""
        cased = operator.cased and field.type in TEXTS | {FieldType.SET}
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
                return self.literal(field)
            case Shape.LITERALS:
                return tuple(self.literal(field) for _ in range(rng.randint(1, 4)))
            case Shape.RANGE:
                return self._range(field)
            case Shape.COUNT:
                return self.count()
            case _:
                return self._time_value(operator.shape, field.type)

    def _calendar_value(self, shape: Shape) -> Value:
        rng = self.rng
        if shape is Shape.PERIOD:
            return InPeriod(rng.choice(PERIODS), rng.choice((-2, -1, 0, 1, 2)))
        if shape is Shape.ANNIVERSARY:
            before = rng.choice((0, 0, 1, 7, 30, 364, *self._since_february()))
            return Anniversary(before, rng.choice((0, 1, 7, 30)) if before < 300 else 0, rng.choice((0, 1, 1, 18)))
        highest = 12 if shape is Shape.MONTHS else 7
        return tuple(sorted(rng.sample(range(1, highest + 1), rng.randint(1, 4))))

    def _since_february(self) -> Iterator[int]:
        """Yield how many days ago 29 February falls in this year, as either of the two days that stand for it."""
        today = self.world.as_of.astimezone(ZoneInfo(self.world.zone)).date()
        for day in (date(today.year, 2, 28), date(today.year, 3, 1)):
            if day <= today:
                yield (today - day).days

    def _time_value(self, shape: Shape, line: FieldType) -> Value:
        match shape:
            case Shape.DAY:
                return self.day_moment()
            case Shape.MOMENT:
                return self.moment(line)
            case Shape.MOMENTS:
                return self.moments(line)
            case Shape.SPAN:
                return Span(*self.span(line))
            case Shape.SPAN_BETWEEN:
                return self.between_ago(line)
            case _:
                return self._calendar_value(shape)

    def literal(self, field: Field) -> Literal:
        """Draw one value as the field asks for it."""
        rng = self.rng
        if field.values:
            return rng.choice(field.values)
        if field.type is FieldType.SET and rng.random() < 0.8:
            return rng.choice(ELEMENTS)
        if field.type not in NUMBERS:
            return self._text()
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
        ends = [self.literal(field), self.literal(field)]
        ends.sort(key=lambda end: field.values.index(end) if isinstance(end, str) else end)
        return LiteralRange(ends[0], ends[1])

    def count(self) -> Count:
        """Draw a comparison of a small number."""
        op = self.rng.choice(tuple(COUNT_OPERATORS))
        n = self.rng.choice((0, 0, 1, 1, 2, 3))
        return Count(op, n, n + self.rng.randint(0, 2) if "between" in op else None)

    def span(self, line: FieldType) -> tuple[int, Unit]:
        """Draw a length of time at which values were placed."""
        spans = self.world.spans
        return self.rng.choice([span for span in spans if line is not FieldType.DATE or span[1] not in _ELAPSED])

    def between_ago(self, line: FieldType) -> BetweenAgo:
        """Draw two lengths of time."""
        n, unit = self.span(line)
        return BetweenAgo(n + self.rng.choice((1, n)), self.rng.choice((0, n)), unit)

    def day_moment(self) -> DayMoment | TodayMoment:
        """Draw a whole day."""
        if self.rng.random() < 0.5:
            return DayMoment(self.rng.choice(self.world.days))
        n, unit = self.span(FieldType.DATE)
        return TodayMoment(n * self.rng.choice((-1, 0, 1)), unit)

    def moment(self, line: FieldType) -> Moment:
        """Draw a moment at which values were placed."""
        if line is FieldType.DATE or self.rng.random() < 0.5:
            return self.day_moment()
        if self.rng.random() < 0.5:
            return InstantMoment(_typed(self.rng.choice(self.world.moments)))
        n, unit = self.span(line)
        return NowMoment(n * self.rng.choice((-1, 0, 1)), unit)

    def moments(self, line: FieldType) -> MomentRange:
        """Draw two ends."""
        # Two absolute ends in the wrong order are refused by the parser; relative ones are not.
        low, high = self.moment(line), self.moment(line)
        if isinstance(low, DayMoment | InstantMoment) and isinstance(high, DayMoment | InstantMoment):
            low, high = sorted((low, high), key=_reading_order)
            if type(low) is not type(high) or low == high:
                return MomentRange(low, TodayMoment(0, Unit.DAY))
        return MomentRange(low, high)

    def average_test(self, field: Field) -> Test:
        """Draw a test of an average, whose literal may be a millionth finer than the field."""
        finer = Field(field.key, field.label, FieldType.DECIMAL, "", scale=field.scale + 6)
        test = self.test(field)
        rng = self.rng

        averages = self._averages(field)

        def near(literal: Literal) -> Decimal:
            if averages and rng.random() < 0.5:
                return rng.choice(averages)
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

    def _averages(self, field: Field) -> tuple[Decimal, ...]:
        """Work out what a property really averages for some contacts, cut off a millionth of its unit."""
        if field.key not in self._known_averages:
            held = (
                [row.values.get(field.key) for row in (*record.events, *record.related)]
                for record in self.world.records.values()
            )
            whole = ([value for value in values if isinstance(value, int)] for values in held)
            cut = (sum(values) * 10**6 // len(values) for values in whole if len(values) > 1)
            # Six more decimals must still fit the eighteen digits of a literal.
            fitting = (Decimal(average).scaleb(-6 - field.scale) for average in cut if abs(average) < 10**12)
            self._known_averages[field.key] = tuple(fitting)
        return self._known_averages[field.key]


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
