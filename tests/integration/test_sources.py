"""Data sources as pages read them: freshness, imports that add up, fields with their users, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.drift import DriftKind, DriftLevel
from segment_engine.domain.segment import Segment, SegmentDraft
from segment_engine.domain.sources import SourceCard, SourceFreshness, UserKind
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound, PermissionDenied
from segment_engine.worker.loop import Worker
from tests.integration.importing import Importer, lines

Document = dict[str, Any]


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Imports into a fresh organization."""
    return Importer(databases.app, organization_id, tmp_path)


def people(cities: Callable[[int], str], count: int = 200) -> str:
    """Contacts whose city depends on their number."""
    rows = ((f"{each:04}", cities(each), "gold" if each % 3 == 0 else "silver", each) for each in range(count))
    return lines(("id", "city", "tier", "score"), *rows)


def mostly_utrecht(number: int) -> str:
    """Three of four live in Utrecht."""
    return "Gent" if number % 4 == 0 else "Utrecht"


def asking(field: str, value: str) -> Document:
    """Criteria of one condition."""
    condition = {"kind": "attribute", "field": field, "op": "equals", "value": value}
    return {
        "format": "segment-criteria", "version": 1, "base": "contacts", "root": {"group": "all", "of": [condition]}
    }  # fmt: skip


def the_source(engine: Engine, context: OrganizationContext, name: str = "CRM") -> SourceCard:
    """Give the card of a source by name."""
    return next(each for each in engine.sources.find(context) if each.name == name)


@pytest.fixture
def save(engine: Engine, context: OrganizationContext, databases: Databases) -> Callable[[str, Document], Segment]:
    """Save a segment and let a worker compute it."""

    def saved(name: str, criteria: Document) -> Segment:
        draft = SegmentDraft(name, "", criteria, accepted_warnings=frozenset({"L-DUPLICATE", "L-NEAR"}))
        made = engine.segments.create(context, draft)
        while Worker(databases.worker).work_once():
            pass
        return engine.segments.get(context, made.segment_id)

    return saved


# The list ----------------------------------------------------------------------------------------------------------


def test_a_card_says_what_a_source_holds_and_who_reads_it(
    engine: Engine, context: OrganizationContext, importer: Importer, save: Callable[..., Segment]
) -> None:
    """Kinds of rows with their counts, the last import, rows after each import, and readers outside the archive."""
    importer.contacts(people(mostly_utrecht, 100), types={"tier": "choice:gold|silver"})
    importer.contacts(people(mostly_utrecht, 120))
    importer.events(lines(("id", "at", "total"), ("0001", "2026-01-05T10:00:00Z", 5)), source="CRM")
    save("In Utrecht", asking("contact.city", "Utrecht"))
    card = the_source(engine, context)
    assert [(each.key, each.total) for each in card.row_kinds] == [("contact", 120), ("order_placed", 1)]
    assert (card.row_total, card.field_count, card.segment_count, card.recent_totals) == (121, 4, 1, (100, 120, 121))
    assert card.last_import is not None
    assert (card.last_import.kind, card.last_import.rows_read) == ("events", 1)
    assert engine.sources.get(context, card.source_id) == card


def test_late_sources_come_first(
    engine: Engine, context: OrganizationContext, importer: Importer, databases: Databases
) -> None:
    """Late by what was agreed; without an agreement never late; late is not told by the rows but by the import."""
    for name in ("A", "B", "C"):
        importer.contacts(f"id,{name}_x\n1,1\n", source=name)
    late = "UPDATE data_sources SET last_imported_at = now() - interval '30 hours' WHERE name IN ('B', 'C')"
    with databases.migrator.transaction() as transaction:
        transaction.run(text(late))
    for name in ("A", "B"):
        engine.sources.set_limits(context, the_source(engine, context, name).source_id, stale_after_hours=26)
    found = engine.sources.find(context)
    now = max(each.last_imported_at for each in found if each.last_imported_at is not None)
    assert [(each.name, each.freshness(now)) for each in found] == [
        ("B", SourceFreshness.LATE), ("A", SourceFreshness.ON_TIME), ("C", SourceFreshness.NOT_WATCHED)
    ]  # fmt: skip
    assert replace(found[0], last_imported_at=None).freshness(now) is SourceFreshness.NEVER
    assert replace(found[0], last_imported_at=now - timedelta(hours=26)).freshness(now) is SourceFreshness.ON_TIME


def test_limits_are_checked_and_on_record(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """From one hour to a year, or none at all; who changed what is in the audit log."""
    importer.contacts("id\n1\n")
    source = the_source(engine, context)
    for hours in (0, -1, 24 * 366 + 1):
        with pytest.raises(InputError, match="hours"):
            engine.sources.set_limits(context, source.source_id, stale_after_hours=hours)
    assert engine.sources.set_limits(context, source.source_id, stale_after_hours=5).stale_after_hours == 5
    assert engine.sources.set_limits(context, source.source_id, stale_after_hours=None).stale_after_hours is None
    audit = "SELECT detail FROM audit_events WHERE organization_id = :o AND action = 'source.limits'"
    assert {(each["detail"]["from"], each["detail"]["to"]) for each in importer.rows(audit)} == {(None, 5), (5, None)}


def test_nobody_without_the_permission_sees_or_changes_anything(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:
    """Viewers see no sources; analysts see them and change nothing."""
    importer.contacts("id\n1\n")
    source = the_source(engine, context)
    viewer, analyst = (
        replace(context, role=role, permissions=PERMISSIONS[role]) for role in (Role.VIEWER, Role.ANALYST)
    )
    with pytest.raises(PermissionDenied):
        engine.sources.find(viewer)
    assert engine.sources.find(analyst)
    with pytest.raises(PermissionDenied):
        engine.sources.set_limits(analyst, source.source_id, stale_after_hours=5)


# Imports and fields ------------------------------------------------------------------------------------------------


def test_every_report_adds_up(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """Rows read are those added, updated, unchanged and rejected; what could not be read is shown (T29, T86)."""
    importer.contacts(lines(("id", "score"), (1, 5), (2, 6), (3, 7), ("", 8)))
    importer.contacts(lines(("id", "score"), (1, 5), (2, "many"), (4, 9), (4, 10)))
    importer.contacts(lines(("id", "score"), (1, 5), (2, "many"), (4, 9), (4, 10)))
    third, second, first = engine.sources.imports(context, the_source(engine, context).source_id).items
    for each in (first, second, third):
        assert each.rows_read == each.added + each.updated + each.unchanged + each.rejected
    assert [(each.code, each.count, each.first_rows) for each in first.rejections] == [("missing_key", 1, (4,))]
    assert (second.added, second.updated, second.unchanged, second.rejected) == (1, 1, 1, 1)
    assert (second.unparseable, second.fields[0].samples) == (1, ("many",))
    assert (third.added, third.updated, third.unchanged, third.rejected) == (0, 0, 3, 1)
    assert [each.name for each in second.columns] == ["id", "score"]


def test_imports_come_in_pages(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """Newest first; a page beyond the end is the last one."""
    for number in range(27):
        importer.contacts(f"id\n{number}\n")
    source = the_source(engine, context)
    first, last = (engine.sources.imports(context, source.source_id, page=page) for page in (1, 99))
    assert (len(first.items), len(last.items), first.total, last.page, last.pages) == (25, 2, 27, 2, 2)
    assert first.items[0].finished_at > last.items[-1].finished_at


def test_fields_know_their_profile_and_who_uses_them(
    engine: Engine, context: OrganizationContext, importer: Importer, save: Callable[..., Segment]
) -> None:
    """Those of the source alone, with segments by name, and campaigns on top of these."""
    importer.contacts(people(mostly_utrecht), types={"tier": "choice:gold|silver"})
    importer.contacts("id,other\n0001,5\n", source="Other")
    segment = save("In Utrecht", asking("contact.city", "Utrecht"))
    campaign = uuid4()
    with importer.database.transaction(importer.organization_id) as transaction:
        values = {"o": importer.organization_id, "c": campaign, "s": segment.segment_id}
        plan = "INSERT INTO campaigns (organization_id, campaign_id, name, channel) VALUES (:o, :c, 'Spring', 'email')"
        part = "INSERT INTO campaign_segments VALUES (:o, :c, :s, 'included')"
        for statement in (plan, part):
            transaction.run(text(statement), values)
    fields = {each.field.key: each for each in engine.sources.fields(context, the_source(engine, context).source_id)}
    assert set(fields) == {"contact.city", "contact.tier", "contact.score"}
    city = fields["contact.city"]
    assert [(each.kind, each.name) for each in city.used_by] == [
        (UserKind.SEGMENT, "In Utrecht"), (UserKind.CAMPAIGN, "Spring")
    ]  # fmt: skip
    assert city.profile is not None
    assert (city.profile.distinct, city.profile.missing) == (2, 0)
    assert fields["contact.score"].used_by == ()


def test_history_of_a_field_is_its_share_missing_after_each_import(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:
    """Oldest first."""
    for empty in (0, 50, 100):
        importer.contacts(people(lambda number, empty=empty: "" if number < empty else "Gent", 200))
    found = engine.sources.field_history(context, "contact.city")
    assert [each.missing_share for each in found] == [0.0, 0.25, 0.5]


# What changed ------------------------------------------------------------------------------------------------------


def test_drift_since_the_run_names_what_touches_the_segment(
    engine: Engine, context: OrganizationContext, importer: Importer, save: Callable[..., Segment]
) -> None:
    """Only fields its criteria read; serious where a column they need is gone; with the segments it touches."""
    importer.contacts(people(mostly_utrecht), types={"tier": "choice:gold|silver"})
    segment = save("In Utrecht", asking("contact.city", "Utrecht"))
    [unchanged] = engine.sources.drift_since_run(context, segment.segment_id)
    assert (unchanged.name, unchanged.findings, unchanged.level) == ("CRM", (), None)
    importer.contacts(lines(("id", "score"), *((f"{each:04}", each * 50) for each in range(200))))
    [found] = engine.sources.drift_since_run(context, segment.segment_id)
    assert [(each.finding.kind, each.finding.key) for each in found.findings] == [
        (DriftKind.COLUMN_GONE, "contact.city")
    ]  # fmt: skip
    assert found.level is DriftLevel.SERIOUS
    assert [each.name for each in found.findings[0].used_by] == ["In Utrecht"]
    assert found.since is not None
    assert found.until is not None
    assert found.since < found.until


def test_drift_since_the_run_sees_values_and_missing_ones(
    engine: Engine, context: OrganizationContext, importer: Importer, save: Callable[..., Segment]
) -> None:
    """A share that went, and a third that is missing now; a new run begins anew."""
    importer.contacts(people(mostly_utrecht), types={"tier": "choice:gold|silver"})
    segment = save("In Utrecht", asking("contact.city", "Utrecht"))
    importer.contacts(people(lambda number: "" if number % 3 == 0 else "Gent" if number % 2 else "Utrecht"))
    [found] = engine.sources.drift_since_run(context, segment.segment_id)
    kinds = {each.finding.kind for each in found.findings}
    assert {DriftKind.MISSING, DriftKind.DISTRIBUTION} <= kinds
    assert all(each.finding.key == "contact.city" for each in found.findings)
    engine.runs.request(context, segment.segment_id)
    again = save("Another", asking("contact.tier", "gold"))
    assert engine.sources.drift_since_run(context, again.segment_id)[0].findings == ()
    assert engine.sources.drift_since_run(context, segment.segment_id)[0].findings == ()


def test_drift_without_a_run_or_a_record_says_nothing(
    engine: Engine, context: OrganizationContext, importer: Importer, save: Callable[..., Segment]
) -> None:
    """Before the first run there is none; where a run left no record, there is nothing to compare with."""
    importer.contacts(people(mostly_utrecht))
    draft = SegmentDraft("Waiting", "", asking("contact.city", "Gent"))
    waiting = engine.segments.create(context, draft)
    assert engine.sources.drift_since_run(context, waiting.segment_id) == ()
    segment = save("In Utrecht", asking("contact.city", "Utrecht"))
    with pytest.raises(NotFound):
        engine.sources.drift_since_run(context, uuid4())
    assert engine.sources.drift_since_run(context, segment.segment_id)[0].since is not None


def test_drift_compares_files_of_one_kind(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """Contacts with contacts, orders with orders, whatever came in between."""
    importer.contacts(people(mostly_utrecht), source="Shop")
    importer.events(lines(("id", "at", "total"), ("0001", "2026-01-05T10:00:00Z", 5)))
    source = the_source(engine, context, "Shop")
    nothing = engine.sources.drift(context, source.source_id)
    assert (nothing.since, nothing.findings) == (None, ())
    importer.contacts(people(lambda _number: "Leiden"), source="Shop")
    importer.events(lines(("id", "at", "sum"), ("0001", "2026-01-06T10:00:00Z", 5)))
    found = {each.finding.kind for each in engine.sources.drift(context, source.source_id).findings}
    assert {DriftKind.DISTRIBUTION, DriftKind.COLUMN_GONE, DriftKind.COLUMN_NEW} <= found


def test_an_import_without_a_record_is_not_compared(
    engine: Engine, context: OrganizationContext, importer: Importer, databases: Databases
) -> None:
    """Imports of an earlier release have no profile: nothing is made up about them."""
    importer.contacts(people(mostly_utrecht))
    with databases.migrator.transaction() as transaction:
        for statement in (
            "DELETE FROM field_profiles",
            "UPDATE imports SET file_columns = '[]', row_total = NULL, report = report - 'rows' - 'totals'",
        ):
            transaction.run(text(statement))
    importer.contacts(people(lambda _number: "Leiden"))
    source = the_source(engine, context)
    assert engine.sources.drift(context, source.source_id).since is None
    assert source.recent_totals == (200,)
    assert all(each.profile is not None for each in engine.sources.fields(context, source.source_id))
