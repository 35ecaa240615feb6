"""Consent, reachability, samples, lists, sets and value against value in the reference evaluator, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType, ListReference
from segment_engine.domain.criteria import (
    Attribute,
    Bucket,
    Case,
    CompareFields,
    Consent,
    Count,
    Criteria,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    GroupKind,
    ListMembership,
    Node,
    Offset,
    OnMissing,
    Reachable,
    Rows,
    Sample,
    Test,
    Unit,
    ValueExpression,
)
from segment_engine.domain.evaluate import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    Stored,
    evaluate,
)
from segment_engine.domain.evaluate.standing import bucket_of, canonical_key
from segment_engine.errors import Unresolved
from tests.unit.test_evaluate_times import TICK, at

AS_OF = at("2026-03-29T10:00Z")
FIRST_LIST, SECOND_LIST = "a" * 8, "b" * 8
CATALOG = Catalog(
    fields={
        field.key: field
        for field in (
            Field("contact.tags", "tags", FieldType.SET, "set_1", fold_column="set_1_fold"),
            Field("contact.codes", "codes", FieldType.SET, "set_2"),
            Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
            Field("contact.town", "town", FieldType.TEXT, "text_1"),
            Field("contact.income", "income", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
            Field("contact.debt", "debt", FieldType.MONEY, "number_2", scale=2, currency="USD"),
            Field("contact.rate", "rate", FieldType.DECIMAL, "number_3", scale=3),
            Field("contact.born", "born", FieldType.DATE, "date_1"),
            Field("contact.renewal", "renewal", FieldType.DATE, "date_2"),
            Field("contact.joined", "joined", FieldType.INSTANT, "instant_1"),
        )
    },
    events={
        "order": EventType(
            "order", "order", 1,
            fields={"order.total": Field("order.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR")},
        )
    },
    lists={key: ListReference(key, key, 0) for key in (FIRST_LIST, SECOND_LIST)},
)  # fmt: skip


def ask(node: Node, record: ContactRecord) -> bool:
    """Ask one condition of one contact."""
    return evaluate(Criteria(Group(GroupKind.ALL, (node,))), record, catalog=CATALOG, as_of=AS_OF)


# Consent ---------------------------------------------------------------------------------------------------------

_STATES = ("granted", "pending", "withdrawn", None)


def consented(
    whole: str | None, special: str | None = None, *, first_whole: str | None = None
) -> tuple[ConsentRecord, ...]:
    """Record consent for the channel as a whole and for the topic news, and something that must not be seen."""
    early = at("2026-01-01T00:00Z")
    records = [
        ConsentRecord("email", topic, state, early, number)
        for number, (topic, state) in enumerate(((None, first_whole), (None, whole), ("news", special)), start=1)
        if state is not None
    ]
    noise = (
        ConsentRecord("email", None, "withdrawn", AS_OF, 99),  # at `as_of`: not before it
        ConsentRecord("sms", None, "withdrawn", early, 98),
        ConsentRecord("email", "offers", "withdrawn", early, 97),
    )
    return (*noise, *reversed(records))


@pytest.mark.parametrize(("whole", "special"), list(product(_STATES, _STATES)))
@pytest.mark.parametrize("topic", [None, "news"])
def test_every_contact_has_one_state(whole: str | None, special: str | None, topic: str | None) -> None:
    """§4.10: withdrawn as a whole beats the topic, the topic beats the whole, and without either there is no record."""
    expected = whole or "no_record"
    if topic == "news" and whole != "withdrawn":
        expected = special or expected
    record = ContactRecord({}, consents=consented(whole, special))
    for state in ("granted", "pending", "withdrawn", "no_record"):
        assert ask(Consent("email", "state_is", (state,), topic), record) is (state == expected)
        assert ask(Consent("email", "state_is_not", (state,), topic), record) is (state != expected)


def test_the_latest_record_counts() -> None:
    """§4.10: latest is the largest (recorded_at, id), whatever stands first."""
    granted = Consent("email", "state_is", ("granted",))
    assert ask(granted, ContactRecord({}, consents=consented("granted", first_whole="withdrawn")))
    assert not ask(granted, ContactRecord({}, consents=consented("withdrawn", first_whole="granted")))
    later = ConsentRecord("email", None, "pending", AS_OF - TICK, 1)
    assert not ask(granted, ContactRecord({}, consents=(*consented("granted"), later)))


@pytest.mark.parametrize(
    ("channel", "whole", "expected"),
    [
        (ChannelRecord("a@b.nl"), "granted", True),
        (ChannelRecord(None), "granted", False),
        (ChannelRecord(" \u00a0"), "granted", False),
        (ChannelRecord("a@b.nl", valid=False), "granted", False),
        (ChannelRecord("a@b.nl", suppressed_at=AS_OF - TICK), "granted", False),
        (ChannelRecord("a@b.nl", suppressed_at=AS_OF), "granted", True),
        (ChannelRecord("a@b.nl"), "pending", False),
        (ChannelRecord("a@b.nl"), None, False),
        (None, "granted", False),
    ],
)
def test_reachable_needs_everything(channel: ChannelRecord | None, whole: str | None, *, expected: bool) -> None:
    """§4.11: an address, marked valid, consent for the whole channel, and nothing that stopped it before `as_of`."""
    held = {} if channel is None else {"email": channel}
    record = ContactRecord({}, channels=held, consents=consented(whole, "granted"))
    assert ask(Reachable("email", "is_reachable"), record) is expected
    assert ask(Reachable("email", "is_not_reachable"), record) is not expected
    assert ask(Reachable("sms", "is_not_reachable"), record)


# Samples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "bucket"), [("1", 5951), ("42", 2582), ("00000000-0000-0000-0000-000000000001", 1940)])
def test_check_values_of_buckets(key: str, bucket: int) -> None:
    """§4.13: the check values of the paper, and the ranges that just include and just exclude them."""
    record = ContactRecord({}, key=key)
    assert bucket_of(key, "spring-2026") == bucket
    assert ask(Bucket(bucket, bucket + 1, "spring-2026"), record)
    assert not ask(Bucket(bucket + 1, 10_000, "spring-2026"), record)
    assert ask(Sample(Decimal(bucket + 1) / 100, "spring-2026"), record)
    assert not ask(Sample(Decimal(bucket) / 100, "spring-2026"), record)


@pytest.mark.parametrize(
    ("key", "canonical"),
    [
        ("0042", "42"),
        ("000", "0"),
        ("ABCDEF01-0000-0000-0000-00000000000A", "abcdef01-0000-0000-0000-00000000000a"),
        ("ABCDEF01000000000000000000000000", "ABCDEF01000000000000000000000000"),
        ("C-001", "C-001"),
        ("\u0664\u0662", "\u0664\u0662"),  # digits, but not ASCII ones
        ("7\n", "7\n"),
        ("-7", "-7"),
    ],
)
def test_keys_are_drawn_by_one_spelling(key: str, canonical: str) -> None:
    """§4.13: numbers lose leading zeros, hyphenated UUIDs become lower case, everything else stays."""
    assert canonical_key(key) == canonical


def test_smaller_samples_lie_in_larger_ones() -> None:
    """T78 §4.13: with one seed 10 % is part of 20 %; the share is about right."""
    small, large = Sample(Decimal(10), "s"), Sample(Decimal(20), "s")
    records = [ContactRecord({}, key=str(number)) for number in range(2000)]
    inside = [ask(small, record) for record in records]
    assert all(ask(large, record) for record, chosen in zip(records, inside, strict=True) if chosen)
    assert 150 < sum(inside) < 250


# Lists and sets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "on_one", "on_both", "on_none"),
    [
        ("in_any", True, True, False),
        ("in_all", False, True, False),
        ("not_in_any", False, False, True),
        ("not_in_all", True, False, True),
    ],
)
def test_lists(op: str, *, on_one: bool, on_both: bool, on_none: bool) -> None:
    """T18 T35 §4.8: at least one, every one, none, missing from at least one."""
    both = frozenset({FIRST_LIST, SECOND_LIST})
    for lists, expected in ((both - {FIRST_LIST}, on_one), (both, on_both), (frozenset[str](), on_none)):
        assert ask(ListMembership(op, (FIRST_LIST, SECOND_LIST)), ContactRecord({}, lists=lists)) is expected


def test_a_list_that_is_gone_fails() -> None:
    """M16 T51: a list that does not exist is never an empty one."""
    with pytest.raises(Unresolved) as problem:
        ask(ListMembership("not_in_any", ("c" * 8,)), ContactRecord({}))
    assert problem.value.cause == "reference_missing"


def of_set(op: str, value: tuple[str, ...] | Count | None, held: Stored | None, *, exact: bool = False) -> bool:
    """Ask a set."""
    case = Case.EXACT if exact else Case.FOLD
    return ask(Attribute("contact.tags", Test(op, value, case)), ContactRecord({"contact.tags": held}))


@pytest.mark.parametrize("held", [None, (), ("", " ", None), frozenset[str]()])
def test_a_set_of_nothing_is_missing(held: Stored | None) -> None:
    """T02 T03 M4: blank elements do not count; a set without any is missing, and its size is 0."""
    assert of_set("is_not_set", None, held)
    assert of_set("includes_none", ("a",), held)
    assert of_set("not_includes_all", ("a",), held)
    assert not of_set("includes_any", ("a",), held)
    assert of_set("size", Count("eq", 0), held)


def test_elements_are_whole_values() -> None:
    """T09 T18 T35: elements are compared whole, folded or exactly; all and any are different questions."""
    held = ("Straße", "B", "b", None)
    assert of_set("includes_any", ("STRASSE", "x"), held)
    assert not of_set("includes_any", ("STRASSE",), held, exact=True)
    assert not of_set("includes_any", ("Stra",), held)
    assert of_set("includes_all", ("b", "strasse"), held)
    assert not of_set("includes_all", ("b", "x"), held)
    assert of_set("size", Count("between", 3, 3), held)  # B and b are two, whatever folds


def test_a_set_without_a_twin_folds_a_to_z_only() -> None:
    """M5: where no folded twin is stored, É and é stay different."""
    record = ContactRecord({"contact.codes": ("É", "ABC")})
    assert ask(Attribute("contact.codes", Test("includes_any", ("abc",), Case.FOLD)), record)
    assert not ask(Attribute("contact.codes", Test("includes_any", ("é",), Case.FOLD)), record)


# Value against value ---------------------------------------------------------------------------------------------


def compared(left: ValueExpression, op: str, right: ValueExpression, record: ContactRecord, **options: object) -> bool:
    """Compare two values of a contact."""
    return ask(CompareFields(left, op, right, **options), record)  # pyright: ignore[reportArgumentType] - the options of the node


INCOME, RATE = FieldValue("contact.income"), FieldValue("contact.rate")
SPENT = Figure("sum", Rows("order"), "order.total")
AVERAGE = Figure("avg", Rows("order"), "order.total")


def buyer(*totals: int, **values: Stored) -> ContactRecord:
    """Make a contact with these values and orders of these totals, a day apart from 1 March 2026, 10:00 UTC."""
    orders = tuple(
        EventRecord("order", day, at(f"2026-03-{day:02}T10:00Z"), {"order.total": total})
        for day, total in enumerate(totals, start=1)
    )
    return ContactRecord({f"contact.{key}": value for key, value in values.items()}, orders)


def test_scales_are_aligned_exactly() -> None:
    """M7 §4.14: 12.50 equals 12.500; a thousandth more does not."""
    assert compared(INCOME, "equals", RATE, buyer(income=1250, rate=12_500))
    assert compared(INCOME, "lt", RATE, buyer(income=1250, rate=12_501))
    assert compared(FieldValue("contact.rate"), "gt", Figure("count", Rows("order")), buyer(1, 1, rate=2001))


def test_averages_are_not_rounded() -> None:
    """M7 §4.14: a third is compared as a third, also times a factor."""
    thirds = buyer(100, 0, 0, income=33)
    assert compared(INCOME, "lt", AVERAGE, thirds)
    assert compared(AVERAGE, "equals", INCOME, buyer(100, 0, 0, income=100), times=Decimal("0.333333")) is False
    assert compared(INCOME, "equals", AVERAGE, buyer(100, 0, 0, income=100), times=Decimal(3))


def test_right_is_multiplied() -> None:
    """§4.14: left is compared with right × `times`."""
    record = buyer(500, income=1250)
    assert compared(INCOME, "equals", SPENT, record, times=Decimal("2.5"))
    assert compared(INCOME, "gt", SPENT, record, times=Decimal("2.499999"))


def test_right_is_moved() -> None:
    """§4.14: within 7 days of signing up, the 168 hours included; dates move by whole days."""
    first = FirstOrLast("first", Rows("order"))
    week = Offset(7, Unit.DAY)
    joined = FieldValue("contact.joined")
    assert compared(first, "on_or_before", joined, buyer(1, joined=at("2026-02-22T10:00Z")), offset=week)
    assert not compared(first, "on_or_before", joined, buyer(1, joined=at("2026-02-22T09:59:59Z")), offset=week)
    born, renewal = FieldValue("contact.born"), FieldValue("contact.renewal")
    dates = buyer(born=date(2026, 3, 3), renewal=date(2026, 3, 10))
    assert compared(renewal, "equals", born, dates, offset=week)
    assert compared(born, "equals", renewal, dates, offset=Offset(-7, Unit.DAY))


def test_two_texts_fold_alike() -> None:
    """M5 §4.14: two fields fold alike; where one has no twin only A to Z fold on either side."""
    city, town = FieldValue("contact.city"), FieldValue("contact.town")
    assert compared(city, "equals", town, buyer(city="GENT", town="gent"), case=Case.FOLD)
    assert not compared(city, "equals", town, buyer(city="É", town="é"), case=Case.FOLD)
    assert compared(city, "equals", city, buyer(city="É"), case=Case.EXACT)
    assert compared(city, "not_equals", town, buyer(city="GENT", town="gent"), case=Case.EXACT)


@pytest.mark.parametrize(
    ("op", "on_missing", "expected"),
    [
        ("equals", None, False),
        ("not_equals", None, True),
        ("lte", None, False),
        ("lte", OnMissing.INCLUDE, True),
        ("not_equals", OnMissing.EXCLUDE, False),
    ],
)
def test_a_missing_side_is_answered(op: str, on_missing: OnMissing | None, *, expected: bool) -> None:
    """M2 §4.14: if either side is missing the answer is `on_missing`, whose default is that of the operator."""
    for record in (buyer(income=1), buyer(rate=1), buyer()):
        assert compared(INCOME, op, RATE, record, on_missing=on_missing) is expected


def test_what_does_not_suit_is_refused() -> None:
    """§4.14: two currencies, or a date and an instant, are not compared."""
    for left, right in (("income", "debt"), ("born", "joined"), ("city", "income")):
        with pytest.raises(Unresolved):
            compared(FieldValue(f"contact.{left}"), "equals", FieldValue(f"contact.{right}"), buyer())
