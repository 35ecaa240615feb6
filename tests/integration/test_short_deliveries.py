"""A file that brought far fewer rows than all before it: nothing is gone, and yet the members may be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.checks import Checks
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.integration.reference_worlds import calculate, city, document, save


@pytest.fixture
def importer(databases: Databases, context: OrganizationContext, tmp_path: Path) -> Importer:
    """Import into the organization."""
    return Importer(databases.app, context.organization_id, tmp_path)


def file_of(first: int, last: int) -> str:
    """Write a file of contacts, of whom one lives in Gent."""
    return "id,city\n" + "".join(
        f"k{each},{'Gent' if each == first else 'Utrecht'}\n" for each in range(first, last + 1)
    )


def test_a_file_much_shorter_than_all_before_it_asks_for_a_look(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Contacts are delivered in full every day, 60 of them; a file of 20 is said with the result, events are not meant.

    Rows that were refused do not count as delivered, and the next full file ends it.
    """
    for last in (60, 61, 60):
        importer.contacts(file_of(1, last))
    importer.events("id,at\nk1,2026-01-01T00:00:00Z\n", source="CRM")
    made = save(engine, context, "Gent", document(city("Gent")))
    short = file_of(1, 20) + ",Lyon\n" * 45
    for content, codes in ((short, ["source_dropped"]), (file_of(1, 55), []), (file_of(1, 20), [])):
        importer.contacts(content)
        engine.runs.request(context, made)
        calculate(databases)
        standing = engine.segments.standing(context, made)
        assert [each.code for each in standing.reasons] == codes
        if codes:
            assert standing.checks is Checks.WARNED
            assert "delivered 20 rows at its last import, and never fewer than 60 at the 3 before" in (
                standing.reasons[0].sentence
            )
