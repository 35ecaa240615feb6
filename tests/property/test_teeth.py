"""The comparison bites: every classic mistake of a segment compiler, made on purpose, is found by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segment_engine.db.session import Database
from segment_engine.domain.criteria import Criteria, Group, GroupKind
from tests.property import planted_members, planted_rows, planted_values
from tests.property.comparison import BATCH, Question, StoredWorld, differences, prepare
from tests.property.focused import Draw, questions
from tests.property.hostile_references import REFUSED

# Fewer conditions than the suite draws of any kind: what hides for longer might hide for ever.
MOST_DOCUMENTS = 1_000
BUGS = {**planted_values.BUGS, **planted_rows.BUGS, **planted_members.BUGS}


@pytest.mark.parametrize(("bug", "draw"), BUGS.items(), ids=[bug.__name__ for bug in BUGS])
def test_a_bug_is_caught(
    bug: Callable[[pytest.MonkeyPatch], None],
    draw: Draw,
    worlds: tuple[StoredWorld, ...],
    hostile_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within a fraction of the documents the comparison draws, each of these bugs shows (A17)."""
    bug(monkeypatch)
    if _refuses_otherwise(worlds[0]):
        return
    for place in range(MOST_DOCUMENTS // BATCH):
        if _differs(worlds[place % len(worlds)], hostile_database, draw, place):
            return
    pytest.fail(f"{bug.__name__} was not found in {MOST_DOCUMENTS} documents")


def _refuses_otherwise(stored: StoredWorld) -> bool:
    """Tell whether something that both engines must refuse is not refused, or for another reason."""
    refused = (Criteria(Group(GroupKind.NONE, (condition,))) for condition, _ in REFUSED)
    try:
        return bool(prepare(stored, map(Question, refused)))
    except AssertionError:
        return True


def _differs(stored: StoredWorld, database: Database, draw: Draw, place: int) -> bool:
    with database.transaction(read_only=True) as transaction:
        try:
            found = differences(transaction.connection, stored, questions(stored, draw, BATCH, start=100 + place))
            return next(found, None) is not None
        except AssertionError:  # only one engine refused
            return True


def test_without_a_bug_nothing_is_found(worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """What finds the bugs are the bugs: the same documents agree as long as nothing is planted."""
    assert not _refuses_otherwise(worlds[0])
    for draw in dict.fromkeys(BUGS.values()):
        assert not any(_differs(worlds[place], hostile_database, draw, place) for place in range(2))
    assert len(BUGS) >= 80
