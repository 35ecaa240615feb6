"""Who may not see members sees no contact: no key, no address, no name, in no answer of any method."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Permission, Role
from tests.isolation.asking import BESIDE, BY_WORD
from tests.isolation.calls import CALLS
from tests.isolation.conftest import Worlds
from tests.isolation.marked_worlds import OURS
from tests.isolation.probing import answer, ids_of

pytestmark = pytest.mark.xdist_group("marked worlds")
# What only contacts are called there; their city is named by the criteria of a segment too.
PERSONAL = re.compile(rf"{OURS}-[123]\b|{OURS} first")
MEMBERS = frozenset({Permission.MEMBERS_VIEW, Permission.MEMBERS_EXPORT})
Count = Callable[..., None]


def _answers(worlds: Worlds, context: OrganizationContext) -> Iterator[tuple[str, str]]:
    """Ask every method about everything there is in one's own organization; what was asked for is not in the answer."""
    ids = ids_of(worlds.databases, worlds.ours.organization_id)
    for name, (_permission, call) in CALLS.items():
        for given in ids.values():
            yield name, answer(partial(call, worlds.engine, context, given), str(given))
    for name, call in BESIDE.items():
        for given in ids.values():
            yield name, answer(partial(call, worlds.engine, context, worlds.ours, given), str(given))
    for name, call in BY_WORD.items():
        told = answer(partial(call, worlds.engine, context, worlds.ours, OURS), "nothing")
        yield name, told


@pytest.mark.parametrize("role", ["viewer", "everything but members"])
def test_without_the_permission_no_answer_holds_a_contact(worlds: Worlds, scored: Count, role: str) -> None:
    """Members, searches, samples, explanations, changes, reports, the audit log: counts at most."""
    every = frozenset(Permission) - MEMBERS if role != "viewer" else PERMISSIONS[Role.VIEWER]
    acting = replace(worlds.ours.context, role=Role.VIEWER, permissions=every)
    told = [*_answers(worlds, acting)]
    seen = {name: found.group() for name, learned in told if (found := PERSONAL.search(learned))}
    scored("answers without members", len(told), with_contacts=len(seen))
    assert seen == {}


def test_with_the_permission_the_same_questions_find_contacts(worlds: Worlds, scored: Count) -> None:
    """The questions have teeth: whoever may see members learns of them by many of these methods."""
    seen = {name for name, learned in _answers(worlds, worlds.ours.context) if PERSONAL.search(learned)}
    scored("answers with members", len(seen))
    assert len(seen) >= 12, seen
