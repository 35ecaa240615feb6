"""The written cases, answered by the reference evaluator."""

from __future__ import annotations

import re

import pytest

from segment_engine.domain.evaluate import evaluate
from segment_engine.domain.parse import parse_criteria
from tests.case_files import Case, read_cases
from tests.property.hostile_data import CATALOG

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_evaluator_finds_who_is_expected(case: Case) -> None:
    """Every case names the contacts that match, and the evaluator finds exactly those."""
    criteria = parse_criteria(case.criteria, CATALOG)
    found = tuple(
        number
        for number, record in case.records.items()
        if evaluate(criteria, record, catalog=CATALOG, as_of=case.as_of)
    )
    assert found == case.expected, case.promise


def test_every_case_says_what_it_is_for() -> None:
    """A case has a name of its own, a promise, pain cases it covers, and answers about its own contacts."""
    assert len({case.name for case in CASES}) == len(CASES) >= 40
    for case in CASES:
        assert case.promise.endswith("."), case.name
        assert case.covers, case.name
        assert all(re.fullmatch(r"T\d\d", pain) for pain in case.covers), case.name
        assert set(case.expected) <= set(case.records), case.name
