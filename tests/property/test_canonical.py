"""Equal hash, equal members: the canonical form keeps the meaning, and equal spellings share it (§8)."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segment_engine.domain.canonical import canonical, criteria_hash, serialized
from segment_engine.domain.evaluate import members_of, question
from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError, LimitExceeded
from tests.criteria_catalog import CATALOG
from tests.criteria_strategies import documents
from tests.language_catalog import AS_OF
from tests.language_catalog import CATALOG as WHOLE
from tests.property import hostile_data
from tests.property.canonical_documents import document_of
from tests.property.hostile_documents import Documents
from tests.property.rewriting import Rewriter
from tests.property.small_people import People
from tests.property.small_questions import Questions

_RUNS = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
_PER_WORLD = 60


@_RUNS
@given(documents(CATALOG), st.randoms(use_true_random=False))
def test_another_spelling_has_the_same_hash(document: dict[str, object], random: Random) -> None:
    """Reordered, renamed, relisted, regrouped and doubly negated criteria are recognized as the same."""
    criteria = parse_criteria(document, CATALOG)
    rewritten = Rewriter(random, CATALOG).criteria(criteria)
    assert serialized(canonical(rewritten, CATALOG)) == serialized(canonical(criteria, CATALOG))
    assert criteria_hash(rewritten, CATALOG) == criteria_hash(criteria, CATALOG)


@pytest.mark.parametrize("focus", [1, 2, 4])
def test_every_kind_keeps_its_meaning_and_its_hash(focus: int) -> None:
    """Campaigns, relations, consent and all others: read back they find the same, rewritten they hash the same."""
    people = People(Random(9))  # noqa: S311 - repeatable, no secret
    records = [people.contact(key) for key in range(60)]
    questions = Questions(Random(focus), focus)  # noqa: S311 - repeatable, no secret
    compared = 0
    for _ in range(_PER_WORLD * 3):
        criteria = questions.criteria()
        form = canonical(criteria, WHOLE)
        rewritten = Rewriter(questions.rng, WHOLE).criteria(criteria)
        assert serialized(canonical(rewritten, WHOLE)) == serialized(form)
        try:
            again = parse_criteria(document_of(form, WHOLE), WHOLE)
        except CriteriaError:  # a range of a named day and a relative one that the parser knows to be empty
            continue
        assert canonical(again, WHOLE)["root"] == form["root"]
        compared += 1
        asks = [question(each, catalog=WHOLE, as_of=AS_OF) for each in (criteria, again, rewritten)]
        for record in records:
            assert len({ask(record) for ask in asks}) == 1, serialized(form)
    assert compared > _PER_WORLD * 2


@pytest.mark.parametrize("seed", range(hostile_data.SCENES))
def test_the_canonical_form_means_what_the_criteria_mean(seed: int) -> None:
    """The tree read back from the canonical form finds the same contacts, so that an equal hash cannot lie."""
    world = hostile_data.build_world(seed)
    drawn = Documents(Random(1_000 + seed), world)  # noqa: S311 - repeatable, no secret
    catalog, population = world.catalog, world.population
    compared = 0
    for _ in range(_PER_WORLD):
        criteria = drawn.criteria()
        form = canonical(criteria, catalog)
        try:
            again = parse_criteria(document_of(form, catalog), catalog)
            members = [members_of(each, population, catalog=catalog, as_of=world.as_of) for each in (criteria, again)]
        except (CriteriaError, LimitExceeded):  # a text grew when folded, or a bound leaves the years
            continue
        assert [canonical(again, catalog)[key] for key in ("root", "limit")] == [form["root"], form["limit"]]
        compared += 1
        assert members[0] == members[1], serialized(form)
    assert compared > _PER_WORLD * 0.8
