"""Members of a run in the reference evaluator, by hand: other segments, decisions of people, the first N, ties."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType, SegmentReference
from segment_engine.domain.criteria import (
    AllContacts,
    Attribute,
    Criteria,
    FieldValue,
    Figure,
    Group,
    GroupKind,
    Limit,
    Node,
    OrderKey,
    Rows,
    SegmentMembership,
    Test,
    ValueExpression,
)
from segment_engine.domain.evaluate import (
    ContactRecord,
    EventRecord,
    Overrides,
    Population,
    Stored,
    members_of,
    question,
)
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.errors import InputError, LimitExceeded, Unresolved
from tests.unit.test_evaluate_times import at

AS_OF = at("2026-03-29T10:00Z")
ME, CHILD, OTHER = "me", "child", "other"
FIELDS = (
    Field("contact.age", "age", FieldType.INTEGER, "number_1"),
    Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
    Field("contact.size", "size", FieldType.CHOICE, "text_1", values=("small", "big"), ordered=True),
    Field("contact.plan", "plan", FieldType.CHOICE, "text_2", values=("pro", "free")),
    Field("contact.tags", "tags", FieldType.SET, "set_1"),
)
_TOTAL = Field("order.total", "total", FieldType.INTEGER, "number_1")
EVENTS = {"order": EventType("order", "order", 1, fields={_TOTAL.key: _TOTAL})}


def tree(*nodes: Node, limit: Limit | None = None) -> Criteria:
    """Write criteria that ask all of these."""
    return Criteria(Group(GroupKind.ALL, nodes), limit=limit)


EVERYONE = AllContacts()
GROWN = Attribute("contact.age", Test("gte", 18))


def reference(
    name: str, criteria: Criteria | None = None, *, state: str = "active", hours: float | None = 1
) -> SegmentReference:
    """Name a segment whose last run was some hours ago, or which has none."""
    as_of = None if hours is None else AS_OF - timedelta(hours=hours)
    return SegmentReference(name, name, state, "success", criteria, None if hours is None else "run", as_of, 0)


def catalog(*segments: SegmentReference) -> Catalog:
    """Know the fields above and these segments."""
    return Catalog({field.key: field for field in FIELDS}, EVENTS, segments={one.segment_id: one for one in segments})


def contact(*totals: int, segments: frozenset[str] = frozenset(), **values: Stored | None) -> ContactRecord:
    """Make a contact with these values and orders of these totals."""
    orders = tuple(
        EventRecord("order", number, at("2026-03-01T00:00Z"), {"order.total": total})
        for number, total in enumerate(totals)
    )
    return ContactRecord({f"contact.{key}": value for key, value in values.items()}, orders, segments=segments)


def members(
    criteria: Criteria,
    records: dict[int, ContactRecord],
    *segments: SegmentReference,
    by_hand: dict[str, Overrides] | None = None,
) -> list[int]:
    """Work out who is a member of the segment `me`."""
    population = Population(records, by_hand or {})
    return sorted(members_of(criteria, population, catalog=catalog(*segments), as_of=AS_OF, segment_id=ME))


AGES = {1: contact(age=10), 2: contact(age=20), 3: contact(age=30), 4: contact(age=None)}


# By hand ---------------------------------------------------------------------------------------------------------


def test_taken_out_beats_put_in_beats_the_rule() -> None:
    """T84 §4.8: a person's decision outlasts the rule, taking out wins, and nobody outside the base comes in."""
    hand = {ME: Overrides(frozenset({1, 3, 99}), frozenset({2, 3})), OTHER: Overrides(frozenset({4}), frozenset({1}))}
    assert members(tree(GROWN), AGES, by_hand=hand) == [1]
    assert members(tree(GROWN), AGES) == [2, 3]


def test_the_limit_counts_after_taking_out_and_before_putting_in() -> None:
    """§1: those taken out free their places, those put in come on top."""
    youngest = Limit(1, "cut", (OrderKey(FieldValue("contact.age"), "asc"),))
    hand = {ME: Overrides(frozenset({4}), frozenset({1}))}
    assert members(tree(EVERYONE, limit=youngest), AGES) == [1]
    assert members(tree(EVERYONE, limit=youngest), AGES, by_hand=hand) == [2, 4]


# The first N -----------------------------------------------------------------------------------------------------


def first(n: int, ties: str, records: dict[int, ContactRecord], *keys: tuple[ValueExpression | str, str]) -> list[int]:
    """Rank everyone by these keys."""
    order = tuple(
        OrderKey(FieldValue(f"contact.{value}") if isinstance(value, str) else value, direction)
        for value, direction in keys
    )
    return members(tree(EVERYONE, limit=Limit(n, ties, order)), records)


@pytest.mark.parametrize(("direction", "expected"), [("asc", [1, 2, 3]), ("desc", [1, 2, 3])])
def test_missing_comes_last_in_both_directions(direction: str, expected: list[int]) -> None:
    """§4.17: a missing key never wins a place, in either direction."""
    assert first(3, "cut", AGES, ("age", direction)) == expected
    assert first(4, "cut", AGES, ("age", direction)) == [1, 2, 3, 4]


def test_ties() -> None:
    """§4.17: cut goes by number and is exactly N; keep takes everyone equal to the N-th, also when it is missing."""
    records = {7: contact(age=1), 5: contact(age=1), 6: contact(age=1), 1: contact(age=2), 2: contact(), 3: contact()}
    assert first(2, "cut", records, ("age", "asc")) == [5, 6]
    assert first(2, "keep", records, ("age", "asc")) == [5, 6, 7]
    assert first(4, "keep", records, ("age", "asc")) == [1, 5, 6, 7]
    assert first(5, "cut", records, ("age", "asc")) == [1, 2, 5, 6, 7]
    assert first(5, "keep", records, ("age", "asc")) == [1, 2, 3, 5, 6, 7]
    assert first(9, "keep", records, ("age", "asc")) == [1, 2, 3, 5, 6, 7]


def test_ties_are_cut_by_the_key_of_the_contact() -> None:
    """§4.17: the contact's own key decides, whole numbers by value and before other keys, not the order of import."""
    keys = {1: "c2", 2: "10", 3: "9", 4: "009x", 5: "007"}
    records = {number: ContactRecord({"contact.age": 1}, key=key) for number, key in keys.items()}
    for n, expected in enumerate(([5], [3, 5], [2, 3, 5], [2, 3, 4, 5]), start=1):
        assert first(n, "cut", records, ("age", "asc")) == expected


def test_texts_and_choices_are_ranked() -> None:
    """§4.17: text by code point, an ordered choice by position (others are missing), other choices by key."""
    records = {
        1: contact(city="b", size="big", plan="pro"),
        2: contact(city="B", size="small", plan="free"),
        3: contact(city="É", size="giant", plan="zzz"),
    }
    assert first(1, "cut", records, ("city", "asc")) == [2]
    assert first(1, "cut", records, ("city", "desc")) == [3]
    assert first(1, "cut", records, ("size", "asc")) == [2]
    assert first(2, "cut", records, ("size", "desc")) == [1, 2]
    assert first(1, "cut", records, ("plan", "asc")) == [2]
    assert first(1, "cut", records, ("plan", "desc")) == [3]


def test_figures_are_ranked() -> None:
    """§4.17 O12: a sum of nothing ranks as 0; an average of nothing is missing; later keys break ties."""
    total = Figure("sum", Rows("order"), "order.total")
    average = Figure("avg", Rows("order"), "order.total")
    records = {1: contact(-1, age=1), 2: contact(age=3), 3: contact(5, 1, age=2), 4: contact(6, age=1)}
    assert first(3, "cut", records, (total, "desc")) == [2, 3, 4]
    assert first(3, "cut", records, (average, "desc")) == [1, 3, 4]
    assert first(1, "cut", records, (total, "desc"), ("age", "asc")) == [4]
    assert first(1, "cut", records, (total, "desc"), ("age", "desc")) == [3]


def test_an_average_is_ranked_as_it_is_shown() -> None:
    """§4.3: six more decimals, cut towards zero: a difference beyond them is a tie."""
    average = Figure("avg", Rows("order"), "order.total")
    millions = contact(*([0] * 1_999), 1)  # 0.0005
    records = {1: contact(0), 2: contact(-1, *([0] * 2)), 3: millions}
    assert first(1, "cut", records, (average, "desc")) == [3]
    assert first(1, "cut", records, (average, "asc")) == [2]


def test_a_set_has_no_order() -> None:
    """§4.17: nothing can be ranked by a set."""
    with pytest.raises(Unresolved):
        first(1, "cut", AGES, ("tags", "asc"))


# Other segments --------------------------------------------------------------------------------------------------


def member(op: str, *segments: str, hours: int | None = None, live: bool = False) -> SegmentMembership:
    """Ask for members of other segments."""
    return SegmentMembership(op, segments, hours, "live" if live else "last_run")


def test_stored_members_are_read() -> None:
    """§4.7 T57: what counts is the child's last run, not what its criteria would say now."""
    records = {1: contact(segments=frozenset({CHILD})), 2: contact(segments=frozenset({CHILD, OTHER})), 3: contact()}
    known = (reference(CHILD, tree(GROWN)), reference(OTHER))
    for op, expected in (("in_any", [1, 2]), ("in_all", [2]), ("not_in_any", [3]), ("not_in_all", [1, 3])):
        assert members(tree(member(op, CHILD, OTHER)), records, *known) == expected


def test_live_members_follow_the_child() -> None:
    """§4.7: live means the child's criteria now, with its own limit and the decisions of people about it."""
    oldest = tree(GROWN, limit=Limit(1, "cut", (OrderKey(FieldValue("contact.age"), "desc"),)))
    hand = {CHILD: Overrides(frozenset({1})), ME: Overrides(frozenset(), frozenset({3}))}
    known = reference(CHILD, oldest, hours=None)
    assert members(tree(member("in_any", CHILD, live=True)), AGES, known, by_hand=hand) == [1]
    assert members(tree(member("not_in_any", CHILD, live=True)), AGES, known, by_hand=hand) == [2, 4]


@pytest.mark.parametrize(
    ("asked", "known", "cause"),
    [
        (member("in_any", CHILD), (), "reference_missing"),
        (member("in_any", CHILD), (reference(CHILD, state="inactive"),), "reference_inactive"),
        (member("not_in_any", CHILD, live=True), (reference(CHILD, state="draft"),), "reference_inactive"),
        (member("in_any", CHILD), (reference(CHILD, hours=None),), "reference_not_calculated"),
        (member("in_any", CHILD, hours=1), (reference(CHILD, hours=1.001),), "reference_too_old"),
        (member("in_any", CHILD, live=True), (reference(CHILD, None),), "reference_missing"),
        (member("in_any", ME, live=True), (reference(ME, tree(EVERYONE)),), "reference_cycle"),
        (
            member("in_any", CHILD, live=True),
            (reference(CHILD, tree(member("in_any", CHILD, live=True))),),
            "reference_cycle",
        ),
        (
            member("in_any", CHILD),
            (reference(CHILD, tree(member("in_any", OTHER))), reference(OTHER, tree(member("in_any", ME)))),
            "reference_cycle",
        ),
    ],
    ids=("gone", "inactive", "draft", "never run", "old", "unreadable", "itself", "circle", "way back"),
)
def test_references_fail_closed(asked: SegmentMembership, known: tuple[SegmentReference, ...], cause: str) -> None:
    """M16 T51: what does not resolve fails with a cause, also inside `none`, and never counts as nobody."""
    with pytest.raises(Unresolved) as problem:
        members(tree(Group(GroupKind.NONE, (asked,))), AGES, *known)
    assert problem.value.cause == cause


def test_a_run_of_exactly_that_age_is_young_enough() -> None:
    """§4.7: at most `max_age_hours` old."""
    assert members(tree(member("not_in_any", CHILD, hours=1)), AGES, reference(CHILD)) == [1, 2, 3, 4]


def test_a_diamond_is_no_circle() -> None:
    """T49 M17: two ways to the same child are fine; a chain that is too long is refused."""
    known = (
        reference("left", tree(member("in_any", CHILD, live=True))),
        reference("right", tree(member("not_in_any", CHILD, live=True))),
        reference(CHILD, tree(GROWN)),
    )
    assert members(tree(member("in_any", "left", "right", live=True)), AGES, *known) == [1, 2, 3, 4]
    steps = [f"s{step}" for step in range(REFERENCE_CHAIN + 1)]
    chain = [reference(a, tree(member("in_any", b, live=True))) for a, b in pairwise(steps)]
    last = reference(steps[-1], tree(GROWN))
    assert members(tree(member("in_any", steps[1], live=True)), AGES, *chain, last) == [2, 3]
    with pytest.raises(LimitExceeded):
        members(tree(member("in_any", steps[0], live=True)), AGES, *chain, last)


def test_live_members_need_the_population() -> None:
    """A question about live members that does not know the other contacts says so."""
    known = catalog(reference(CHILD, tree(GROWN)))
    with pytest.raises(InputError):
        question(tree(member("in_any", CHILD, live=True)), catalog=known, as_of=AS_OF)
