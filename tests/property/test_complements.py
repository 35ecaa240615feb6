"""Every operator and its complement are exact opposites (M3), in SQL and in Python, for all kinds that have one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from segment_engine.db.session import Database
from segment_engine.domain.catalog import TEXTS, FieldType, event_time_field
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Calendar,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Count,
    Criteria,
    Event,
    EventTime,
    Group,
    GroupKind,
    ListMembership,
    OnMissing,
    Reachable,
    Related,
    Rows,
    SegmentMembership,
    Test,
)
from segment_engine.domain.operators import (
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    COUNT_OPERATORS,
    MEMBERSHIP_OPERATORS,
    REACHABLE_OPERATORS,
    operators_for,
)
from segment_engine.domain.write import write_criteria
from tests.property.comparison import BATCH, Question, StoredWorld, prepare, sql_answers
from tests.property.hostile_data import CATALOG
from tests.property.hostile_documents import Documents

Pair = tuple[Condition, Condition]
_TURNED = {OnMissing.INCLUDE: OnMissing.EXCLUDE, OnMissing.EXCLUDE: OnMissing.INCLUDE, None: None}


def test_every_operator_is_the_opposite_of_its_complement(
    worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """T06 T12 T39: M3 for every operator and type, with either answer for missing values."""
    drawer = Documents(Random(3), worlds[2].world)  # noqa: S311 - repeatable data
    pairs = list(_tests(drawer))
    assert len(pairs) > 350
    _assert_opposite(pairs, worlds[2], hostile_database)


def test_every_kind_is_the_opposite_of_its_complement(
    worlds: tuple[StoredWorld, ...], hostile_database: Database
) -> None:
    """T02 T10 T12 T18 T28: M3 for counts, memberships, consent, channels, quantifiers and two values."""
    for stored in worlds[:8]:
        drawer = Documents(Random(stored.world.seed), stored.world)  # noqa: S311 - repeatable data
        _assert_opposite([(one, _opposite(one)) for one in _conditions(drawer)], stored, hostile_database)


def _assert_opposite(pairs: list[Pair], stored: StoredWorld, database: Database) -> None:
    with database.transaction(stored.organization_id, read_only=True) as transaction:
        for start in range(0, len(pairs), BATCH // 2):
            both = [condition for pair in pairs[start : start + BATCH // 2] for condition in pair]
            prepared = prepare(stored, [Question(_alone(one, stored.world.zone)) for one in both])
            assert len(prepared) == len(both)
            rows = sql_answers(transaction.connection, stored, [asked.predicate for asked in prepared])
            for number, row in rows.items():
                for place in range(0, len(prepared), 2):
                    one, other = prepared[place], prepared[place + 1]
                    found = (row[place], row[place + 1])
                    told = write_criteria(one.question.criteria)
                    assert found == (number in one.members, number in other.members), told
                    assert found[0] is not found[1], told


def _alone(condition: Condition, zone: str) -> Criteria:
    return Criteria(Group(GroupKind.ALL, (condition,)), Calendar(time_zone=zone))


# Operators on values ---------------------------------------------------------------------------------------------


def _tests(drawer: Documents) -> Iterator[Pair]:
    for condition in _asked(drawer):
        test = condition.test
        for missing in (None,) if test.on_missing is None else OnMissing:
            one = replace(condition, test=replace(test, on_missing=missing))
            yield one, _opposite(one)


def _asked(drawer: Documents) -> Iterator[Attribute | Aggregate | EventTime]:
    for field in CATALOG.fields.values():
        for operator in operators_for(field.type, ordered=field.ordered):
            yield Attribute(field.key, drawer.test_of(operator, field))
    for event in CATALOG.events.values():
        for field in event.fields.values():
            if field.type in TEXTS | {FieldType.BOOLEAN, FieldType.SET}:
                continue
            for operator in operators_for(field.type):
                yield Aggregate("max", Rows(event.key), field.key, drawer.test_of(operator, field))
        time = event_time_field(event)
        for operator in operators_for(time.type):
            yield EventTime("last", Rows(event.key), drawer.test_of(operator, time))


def _turned(test: Test, kind: FieldType, *, ordered: bool) -> Test:
    if isinstance(test.value, Count):
        return replace(test, value=_other_count(test.value))
    operator = next(one for one in operators_for(kind, ordered=ordered) if one.key == test.op)
    return replace(test, op=operator.complement, on_missing=_TURNED[test.on_missing])


# Whole conditions ------------------------------------------------------------------------------------------------


def _conditions(drawer: Documents) -> Iterator[Condition]:
    for _ in range(6):
        yield from (drawer.event(), drawer.campaign(), drawer.segment(), drawer.static_list(), drawer.consent())
        yield from (drawer.reachable(), drawer.compare_fields(), drawer.compare_fields())
        related = drawer.related()
        if related.quantifier in {"any", "none"}:
            yield related


def _other_count(count: Count) -> Count:
    return replace(count, op=COUNT_OPERATORS[count.op][0])


def _opposite(condition: Condition) -> Condition:
    """Give the condition that must hold exactly where this one does not."""
    match condition:
        case Attribute(field=key, test=test):
            field = CATALOG.fields[key]
            return replace(condition, test=_turned(test, field.type, ordered=field.ordered))
        case Aggregate(rows=rows, of=of, test=test):
            field = CATALOG.events[str(rows.source)].fields[str(of)]
            return replace(condition, test=_turned(test, field.type, ordered=False))
        case EventTime(rows=rows, test=test):
            kind = event_time_field(CATALOG.events[str(rows.source)]).type
            return replace(condition, test=_turned(test, kind, ordered=False))
        case Event() | Campaign():
            count = Count("eq", 0) if condition.count is None else condition.count
            return replace(condition, verb="did", count=_other_count(count))
        case CompareFields():
            op = COMPARE_OPERATORS[condition.op][0]
            return replace(condition, op=op, on_missing=_TURNED[condition.on_missing])
        case Related():
            return replace(condition, quantifier="none" if condition.quantifier == "any" else "any")
        case SegmentMembership() | ListMembership():
            return replace(condition, op=MEMBERSHIP_OPERATORS[condition.op][0])
        case Consent():
            return replace(condition, op=CONSENT_OPERATORS[condition.op][0])
        case Reachable():
            return replace(condition, op=REACHABLE_OPERATORS[condition.op][0])
        case _:
            raise TypeError(condition)
