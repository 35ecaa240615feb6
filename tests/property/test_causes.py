"""Why members changed, in SQL, against the documented rule worked out with the reference evaluator."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from segment_engine.databases import Databases
from segment_engine.db.catalog import load_catalog
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.causes import ChangeCause, added_up
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate import ContactRecord, EventRecord, Overrides, Population, members_of
from segment_engine.domain.overrides import Decision
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import Conflict
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.results import causes
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, calculate, city, document, in_segments

WORLDS = 8
PEOPLE = 10
CITIES = ("Gent", "Utrecht", "Arnhem")
ACCEPT = ACCEPTED | {"L-DUPLICATE-SEGMENT", "L-FUTURE", "L-EMPTY", "L-UNKNOWN-VALUE", "L-TIE", "L-ALWAYS"}
RECENT: dict[str, object] = {
    "kind": "event", "event": "order_placed", "verb": "did", "window": {"in_last": {"n": 30, "unit": "day"}},
}  # fmt: skip
NEW: dict[str, object] = {
    "kind": "attribute", "field": "contact.signed_up_at", "op": "in_last", "value": {"n": 30, "unit": "day"},
}  # fmt: skip
ByHand = tuple[frozenset[int], frozenset[int]]


class World:
    """A small organization whose segment reads another one, and what happens to it between two runs."""

    def __init__(self, engine: Engine, databases: Databases, importer: Importer, seed: int) -> None:
        self.engine, self.databases, self.importer = engine, databases, importer
        self.rng, self.now = Random(seed), datetime.now(UTC)  # noqa: S311 - a made-up world
        self.context: OrganizationContext = engine.context_for(LOCAL_IDENTITY, importer.organization_id)
        self.cities = {number: self.rng.choice(CITIES) for number in range(1, PEOPLE + 1)}
        self.since = dict.fromkeys(self.cities, 200)
        self.orders: list[tuple[int, int, int]] = []
        self._import(range(1, PEOPLE + 1))
        self.order([(number, self.rng.choice((45, 35, 25, 5))) for number in range(1, PEOPLE + 1)])
        self.live = self.rng.random() < 0.4
        self.child = self._save("Child", document(city("Gent", self.rng.choice(CITIES[1:])) | {"case": "fold"}))
        calculate(databases)
        self.parent = self._save("Parent", self.rule())
        self.last = self.run(self.now - timedelta(days=20))

    def _save(self, name: str, criteria: dict[str, object]) -> UUID:
        return self.engine.segments.create(
            self.context, SegmentDraft(name, "", criteria, accepted_warnings=ACCEPT)
        ).segment_id

    def rule(self) -> dict[str, object]:
        """Draw criteria."""
        child = in_segments(self.child, **({"members": "live"} if self.live else {}))
        parts = self.rng.sample([city(*self.rng.sample(CITIES, 2)), RECENT, NEW, child], self.rng.choice((1, 2, 3)))
        drawn = document(*parts, group=self.rng.choice(("all", "any")))
        if self.rng.random() < 0.3:
            key = {"value": {"field": "contact.city"}, "direction": "asc"}
            drawn["limit"] = {"top_n": 4, "ties": "cut", "order_by": [key]}
        return drawn

    def _import(self, numbers: Any) -> None:
        rows = (f"{n},{self.cities[n]},{self.at(self.since[n]).isoformat()}\n" for n in numbers)
        self.importer.contacts("id,city,signed_up_at\n" + "".join(rows), types={"signed_up_at": "instant"})

    def at(self, days: int) -> datetime:
        """Give the instant so many days ago."""
        return (self.now - timedelta(days=days)).replace(microsecond=0)

    def order(self, placed: list[tuple[int, int]]) -> None:
        """Import orders: contact and how many days ago."""
        known = len(self.orders)
        self.orders += [(known + place, *each) for place, each in enumerate(placed)]
        rows = (f"{n},{self.at(days).isoformat()}\n" for _, n, days in self.orders[known:])
        self.importer.events("id,at\n" + "".join(rows))

    def _nothing_waits(self) -> None:
        for waiting in self.engine.runs.find(self.context, self.parent):
            if waiting.status is RunStatus.QUEUED:
                self.engine.runs.cancel(self.context, waiting.run_id)

    def run(self, as_of: datetime | None = None) -> Run:
        """Compute the parent as of an instant."""
        self._nothing_waits()
        made = self.engine.runs.request(self.context, self.parent, as_of=as_of)
        calculate(self.databases)
        done = self.engine.runs.get(self.context, made.run_id)
        assert done.status is RunStatus.SUCCESS, done.error_sentence
        return done

    # What may happen between the runs ---------------------------------------------------------------------------

    def happen(self) -> None:
        """Let some things happen, in any order."""
        every = [self.move, self.arrive, self.decide, self.edit, self.child_moves, self.child_moves, self.sign_up]
        for act in self.rng.sample(every, self.rng.choice((0, 1, 2, 3))):
            act()

    def move(self) -> None:
        """Some move to another city."""
        chosen = self.rng.sample(sorted(self.cities), 3)
        self.cities |= {number: self.rng.choice(CITIES) for number in chosen}
        self._import(chosen)

    def sign_up(self) -> None:
        """Somebody's own time changes; somebody new comes."""
        one = self.rng.randint(1, PEOPLE)
        self.since[one] = 5
        new = max(self.cities) + 1
        self.cities[new], self.since[new] = self.rng.choice(CITIES), self.rng.choice((35, 15, 200))
        self._import((one, new))

    def arrive(self) -> None:
        """New orders come in, of long ago and of lately."""
        self.order([(self.rng.randint(1, PEOPLE), self.rng.choice((35, 20, 3))) for _ in range(3)])

    def decide(self) -> None:
        """People put contacts in, take them out and end what they decided."""
        self._decide(self.parent)

    def _decide(self, segment_id: UUID) -> None:
        acts = self.engine.overrides
        for number in self.rng.sample(range(1, PEOPLE + 1), 3):
            act = self.rng.choice((acts.put_in, acts.take_out))
            try:
                act(self.context, segment_id, str(number), reason="Asked")
            except Conflict:
                (found,) = [each for each in acts.find(self.context, segment_id) if each.contact_number == number]
                acts.end(self.context, segment_id, found.override_id)

    def edit(self) -> None:
        """The criteria are edited."""
        held = self.engine.segments.get(self.context, self.parent)
        draft = SegmentDraft("Parent", "", self.rule(), accepted_warnings=ACCEPT)
        self.engine.segments.update(self.context, self.parent, expected_revision=held.revision, draft=draft)

    def child_moves(self) -> None:
        """The segment that is read is edited, or decided about, and calculated again."""
        if self.rng.random() < 0.5:
            held = self.engine.segments.get(self.context, self.child)
            changed = document(city(*self.rng.sample(CITIES, 1)) | {"case": "fold"})
            draft = SegmentDraft("Child", "", changed, accepted_warnings=ACCEPT)
            self.engine.segments.update(self.context, self.child, expected_revision=held.revision, draft=draft)
        else:
            self._decide(self.child)
        self._nothing_waits()
        calculate(self.databases)


class State:
    """Everything the rule looks at, at one moment, for the reference evaluator."""

    def __init__(self, world: World) -> None:
        organization_id = world.context.organization_id
        segment = world.engine.segments.get(world.context, world.parent)
        with world.databases.app.transaction(organization_id) as transaction:
            self.catalog = load_catalog(transaction, organization_id, document(in_segments(world.child)))
        self.criteria: Criteria = parse_criteria(segment.document, self.catalog)
        self.version, self.world = segment.version, world
        self.child_members = frozenset(
            member.number for member in world.engine.segments.members(world.context, world.child).members
        )
        self.hand = {each: self._decisions(each) for each in (world.parent, world.child)}
        self.cities, self.since, self.known = dict(world.cities), dict(world.since), len(world.orders)

    def _decisions(self, segment_id: UUID) -> ByHand:
        found = self.world.engine.overrides.find(self.world.context, segment_id)
        put_in = (each.contact_number for each in found if each.decision is Decision.PUT_IN)
        taken_out = (each.contact_number for each in found if each.decision is Decision.TAKEN_OUT)
        return frozenset(put_in), frozenset(taken_out)

    def members(self, as_of: datetime, *, criteria: Criteria | None = None, **changes: Any) -> frozenset[int]:
        """Say who is a member, with this or that taken from another moment."""
        known, hand = changes.get("known", self.known), changes.get("hand", self.hand)
        world = self.world
        records = {
            number: ContactRecord(
                {"contact.city": name, "contact.signed_up_at": world.at(self.since[number])},
                tuple(
                    EventRecord("order_placed", place, world.at(days), {})
                    for place, contact, days in world.orders[:known] if contact == number
                ),
                str(number),
                segments=frozenset({str(world.child)} if number in self.child_members else ()),
            )
            for number, name in self.cities.items()
        }  # fmt: skip
        overrides = {str(each): Overrides(*decided) for each, decided in hand.items()}
        return members_of(
            criteria or self.criteria, Population(records, overrides), catalog=changes.get("catalog", self.catalog),
            as_of=as_of, segment_id=str(world.parent),
        )  # fmt: skip


def expected(old: State, new: State, then: datetime, now: datetime) -> dict[int, tuple[bool, ChangeCause]]:
    """Work out why each contact joined or left, by the letter of docs/checks.md."""
    before, after = old.members(then), new.members(now)
    parent, child = old.world.parent, old.world.child
    same_hand = new.members(now, hand=new.hand | {parent: old.hand[parent]})
    decided = _differing(old.hand[parent], new.hand[parent])
    of_child = _differing(old.hand[child], new.hand[child])
    old_criteria = new.members(now, criteria=old.criteria)
    known = new.members(now, known=old.known), new.members(then, known=old.known)
    touched = {n for n in new.cities if (old.cities.get(n), old.since.get(n)) != (new.cities[n], new.since[n])}
    child_before = _catalog_of(old, new)
    by_child_edit = new.members(now, catalog=child_before)
    own_times = "signed_up_at" in str(new.criteria)
    found: dict[int, tuple[bool, ChangeCause]] = {}
    live, reads_now = new.world.live, str(child) in str(new.criteria)
    reads_both = reads_now and str(child) in str(old.criteria)
    for number in before ^ after:
        was, joined = number in before, number in after
        by_limit = bool(decided) and new.criteria.limit is not None and (number in same_hand) is was
        if number in decided or by_limit:
            cause = ChangeCause.MANUAL
        elif new.version != old.version and (number in old_criteria) is was:
            cause = ChangeCause.CRITERIA
        elif (number in known[0]) is joined and (number in known[1]) is was and not (own_times and number in touched):
            cause = ChangeCause.TIME
        elif (live and reads_now and (number in of_child or (number in by_child_edit) is was)) or (
            not live and reads_both and number in old.child_members ^ new.child_members
        ):
            cause = ChangeCause.DEPENDENCY
        else:
            cause = ChangeCause.DATA
        found[number] = joined, cause
    return found


def _differing(old: ByHand, new: ByHand) -> frozenset[int]:
    return (old[0] ^ new[0]) | (old[1] ^ new[1])


def _catalog_of(old: State, new: State) -> Any:
    """Give the catalog of now with the child's criteria of before."""
    child = str(old.world.child)
    if child not in new.catalog.segments or child not in old.catalog.segments:
        return new.catalog
    held = replace(new.catalog.segments[child], criteria=old.catalog.segments[child].criteria)
    return replace(new.catalog, segments={**new.catalog.segments, child: held})


@pytest.fixture
def worlds(engine: Engine, databases: Databases, tmp_path: Any) -> Any:
    """Make worlds, each an organization of its own."""

    def make(seed: int) -> World:
        organization_id = engine.organizations.create(f"World {seed}", time_zone="Europe/Amsterdam")
        return World(engine, databases, Importer(databases.app, organization_id, tmp_path), seed)

    return make


def differences(world: World, seen: Counter[ChangeCause], *, days: int = 0) -> list[str]:
    """Let things happen, compute again, and list where the stored causes are not the expected ones."""
    old = State(world)
    world.happen()
    then, now = world.last.as_of, world.now - timedelta(days=days)
    second = world.last = world.run(now)
    new = State(world)
    assert then is not None
    wanted = expected(old, new, then, now)
    found = world.engine.changes.of_run(world.context, second.run_id)
    assert found is not None
    assert added_up(found.counts) == (second.joined_count, second.left_count)
    stored: dict[int, tuple[bool, ChangeCause]] = {}
    for number in range(1, max(world.cities) + 1):
        moves = world.engine.changes.of_contact(world.context, world.parent, number)
        stored.update((number, (each.joined, each.cause)) for each in moves if each.run_id == second.run_id)
    seen.update(cause for _, cause in wanted.values())
    return [f"{n}: {stored.get(n)}, not {want}" for n, want in wanted.items() if stored.get(n) != want]


def test_causes_are_those_of_the_rule(worlds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In small worlds where everything may happen at once, each contact's cause is the documented one.

    They add up to those who joined and left, and every cause occurs; whether contacts are looked at one by one or all
    together, because they are many.
    """
    seen: Counter[ChangeCause] = Counter()
    for seed in range(WORLDS):
        world = worlds(seed)
        monkeypatch.setattr(causes, "MOST_ALONE", (20_000, 0, 2)[seed % 3])
        for days in (15, 10, 3, 0):
            assert differences(world, seen, days=days) == [], (seed, days)
    assert set(seen) == set(ChangeCause) - {ChangeCause.FIRST}, seen
    assert min(seen.values()) >= 3, seen
