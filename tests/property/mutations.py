"""Changes one parameter of a document at a time, every parameter there is, so that none can go unused (M19)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from segment_engine.domain import criteria as language
from segment_engine.domain.catalog import Catalog, RowType
from segment_engine.domain.criteria import (
    Aggregate,
    AnyTime,
    BetweenAgo,
    Campaign,
    CompareFields,
    Count,
    Criteria,
    DayMoment,
    Event,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    GroupKind,
    InLast,
    InNext,
    InPeriod,
    InstantMoment,
    Interactions,
    MomentRange,
    NowMoment,
    Offset,
    OnMissing,
    Property,
    Related,
    RelationPath,
    Rows,
    SegmentMembership,
    Span,
    Test,
    TodayMoment,
    Unit,
)
from segment_engine.domain.operators import (
    CHANNELS,
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    CONSENT_STATES,
    COUNT_OPERATORS,
    INTERACTIONS,
    MEMBERSHIP_OPERATORS,
    OPERATORS,
    QUANTIFIERS,
    REACHABLE_OPERATORS,
)
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from segment_engine.errors import CriteriaError

_RANGE = MomentRange(TodayMoment(-9, Unit.DAY), None)
# A label says nothing about contacts; the others hold further parameters and are none themselves.
_SAID_ONLY = {"label"}
_HOLDERS = {"rows", "test", "calendar", "root", "first", "then", "has", "count"}
_WORDS: dict[str, tuple[object, ...]] = {
    "Test.op": tuple(dict.fromkeys(operator.key for operator in OPERATORS)),
    "Count.op": tuple(COUNT_OPERATORS),
    "CompareFields.op": tuple(COMPARE_OPERATORS),
    "SegmentMembership.op": tuple(MEMBERSHIP_OPERATORS),
    "ListMembership.op": tuple(MEMBERSHIP_OPERATORS),
    "Consent.op": tuple(CONSENT_OPERATORS),
    "Reachable.op": tuple(REACHABLE_OPERATORS),
    "Event.verb": ("did", "did_not"),
    "Campaign.verb": ("did", "did_not"),
    "Sequence.verb": ("followed_by", "not_followed_by"),
    "Campaign.counted": ("interactions", "campaigns"),
    "Interactions.interaction": INTERACTIONS,
    "SegmentMembership.members": ("last_run", "live"),
    "SegmentMembership.max_age_hours": (None, 1, 100),
    "Consent.channel": CHANNELS,
    "Reachable.channel": CHANNELS,
    "Consent.topic": (None, "news", "offers"),
    "Consent.states": tuple((state,) for state in CONSENT_STATES),
    "Related.quantifier": QUANTIFIERS,
    "Calendar.time_zone": ("UTC", "Europe/Amsterdam", "Asia/Tokyo", "America/Los_Angeles"),
    "Calendar.week_starts_on": ("monday", "sunday", "saturday"),
    "Calendar.leap_day": ("feb_28", "mar_1"),
    "Limit.ties": ("cut", "keep"),
    "OrderKey.direction": ("asc", "desc"),
    "Rows.window": (None, AnyTime(), InLast(3, Unit.DAY), InPeriod(Unit.MONTH, 0), _RANGE),
    "MomentRange.start": (None, TodayMoment(-30, Unit.DAY), DayMoment(date(2020, 1, 1)), NowMoment(-7, Unit.DAY)),
    "MomentRange.end": (None, TodayMoment(-2, Unit.DAY), DayMoment(date(2020, 1, 1)), NowMoment(-1, Unit.HOUR)),
    "Sequence.within": (None, Span(2, Unit.DAY)),
    "CompareFields.times": (None, Decimal("1.5")),
    "CompareFields.offset": (None, Offset(1, Unit.DAY)),
    "Criteria.limit": (None,),
}  # fmt: skip
_FUNCTIONS = ("count", "count_distinct", "sum", "avg", "min", "max")
_OFFERED = ("@time", "@day", "@weekday", "@hour")


@dataclass(frozen=True)
class Change:
    """One parameter (`Class.field` of the tree) with another value, in a document that stays a document."""

    parameter: str
    criteria: Criteria


def parameters() -> frozenset[str]:
    """List every parameter the tree has, from its classes themselves."""
    classes = [part for part in vars(language).values() if isinstance(part, type) and is_dataclass(part)]
    return frozenset(
        f"{part.__name__}.{field.name}"
        for part in classes
        for field in fields(part)
        if field.name not in _HOLDERS and _counts(part.__name__, field.name)
    )


def _counts(part: str, name: str) -> bool:
    return part != "Label" and name not in _SAID_ONLY


def changes(criteria: Criteria, catalog: Catalog, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Change]:
    """Yield the document with each wanted parameter changed in each way that the parser accepts."""
    for parameter, changed in _Changes(catalog).of(criteria, ""):
        document = cast("Criteria", changed)
        if wanted(parameter) and document != criteria and _is_document(document, catalog):
            yield Change(parameter, document)


def _is_document(criteria: Criteria, catalog: Catalog) -> bool:
    try:
        return parse_criteria(write_criteria(criteria), catalog) == criteria
    except (CriteriaError, ArithmeticError, ValueError, TypeError, AttributeError, KeyError):
        return False  # such a tree cannot be written, or not be read: nobody can ask it


class _Changes:
    """Walks any value of the tree; what a place may hold instead is told by its class and name."""

    def __init__(self, catalog: Catalog) -> None:
        rows: tuple[RowType, ...] = (*catalog.events.values(), *catalog.relations.values())
        properties = (*(key for each in rows for key in each.fields), *_OFFERED)
        paths = [(key,) for key in catalog.relations]
        paths += [(each.parent, key) for key, each in catalog.relations.items() if each.parent]
        sources = (*catalog.events, *map(RelationPath, paths), *(Interactions(each) for each in INTERACTIONS))
        whole = tuple(Group(GroupKind.ALL, (Property(key, Test("is_set")),)) for key in properties)
        self._instead: dict[str, tuple[object, ...]] = {
            **_WORDS,
            "Attribute.field": tuple(catalog.fields),
            "FieldValue.field": tuple(catalog.fields),
            "Property.field": properties,
            **dict.fromkeys(("Figure.of", "Aggregate.of"), (None, *properties)),
            **dict.fromkeys(("Figure.function", "Aggregate.function"), _FUNCTIONS),
            **dict.fromkeys(("EventTime.which", "EventHas.which", "FirstOrLast.which"), ("first", "last")),
            **dict.fromkeys(("Figure.distinct_case", "Aggregate.distinct_case"), tuple(language.Case)),
            "Rows.source": sources,
            "Rows.where": (None, *whole),
            "RelationPath.path": tuple(paths),
            "Interactions.campaigns": ((), *((key,) for key in catalog.campaigns)),
            "SegmentMembership.segments": tuple((key,) for key in catalog.segments),
            "ListMembership.lists": tuple((key,) for key in catalog.lists),
            **dict.fromkeys(
                ("CompareFields.left", "CompareFields.right", "OrderKey.value"), self._expressions(catalog)
            ),
        }
        self._choices = tuple(value for field in catalog.fields.values() for value in field.values)

    def _expressions(self, catalog: Catalog) -> tuple[object, ...]:
        events = [key for key, event in catalog.events.items() if event.interaction is None]
        return (
            *map(FieldValue, catalog.fields),
            *(Figure("count", Rows(key)) for key in events),
            *(FirstOrLast("first", Rows(key)) for key in events),
        )

    def of(self, value: object, place: str) -> Iterator[tuple[str, object]]:
        """Yield (parameter, the value changed there) for this place and every place inside."""
        if place:
            for other in (*self._instead.get(place, ()), *self._near(value, place)):
                if other != value:
                    yield place, other
        if is_dataclass(value) and not isinstance(value, type):
            yield from self._inside(value)
        elif isinstance(value, tuple):
            yield from self._elements(cast("tuple[object, ...]", value), place)

    def _inside(self, part: Any) -> Iterator[tuple[str, object]]:
        name = type(part).__name__
        for field in fields(part):
            if _counts(name, field.name):
                for parameter, other in self.of(getattr(part, field.name), f"{name}.{field.name}"):
                    yield parameter, _fitting(part, field.name, other)

    def _elements(self, items: tuple[object, ...], place: str) -> Iterator[tuple[str, object]]:
        for at, item in enumerate(items):
            yield place, items[:at] + items[at + 1 :]
            inner = self.of(item, "") if is_dataclass(item) else ((place, new) for new in self._near(item, place))
            for parameter, other in inner:
                yield parameter, (*items[:at], other, *items[at + 1 :])
        for other in self._instead.get(place, ()):
            if isinstance(other, tuple) and len(cast("tuple[object, ...]", other)) == 1 and items:
                yield place, (*items, *cast("tuple[object, ...]", other))
        if len(items) > 1:
            yield place, items[::-1]

    def _near(self, value: object, place: str) -> Iterator[object]:
        """Yield values close to a plain one."""
        match value:
            case bool():
                yield not value
            case Enum():
                yield from type(value)
            case int():
                yield from (value + 1, value - 1, value + 10, value * 2)
            case Decimal():
                yield from (value + 1, value - 1, value + Decimal("0.01"), value * 2)
            case datetime():
                yield value + timedelta(hours=1)
            case date():
                yield from (value + timedelta(days=1), value - timedelta(days=400))
            case str():
                yield from self._near_text(value, place)
            case _:
                yield from _near_shape(value)

    def _near_text(self, value: str, place: str) -> Iterator[object]:
        if place in {"Test.value", "LiteralRange.start", "LiteralRange.end", "Sample.seed", "Bucket.seed"}:
            yield from (f"{value}x", value[:-1], value.swapcase(), *self._choices)
        if place == "InstantMoment.text":
            moment = datetime.fromisoformat(value)
            yield from ((moment + timedelta(seconds=1)).isoformat(), (moment - timedelta(days=40)).isoformat())


def _near_shape(value: object) -> Iterator[object]:
    """Yield what a time may be said by instead."""
    match value:
        case DayMoment() | TodayMoment() | InstantMoment() | NowMoment():
            yield from (DayMoment(date(2020, 2, 29)), TodayMoment(-3, Unit.DAY), NowMoment(-5, Unit.HOUR))
            yield InstantMoment("2020-02-29T00:00:00+00:00")
        case InLast() | InNext() | BetweenAgo() | InPeriod():
            yield from (InNext(2, Unit.DAY), BetweenAgo(9, 2, Unit.DAY))
        case _:
            return


def _fitting(part: Any, name: str, value: object) -> object:
    """Change one parameter; what only exists with a certain value of it goes along."""
    changed: dict[str, object] = {name: value}
    match part, name:
        case ((Event() | Campaign()), "verb"):
            changed["count"] = Count("gte", 1) if value == "did" else None
        case Related(), "quantifier":
            changed |= {"k": 1 if value == "at_least" else None, "when_empty": False if value == "all" else None}
        case Group(), "kind":
            changed["k"] = 1 if value is GroupKind.AT_LEAST else None
        case Count(), "op":
            changed["to"] = (part.to or part.n) if value in {"between", "not_between"} else None
        case ((Aggregate() | Figure()), "function"):
            changed |= _of_function(part, str(value))
        case SegmentMembership(), "members":
            changed["max_age_hours"] = None
        case CompareFields(), "offset" | "times":
            changed["times" if name == "offset" else "offset"] = None
        case _:
            pass
    return replace(part, **changed)


def _of_function(part: Aggregate | Figure, function: str) -> dict[str, object]:
    kept: dict[str, object] = {"of": None} if function == "count" else {}
    kept["distinct_case"] = None
    if isinstance(part, Aggregate):
        missing = OnMissing.EXCLUDE if function in {"avg", "min", "max"} else None
        kept["test"] = replace(part.test, on_missing=missing)
    return kept
