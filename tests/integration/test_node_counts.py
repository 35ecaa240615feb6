"""The three counts of every node on real PostgreSQL: they add up, and they are what the evaluator says one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segment_engine.domain.criteria import Criteria, Group, GroupKind, Node
from segment_engine.domain.evaluate import question
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.preview import NodeCounts, PreviewKind
from segment_engine.use_cases import previewing
from tests.integration.analysed_documents import KINDS, LIMIT, NAMES, TREES, document
from tests.integration.analysed_fixture import world
from tests.integration.analysed_worlds import AS_OF, World

__all__ = ["world"]  # the fixture


def counted(world: World, asked: dict[str, object], *, budget: float = 60.0) -> NodeCounts:
    """Count every node as of the world's instant."""
    return world.engine.analysis.counts(world.context, asked, as_of=AS_OF, budget_seconds=budget)


def nodes(node: Node, path: str = "$.root") -> Iterator[tuple[str, Node]]:
    """List the nodes of a tree with their paths."""
    yield path, node
    if isinstance(node, Group):
        for place, child in enumerate(node.of):
            yield from nodes(child, f"{path}.of[{place}]")


def expected(world: World, asked: dict[str, object]) -> dict[str, int]:
    """Count for whom every node holds, by the evaluator."""
    criteria = parse_criteria(asked, world.catalog, calendar=world.context.calendar)
    found: dict[str, int] = {}
    for path, node in nodes(criteria.root):
        root = node if isinstance(node, Group) else Group(GroupKind.ALL, (node,))
        ask = question(Criteria(root, criteria.calendar), catalog=world.catalog, as_of=AS_OF)
        found[path] = sum(ask(record) for record in world.base.values())
    return found


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_three_counts_add_up_and_match_the_evaluator(world: World, name: str) -> None:
    """T08 M18: at every node true, false and unknown make the base, and those let through are the evaluator's."""
    asked = TREES.get(name) or document(KINDS[name])
    counts = counted(world, asked)
    assert counts.kind is PreviewKind.EXACT
    assert counts.base_count == len(world.base)
    for node in counts.nodes:
        assert node.true + node.false + node.unknown == counts.base_count, node.path
        assert node.true <= node.matched <= node.true + node.unknown, node.path
        assert node.matched_low == node.matched == node.matched_high
    assert {node.path: node.matched for node in counts.nodes} == expected(world, asked)
    root = counts.of("$.root")
    assert root is not None
    assert counts.member_count == counts.low == counts.high == root.matched


@pytest.mark.parametrize("name", list(TREES))
def test_an_all_at_the_root_is_a_funnel(world: World, name: str) -> None:
    """T91: what is left after each child adds up to the segment; other roots have no order and no funnel."""
    counts = counted(world, TREES[name])
    remaining = [step.remaining for step in counts.funnel]
    if TREES[name]["root"]["group"] != "all":  # pyright: ignore[reportIndexIssue] - a document
        assert remaining == []
        return
    assert remaining == sorted(remaining, reverse=True)
    assert remaining[-1] == counts.member_count
    assert [step.path for step in counts.funnel] == [f"$.root.of[{place}]" for place in range(len(remaining))]


@pytest.mark.parametrize("name", [*NAMES, *TREES])
def test_estimates_add_up_to_the_exact_base(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimated or exact, the three counts make the base, and an interval holds its own estimate."""
    monkeypatch.setattr(previewing, "SAMPLE_SIZE", 300)
    asked = TREES.get(name) or document(KINDS[name])
    counts = counted(world, asked, budget=0.0)
    assert (counts.kind, counts.base_count) == (PreviewKind.ESTIMATED, len(world.base))
    assert counts.sample_size is not None
    assert counts.sample_size <= 300
    for node in counts.nodes:
        assert node.true + node.false + node.unknown == counts.base_count, node.path
        assert node.matched_low <= node.matched <= node.matched_high, node.path


def test_a_limit_bounds_members_and_leaves_the_nodes_alone(world: World) -> None:
    """The nodes speak of the tree; only the number of members is after the limit."""
    asked = document(KINDS["number"], limit=LIMIT)
    counts = counted(world, asked)
    assert counts.member_count == 40
    assert {node.path: node.matched for node in counts.nodes} == expected(world, document(KINDS["number"]))
