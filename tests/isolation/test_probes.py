"""What somebody of one organization can learn of another: nothing, by any method, with any id, in any role."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.db import queries
from segment_engine.domain.access import Role
from tests.isolation.calls import CALLS
from tests.isolation.conftest import Worlds
from tests.isolation.marked_worlds import OURS, TENANT_TABLES, THEIRS, names
from tests.isolation.probing import (
    Tally,
    answer,
    ids_of,
    probe_beside,
    probe_methods,
    probe_words,
    state_of,
    without_filters,
    without_row_security,
)

pytestmark = pytest.mark.xdist_group("marked worlds")
MODULES = tuple(sorted(path.stem for path in (Path(queries.__file__).parent / "sql").glob("*.sql")))
# Enough to try each kind of thing once where the whole matrix is tried elsewhere.
KINDS = ("segment_id", "run_id", "campaign_id", "list_id", "override_id", "data_source_id", "view_id")
Count = Callable[..., None]


def test_both_organizations_have_rows_in_every_table(worlds: Worlds) -> None:
    """The probes below leave no table out: a new one needs a row in both."""
    with worlds.databases.migrator.transaction() as transaction:
        for table in names(worlds.databases.migrator, TENANT_TABLES):
            found = transaction.rows(text(f"SELECT DISTINCT organization_id AS o FROM {table}"))  # noqa: S608 - as named
            there = {row.o for row in found}
            assert there >= {worlds.ours.organization_id, worlds.theirs.organization_id}, table


def test_another_organizations_id_is_answered_like_one_that_never_was(worlds: Worlds, scored: Count) -> None:
    """Every method, every kind of id, byte for byte the same, and nothing of theirs changes (B1, B12)."""
    before = state_of(worlds.databases, worlds.theirs.organization_id)
    ids = ids_of(worlds.databases, worlds.theirs.organization_id)
    found = probe_methods(worlds.engine, worlds.ours.context, ids)
    scored("probes across organizations", found.probes, leaks=len(found.told_apart) + len(found.leaks))
    assert found.clean, found
    assert found.probes >= 2_000
    assert state_of(worlds.databases, worlds.theirs.organization_id) == before


def test_no_role_learns_more_of_another_organization(worlds: Worlds, scored: Count) -> None:
    """The same in every role: what is refused is refused before anything is looked up (B1)."""
    before = state_of(worlds.databases, worlds.theirs.organization_id)
    roles = tuple(role for role in Role if role is not Role.ADMIN)
    found = probe_methods(worlds.engine, worlds.ours.context, {"segment": worlds.theirs.segment}, roles=roles)
    scored("probes across organizations", found.probes, leaks=len(found.told_apart) + len(found.leaks))
    assert found.clean, found
    assert state_of(worlds.databases, worlds.theirs.organization_id) == before


def test_names_keys_and_values_of_others_are_answered_like_words_nobody_uses(worlds: Worlds, scored: Count) -> None:
    """Searches, suggestions, counts, explanations, lists and imports say nothing of others (B11, B12)."""
    found = _asked(worlds, _some(worlds, worlds.theirs.organization_id))
    scored("probes across organizations", found.probes, leaks=len(found.told_apart) + len(found.leaks))
    assert found.clean, found


def test_no_answer_about_ones_own_bears_the_others_word(worlds: Worlds, scored: Count) -> None:
    """Whatever can be asked with one's own ids: the other's word is in no answer, one's own is in many (B11)."""
    ids = _some(worlds, worlds.ours.organization_id)
    own: set[str] = set()
    asked = 0
    for name, (_permission, call) in CALLS.items():
        for given in ids.values():
            told = answer(partial(call, worlds.engine, worlds.ours.context, given), "nothing")
            assert THEIRS not in told, name
            asked += 1
            own |= {name} if OURS in told else set()
    scored("probes across organizations", asked)
    assert len(own) >= 40


def test_each_of_the_two_locks_holds_alone(worlds: Worlds, scored: Count) -> None:
    """Queries that forgot their organization are held by row-level security; without it the queries hold (B1)."""
    with without_filters(MODULES) as opened:
        assert opened >= 150
        found = _tried(worlds)
        scored("probes with one lock", found.probes, leaks=len(found.told_apart) + len(found.leaks))
        assert found.clean, found


def test_the_other_lock_holds_alone(worlds: Worlds, scored: Count) -> None:
    """With row-level security off, every query still names its organization (B1)."""
    without_row_security(worlds.databases)
    before = state_of(worlds.databases, worlds.theirs.organization_id)
    found = _tried(worlds)
    scored("probes with one lock", found.probes, leaks=len(found.told_apart) + len(found.leaks))
    assert found.clean, found
    assert state_of(worlds.databases, worlds.theirs.organization_id) == before


def test_without_both_locks_the_probes_find_leaks(worlds: Worlds, scored: Count) -> None:
    """The probes have teeth: where nothing holds, they tell ids apart and read the other's word (B1, B11)."""
    without_row_security(worlds.databases)
    with without_filters(MODULES):
        found = _tried(worlds)
    scored("probes without locks", found.probes, found=len(found.told_apart) + len(found.leaks))
    assert len(found.told_apart) >= 40
    assert len(found.leaks) >= 20


def _some(worlds: Worlds, organization_id: int) -> dict[str, UUID]:
    """Give one id of each kind."""
    by_column = {name.partition(".")[2]: given for name, given in ids_of(worlds.databases, organization_id).items()}
    return {kind: by_column[kind] for kind in KINDS}


def _asked(worlds: Worlds, ids: dict[str, UUID]) -> Tally:
    """Ask by names, and beside one's own things."""
    words = probe_words(worlds.engine, worlds.ours, worlds.theirs)
    beside = probe_beside(worlds.engine, worlds.ours, ids)
    return words.with_those_of(beside)


def _tried(worlds: Worlds) -> Tally:
    """Everything above with one id of each kind, read before anything is tried."""
    ids = _some(worlds, worlds.theirs.organization_id)
    return probe_methods(worlds.engine, worlds.ours.context, ids).with_those_of(_asked(worlds, ids))
