"""The comparison bites: every classic mistake of a segment compiler, made on purpose, is found by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segment_engine.db.session import Database
from tests.property import planted_members, planted_rows, planted_values
from tests.property.comparison import BATCH, StoredWorld, differences, drawn

# A small part of what the suite draws: what hides for longer might hide for ever.
MOST_DOCUMENTS = 3_200
BUGS = (*planted_values.BUGS, *planted_rows.BUGS, *planted_members.BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_is_caught(
    bug: Callable[[pytest.MonkeyPatch], None],
    worlds: tuple[StoredWorld, ...],
    hostile_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within a fraction of the documents the comparison draws, each of these bugs shows."""
    bug(monkeypatch)
    for place in range(MOST_DOCUMENTS // BATCH):
        if _differs(worlds[place % len(worlds)], hostile_database, start=100 + place):
            return
    pytest.fail(f"{bug.__name__} was not found in {MOST_DOCUMENTS} documents")


def _differs(stored: StoredWorld, database: Database, *, start: int) -> bool:
    with database.transaction(read_only=True) as transaction:
        try:
            return (
                next(differences(transaction.connection, stored, drawn(stored, BATCH, start=start)), None) is not None
            )
        except AssertionError:  # only one engine refused
            return True


def test_without_a_bug_nothing_is_found(worlds: tuple[StoredWorld, ...], hostile_database: Database) -> None:
    """What finds the bugs are the bugs: the same documents agree as long as nothing is planted."""
    assert not any(_differs(stored, hostile_database, start=100 + place) for place, stored in enumerate(worlds))
    assert len(BUGS) == len({bug.__name__ for bug in BUGS}) > 70
