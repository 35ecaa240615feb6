"""Nothing of an organization outlives its turn: not in caches of the program, not in a worker that is cut off."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.faults import POINTS
from segment_engine.worker.loop import Worker
from tests.isolation.conftest import Worlds
from tests.isolation.marked_worlds import Marked
from tests.isolation.probing import state_of
from tests.sources import PROJECT, name_of, tree_of

pytestmark = pytest.mark.xdist_group("marked worlds")
Count = Callable[..., None]
# Parameters that would make an entry of a cache somebody's.
SOMEBODYS = {"context", "organization_id", "organization", "person_id", "transaction", "database", "engine", "identity"}


def cached() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the program whose results are kept."""
    folders = (PROJECT / folder for folder in ("segment_engine", "pages", "auth"))
    for path in [PROJECT / "app.py", *(path for folder in folders for path in folder.rglob("*.py"))]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(each) for each in node.decorator_list):
                yield f"{name_of(path)}:{node.name}", node


def test_no_cache_holds_what_belongs_to_an_organization() -> None:
    """Streamlit keeps nothing but the engine, and no function that is given somebody's data keeps its answer (B15)."""
    found = dict(cached())
    for name, node in found.items():
        given = {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        assert not given & SOMEBODYS, name
    by_streamlit = {name for name, node in found.items() if "st.cache" in ast.unparse(node.decorator_list[0])}
    assert by_streamlit == {"auth/guard.py:running_engine"}


class Cut(BaseException):
    """The worker ends here, as if its process had been killed: nothing of it runs on."""


def cutting(point: str | None) -> Callable[[Any], None]:
    """End at a named point; None never ends."""

    def passing(*passed: Any) -> None:
        if point in passed:
            raise Cut

    return passing


STEPS = 24
RESULTS = ("segments", "runs", "membership_blocks", "membership_changes", "membership_causes", "run_causes")
CHANGE = text("UPDATE contacts SET city = :city WHERE organization_id = :o AND number = :number")
EXPIRE = text("UPDATE runs SET lease_until = clock_timestamp() - interval '1 second' WHERE status = 'processing'")


def test_a_worker_that_is_cut_off_never_mixes_organizations(worlds: Worlds, scored: Count) -> None:
    """Two organizations in turn, cut off at every point, taken up by the next worker: each keeps its own (B14)."""
    rng = Random(7)  # noqa: S311 - the order of made-up steps
    cut = 0
    _worked(worlds, None)
    for step in range(STEPS):
        mine, other = rng.sample((worlds.ours, worlds.theirs), 2)
        before = state_of(worlds.databases, other.organization_id, *RESULTS)
        with worlds.databases.app.transaction(mine.organization_id) as transaction:
            town = f"{mine.word} town" if rng.random() < 0.5 else f"{mine.word} elsewhere {step}"
            transaction.run(CHANGE, {"o": mine.organization_id, "city": town, "number": rng.randrange(1, 4)})
        segments = [UUID(offer.segment_id) for offer in worlds.engine.offers.segments(mine.context)]
        worlds.engine.runs.request_many(mine.context, segments[: 1 + step % 2])
        cut += _worked(worlds, POINTS[step % len(POINTS)])
        _own(worlds, mine, segments)
        assert not _worked(worlds, None)
        _own(worlds, mine, segments)
        assert state_of(worlds.databases, other.organization_id, *RESULTS) == before
    scored("workers cut off between two organizations", STEPS, cut=cut, mixed=0)
    assert cut >= STEPS // 2


def _worked(worlds: Worlds, point: str | None) -> bool:
    """Let a worker do everything, or be cut off; then its lease is over. Tells whether it was."""
    worker = Worker(worlds.databases.worker, passing=cutting(point))
    try:
        while worker.work_once():
            pass
    except Cut:
        with worlds.databases.migrator.transaction() as transaction:
            transaction.run(EXPIRE)
        return True
    return False


def _own(worlds: Worlds, of: Marked, segments: list[UUID]) -> None:
    """Every member of every segment bears the organization's own word."""
    for segment_id in segments:
        page = worlds.engine.segments.members(of.context, segment_id)
        assert all(of.word in repr(member) for member in page.members)
