"""Every parameter counts (M19): another value gives other SQL or other bounds, and somewhere other members."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from segment_engine.compiler import compile_criteria
from segment_engine.domain.canonical import canonical, serialized
from segment_engine.domain.catalog import TIMES
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from segment_engine.errors import LimitExceeded, Unresolved
from tests import language_catalog
from tests.language_catalog import AS_OF
from tests.property.comparison import StoredWorld, answer
from tests.property.every_parameter import DOCUMENTS
from tests.property.focused import Draw, asked, of_type, questions, ranked, whole
from tests.property.hostile_data import SCENES, build_world
from tests.property.hostile_documents import Documents
from tests.property.mutations import changes, parameters

_RUN_AT = AS_OF - timedelta(hours=3)
CATALOG = replace(
    language_catalog.CATALOG,
    segments={key: replace(each, as_of=_RUN_AT) for key, each in language_catalog.CATALOG.segments.items()},
)
# Of these only some values matter: an age decides whether a run may be read at all, and a condition looks at part of
# the calendar, or at none of it.
_SELDOM = ("SegmentMembership.max_age_hours", "Calendar.")


def _asked(criteria: Criteria) -> tuple[object, ...]:
    try:
        sql = compile_criteria(criteria, catalog=CATALOG, organization_id=1, as_of=AS_OF).sql()
    except (Unresolved, LimitExceeded) as refusal:
        return (type(refusal), str(refusal))
    return (sql.text, sorted((name, repr(value)) for name, value in sql.parameters.items()))


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_another_parameter_asks_something_else(kind: str) -> None:
    """T30 M19: each parameter, changed alone, changes the SQL or what is bound, unless the canonical form is equal."""
    for criteria in DOCUMENTS[kind]:
        assert parse_criteria(write_criteria(criteria), CATALOG) == criteria
        asked, form = _asked(criteria), serialized(canonical(criteria, CATALOG))
        silent = [
            f"{change.parameter}: {write_criteria(change.criteria)}"
            for change in changes(criteria, CATALOG)
            if not change.parameter.startswith(_SELDOM)
            and _asked(change.criteria) == asked
            and serialized(canonical(change.criteria, CATALOG)) != form
        ]
        assert not silent, "\n".join(silent)


def test_every_parameter_is_changed() -> None:
    """M19: no parameter of the tree is left out above, and each asks something else in at least one document."""
    matter: set[str] = set()
    for criteria in (criteria for of_kind in DOCUMENTS.values() for criteria in of_kind):
        asked = _asked(criteria)
        for change in changes(criteria, CATALOG):
            if change.parameter not in matter and _asked(change.criteria) != asked:
                matter.add(change.parameter)
    assert matter == parameters()


_DRAWS: dict[str, Draw] = {
    "group": whole,
    "calendar": of_type(*TIMES, operators=("anniversary_within", "in_period", "in_last")),
    "limit": ranked(),
    **{kind: asked(getattr(Documents, kind)) for kind in DOCUMENTS if hasattr(Documents, kind) and kind != "limit"},
}
MOST_DOCUMENTS = 3_000


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_another_parameter_finds_others(kind: str) -> None:
    """M19: in some world each parameter of each kind, changed alone, gives other members, or none for a reason."""
    left = {change.parameter for criteria in DOCUMENTS[kind] for change in changes(criteria, CATALOG)}
    if kind != "calendar":  # a part of every document, not of its conditions
        left = {parameter for parameter in left if not parameter.startswith("Calendar.")}
    worlds = [StoredWorld(build_world(seed), 0) for seed in range(SCENES)]
    for place in range(MOST_DOCUMENTS // 20):
        stored = worlds[place % SCENES]
        for question in questions(stored, _DRAWS[kind], 20, start=place):
            if not left:
                return
            found = answer(stored, question)
            for change in changes(question.criteria, stored.world.catalog, left.__contains__):
                if change.parameter in left and answer(stored, replace(question, criteria=change.criteria)) != found:
                    left.discard(change.parameter)
    assert not left
