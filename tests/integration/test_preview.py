"""Previews on real PostgreSQL: exact or estimated and always labelled, from one base, and cancelled when outdated."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from segment_engine.compiler.sampling import sampled_numbers
from segment_engine.domain.access import PERMISSIONS, Role
from segment_engine.domain.preview import Preview, PreviewKind, apportion, estimate
from segment_engine.domain.segment import SegmentDraft
from segment_engine.errors import Conflict, CriteriaError, NotFound
from segment_engine.use_cases import previewing
from segment_engine.use_cases.cancelling import Cancellable
from tests.integration.analysed_documents import KINDS, LIMIT, NAMES, TREES, document
from tests.integration.analysed_fixture import world
from tests.integration.analysed_worlds import AS_OF, World

__all__ = ["world"]  # the fixture


def members(world: World, asked: dict[str, object]) -> list[str]:
    """Find the keys of all members, as a run would."""
    return list(world.engine.evaluation.keys(world.context, asked, as_of=AS_OF))


def previewed(world: World, asked: dict[str, object], *, budget: float = 60.0, exact: bool = False) -> Preview:
    """Preview as of the world's instant."""
    return world.engine.analysis.preview(world.context, asked, as_of=AS_OF, budget_seconds=budget, exact=exact)


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_a_preview_within_its_budget_is_exact(world: World, name: str) -> None:
    """T74 T75 M18: the count, the base and the members shown come from the base that a run would use."""
    asked = TREES.get(name) or document(KINDS[name])
    found, keys = previewed(world, asked), members(world, asked)
    assert (found.kind, found.sample_size, found.note) == (PreviewKind.EXACT, None, "")
    assert found.member_count == found.low == found.high == len(keys)
    assert found.base_count == len(world.base)
    assert len(found.sample) == min(10, len(keys))
    assert {member.external_key for member in found.sample} <= set(keys)
    assert found.as_of == AS_OF


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_an_estimate_is_labelled_and_its_interval_holds_the_truth(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T78: sampled criteria and all others: the same sample every time, an interval around the truth."""
    monkeypatch.setattr(previewing, "SAMPLE_SIZE", 400)
    asked = TREES.get(name) or document(KINDS[name])
    found = previewed(world, asked, budget=0.0)
    truth = members(world, asked)
    assert found.kind is PreviewKind.ESTIMATED
    assert found.low <= found.member_count <= found.high
    # A fifth more on either side: of forty intervals of 95 %, two may miss by a little, and none by much.
    room = (found.high - found.low) / 5 + 1
    assert found.low - room <= len(truth) <= found.high + room
    assert found.base_count == len(world.base)
    assert found.note == f"Estimated from {found.sample_size} contacts, the same ones every time."
    assert {member.external_key for member in found.sample} <= set(truth)
    again = previewed(world, asked, budget=0.0)
    assert replace(again, seconds=0) == replace(found, seconds=0)


def test_a_small_organization_is_never_estimated(world: World) -> None:
    """A sample that holds everyone is a count, and is called one."""
    found = previewed(world, document(KINDS["number"]), budget=0.0)
    assert (found.kind, found.sample_size) == (PreviewKind.EXACT, None)
    assert found.member_count == len(members(world, document(KINDS["number"])))


@pytest.mark.parametrize("ties", ["cut", "keep"])
def test_a_limit_bounds_the_estimate_and_says_so(world: World, ties: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ranking cannot be sampled: the tree is, and never more than the limit is promised unless ties are kept."""
    asked = document(KINDS["number"], limit={**LIMIT, "ties": ties})
    exact = previewed(world, asked, exact=True)
    assert exact.member_count == len(members(world, asked))
    monkeypatch.setattr(previewing, "SAMPLE_SIZE", 300)
    found = previewed(world, asked, budget=0.0)
    assert (found.kind, found.member_count, found.low) == (PreviewKind.ESTIMATED, 40, 40)
    assert (found.high == 40) is (ties == "cut")
    assert "the limit of 40 is applied to the estimate" in found.note


def test_members_by_hand_count_in_a_preview_of_their_segment(world: World) -> None:
    """T84: with the segment named, whoever was put in or taken out is, as in its next run."""
    asked = document(KINDS["number"])
    keys = members(world, asked)
    outside = next(record.key for record in world.base.values() if record.key not in keys)
    draft = SegmentDraft("By hand", "", asked, accepted_warnings=frozenset({"L-DUPLICATE"}))
    segment_id = world.engine.segments.create(world.context, draft).segment_id
    world.engine.overrides.put_in(world.context, segment_id, outside, reason="a friend")
    world.engine.overrides.take_out(world.context, segment_id, keys[0], reason="asked to")
    world.engine.overrides.take_out(world.context, segment_id, keys[1], reason="asked to")
    found = world.engine.analysis.preview(world.context, asked, segment_id=segment_id, as_of=AS_OF)
    assert found.member_count == len(keys) - 1
    assert previewed(world, asked).member_count == len(keys)
    with pytest.raises(NotFound):
        world.engine.analysis.preview(world.context, asked, segment_id=uuid4())


def test_viewers_see_figures_and_no_contact(world: World) -> None:
    """Viewers see counts, never contacts; sensitive fields are refused to them altogether."""
    viewer = replace(world.context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    found = world.engine.analysis.preview(viewer, document(KINDS["number"]), as_of=AS_OF)
    assert found.member_count > 0
    assert found.sample == ()
    sensitive = document({"kind": "attribute", "field": "contact.health", "op": "is_set"})
    for call in (world.engine.analysis.preview, world.engine.analysis.counts):
        with pytest.raises(CriteriaError, match="sensitive"):
            call(viewer, sensitive)


# Cancelling and budgets ------------------------------------------------------------------------------------------


@contextmanager
def stuck(world: World) -> Generator[None]:
    """Hold the events, so that whatever reads them waits."""
    with world.databases.migrator.transaction() as transaction:
        transaction.run(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        yield


def waiting(world: World) -> bool:
    """Tell whether a statement waits for the events."""
    with world.databases.migrator.transaction() as transaction:
        return bool(transaction.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_running_preview_is_cancelled_from_another_thread(world: World) -> None:
    """When the criteria change, the count of the old ones ends at once, and says that it was stopped."""
    handle, outcomes = Cancellable(), list[Exception]()

    def count() -> None:
        try:
            world.engine.analysis.preview(
                world.context, document(KINDS["event"]), as_of=AS_OF, exact=True, cancel=handle
            )
        except Conflict as error:
            outcomes.append(error)

    with stuck(world):
        thread = threading.Thread(target=count)
        thread.start()
        while not waiting(world):
            time.sleep(0.01)
        handle.cancel()
        thread.join()
    assert [str(error) for error in outcomes] == [
        "This was stopped, because something newer was asked for. Nothing was changed."
    ]
    assert previewed(world, document(KINDS["event"])).member_count > 0


def test_a_cancelled_handle_lets_nothing_begin(world: World) -> None:
    """A cancellation that comes first is not lost."""
    handle = Cancellable()
    handle.cancel()
    with pytest.raises(Conflict):
        world.engine.analysis.counts(world.context, document(KINDS["event"]), cancel=handle)


def test_a_statement_over_its_budget_ends_alone(world: World) -> None:
    """Giving up on a count leaves the transaction usable for the estimate."""
    with world.databases.app.transaction(world.context.organization_id) as transaction:
        assert transaction.the_within(text("SELECT pg_sleep(20)"), seconds=0.02) is None
        found = transaction.the_within(text("SELECT 7"), seconds=1.0)
        assert found is not None
        assert found[0] == 7


# Statistics ------------------------------------------------------------------------------------------------------


def test_the_sample_is_stable_nested_and_even() -> None:
    """The same contacts every time, smaller ones inside larger ones, and no pattern of numbers is favoured."""
    large, small = sampled_numbers(1_000_000), sampled_numbers(1_000_000, 5_000)
    assert (len(large), len(small), len(set(large))) == (20_000, 5_000, 20_000)
    assert set(small) <= set(large)
    assert large == sampled_numbers(1_000_000)
    assert len(set(large) ^ set(sampled_numbers(1_000_010))) <= 20
    for modulus in (2, 3, 7, 10, 64, 4_096):
        share = sum(number % modulus == 0 for number in large) / len(large)
        assert abs(share - 1 / modulus) < 0.02
    assert sampled_numbers(3) == (1, 2, 3)


@pytest.mark.parametrize(
    ("hits", "looked_at", "base", "low", "high"),
    [
        (0, 20_000, 1_000_000, 0, 193),
        (10, 100, 10_000, 553, 1_744),
        (50, 100, 1_000_000, 403_831, 596_169),
        (20_000, 20_000, 1_000_000, 999_807, 1_000_000),
    ],
)
def test_the_interval_is_that_of_wilson(hits: int, looked_at: int, base: int, low: int, high: int) -> None:
    """Published values: 10 of 100 lie within 5.52 % and 17.44 %, 50 of 100 within 40.38 % and 59.62 %."""
    found = estimate(hits, looked_at, base)
    assert abs(found.low - low) <= 1
    assert abs(found.high - high) <= 1


def test_what_was_seen_is_never_contradicted() -> None:
    """Members found are members, and whoever was looked at and not found is none."""
    for hits in range(11):
        found = estimate(hits, 10, 11)
        assert hits <= found.low <= found.count <= found.high <= hits + 1
    assert estimate(3, 10, 10) == estimate(3, 12, 10)
    assert (estimate(0, 0, 10).low, estimate(0, 0, 10).high) == (0, 10)


def test_parts_are_scaled_to_the_whole() -> None:
    """Scaled parts make the base exactly; what was none stays none."""
    assert apportion((1, 1, 1), 10) == (4, 3, 3)
    assert apportion((0, 5, 5), 1_001) == (0, 501, 500)
    assert apportion((0, 0, 0), 4) == (4, 0, 0)


def test_what_the_plan_says_is_too_slow_is_estimated_without_being_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits the whole budget for a count that the planner knows will not end in time; on request it is made."""
    monkeypatch.setattr(previewing, "SAMPLE_SIZE", 400)
    monkeypatch.setattr(previewing, "SECONDS_A_COST", 1e9)
    asked = document(KINDS["number"])
    assert previewed(world, asked).kind is PreviewKind.ESTIMATED
    assert previewed(world, asked, exact=True).kind is PreviewKind.EXACT
    nodes = world.engine.analysis.counts(world.context, asked, as_of=AS_OF, budget_seconds=60.0)
    assert nodes.kind is PreviewKind.ESTIMATED
    monkeypatch.setattr(previewing, "SECONDS_A_COST", 0.0)
    assert previewed(world, asked).kind is PreviewKind.EXACT
