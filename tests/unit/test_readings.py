"""What criteria read is found in the document: sources by field, event, relation, interaction; other segments."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType, Relation, SegmentReference
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.parse.conditions import _KINDS  # pyright: ignore[reportPrivateUsage] -- the list of all kinds
from segment_engine.domain.readings import Readings, readings_of, readings_of_run

CHILD, GRANDCHILD = (str(UUID(int=number)) for number in (1, 2))
KNOWN = Catalog(
    {"contact.city": Field("contact.city", "City", FieldType.TEXT, "city", "city_fold", source="CRM")},
    {
        "order_placed": EventType("order_placed", "Order", 1, source="Shop"),
        "opened": EventType("opened", "Opened", 2, source="Mailer", interaction="opened"),
    },
    {"invoices": Relation("invoices", "Invoices", 1, None, None, "Books", {}, None)},
)
CITY: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"}
ORDERED: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did"}


def document(*conditions: dict[str, object]) -> dict[str, object]:
    """Write criteria of one group."""
    root = {"group": "all", "of": list(conditions)}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


def read_from(segment_id: str, *, members: str) -> dict[str, object]:
    """Ask for members of another segment, stored or live."""
    return {"kind": "segment", "op": "in_any", "segments": [segment_id], "members": members}


NONE = set[str]()
OF_CONDITIONS: list[tuple[dict[str, object], set[str], set[str]]] = [
    (CITY, {"CRM"}, NONE),
    (ORDERED, {"Shop"}, NONE),
    ({"kind": "event", "event": "gone", "verb": "did"}, NONE, NONE),
    ({"kind": "related", "path": ["invoices"], "quantifier": "at_least", "k": 1}, {"Books"}, NONE),
    ({"kind": "campaign", "verb": "did", "interaction": "opened"}, {"Mailer"}, NONE),
    ({"kind": "all_contacts"}, NONE, {"contacts"}),
    ({"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"]}, NONE, {"consents"}),
    ({"kind": "reachable", "channel": "email", "op": "is_reachable"}, NONE, {"contacts", "consents", "channels"}),
    ({"kind": "aggregate", "from": {"event": "order_placed"}, "function": "count", "op": "is_set"}, {"Shop"}, NONE),
    ({"kind": "event_time", "event": "order_placed", "which": "last", "op": "is_set"}, {"Shop"}, NONE),
    ({"kind": "event_has", "event": "order_placed", "which": "last", "has": {}}, {"Shop"}, NONE),
    (
        {"kind": "sequence", "first": {"event": "order_placed"}, "verb": "followed_by", "then": {"event": "opened"}},
        {"Shop", "Mailer"}, NONE,
    ),
    (
        {
            "kind": "compare_fields", "op": "equals", "left": {"field": "contact.city"},
            "right": {"aggregate": {"from": {"path": ["invoices"]}, "function": "count"}},
        },
        {"CRM", "Books"}, NONE,
    ),
    ({"kind": "static_list", "op": "in_any", "lists": [CHILD]}, NONE, NONE),
    ({"kind": "segment", "op": "in_any", "segments": []}, NONE, NONE),
    ({"kind": "sample", "percent": 10, "seed": "a"}, NONE, NONE),
    ({"kind": "bucket", "from": 0, "to": 10, "seed": "a"}, NONE, NONE),
]  # fmt: skip


def test_every_kind_of_condition_stands_in_the_table() -> None:
    """A new kind cannot forget to say what it reads: a run keeps the watermark of every source that it read."""
    assert {str(condition["kind"]) for condition, _, _ in OF_CONDITIONS} == set(_KINDS)


@pytest.mark.parametrize(("condition", "sources", "kinds"), OF_CONDITIONS)
def test_each_kind_of_condition_reads_its_sources(
    condition: dict[str, object], sources: set[str], kinds: set[str]
) -> None:
    """Whatever a condition asks, the source that delivers the answer is found, however deep the condition stands."""
    assert readings_of(document(condition), KNOWN) == Readings(frozenset(sources), frozenset(kinds))
    deep = document({"group": "none", "of": [{"group": "any", "of": [condition, CITY]}]})
    assert readings_of(deep, KNOWN).sources == sources | {"CRM"}


def test_other_segments_are_named() -> None:
    """Segments that are named are read, stored or live, and named once."""
    found = readings_of(document(read_from(CHILD, members="live"), read_from(CHILD, members="last_run"), CITY), KNOWN)
    assert (found.segments, found.sources) == ({CHILD}, {"CRM"})


def test_live_criteria_are_followed_and_stored_members_are_not() -> None:
    """A run reads the sources of what it evaluates live; of stored members it reads their run, whatever that read."""
    below = parse_criteria(document(ORDERED), KNOWN)
    grandchild = SegmentReference(GRANDCHILD, "Below", "active", "success", below, "run-2", None, 1)
    known = replace(KNOWN, segments={GRANDCHILD: grandchild})
    for members, sources in (("live", {"CRM", "Shop"}), ("last_run", {"CRM"})):
        middle = parse_criteria(document(CITY, read_from(GRANDCHILD, members=members)), known)
        child = SegmentReference(CHILD, "Middle", "active", "success", middle, "run-1", None, 1)
        wide = replace(known, segments={GRANDCHILD: grandchild, CHILD: child})
        found = readings_of_run(parse_criteria(document(read_from(CHILD, members="live")), wide), wide)
        assert (found.sources, found.segments) == (sources, {CHILD, GRANDCHILD})
    stored = readings_of_run(parse_criteria(document(read_from(GRANDCHILD, members="last_run")), known), known)
    assert (stored.sources, stored.segments) == (frozenset(), {GRANDCHILD})
