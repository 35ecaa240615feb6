"""Documents as every released version stored them must be read for ever, and mean what they meant (M20)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.write import write_criteria
from tests.case_files import read_cases
from tests.property.hostile_data import CATALOG

RELEASED = Path(__file__).parent.parent / "released"
VERSIONS = sorted(path.stem for path in RELEASED.glob("*.json"))


@pytest.mark.parametrize("version", VERSIONS)
def test_documents_of_every_release_are_read(version: str) -> None:
    """T45 M20: what a release stored is read without a problem, and written again without losing a word."""
    stored = json.loads((RELEASED / f"{version}.json").read_text(encoding="utf-8"))
    assert stored
    for name, document in stored.items():
        assert write_criteria(parse_criteria(document, CATALOG)) == document, name


@pytest.mark.parametrize("version", VERSIONS)
def test_documents_of_every_release_mean_the_same(version: str) -> None:
    """T05 T45: a stored document has the tree of the written case it was made from, whose members are checked."""
    stored = json.loads((RELEASED / f"{version}.json").read_text(encoding="utf-8"))
    cases = {str(case): case for case in read_cases()}
    assert stored.keys() <= cases.keys()
    for name, document in stored.items():
        assert parse_criteria(document, CATALOG) == parse_criteria(cases[name].criteria, CATALOG), name
