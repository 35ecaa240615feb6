"""Criteria of every kind drawn from few fields and few values, so that their conditions often concern each other."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

from segment_engine.domain.aggregates import NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import TEXTS, Field, FieldType, event_time_field
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Anniversary,
    Attribute,
    BetweenAgo,
    Bucket,
    Calendar,
    Campaign,
    Case,
    CompareFields,
    Condition,
    Consent,
    Count,
    Criteria,
    DayMoment,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Group,
    GroupKind,
    InLast,
    InPeriod,
    InstantMoment,
    Interactions,
    ListMembership,
    Literal,
    LiteralRange,
    Moment,
    MomentRange,
    Node,
    NowMoment,
    OnMissing,
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
    TodayMoment,
    Unit,
    Value,
    Window,
)
from segment_engine.domain.operators import COMPARE_OPERATORS, COUNT_OPERATORS, Operator, Shape, operators_for
from tests.language_catalog import (
    AS_OF,
    CAMPAIGN,
    CATALOG,
    CHILD,
    LIST,
    OTHER_CAMPAIGN,
    OTHER_CHILD,
    OTHER_LIST,
)
from tests.property.small_people import ELEMENTS
from tests.property.small_people import TEXTS as WORDS

_SPANS = ((1, Unit.DAY), (7, Unit.DAY), (1, Unit.WEEK), (30, Unit.DAY), (1, Unit.MONTH), (24, Unit.HOUR), (0, Unit.DAY))
_ORDERS: tuple[Source, ...] = ("order_placed", "order_placed", "visit", RelationPath(("orders",)))
_ASKED = ("total", "items", "channel", "gift", "due")


class Questions:
    """Draws criteria. `focus` is how many different fields and kinds one tree speaks of."""

    def __init__(self, rng: Random, focus: int = 2) -> None:
        self.rng = rng
        self._focus = focus
        self._fields: list[Field] = []
        self._kinds: list[int] = []

    def criteria(self) -> Criteria:
        """Draw one document."""
        self._fields = self.rng.sample(tuple(CATALOG.fields.values()), self._focus)
        self._kinds = [self.rng.randrange(9) for _ in range(self._focus)]
        return Criteria(self._group(2), Calendar("Europe/Amsterdam", leap_day=self.rng.choice(("feb_28", "mar_1"))))

    def _group(self, levels: int) -> Group:
        rng = self.rng
        children: list[Node] = []
        for _ in range(rng.choice((1, 2, 2, 3, 4))):
            deeper = levels > 0 and rng.random() < 0.3
            children.append(self._group(levels - 1) if deeper else self._condition())
        kind = rng.choice(tuple(GroupKind))
        return Group(kind, tuple(children), k=rng.randint(1, len(children)) if kind is GroupKind.AT_LEAST else None)

    def _condition(self) -> Condition:
        if self.rng.random() < 0.5:
            field = self.rng.choice(self._fields)
            return Attribute(field.key, self._test(field))
        drawn = (
            self._event, self._aggregate, self._event_time, self._event_has, self._campaign, self._related,
            self._standing, self._share, self._compared,
        )  # fmt: skip
        return drawn[self.rng.choice(self._kinds)]()

    # Tests ---------------------------------------------------------------------------------------------------

    def _test(self, field: Field, *, may_miss: bool = True) -> Test:
        operator = self.rng.choice(operators_for(field.type, ordered=field.ordered))
        cased = operator.cased and field.type in {*TEXTS, FieldType.SET}
        answers = may_miss and operator.missing is not None
        return Test(
            operator.key,
            self._value(operator, field),
            self.rng.choice(tuple(Case)) if cased else None,
            self.rng.choice(tuple(OnMissing)) if answers else None,
        )

    def _value(self, operator: Operator, field: Field) -> Value:
        rng = self.rng
        match operator.shape:
            case Shape.NOTHING:
                return None
            case Shape.LITERAL:
                return self._literal(field)
            case Shape.LITERALS:
                return tuple(self._literal(field) for _ in range(rng.randint(1, 3)))
            case Shape.RANGE:
                ends = [self._literal(field), self._literal(field)]
                ends.sort(key=lambda end: field.values.index(end) if isinstance(end, str) else end)
                return LiteralRange(ends[0], ends[1])
            case Shape.COUNT:
                return self._count()
            case _:
                return self._time_value(operator.shape, field.type)

    def _literal(self, field: Field) -> Literal:
        rng = self.rng
        if field.type in {FieldType.TEXT, FieldType.SET} and not field.values:
            return rng.choice(ELEMENTS if field.type is FieldType.SET else WORDS)
        if field.values:
            return rng.choice(field.values)
        number = rng.choice((-1, 0, 1, 2, 3))
        return number if field.type is FieldType.INTEGER else Decimal(number)

    def _count(self) -> Count:
        op, n = self.rng.choice(tuple(COUNT_OPERATORS)), self.rng.randint(0, 2)
        return Count(op, n, n + self.rng.randint(0, 1) if op.endswith("between") else None)

    def _time_value(self, shape: Shape, kind: FieldType) -> Value:
        n, unit = self._span(kind)
        match shape:
            case Shape.DAY:
                return self._day()
            case Shape.MOMENT:
                return self._moment(kind)
            case Shape.MOMENTS:
                return MomentRange(self._moment(kind), self._moment(kind))
            case Shape.SPAN:
                return Span(max(n, 1), unit)
            case Shape.SPAN_BETWEEN:
                return BetweenAgo(n + self.rng.choice((1, 30)), n, unit)
            case Shape.PERIOD:
                return InPeriod(self.rng.choice((Unit.DAY, Unit.MONTH, Unit.YEAR)), self.rng.choice((-1, 0, 1)))
            case Shape.ANNIVERSARY:
                return Anniversary(0, self.rng.choice((0, 7)), self.rng.choice((0, 1)))
            case _:
                return tuple(self.rng.sample(range(1, 8), self.rng.choice((1, 3, 6))))

    def _span(self, kind: FieldType) -> tuple[int, Unit]:
        return self.rng.choice([span for span in _SPANS if kind is FieldType.INSTANT or span[1] is not Unit.HOUR])

    def _day(self) -> DayMoment | TodayMoment:
        days = self.rng.choice((-366, -30, -7, 0, 1, 7))
        return self.rng.choice((DayMoment((AS_OF + timedelta(days=days)).date()), TodayMoment(days, Unit.DAY)))

    def _moment(self, kind: FieldType) -> Moment:
        if kind is FieldType.DATE or self.rng.random() < 0.4:
            return self._day()
        days = self.rng.choice((-366, -30, -7, 0, 7))
        exact = InstantMoment((AS_OF + timedelta(days=days)).isoformat())
        return self.rng.choice((exact, NowMoment(days, Unit.DAY)))

    # Rows ----------------------------------------------------------------------------------------------------

    def _rows(self, source: Source | None = None) -> Rows:
        rng = self.rng
        chosen = source or rng.choice(_ORDERS[:3])
        where = self._where(chosen) if rng.random() < 0.4 else None
        window: Window | None = None
        if rng.random() < 0.5 and chosen != RelationPath(("orders", "order_lines")):
            n, unit = self._span(self._time_of(chosen).type)
            window = rng.choice((InLast(max(n, 1), unit), InLast(90, Unit.DAY), BetweenAgo(n + 30, n, unit)))
        return Rows(chosen, where, window, include_future=window is not None and rng.random() < 0.2)

    def _where(self, source: Source) -> Group:
        rows = CATALOG.rows_of(source)
        assert rows is not None
        fields = [field for field in rows.fields.values() if field.key.rpartition(".")[2] in _ASKED[1:4]]
        fields = fields or list(rows.fields.values())
        children = tuple(Property(field.key, self._test(field)) for field in self.rng.choices(fields, k=2))
        return Group(self.rng.choice((GroupKind.ALL, GroupKind.ALL, GroupKind.ANY, GroupKind.NONE)), children)

    def _time_of(self, source: Source) -> Field:
        rows = CATALOG.rows_of(source)
        assert rows is not None
        return event_time_field(rows)

    def _event(self) -> Condition:
        if self.rng.random() < 0.2:
            verb = self.rng.choice(("followed_by", "not_followed_by"))
            return Sequence(Rows("cart_filled"), verb, Rows("order_placed"), Span(3, Unit.DAY))
        if self.rng.random() < 0.3:
            return Event("did_not", self._rows(), None)
        return Event("did", self._rows(), self._count())

    def _aggregate(self) -> Aggregate:
        rng = self.rng
        source = rng.choice(_ORDERS)
        prefix = source if isinstance(source, str) else "orders"
        function, of = rng.choice(
            (
                ("count", None), ("sum", "total"), ("avg", "total"), ("min", "items"), ("max", "due"),
                ("count_distinct", "channel"), ("max", "@time"), ("avg", "items"),
            )
        )  # fmt: skip
        key = of if of is None or of.startswith("@") else f"{prefix}.{of}"
        result = aggregate_result(function, None if key is None else CATALOG.property_of(source, key))
        assert result is not None
        test = self._test(result, may_miss=function not in NEVER_MISSING)
        distinct = Case.EXACT if function == "count_distinct" else None
        return Aggregate(function, self._rows(source), key, test, distinct)

    def _event_time(self) -> EventTime:
        rows = self._rows()
        return EventTime(self.rng.choice(("first", "last")), rows, self._test(self._time_of(rows.source)))

    def _event_has(self) -> EventHas:
        rows = self._rows()
        answer = self.rng.choice(tuple(OnMissing))
        return EventHas(self.rng.choice(("first", "last")), rows, self._where(rows.source), answer)

    def _campaign(self) -> Campaign:
        rng = self.rng
        campaigns = rng.choice(((), (CAMPAIGN,), (CAMPAIGN, OTHER_CAMPAIGN)))
        rows = self._rows(Interactions(rng.choice(("received", "opened")), campaigns))
        return Campaign("did", rows, self._count(), rng.choice(("interactions", "interactions", "campaigns")))

    def _related(self) -> Related:
        rng = self.rng
        rows = self._rows(RelationPath(rng.choice((("orders",), ("orders", "order_lines")))))
        match rng.choice(("any", "none", "all", "at_least")):
            case "all":
                rows = Rows(rows.source, self._where(rows.source), rows.window, rows.include_future)
                return Related("all", rows, None, rng.random() < 0.5)
            case "at_least":
                return Related("at_least", rows, rng.randint(1, 2))
            case quantifier:
                return Related(quantifier, rows)

    # Standing ------------------------------------------------------------------------------------------------

    def _standing(self) -> Condition:
        rng = self.rng
        op = rng.choice(("in_any", "in_all", "not_in_any", "not_in_all"))
        channel = rng.choice(("email", "email", "sms"))
        states = tuple(rng.sample(("granted", "pending", "withdrawn", "no_record"), rng.randint(1, 4)))
        return rng.choice(
            (
                SegmentMembership(op, rng.choice(((CHILD,), (CHILD, OTHER_CHILD)))),
                ListMembership(op, rng.choice(((LIST,), (LIST, OTHER_LIST)))),
                Consent(channel, rng.choice(("state_is", "state_is_not")), states, rng.choice((None, None, "news"))),
                Reachable(channel, rng.choice(("is_reachable", "is_not_reachable"))),
                AllContacts(),
            )
        )

    def _share(self) -> Condition:
        start = self.rng.choice((0, 5000))
        seed = self.rng.choice(("a", "a", "b"))
        return self.rng.choice((Sample(Decimal(50), seed), Sample(Decimal("12.5"), seed), Bucket(start, 9000, seed)))

    def _compared(self) -> CompareFields:
        numbers = self.rng.random() < 0.5
        kind = FieldType.MONEY if numbers else FieldType.DATE
        left, right = ("contact.income", "contact.income") if numbers else ("contact.birthday", "contact.renewal")
        op = self.rng.choice([op for op, (_, _, types) in COMPARE_OPERATORS.items() if kind in types])
        times = Decimal(2) if numbers else None
        answer = self.rng.choice(tuple(OnMissing))
        return CompareFields(FieldValue(left), op, FieldValue(right), times, None, None, answer)
