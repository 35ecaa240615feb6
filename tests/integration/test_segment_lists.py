"""The list of segments on real PostgreSQL: every filter and every order, compared with Python over the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.readiness import Freshness, Readiness, Standing
from segment_engine.domain.searching import search_terms
from segment_engine.domain.segment import SegmentQuery, SegmentSort, SegmentState, SegmentStatus, SegmentTrait
from segment_engine.engine import Engine
from tests.integration.listed_world import SOURCES, TAGS, Listed, listed_world

World = dict[UUID, Listed]
Keep = Callable[[Listed], bool]
STATUS_ORDER = ("failed", "not_calculated", "queued", "processing", "success")
STATE_ORDER = ("active", "draft", "inactive", "archived")


@pytest.fixture
def today(databases: Databases, context: OrganizationContext) -> date:
    """The day it is in the organization."""
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        return transaction.now().astimezone(ZoneInfo(context.calendar.time_zone)).date()


@pytest.fixture
def world(databases: Databases, context: OrganizationContext, today: date) -> World:
    """Sixty segments, stored and known."""
    return listed_world(databases, context, today)


def found(engine: Engine, context: OrganizationContext, query: SegmentQuery) -> list[UUID]:
    """Find every match, in its order."""
    page = engine.segments.find(context, replace(query, size=100))
    assert page.total == len(page.items)
    return [card.segment_id for card in page.items]


def uses(world: World, each: Listed) -> int:
    """Count what uses a segment and is not archived itself."""
    readers = [reader for reader in each.readers if world[reader].state is not SegmentState.ARCHIVED]
    return len([state for state in each.plans if state != "archived"]) + len(readers)


def expected(world: World, keep: Keep) -> set[UUID]:
    """Choose in Python."""
    return {each.segment_id for each in world.values() if keep(each)}


@pytest.mark.parametrize(
    "search",
    ["loyal", "LOYAL spring", '"spring trial"', "strasse", "STRASSE", "100%", "under_score", "_", "%", "\\", "vip",
     "legal TEAM", "über", "ÜBERSEE", "spring 2026", '"Spring 2026"', "0", "loyal nowhere", '"team spring"', " "],
)  # fmt: skip
def test_search(engine: Engine, context: OrganizationContext, world: World, search: str) -> None:
    """Every word and every phrase somewhere in name, description, notes or tags; nothing is a pattern (T36)."""

    def keep(each: Listed) -> bool:
        places = [each.name, each.description, each.notes, *each.tags]
        return all(any(term in place.casefold() for place in places) for term in search_terms(search))

    assert set(found(engine, context, SegmentQuery(search))) == expected(world, keep)


def test_values_of_a_column(engine: Engine, context: OrganizationContext, world: World) -> None:
    """Any of the values asked for, for status, state, tag, owner and data source."""
    for status in SegmentStatus:
        query = SegmentQuery(statuses=frozenset({status, SegmentStatus.FAILED}))
        keep: Keep = lambda each, s=status: each.status in {s, SegmentStatus.FAILED}  # noqa: E731 -- reads as the query
        assert set(found(engine, context, query)) == expected(world, keep)
    for state in SegmentState:
        keep = lambda each, s=state: each.state is s  # noqa: E731 -- reads as the query
        assert set(found(engine, context, SegmentQuery(states=frozenset({state})))) == expected(world, keep)
    for tag in TAGS:
        keep = lambda each, t=tag: bool(each.tags & {t, "VIP"})  # noqa: E731 -- reads as the query
        assert set(found(engine, context, SegmentQuery(tags=frozenset({tag.upper(), "vip"})))) == expected(world, keep)
    for source in SOURCES:
        keep = lambda each, s=source: s in each.sources  # noqa: E731 -- reads as the query
        assert set(found(engine, context, SegmentQuery(sources=frozenset({source})))) == expected(world, keep)
    mine, nobodys = frozenset[UUID | None]({context.person_id}), frozenset[UUID | None]({None})
    assert set(found(engine, context, SegmentQuery(owner_ids=mine))) == expected(world, lambda each: each.owned)
    assert set(found(engine, context, SegmentQuery(owner_ids=nobodys))) == expected(world, lambda each: not each.owned)
    assert set(found(engine, context, SegmentQuery(owner_ids=mine | nobodys))) == set(world)


@pytest.mark.parametrize(("least", "most"), [(100, None), (None, 100), (50, 200), (200, 50), (0, 0)])
def test_size(engine: Engine, context: OrganizationContext, world: World, least: int | None, most: int | None) -> None:
    """Both ends are included, and what was never counted has no size."""

    def keep(each: Listed) -> bool:
        return each.members is not None and (least or 0) <= each.members and (most is None or each.members <= most)

    assert set(found(engine, context, SegmentQuery(least=least, most=most))) == expected(world, keep)


def test_traits(engine: Engine, context: OrganizationContext, world: World, today: date) -> None:
    """Used and unused split the list; duplicates come in company; a review is due on its day, in the organization."""
    hashes = Counter(each.criteria_hash for each in world.values() if each.state is not SegmentState.ARCHIVED)
    rules: dict[SegmentTrait, Keep] = {
        SegmentTrait.USED: lambda each: uses(world, each) > 0,
        SegmentTrait.UNUSED: lambda each: uses(world, each) == 0,
        SegmentTrait.DUPLICATE: lambda each: each.state is not SegmentState.ARCHIVED and hashes[each.criteria_hash] > 1,
        SegmentTrait.REVIEW_DUE: lambda each: each.review_on is not None and each.review_on <= today,
    }
    for trait, keep in rules.items():
        chosen = expected(world, keep)
        assert 0 < len(chosen) < len(world), trait
        assert set(found(engine, context, SegmentQuery(traits=frozenset({trait})))) == chosen, trait
    both = SegmentQuery(traits=frozenset({SegmentTrait.UNUSED, SegmentTrait.DUPLICATE}))
    all_of = expected(world, lambda each: rules[SegmentTrait.UNUSED](each) and rules[SegmentTrait.DUPLICATE](each))
    assert set(found(engine, context, both)) == all_of


@pytest.fixture
def standings(engine: Engine, context: OrganizationContext, world: World) -> dict[Any, Standing]:
    """How each of them stands, as every other page says."""
    return dict(engine.segments.standings(context, world))


def test_readiness_is_that_of_every_other_page(
    engine: Engine, context: OrganizationContext, world: World, standings: dict[Any, Standing]
) -> None:
    """The list filters by the judgement that it shows, and shows the one that others show (T79)."""
    for readiness in Readiness:
        query = SegmentQuery(readiness=frozenset({readiness}), size=100)
        page = engine.segments.find(context, query)
        chosen = {each for each in world if standings[each].readiness is readiness}
        assert {card.segment_id for card in page.items} == chosen, readiness
        assert all(card.standing == standings[card.segment_id] for card in page.items)
    stale = {each for each in world if standings[each].freshness is not Freshness.FRESH}
    assert stale
    assert set(found(engine, context, SegmentQuery(traits=frozenset({SegmentTrait.STALE})))) == stale


@pytest.mark.parametrize("direction", ["ascending", "descending"])
@pytest.mark.parametrize("sort", list(SegmentSort))
def test_every_order(
    engine: Engine, context: OrganizationContext, world: World, standings: dict[Any, Standing], sort: SegmentSort,
    direction: str,
) -> None:  # fmt: skip
    """What is missing comes last in both directions, ties stand by name, and pages never overlap."""
    keys: dict[SegmentSort, Callable[[Listed], Any]] = {
        SegmentSort.NAME: lambda each: each.name.casefold(),
        SegmentSort.STATUS: lambda each: STATUS_ORDER.index(each.status.value),
        SegmentSort.STATE: lambda each: STATE_ORDER.index(each.state.value),
        SegmentSort.READINESS: lambda each: list(Readiness).index(standings[each.segment_id].readiness),
        SegmentSort.MEMBERS: lambda each: each.members,
        SegmentSort.CHANGE: lambda each: None if each.before is None else (each.members or 0) - each.before,
        SegmentSort.CALCULATED: lambda each: each.calculated,
        SegmentSort.UPDATED: lambda each: each.updated,
        SegmentSort.CREATED: lambda each: each.created,
        SegmentSort.OWNER: lambda each: "local operator" if each.owned else None,
        SegmentSort.USES: lambda each: uses(world, each),
        SegmentSort.REVIEW: lambda each: each.review_on,
    }
    key = keys[sort]
    by_name = sorted(world.values(), key=lambda each: each.name.casefold().encode())
    present = sorted((each for each in by_name if key(each) is not None), key=key)
    if direction == "descending":
        ranks = {key(each) for each in present}
        present = [each for rank in sorted(ranks, reverse=True) for each in by_name if key(each) == rank]
    wanted = [each.segment_id for each in [*present, *(each for each in by_name if key(each) is None)]]
    query = SegmentQuery(sort=sort, descending=direction == "descending", size=25)
    paged = [
        card.segment_id for page in (1, 2, 3) for card in engine.segments.find(context, replace(query, page=page)).items
    ]
    assert paged == wanted
    assert list(engine.segments.matching(context, query).items) == wanted


def test_a_card_tells_what_was_stored(engine: Engine, context: OrganizationContext, world: World) -> None:
    """Change, owner, tags, sources, uses and review of every segment, to the last one."""
    for card in engine.segments.find(context, SegmentQuery(size=100)).items:
        each = world[card.segment_id]
        change = None if each.before is None or each.members is None else each.members - each.before
        assert (card.change, card.uses, card.owner is not None) == (change, uses(world, each), each.owned)
        assert (set(card.tags), set(card.sources), card.review_on) == (each.tags, each.sources, each.review_on)


def test_everything_at_once(engine: Engine, context: OrganizationContext, world: World) -> None:
    """Parts of a query narrow each other, and no part is forgotten when others are there."""
    query = SegmentQuery(
        "0", statuses=frozenset({SegmentStatus.SUCCESS, SegmentStatus.FAILED}),
        states=frozenset({SegmentState.ACTIVE, SegmentState.DRAFT}), readiness=frozenset({Readiness.DO_NOT_USE}),
        sources=frozenset({"crm", "shop"}), least=0, sort=SegmentSort.READINESS,
    )  # fmt: skip
    standings = engine.segments.standings(context, world)

    def keep(each: Listed) -> bool:
        words = [each.name, each.description, each.notes, *each.tags]
        return (
            any("0" in word for word in words) and each.status in query.statuses and each.state in query.states
            and any(standing.readiness is Readiness.DO_NOT_USE for key, standing in standings.items()
                    if key == each.segment_id)
            and bool(each.sources & query.sources) and each.members is not None
        )  # fmt: skip

    assert expected(world, keep)
    assert set(found(engine, context, query)) == expected(world, keep)


def test_what_hides_every_match_is_named(engine: Engine, context: OrganizationContext, world: World) -> None:
    """Of the parts that find nothing together, the one that hides most comes first, with its figure."""
    active = expected(world, lambda each: each.state is SegmentState.ACTIVE)
    query = SegmentQuery("no such word", states=frozenset({SegmentState.ACTIVE}), least=0)
    found_without = engine.segments.obstacles(context, query)
    counted = len([each for each in active if world[each].members is not None])
    assert [(each.part, each.matches) for each in found_without] == [("search", counted)]
    assert engine.segments.obstacles(context, replace(query, most=-1)) == ()
    range_only = engine.segments.obstacles(context, SegmentQuery(least=10**6, most=10**6))
    assert [(each.part, each.matches) for each in range_only] == [("size_range", len(world))]


def test_the_choices_are_those_that_occur(engine: Engine, context: OrganizationContext, world: World) -> None:
    """Tags with their counts, owners who own something, sources that are read."""
    choices = engine.segments.choices(context)
    counts = Counter(tag for each in world.values() for tag in each.tags)
    assert {tag.tag: tag.segments for tag in choices.tags} == counts
    assert [owner.name for owner in choices.owners] == ["Local operator"]
    assert choices.sources == SOURCES


def test_the_figures_leave_the_archive_out(engine: Engine, context: OrganizationContext, world: World) -> None:
    """What lies in the archive is counted apart."""
    summary = engine.segments.summary(context)
    states = Counter(each.state for each in world.values())
    assert summary.archived == states[SegmentState.ARCHIVED]
    assert summary.total == len(world) - summary.archived == sum(summary.by_status.values())
    assert summary.active == states[SegmentState.ACTIVE]


def test_looking_changes_nothing(
    engine: Engine, context: OrganizationContext, databases: Databases, world: World
) -> None:
    """A list starts no run and evaluates nothing (T72, T82)."""
    count = text("SELECT count(*) FROM runs")
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        before = transaction.scalar(count)
    engine.segments.find(context, SegmentQuery(size=100))
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        assert transaction.scalar(count) == before
    assert world
