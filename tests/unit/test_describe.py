"""The sentence: groups, exclusions, missing values, events and figures (docs/criteria.md §9.1)."""

# ruff: noqa: E501 - a table of sentences is read, and broken lines would hide a missing word

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Attribute, Criteria, Group, GroupKind, Test
from segment_engine.domain.describe import Sentence, SentenceLine, describe
from segment_engine.domain.parse import parse_criteria
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import Document, aggregate, attribute, document, event, event_time, group, prop, span

AS_OF = datetime(2026, 4, 1, 12, tzinfo=UTC)
VIP = attribute("vip", "is_true")
GENT = attribute("city", "equals", "Gent")
EVERYONE: Document = {"kind": "all_contacts"}


def say(root: Document, *, catalog: Catalog = CATALOG) -> str:
    """Say a tree in plain text."""
    return describe(parse_criteria(document() | {"root": root}, CATALOG), catalog, as_of=AS_OF).text


def say_one(condition: Document) -> str:
    """Say one condition without the frame."""
    return say(group("all", condition)).removeprefix("Contacts where ")


def test_lines_know_their_level() -> None:
    """Pages draw lines and levels; the text draws bullets, two spaces further in for each level."""
    sentence = Sentence((SentenceLine(0, "a"), SentenceLine(1, "b"), SentenceLine(2, "c")))
    assert sentence.text == "a\n• b\n  • c"


def test_a_tree_of_groups() -> None:
    """A group of another kind is a sub-list, so that and and or never stand in one line (T16)."""
    tree = group("all", GENT, group("all", attribute("age", "gt", 30)), group("any", VIP, attribute("age", "lt", 9)))
    assert say(tree).splitlines() == [
        "Contacts where",
        "• city is “Gent”",
        "• and age is more than 30",
        "• and any of these holds:",
        "  • VIP is yes",
        "  • or age is less than 9",
    ]


def test_exclusions_stand_last_in_their_own_block() -> None:
    """Whoever is left out is said at the end, wherever it stood in the tree (T16)."""
    tree = group("all", group("none", VIP, event()), GENT, group("all", group("none", attribute("age", "lt", 9)), VIP))
    assert say(tree).splitlines() == [
        "Contacts where",
        "• city is “Gent”",
        "• and VIP is yes",
        "Leave out anyone where",
        "• VIP is yes",
        "• or Order placed happened at least once",
        "• or age is less than 9",
    ]


@pytest.mark.parametrize(
    ("tree", "lines"),
    [
        (group("none", VIP), ["All contacts", "Leave out anyone where VIP is yes"]),
        (group("all", EVERYONE, group("none", VIP)), ["All contacts", "Leave out anyone where VIP is yes"]),
        (group("any", GENT, VIP), ["Contacts where any of these holds:", "• city is “Gent”", "• or VIP is yes"]),
        (group("any", EVERYONE, VIP), ["Contacts where any of these holds:", "• they are any contact at all", "• or VIP is yes"]),
        (group("any", group("any", GENT), group("any", VIP)), ["Contacts where any of these holds:", "• city is “Gent”", "• or VIP is yes"]),
        (group("at_least", GENT, VIP, k=1), ["Contacts where at least 1 of these holds:", "• city is “Gent”", "• VIP is yes"]),
        (group("at_least", GENT, VIP, k=2), ["Contacts where at least 2 of these hold:", "• city is “Gent”", "• VIP is yes"]),
        (group("any", group("none", VIP), group("all", GENT, group("none", VIP, GENT))), [
            "Contacts where any of these holds:", "• this does not hold:", "  • VIP is yes", "• or all of these hold:",
            "  • city is “Gent”", "  • and none of these holds:", "    • VIP is yes", "    • or city is “Gent”",
        ]),
    ],
)  # fmt: skip
def test_frames(tree: Document, lines: list[str]) -> None:
    """Every kind of group has its words; everyone is said only by all_contacts or a tree of exclusions (T11)."""
    assert say(tree).splitlines() == lines


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (attribute("city", "not_equals", "Gent"), "city is not “Gent” (contacts without a city are included)"),
        (attribute("city", "not_equals", "x", on_missing="exclude"), "city is not “x” (only contacts with a known city)"),
        (attribute("age", "lte", 3), "age is at most 3"),
        (attribute("age", "lte", 3, on_missing="include"), "age is at most 3 (contacts without an age are included)"),
        (attribute("city", "is_not_set"), "city is not known"),
        (attribute("vip", "is_false"), "VIP is no"),
        (attribute("city", "contains", "“a” or b\t%"), "city contains ““a” or b\t%”"),
        (attribute("city", "equals", "x", case="exact"), "city is “x” (upper and lower case must match)"),
        (attribute("plan", "equals", "Pro"), "plan is “Pro”"),
        (attribute("plan", "equals", "Pro", case="fold"), "plan is “Pro” (upper and lower case alike)"),
        (attribute("city", "is_any_of", list("abcde")), "city is one of “a”, “b”, “c”, “d”, “e”"),
        (attribute("age", "is_any_of", list(range(17))), "age is one of 0, 1, 2, 3, 4 and 12 more"),
        (attribute("age", "between", {"from": 9999, "to": 10000}), "age is from 9999 to 10,000"),
        (attribute("score", "equals", "-12345.60"), "score is -12,345.60"),
        (attribute("income", "gte", "1234567.5"), "income is at least 1,234,567.50 EUR"),
        (attribute("size", "between", {"from": "small", "to": "10"}), "size is from “small” to “10”"),
        (attribute("birthday", "month_is", [1, 12]), "birthday falls in January, December"),
        (attribute("birthday", "weekday_is_not", [1], on_missing="exclude"), "birthday does not fall on Monday (only contacts with a known birthday)"),
    ],
)  # fmt: skip
def test_attributes(condition: Document, words: str) -> None:
    """Label, phrase, value as typed; missing values are said when they are let in (T05, T18)."""
    assert say_one(condition) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ({"op": "gte", "n": 1}, "at least once"),
        ({"op": "gte", "n": 0}, "at least 0 times (also never)"),
        ({"op": "gt", "n": 1}, "more than 1 time"),
        ({"op": "eq", "n": 0}, "exactly 0 times (also never)"),
        ({"op": "eq", "n": 1}, "exactly 1 time"),
        ({"op": "ne", "n": 3}, "other than 3 times (also never)"),
        ({"op": "lt", "n": 2}, "fewer than 2 times (also never)"),
        ({"op": "lt", "n": 0}, "fewer than 0 times"),
        ({"op": "lte", "n": 10000}, "at most 10,000 times (also never)"),
        ({"op": "between", "from": 0, "to": 1}, "from 0 to 1 times (also never)"),
        ({"op": "between", "from": 1, "to": 2}, "from 1 to 2 times"),
        ({"op": "not_between", "from": 1, "to": 2}, "not from 1 to 2 times (also never)"),
    ],
)
def test_counts_say_when_never_counts(count: Document, words: str) -> None:
    """No rows is zero, and the sentence says so (T10)."""
    assert say_one(event(count=count)) == f"Order placed happened {words}"


def test_rows() -> None:
    """What is asked of the rows follows the condition; several conditions become a sub-list."""
    web = prop("order_placed.channel", "equals", "web")
    known = prop("order_placed.channel", "not_equals", "web", on_missing="exclude")
    assert say_one(event("did_not", where=group("any", web))) == (
        "Order placed did not happen, only where channel is “web”"
    )
    assert say_one(event(include_future=True)) == "Order placed happened at least once, also what is still to come"
    assert say_one(event(where=group("none", known, prop("@weekday", "not_equals", 6)))).splitlines() == [
        "Order placed happened at least once, only where none of these holds:",
        "• channel is not “web” (only where channel is known)",
        "• or weekday is not 6 (Saturday) (also where weekday is not known)",
    ]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (aggregate("count", "lt", 3), "number of Order placed is less than 3 (also without Order placed)"),
        (aggregate("count", "equals", 0), "number of Order placed is 0 (also without Order placed)"),
        (aggregate("count", "gt", -1), "number of Order placed is more than -1 (also without Order placed)"),
        (aggregate("count", "is_none_of", [1]), "number of Order placed is none of 1 (also without Order placed)"),
        (aggregate("count", "is_set"), "number of Order placed is known"),
        (aggregate("sum", "gte", "500", of="order_placed.total"), "sum of total of Order placed is at least 500.00 EUR"),
        (aggregate("sum", "between", {"from": "0", "to": "1"}, of="order_placed.weight"), "sum of weight of Order placed is from 0 to 1 (also without Order placed)"),
        (aggregate("avg", "gte", "1.234567", of="order_placed.total"), "average total of Order placed is at least 1.234567 EUR"),
        (aggregate("avg", "gte", "1", of="order_placed.items", on_missing="include"), "average items of Order placed is at least 1 (contacts without one are included)"),
        (aggregate("max", "not_equals", 1, of="order_placed.items", on_missing="exclude"), "largest items of Order placed is not 1 (only contacts that have one)"),
        (aggregate("min", "before", {"day": "2026-03-02"}, of="order_placed.paid_at"), "earliest payment of Order placed is before 2 Mar 2026"),
        (aggregate("count_distinct", "gte", 2, of="@day"), "number of different values of day of Order placed is at least 2"),
        (aggregate("count_distinct", "gte", 2, of="order_placed.channel"), "number of different values of channel (upper and lower case differ) of Order placed is at least 2"),
        (aggregate("count_distinct", "gte", 2, of="order_placed.channel", case="fold"), "number of different values of channel (upper and lower case alike) of Order placed is at least 2"),
        (event_time("first", "on", {"day": "2026-03-02"}), "the first Order placed is on 2 Mar 2026"),
        (event_time("last", "is_not_set"), "the last Order placed is not known"),
        (event_time("last", "not_on", {"day": "2026-03-02"}), "the last Order placed is not on 2 Mar 2026 (contacts without Order placed are included)"),
        (event_time("last", "not_on", {"day": "2026-03-02"}, on_missing="exclude"), "the last Order placed is not on 2 Mar 2026 (only contacts with Order placed)"),
    ],
)  # fmt: skip
def test_figures(condition: Document, words: str) -> None:
    """Figures name their function; money keeps its currency; zero without rows is said (T10)."""
    assert say_one(condition) == words


def test_what_is_gone_from_the_catalog_is_shown_by_its_key() -> None:
    """A broken reference is shown, never left out, and nothing fails (T20, T40)."""
    web = group("all", prop("order_placed.channel", "is_set"))
    tree = group(
        "any",
        attribute("city", "not_equals", "Gent"),
        attribute("age", "between", {"from": 1, "to": 2}),
        attribute("birthday", "between", {"from": {"day": "2026-03-01"}, "to": {"day": "2026-03-02"}}),
        attribute("signed_up_at", "in_last", span(3)),
        event(where=web, window={"in_last": span(3)}),
        aggregate("sum", "gte", "5", of="order_placed.total"),
    )
    assert say(tree, catalog=Catalog()).splitlines()[1:] == [
        "• (unknown field contact.city) is not “Gent” (contacts without (unknown field contact.city) are included)",
        "• or (unknown field contact.age) is from 1 to 2",
        "• or (unknown field contact.birthday) is from 1 Mar 2026 to 2 Mar 2026, that day included",
        "• or (unknown field contact.signed_up_at) is in the last 3 days",
        "• or (unknown event order_placed) happened at least once in the last 3 days, only where (unknown field order_placed.channel) is known",
        "• or sum of (unknown field order_placed.total) of (unknown event order_placed) is at least 5",
    ]


def test_an_operator_that_is_gone_is_shown_by_its_key() -> None:
    """A tree from another version can still be read by people."""
    old = Criteria(Group(GroupKind.ALL, (Attribute("contact.city", Test("sounds_like", "Gent")),)))
    assert describe(old, CATALOG, as_of=AS_OF).text == "Contacts where city (unknown operator sounds_like)"
