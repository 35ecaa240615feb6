"""The text of compiled criteria: what is bound, what is grouped, and what it may never contain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from segment_engine.compiler import Compiled, compile_criteria, pack_block
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria, Group, GroupKind
from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import InputError
from tests.criteria_catalog import CATALOG

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDERED: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did"}
ADULT: dict[str, object] = {"kind": "attribute", "field": "contact.age", "op": "gte", "value": 18}


def city(op: str, value: object, **more: object) -> dict[str, object]:
    """A condition on a text field."""
    return {"kind": "attribute", "field": "contact.city", "op": op, "value": value, **more}


def count(op: str, n: int, **more: object) -> dict[str, object]:
    """A condition on the number of orders."""
    return {**ORDERED, "count": {"op": op, "n": n}, **more}


def compiled(*conditions: Mapping[str, object], group: str = "all", catalog: Catalog = CATALOG) -> Compiled:
    """Compile conditions joined in one group."""
    document = {
        "format": "segment-criteria", "version": 1, "base": "contacts", "calendar": {"time_zone": "Europe/Amsterdam"},
        "root": {"group": group, "of": list(conditions), **({"k": 1} if group == "at_least" else {})},
    }  # fmt: skip
    criteria = parse_criteria(document, CATALOG)
    return compile_criteria(criteria, catalog=catalog, organization_id=7, as_of=AS_OF)


def text_of(*conditions: Mapping[str, object], group: str = "all") -> str:
    """Compile and show, in one line."""
    return " ".join(compiled(*conditions, group=group).sql().text.split())


EVERY_KIND: tuple[dict[str, object], ...] = (
    ADULT,
    city("contains_any_of", ["100%", "a_b"]),
    {"kind": "attribute", "field": "contact.size", "op": "between", "value": {"from": "small", "to": "large"}},
    {"kind": "attribute", "field": "contact.birthday", "op": "anniversary_within", "value": {"before": 1, "after": 2}},
    {"kind": "attribute", "field": "contact.last_seen_at", "op": "in_last", "value": {"n": 1, "unit": "month"}},
    count("lte", 2, window={"in_last": {"n": 30, "unit": "day"}}),
    {**ORDERED, "verb": "did_not"},
    {
        "kind": "aggregate", "from": {"event": "order_placed"}, "function": "avg", "of": "order_placed.total",
        "op": "is_any_of", "value": ["1.50", "2.50"],
    },
    {
        "kind": "event_time", "event": "visit", "which": "last", "op": "more_than_ago",
        "value": {"n": 3, "unit": "month"},
    },
    {"kind": "all_contacts"},
)  # fmt: skip


def test_everything_typed_is_bound() -> None:
    """M6: no literal, key, moment or zone stands in the text; lists are one array each."""
    sql = compiled(city("is_any_of", ["Utrecht'; DROP TABLE contacts --", "Gent"]), *EVERY_KIND).sql()
    for typed in ("Utrecht", "utrecht", "Gent", "gent", "100%", "a_b", "small", "Amsterdam", "2026", "order_placed"):
        assert typed not in sql.text
    assert sql.parameters["texts_1"] == ["utrecht'; drop table contacts --", "gent"]
    assert sql.parameters["parts_1"] == ["100%", "a_b"]


def test_names_are_listed_with_their_values() -> None:
    """Every name in the shown text has a value beside it, and every value a name."""
    sql = compiled(*EVERY_KIND).sql()
    assert set(re.findall(r"(?<![:\w]):([a-z_]+\w*)", sql.text)) == set(sql.parameters)


def test_every_table_access_names_the_organization() -> None:
    """T88 M12: contacts and events are limited to the organization wherever they are read."""
    text = text_of(*EVERY_KIND, group="any")
    accesses = re.findall(r"FROM (contacts|events) WHERE (\S+ = \S+)", text)
    assert len(accesses) == len(re.findall(r"\b(?:FROM|JOIN) (?:contacts|events)(?![.\w])", text)) > 5
    assert {condition.split(".")[-1] for _, condition in accesses} == {"organization_id = :organization_id::INTEGER"}


def test_no_clock_and_no_calendar_in_sql() -> None:
    """M8: bounds are computed once in Python; the database is never asked for the time and adds no intervals."""
    text = text_of(*EVERY_KIND).lower()
    assert not re.search(r"\bnow\b|current_|interval|clock_timestamp|like|similar", text)


def test_the_base_stands_outside_the_tree() -> None:
    """T15 T88 M12: an OR at the root stays in parentheses behind the base."""
    assert text_of(ADULT, city("equals", "Gent"), group="any").endswith(
        "WHERE contacts.organization_id = :organization_id::INTEGER AND contacts.deleted_at IS NULL AND ("
        " (contacts.number_1 IS NOT NULL AND contacts.number_1 >= :number_1::BIGINT)"
        " OR (contacts.city_fold IS NOT NULL AND contacts.city_fold = :text_1::VARCHAR) )"
    )


@pytest.mark.parametrize(
    ("group", "shape"),
    [("all", "(P AND P)"), ("any", "(P OR P)"), ("none", "NOT (P OR P)"), ("at_least", "CAST(P AS INTEGER) +")],
)
def test_groups_keep_their_parentheses(group: str, shape: str) -> None:
    """T15: what the screen groups, the SQL groups; `none` is NOT any, `at_least` counts."""
    inner = {"group": group, "of": [ADULT, ADULT], **({"k": 2} if group == "at_least" else {})}
    text = text_of(inner, ADULT)
    text = re.sub(r"\(contacts.number_1 IS NOT NULL AND contacts.number_1 >= :number_\d::BIGINT\)", "P", text)
    assert shape.replace(" ", "") in text.replace(" ", "")


def test_an_empty_group_is_refused() -> None:
    """A8 T51 M13: a tree that lost its conditions never becomes everyone."""
    with pytest.raises(InputError, match="without conditions"):
        compile_criteria(Criteria(Group(GroupKind.ALL, ())), catalog=CATALOG, organization_id=7, as_of=AS_OF)


def test_a_negation_lets_missing_values_in() -> None:
    """T01 T06: "is not Utrecht" holds for contacts without a city, and says so in the SQL."""
    assert "(contacts.city_fold IS NULL OR NOT (contacts.city_fold = :text_1::VARCHAR))" in text_of(
        city("not_equals", "Utrecht")
    )
    assert "(contacts.city_fold IS NOT NULL AND NOT (contacts.city_fold = :text_1::VARCHAR))" in text_of(
        city("not_equals", "Utrecht", on_missing="exclude")
    )


def test_a_comparison_leaves_missing_values_out() -> None:
    """T07: missing is never 0; "at most 5" needs a number, unless the document lets the missing in."""
    at_most = {"kind": "attribute", "field": "contact.age", "op": "lte", "value": 5}
    assert "(contacts.number_1 IS NOT NULL AND NOT (contacts.number_1 > :number_1::BIGINT))" in text_of(at_most)
    assert "(contacts.number_1 IS NULL OR NOT" in text_of({**at_most, "on_missing": "include"})


def test_none_of_is_and_of_negatives() -> None:
    """T09: "contains none of" is NOT (one OR the other), so every part must be absent."""
    text = text_of(city("contains_none_of", ["x", "y"]))
    assert "NOT ( strpos(contacts.city_fold, (:parts_1::TEXT[])[1]) > 0 OR strpos(" in text


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        ("starts_with", "starts_with(contacts.city_fold, :text_1::VARCHAR)"),
        ("ends_with", "right(contacts.city_fold, char_length(:text_1::VARCHAR)) = :text_1::VARCHAR"),
    ],
)
def test_wildcards_are_ordinary_characters(op: str, shape: str) -> None:
    """A4 T36 T34 T35: `%`, `_`, `&` and quotes are compared as typed; there is no pattern to escape from."""
    sql = compiled(city(op, "50%_&'\\")).sql()
    assert shape in sql.text
    assert sql.parameters["text_1"] == "50%_&'\\"


def test_contains_escapes_every_wildcard() -> None:
    """T36: `%`, `_` and the backslash of a literal are preceded by a backslash, and nothing else changes."""
    sql = compiled(city("contains", "50%_&'\\")).sql()
    assert "contacts.city_fold LIKE :pattern_1::VARCHAR" in sql.text
    assert sql.parameters["pattern_1"] == "%50\\%\\_&'\\\\%"


def test_case_is_folded_in_python_or_ascii_only() -> None:
    """T39 M5: a folded twin takes a literal folded alike; without one only A-Z fold; exact compares as stored."""
    folded = compiled(city("equals", "STRAẞE İ")).sql()
    assert folded.parameters["text_1"] == "strasse i̇"
    code = {"kind": "attribute", "field": "contact.code", "op": "equals", "value": "ÉA"}
    ascii_only = compiled(code).sql()
    assert 'lower(contacts.text_2 COLLATE "C") = ' in ascii_only.text
    assert ascii_only.parameters["text_1"] == "Éa"
    exact = compiled(city("equals", "Gent", case="exact")).sql()
    assert "contacts.city = " in exact.text
    assert exact.parameters["text_1"] == "Gent"


def test_numbers_are_compared_in_the_unit_of_their_column() -> None:
    """M7: 49.90 of money with two decimals is 4990; averages are cross-multiplied, never divided."""
    income = {"kind": "attribute", "field": "contact.income", "op": "lt", "value": "49.90"}
    assert compiled(income).sql().parameters["number_1"] == 4990
    average = {**EVERY_KIND[7], "op": "gt", "value": "1.500001"}
    text = text_of(average)
    assert "sum(events.number_1) * 1000000 > CAST(:number_1 AS NUMERIC) * count(events.number_1)" in text
    assert "/" not in text


def test_choices_compare_by_position() -> None:
    """An ordered choice compares places in its list; a stored value outside it has none and counts as missing."""
    size = {"kind": "attribute", "field": "contact.size", "op": "gt", "value": "medium"}
    sql = compiled(size).sql()
    assert "array_position(:order_1::TEXT[], contacts.text_4) IS NOT NULL" in sql.text
    assert sql.parameters["number_1"] == 2


@pytest.mark.parametrize(
    ("condition", "having", "inside"),
    [
        (count("gte", 1), None, True),
        (count("gt", 1), ">= 2", True),
        (count("eq", 3), ">= 3 <= 3", True),
        (count("lte", 2), ">= 3", False),
        (count("lt", 1), None, False),
        (count("eq", 0), None, False),
        (count("ne", 2), ">= 2 <= 2", False),
        ({**ORDERED, "count": {"op": "between", "from": 0, "to": 4}}, ">= 5", False),
        ({**ORDERED, "count": {"op": "between", "from": 2, "to": 4}}, ">= 2 <= 4", True),
        ({**ORDERED, "count": {"op": "not_between", "from": 0, "to": 4}}, ">= 5", True),
        ({**ORDERED, "verb": "did_not"}, None, False),
    ],
)
def test_no_rows_count_as_zero(condition: Mapping[str, object], having: str | None, inside: bool) -> None:  # noqa: FBT001 - a column of the table
    """T02 T10 T28: wherever zero qualifies, the contacts whose rows do not qualify are looked for and left out."""
    sql = compiled(condition, group="any").sql()
    bounds = re.findall(r"count\(\*\) ([<>]=) :(number_\d)", sql.text)
    assert " ".join(f"{op} {sql.parameters[name]}" for op, name in bounds) == (having or "")
    assert ("NOT (" not in sql.text) is inside


def test_any_number_of_times_is_everyone() -> None:
    """T10: "at least 0 times" holds for every contact, and its negation for none, without reading an event."""
    assert text_of(count("gte", 0)).endswith("AND (true)")
    assert text_of(count("lt", 0)).endswith("AND (false)")


def test_one_condition_leads_and_the_others_are_bits() -> None:
    """T57: events are read once per condition for the whole statement, never once per contact."""
    text = text_of(count("gte", 2), count("gte", 3), {**ORDERED, "verb": "did_not"})
    assert text.count("= ANY (ARRAY(SELECT contact_number FROM found_") == 1
    assert text.count("get_bit((SELECT bits FROM marked_") == 2
    assert "events.contact_number = contacts.number" not in text


def test_rows_end_before_as_of() -> None:
    """T13 M11: rows of the future are left out, also where a window reaches past them, unless they are asked for."""
    period = {"in_period": {"unit": "year", "offset": 0}}
    assert compiled({**ORDERED, "window": period}).sql().parameters["until_1"] == AS_OF
    later = compiled({**ORDERED, "window": period, "include_future": True}).sql()
    assert later.parameters["until_1"] == datetime(2026, 12, 31, 23, tzinfo=UTC)
    visits = compiled({"kind": "event", "event": "visit", "verb": "did"}).sql()
    assert visits.parameters["until_1"] == datetime(2026, 3, 2, tzinfo=UTC)


def test_changing_a_parameter_changes_the_statement() -> None:
    """T30 M19: window, count, value, case and on_missing each show in the text or in what is bound."""
    variants = [
        count("gte", 2), count("gte", 3), count("gt", 3), count("gte", 2, window={"in_last": {"n": 9, "unit": "day"}}),
        count("gte", 2, window={"in_last": {"n": 9, "unit": "week"}}), count("gte", 2, include_future=True),
        city("equals", "a"), city("equals", "b"), city("equals", "a", case="exact"),
        city("equals", "a", on_missing="include"), city("contains", "a"),
    ]  # fmt: skip
    statements = {(sql.text, str(sql.parameters)) for sql in (compiled(variant).sql() for variant in variants)}
    assert len(statements) == len(variants)


def test_blocks_are_packed_highest_bit_first() -> None:
    """Bit 0 of a block is the highest bit of its first byte, as get_bit counts in bit(4096)."""
    packed = pack_block(b"\x00\x00\x00\x09\x0f\xff")
    assert len(packed) == 512
    assert (packed[0], packed[1], packed[511]) == (0b1000_0000, 0b0100_0000, 0b0000_0001)
    assert pack_block(b"") == bytes(512)
