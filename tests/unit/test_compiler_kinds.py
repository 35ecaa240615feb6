"""The text of every kind of condition: what is bound, where the organization stands, and how few contacts are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.selectable import Alias, Join, TableClause

from segment_engine.compiler import Compiled, compile_analysis, compile_criteria
from segment_engine.compiler.layout import laid_out
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from tests.language_catalog import AS_OF, CAMPAIGN, CATALOG, CHILD, LIST, OTHER_CAMPAIGN, OTHER_CHILD, OTHER_LIST

_Conditions = dict[str, dict[str, Any]]


def having(field: str, op: str, value: object) -> dict[str, Any]:
    """A group with one condition on a property."""
    return {"group": "all", "of": [{"kind": "property", "field": field, "op": op, "value": value}]}


DEAR = having("order_placed.total", "gt", "20.00")
ORDERED = {"event": "order_placed", "which": "last"}
KINDS: _Conditions = {
    "attribute": {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"},
    "set": {"kind": "attribute", "field": "contact.tags", "op": "includes_any", "value": ["Vip", "b"]},
    "size": {"kind": "attribute", "field": "contact.tags", "op": "size", "value": {"op": "gte", "n": 2}},
    "event": {"kind": "event", "event": "order_placed", "verb": "did", "where": DEAR},
    "aggregate": {
        "kind": "aggregate", "from": {"event": "order_placed"}, "function": "avg", "of": "order_placed.total",
        "op": "gt", "value": "5.00",
    },
    "event_time": {
        "kind": "event_time", **ORDERED, "op": "not_in_last", "value": {"n": 5, "unit": "day"}, "on_missing": "include",
    },
    "event_has": {"kind": "event_has", **ORDERED, "has": DEAR},
    "sequence": {
        "kind": "sequence", "first": {"event": "cart_filled"}, "verb": "not_followed_by",
        "then": {"event": "order_placed"}, "within": {"n": 3, "unit": "hour"},
    },
    "campaign": {
        "kind": "campaign", "verb": "did", "interaction": "opened", "campaigns": [CAMPAIGN, OTHER_CAMPAIGN],
        "counted": "campaigns", "count": {"op": "lte", "n": 1},
    },
    "segment": {"kind": "segment", "op": "in_all", "segments": [CHILD, OTHER_CHILD]},
    "live": {"kind": "segment", "op": "in_any", "segments": [CHILD], "members": "live"},
    "static_list": {"kind": "static_list", "op": "not_in_any", "lists": [LIST, OTHER_LIST]},
    "consent": {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"], "topic": "news"},
    "reachable": {"kind": "reachable", "channel": "email", "op": "is_not_reachable"},
    "related": {
        "kind": "related", "path": ["orders", "order_lines"], "quantifier": "all",
        "where": having("order_lines.channel", "equals", "web"),
    },
    "sample": {"kind": "sample", "percent": "12.5", "seed": "spring"},
    "bucket": {"kind": "bucket", "from": 10, "to": 20, "seed": "spring"},
    "compare_fields": {
        "kind": "compare_fields", "left": {"event_time": ORDERED}, "op": "after", "right": {"field": "contact.seen_at"},
        "offset": {"n": -2, "unit": "day"},
    },
    "all_contacts": {"kind": "all_contacts"},
}  # fmt: skip
TOP: dict[str, Any] = {
    "top_n": 3, "ties": "keep",
    "order_by": [
        {"value": {"aggregate": {"from": {"event": "order_placed"}, "function": "count"}}, "direction": "desc"},
        {"value": {"field": "contact.city"}, "direction": "asc"},
    ],
}  # fmt: skip
OWN = "00000000-0000-4000-8000-0000000000ff"
EACH = pytest.mark.parametrize("kind", KINDS)


def criteria_of(*conditions: Mapping[str, Any], group: str = "all", limit: Any = None) -> Criteria:
    """Read conditions joined in one group."""
    root = {"group": group, "of": [dict(condition) for condition in conditions]}
    document = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root, "limit": limit}
    return parse_criteria({**document, "calendar": {"time_zone": "UTC"}}, CATALOG)


def compiled(*conditions: Mapping[str, Any], group: str = "all", limit: Any = None, **asked: Any) -> Compiled:
    """Compile conditions joined in one group."""
    criteria = criteria_of(*conditions, group=group, limit=limit)
    return compile_criteria(criteria, catalog=CATALOG, organization_id=7, as_of=AS_OF, **asked)


def text_of(*conditions: Mapping[str, Any], **more: Any) -> str:
    """Compile and show, in one line."""
    return " ".join(compiled(*conditions, **more).sql().text.split())


# Every table access ----------------------------------------------------------------------------------------------


def tables_read(statement: Select[Any]) -> Iterator[tuple[FromClause, list[ColumnElement[Any]]]]:
    """Yield every table a statement reads, at any depth, with the conditions of the SELECT that reads it."""
    for part in visitors.iterate(statement):
        if isinstance(part, Select):
            for source in part.get_final_froms():
                yield from _tables(source, list(part._where_criteria))


def _tables(
    source: FromClause, limits: list[ColumnElement[Any]]
) -> Iterator[tuple[FromClause, list[ColumnElement[Any]]]]:
    if isinstance(source, Join):
        both = [*limits, source.onclause] if source.onclause is not None else limits
        yield from _tables(source.left, both)
        yield from _tables(source.right, both)
    elif isinstance(source, TableClause) or (isinstance(source, Alias) and isinstance(source.element, TableClause)):
        yield source, limits


def _is_limited(table: FromClause, limits: list[ColumnElement[Any]], name: str, bound: object) -> bool:
    return any(
        isinstance(part, BinaryExpression)
        and part.left is table.c[name]
        and any(value is bound for value in visitors.iterate(part.right))
        for condition in limits
        for part in visitors.iterate(condition)
    )


@pytest.mark.parametrize("among", [None, [3, 5]], ids=["all", "among"])
@pytest.mark.parametrize("limit", [None, TOP, {**TOP, "ties": "cut"}], ids=["tree", "keep", "cut"])
@EACH
def test_every_table_is_read_within_the_organization(kind: str, limit: Any, among: list[int] | None) -> None:
    """T88 M12: wherever a table stands, at any depth of any kind, a condition beside it names the organization."""
    asked = compiled(KINDS[kind], KINDS["event"], group="any", limit=limit, among=among, segment_id=OWN)
    read = list(tables_read(asked.numbers()))
    assert read
    for table, limits in read:
        assert _is_limited(table, limits, "organization_id", asked.scope.organization), table
    maps = re.findall(r"FROM contacts\s+WHERE (\S+) = (\S+)", asked.sql().text)
    assert {(name.split(".")[-1], value) for name, value in maps} == {("organization_id", ":organization_id::INTEGER")}


@EACH
def test_only_those_looked_at_are_read(kind: str) -> None:
    """T82: with `among`, every table of contacts' rows is limited to them, so that one contact costs one look-up."""
    asked = compiled(KINDS[kind], group="any", among=[3], segment_id=OWN)
    for table, limits in tables_read(asked.numbers()):
        if "block" not in table.c:
            own = "number" if "number" in table.c else "contact_number"
            assert _is_limited(table, limits, own, asked.scope.among), (kind, table)
    assert "get_bit((SELECT" not in asked.sql().text


def test_a_ranking_looks_at_everyone() -> None:
    """§4.17: whether one contact is among the first N depends on all the others."""
    asked = compiled(KINDS["event"], limit=TOP, among=[3])
    text = asked.sql().text
    assert "contacts.number = ANY (:among_1" in text.split(")\nSELECT")[-1]
    assert "events.contact_number = ANY (:among_1" not in text


# Values ----------------------------------------------------------------------------------------------------------


@EACH
def test_everything_typed_is_bound(kind: str) -> None:
    """M6 M8: no text, id, seed or moment stands in the statement; it asks for no time and adds no intervals."""
    sql = compiled(KINDS[kind], limit=TOP, segment_id=OWN).sql()
    typed = ("Gent", "gent", "Vip", "vip", "web", "spring", "granted", "news", "email", "order_placed", "2026")
    assert [word for word in (*typed, CHILD, LIST, CAMPAIGN, CHILD[-4:]) if word in sql.text] == []
    assert not re.search(r"\bnow\b|current_(date|time)|interval|clock_timestamp", sql.text, re.IGNORECASE)
    assert set(re.findall(r"(?<![:\w]):([a-z_]\w*)", sql.text)) == set(sql.parameters)


def test_bounds_of_a_sequence_come_from_python() -> None:
    """M8 §4.6: seconds as an exact number, and the latest start computed from `as_of`."""
    parameters = compiled(KINDS["sequence"]).sql().parameters
    assert parameters["seconds_1"] == 10_800
    assert parameters["latest_start_1"] == datetime(2026, 4, 1, 9, tzinfo=UTC)


def test_samples_are_drawn_by_the_hash() -> None:
    """§4.13: percent × 100 of 10,000 buckets; the key is brought to its one form before it is hashed."""
    sql = compiled(KINDS["sample"]).sql()
    assert sql.parameters["until_1"] == 1_250
    assert sql.parameters["seed_1"] == "spring:"
    assert "sha256(convert_to(:seed_1::VARCHAR || CASE" in sql.text


# Shapes ----------------------------------------------------------------------------------------------------------


def test_stored_members_are_never_expanded() -> None:
    """T57 T82: blocks of several segments are joined bit by bit to one map; no member becomes a row."""
    text = text_of(KINDS["segment"])
    assert text.count("FROM membership_blocks") == 1
    assert "bit_and(membership_blocks.members)" in text
    assert "HAVING count(*) = 2" in text
    assert "bit_or(static_list_blocks.members)" in text_of(KINDS["static_list"])


def test_who_has_no_row_is_answered_without_a_row() -> None:
    """T02 T10: where nobody's row decides, the others are looked for and left out."""
    none = {**KINDS["related"], "quantifier": "none"}
    assert "NOT (" in text_of(none)
    assert "NOT (" in text_of(KINDS["campaign"])
    assert "NOT (" in text_of({**KINDS["consent"], "states": ["no_record"]})
    assert "NOT (" not in text_of({**KINDS["consent"], "topic": None})


def test_the_row_is_chosen_first() -> None:
    """§4.5: `has` is computed for a row, but the row is chosen by contact, time and number alone."""
    text = text_of(KINDS["event_has"])
    chosen = "SELECT DISTINCT ON (rows_1.contact_number) rows_1.contact_number, rows_1.holds"
    order = "ORDER BY rows_1.contact_number, rows_1.occurred_at DESC, rows_1.row_number DESC"
    assert re.search(f"{re.escape(chosen)}.*{re.escape(order)}", text)


def test_missing_ranks_last_in_both_directions() -> None:
    """§4.17: NULLS LAST stands everywhere, text is ordered by code point, and ranks are cut at N."""
    text = text_of(KINDS["event"], limit=TOP)
    ranks = r'rank\(\) OVER \(ORDER BY .* DESC NULLS LAST, contacts.city COLLATE "C" ASC NULLS LAST\)'
    assert re.search(ranks, text)
    assert "place <= :top_n_1" in text
    assert "LIMIT :top_n_1" in text_of(KINDS["event"], limit={**TOP, "ties": "cut"})


def test_hand_decisions_cost_nothing_where_there_are_none() -> None:
    """T84: the map of those put in or taken out is made only when somebody is."""
    text = text_of(KINDS["attribute"], segment_id=OWN)
    assert "OR CASE WHEN (EXISTS (SELECT contact_number FROM put_in_1)) THEN get_bit(" in text
    assert "AND NOT (CASE WHEN (EXISTS (SELECT contact_number FROM taken_out_1)) THEN get_bit(" in text
    assert "ended_at IS NULL" in text


def test_equal_conditions_are_asked_once_in_an_analysis() -> None:
    """T82: each distinct condition is computed once; names do not matter, and depth multiplies nothing."""
    twice = {**KINDS["event"], "id": "a"}
    deep = {"group": "any", "of": [twice, {"group": "none", "of": [KINDS["event"], KINDS["attribute"]]}]}
    analysis = compile_analysis(criteria_of(KINDS["event"], deep), catalog=CATALOG, organization_id=7, as_of=AS_OF)
    assert [column.name for column in analysis.columns] == ["condition_0", "condition_1", "no_value_1"]
    for statement in (analysis.counts(), analysis.answers()):
        assert str(statement).count("FROM events") == 1
    below = ("", ".of[0]", ".of[1]", ".of[1].of[0]", ".of[1].of[1]", ".of[1].of[1].of[0]", ".of[1].of[1].of[1]")
    assert analysis.paths == tuple(f"$.root{path}" for path in below)


# The layout ------------------------------------------------------------------------------------------------------


@EACH
def test_the_layout_moves_blanks_only(kind: str) -> None:
    """T15: what is shown has the same words in the same order, apart from names that say the same twice."""
    text = compiled(KINDS[kind], limit=TOP, segment_id=OWN).sql().text
    assert laid_out(text) == text
    assert text.count("(") == text.count(")")


def test_the_layout_breaks_by_clause() -> None:
    """Clauses and conditions stand on lines of their own; BETWEEN and short lists stay in one."""
    conditions = ("t.x = 'SELECT  ('", "t.y BETWEEN 1 AND 2", "(SELECT max(u.n) FROM u WHERE u.z) > 1")
    statement = " ".join(("SELECT t.a AS a FROM t WHERE", " AND ".join(conditions)))
    assert laid_out(statement).splitlines() == [
        "SELECT t.a",
        "FROM t",
        "WHERE t.x = 'SELECT  ('",
        "    AND t.y BETWEEN 1 AND 2",
        "    AND (",
        "        SELECT max(u.n)",
        "        FROM u",
        "        WHERE u.z",
        "    ) > 1",
    ]
