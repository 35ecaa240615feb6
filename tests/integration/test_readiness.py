"""Every reason of readiness on real PostgreSQL, each really produced: by imports, edits, runs, decisions and time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.standing import of_segments
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.assertions import AssertionDraft, AssertionKind
from segment_engine.domain.checks import Checks
from segment_engine.domain.readiness import CODES, Freshness, Readiness, Standing
from segment_engine.domain.schedules import every
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.errors import NotFound
from tests.integration.importing import Importer
from tests.integration.reference_worlds import ACCEPTED, EVERYONE, calculate, city, document, in_segments, save

CONTACTS = "id,city\n1,Utrecht\n2,Utrecht\n3,Gent\n"
ORDERS = "id,at,total\n1,2026-01-05T10:00:00Z,12.50\n"
ORDERED: dict[str, object] = {"kind": "event", "event": "order_placed", "verb": "did"}

Change = Callable[..., None]


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Three contacts from the CRM and an order from the shop."""
    files = Importer(databases.app, organization_id, tmp_path)
    files.contacts(CONTACTS)
    files.events(ORDERS)
    return files


@pytest.fixture
def utrecht(engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer) -> UUID:
    """A calculated segment of the two contacts in Utrecht: nothing speaks against it."""
    assert importer.organization_id == context.organization_id
    made = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    return made


@pytest.fixture
def change(databases: Databases, organization_id: int) -> Change:
    """Change stored figures as time would."""

    def run(statement: str, **values: object) -> None:
        with databases.migrator.transaction() as transaction:  # the superuser: no row-level security
            transaction.run(text("SET LOCAL session_replication_role = replica"))  # and no triggers
            assert transaction.run(text(statement), {"o": organization_id, **values}) > 0, statement

    return run


AGE = """WITH aged AS (
    UPDATE runs SET as_of = as_of - make_interval(hours => :hours),
        started_at = started_at - make_interval(hours => :hours)
    WHERE organization_id = :o AND segment_id = :segment RETURNING segment_id
)
UPDATE segments SET last_calculated_at = last_calculated_at - make_interval(hours => :hours)
FROM aged WHERE segments.organization_id = :o AND segments.segment_id = aged.segment_id"""
LATE = """UPDATE data_sources SET stale_after_hours = 24, last_imported_at = last_imported_at - interval '50 hours'
WHERE organization_id = :o AND name = :name"""


def codes(standing: Standing) -> list[str]:
    """List the codes of a judgement."""
    return [reason.code for reason in standing.reasons]


def test_a_fresh_result_is_ready(engine: Engine, context: OrganizationContext, utrecht: UUID) -> None:
    """Active, calculated, fresh, checked: nothing speaks against it, and every list says the same (T79, T80)."""
    standing = engine.segments.standing(context, utrecht)
    assert standing == Standing(Readiness.READY, Freshness.FRESH, Checks.PASSED)
    assert engine.segments.standings(context, [utrecht, uuid4()]) == {utrecht: standing}
    assert engine.segments.find(context, SegmentQuery()).items[0].standing == standing
    with pytest.raises(NotFound):
        engine.segments.standing(context, uuid4())


def test_what_was_never_calculated_is_not_used(engine: Engine, context: OrganizationContext) -> None:
    """Without a result there is nobody; while the first calculation waits, that is what is said."""
    made = save(engine, context, "New", EVERYONE)
    (reason,) = engine.segments.standing(context, made).reasons
    assert (reason.code, reason.readiness) == ("never_calculated", Readiness.DO_NOT_USE)
    assert "wait for its end" in reason.sentence
    engine.runs.cancel(context, engine.runs.find(context, made)[0].run_id)
    assert engine.segments.standing(context, made).reasons[0].sentence.endswith("Recalculate it.")


def test_a_segment_that_is_not_active_raises_no_stale_warning(
    engine: Engine, context: OrganizationContext, utrecht: UUID, change: Change, importer: Importer
) -> None:
    """Nobody is warned of the age of what nobody may use (T71)."""
    engine.segments.deactivate(context, [utrecht])
    change(AGE, segment=utrecht, hours=1000)
    importer.contacts(CONTACTS)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.freshness) == (["not_active"], Freshness.FRESH)
    engine.segments.activate(context, [utrecht])
    assert codes(engine.segments.standing(context, utrecht)) == ["too_old", "stale_source"]


def test_a_failed_run_keeps_the_members_and_forbids_their_use(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """The newest finished run decides; asking for another one does not make an old failure go away."""
    change("DELETE FROM fields WHERE organization_id = :o AND key = 'contact.city'")
    engine.runs.request(context, utrecht)
    calculate(databases)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.readiness) == (["last_run_failed"], Readiness.DO_NOT_USE)
    assert "contact.city" in standing.reasons[0].sentence
    run = engine.runs.request(context, utrecht)
    assert codes(engine.segments.standing(context, utrecht)) == ["last_run_failed"]
    engine.runs.cancel(context, run.run_id)
    assert codes(engine.segments.standing(context, utrecht)) == ["last_run_failed"]


def test_queued_again_a_good_result_stays_good(engine: Engine, context: OrganizationContext, utrecht: UUID) -> None:
    """Whoever asks for a new calculation can go on using the result there is."""
    engine.runs.request(context, utrecht)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY


def test_edited_criteria_make_the_members_those_of_another_question(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Until the new version is calculated, the members answer the old one (E5)."""
    draft = SegmentDraft("Utrecht", "", document(city("Gent")), accepted_warnings=ACCEPTED)
    engine.segments.update(context, utrecht, expected_revision=1, draft=draft)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.freshness) == (["stale_criteria"], Freshness.STALE_CRITERIA)
    assert "version 2, the members those of version 1" in standing.reasons[0].sentence
    calculate(databases)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY


def test_a_segment_that_is_read_makes_others_stale(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """A result is as good as the results it was made of: changed, edited, failed and inactive ones are named (T50)."""
    reader = save(engine, context, "Reader", document(in_segments(utrecht)))
    calculate(databases)
    assert engine.segments.standing(context, reader).readiness is Readiness.READY
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert engine.segments.standing(context, reader).readiness is Readiness.READY  # with the same members
    change("UPDATE contacts SET city = NULL, city_fold = NULL WHERE organization_id = :o AND number = 1")
    engine.runs.request(context, utrecht)
    calculate(databases)
    standing = engine.segments.standing(context, reader)
    assert (codes(standing), standing.freshness) == (["stale_dependency"], Freshness.STALE_DEPENDENCY)
    assert standing.reasons[0].sentence.startswith("“Utrecht”, which it reads, was edited or changed since.")
    engine.runs.request(context, reader)
    calculate(databases)
    assert engine.segments.standing(context, reader).readiness is Readiness.READY
    state = (
        "UPDATE segments SET state = 'inactive', status = 'failed' WHERE organization_id = :o AND segment_id = :segment"
    )
    change(state, segment=utrecht)
    sentence = engine.segments.standing(context, reader).reasons[0].sentence
    assert "“Utrecht”, which it reads, failed." in sentence
    assert "“Utrecht”, which it reads, is not active." in sentence


def test_criteria_evaluated_live_are_stale_when_they_are_edited(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, importer: Importer
) -> None:
    """Live, no stored members are read: a recalculation changes nothing, an edit and an import of its sources do."""
    reader = save(engine, context, "Live", document(in_segments(utrecht, members="live")))
    calculate(databases)
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert engine.segments.standing(context, reader).readiness is Readiness.READY
    importer.contacts(CONTACTS)
    assert codes(engine.segments.standing(context, reader)) == ["stale_source"]
    draft = SegmentDraft("Utrecht", "", document(city("Gent")), accepted_warnings=ACCEPTED)
    engine.segments.update(context, utrecht, expected_revision=1, draft=draft)
    assert codes(engine.segments.standing(context, reader)) == ["stale_dependency", "stale_source"]


def test_an_import_after_the_run_is_named(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, importer: Importer
) -> None:
    """Only sources that the criteria read count, and the next calculation has seen them."""
    importer.events(ORDERS)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    importer.contacts(CONTACTS)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.readiness) == (["stale_source"], Readiness.USE_WITH_CARE)
    assert standing.reasons[0].sentence.startswith("“CRM” was imported after")
    engine.runs.request(context, utrecht)
    calculate(databases)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY


def test_a_result_of_before_sources_were_recorded_is_judged_by_its_time(
    engine: Engine, context: OrganizationContext, utrecht: UUID, importer: Importer, change: Change
) -> None:
    """A run without a record of its sources is compared by when it began to read."""
    change("DELETE FROM run_sources WHERE organization_id = :o")
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    importer.contacts(CONTACTS)
    assert codes(engine.segments.standing(context, utrecht)) == ["stale_source"]


def test_a_source_that_delivers_nothing_is_late(
    engine: Engine, context: OrganizationContext, utrecht: UUID, change: Change
) -> None:
    """A recalculation of old data is no fresher: the source is named, with how long it has been silent."""
    change(LATE, name="CRM")
    (reason,) = engine.segments.standing(context, utrecht).reasons
    assert (reason.code, reason.readiness) == ("source_late", Readiness.USE_WITH_CARE)
    assert reason.sentence.startswith("“CRM” has delivered nothing for 2 days, and at most 24 hours are usual.")


@pytest.mark.parametrize(("hours", "code"), [(25, None), (27, "stale_age"), (167, "stale_age"), (169, "too_old")])
def test_a_result_grows_old(
    hours: int, code: str | None, engine: Engine, context: OrganizationContext, utrecht: UUID, change: Change
) -> None:
    """After 26 hours it is used with care, after a week not at all; both limits are the organization's."""
    change(AGE, segment=utrecht, hours=hours)
    standing = engine.segments.standing(context, utrecht)
    assert codes(standing) == ([] if code is None else [code])
    assert standing.freshness is (Freshness.FRESH if code is None else Freshness.STALE_AGE)


def test_the_organization_decides_what_old_means(
    engine: Engine, context: OrganizationContext, utrecht: UUID, change: Change
) -> None:
    """The limits are settings; the sentence names them."""
    change(AGE, segment=utrecht, hours=50)
    change("UPDATE organizations SET stale_after_hours = 72, unusable_after_hours = 100 WHERE organization_id = :o")
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    change(AGE, segment=utrecht, hours=60)
    sentence = engine.segments.standing(context, utrecht).reasons[0].sentence
    assert sentence == "Calculated 5 days ago; at most 4 days are allowed. Recalculate it."


def test_a_result_as_of_an_earlier_day_is_as_old_as_that_day(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Calculating today what was true a year ago makes nothing fresh."""
    engine.runs.request(context, utrecht, as_of=datetime(2026, 1, 1, tzinfo=UTC))
    calculate(databases)
    (reason,) = engine.segments.standing(context, utrecht).reasons
    assert reason.code == "too_old"
    assert reason.sentence.startswith("Calculated as of ")


def test_decisions_by_hand_count_until_the_next_run(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """A contact put in after the run is no member yet; one that was put in and let go again changes nothing."""
    made = engine.overrides.put_in(context, utrecht, "3", reason="Asked")
    assert codes(engine.segments.standing(context, utrecht)) == ["changed_by_hand"]
    engine.overrides.end(context, utrecht, made.override_id)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    kept = engine.overrides.put_in(context, utrecht, "3", reason="Asked")
    calculate(databases)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    engine.overrides.end(context, utrecht, kept.override_id)
    assert codes(engine.segments.standing(context, utrecht)) == ["changed_by_hand"]


def test_an_empty_result_is_not_used(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """Nobody is a result, and never one to send to; the count before is named."""
    draft = SegmentDraft(
        "Utrecht", "", document(city("Nowhere")), accepted_warnings=ACCEPTED | {"L-EMPTY", "L-UNKNOWN-VALUE"}
    )
    engine.segments.update(context, utrecht, expected_revision=1, draft=draft)
    calculate(databases)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.checks) == (["empty"], Checks.FAILED)
    assert "the run before found 2" in standing.reasons[0].sentence


def test_a_sudden_change_is_noticed(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Far from what is usual for this segment, a result asks for a look; far and drastic, it is not used."""
    everyone = save(engine, context, "Everyone", EVERYONE)
    importer.contacts(keyed(4, 40))
    for _ in range(5):
        engine.runs.request(context, everyone)
        calculate(databases)
    assert engine.segments.standing(context, everyone).checks is Checks.PASSED
    importer.contacts(keyed(41, 52))
    engine.runs.request(context, everyone)
    calculate(databases)
    standing = engine.segments.standing(context, everyone)
    assert (codes(standing), standing.checks) == (["sudden_change"], Checks.WARNED)
    assert standing.reasons[0].sentence.startswith("12 contacts more than in the result before (40, now 52): 30%")
    importer.contacts(keyed(53, 152))
    engine.runs.request(context, everyone)
    calculate(databases)
    standing = engine.segments.standing(context, everyone)
    assert (codes(standing), standing.checks) == (["check_failed"], Checks.FAILED)
    assert standing.readiness is Readiness.DO_NOT_USE


def test_a_result_of_everybody_and_a_source_that_lost_rows_ask_for_a_look(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer, change: Change
) -> None:
    """Criteria that leave nobody out, and data that may be incomplete, are said with the result that shows them."""
    importer.contacts(keyed(4, 120))
    made = save(engine, context, "All", document(city("Gent", "Utrecht")))
    calculate(databases)
    standing = engine.segments.standing(context, made)
    assert (codes(standing), standing.checks) == (["everyone"], Checks.WARNED)
    importer.contacts(keyed(121, 121))
    change("UPDATE imports SET row_total = 90 WHERE organization_id = :o AND rows_read = 1")
    change("UPDATE contacts SET city = NULL, city_fold = NULL WHERE organization_id = :o AND number = 1")
    engine.runs.request(context, made)
    calculate(databases)
    standing = engine.segments.standing(context, made)
    assert (codes(standing), standing.checks) == (["source_dropped"], Checks.WARNED)
    assert "“CRM”, which it reads, lost 30 of its 120 rows" in standing.reasons[0].sentence


def test_time_alone_outdates_members(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer, change: Change
) -> None:
    """A day that turned has changed who was meant by “today”; members of a rule without time do not age so."""
    assert importer.organization_id == context.organization_id
    value: dict[str, object] = {"before": 0, "after": 0}
    birthday: dict[str, object] = {"kind": "attribute", "field": "contact.birthday", "op": "anniversary_within"}
    birthday["value"] = value
    importer.contacts("id,birthday\n1,1990-05-01\n")
    dated = save(engine, context, "Birthday", document(birthday))
    calm = save(engine, context, "Calm", document(city("Gent")))
    calculate(databases)
    assert engine.changes.by_time(context, calm) == ("never", None)
    kind, at = engine.changes.by_time(context, dated)
    assert kind == "at"
    assert at is not None
    change("UPDATE segments SET outdated_at = now() - interval '1 minute' WHERE segment_id = :segment", segment=dated)
    standing = engine.segments.standing(context, dated)
    assert ("time_passed" in codes(standing), standing.freshness) == (True, Freshness.STALE_AGE)
    assert "time_passed" not in codes(engine.segments.standing(context, calm))
    engine.runs.request(context, dated)
    calculate(databases)
    assert "time_passed" not in codes(engine.segments.standing(context, dated))


def test_a_check_that_warns_is_a_reason(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID
) -> None:
    """What people demand of a result and do not get stands beside what was found by itself."""
    engine.assertions.add(context, utrecht, AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=5))
    engine.runs.request(context, utrecht)
    calculate(databases)
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.checks) == (["check_warned"], Checks.WARNED)


def test_a_suspended_schedule_is_a_reason(
    engine: Engine, context: OrganizationContext, utrecht: UUID, change: Change
) -> None:
    """Whoever uses a segment is told that it is not calculated by itself any more, and why."""
    engine.schedules.set(context, utrecht, every(60), expected_revision=0)
    suspended = "UPDATE segment_schedules SET suspended_at = now(), suspended_because = 'Five failed.'"
    change(f"{suspended} WHERE organization_id = :o")
    standing = engine.segments.standing(context, utrecht)
    assert (codes(standing), standing.readiness) == (["schedule_suspended"], Readiness.USE_WITH_CARE)


def keyed(first: int, last: int) -> str:
    """Write contacts with these keys."""
    return "id,city\n" + "".join(f"{number},Gent\n" for number in range(first, last + 1))


def test_new_criteria_begin_a_new_past(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Whoever edits the criteria means the count to change: it is compared with results of the same version only."""
    importer.contacts(keyed(4, 40))
    made = save(engine, context, "Everyone", EVERYONE)
    for _ in range(6):
        engine.runs.request(context, made)
        calculate(databases)
    draft = SegmentDraft("Everyone", "", document(city("Utrecht")), accepted_warnings=ACCEPTED)
    engine.segments.update(context, made, expected_revision=1, draft=draft)
    calculate(databases)
    assert engine.segments.standing(context, made).checks is Checks.PASSED


def test_every_code_is_produced_here() -> None:
    """A code that no test can produce would be a code that never appears."""
    here = Path(__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in here.glob("test_readiness*.py"))
    assert [code for code in CODES if f'"{code}"' not in source] == []


def test_nothing_is_evaluated(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """Judging reads stored figures: it starts no run, and works for criteria nobody can read any more (RO5, T42)."""
    change("UPDATE segment_versions SET criteria = '{\"broken\": true}' WHERE organization_id = :o")
    before = engine.runs.find(context, utrecht)
    assert engine.segments.standing(context, utrecht).readiness is Readiness.READY
    assert engine.runs.find(context, utrecht) == before
    with databases.app.transaction(context.organization_id, read_only=True) as transaction:
        assert set(of_segments(transaction, context.organization_id)) == {utrecht}


# What versions and runs read ---------------------------------------------------------------------------------------


def stored(databases: Databases, organization_id: int, statement: str) -> list[tuple[object, ...]]:
    """Read rows as they are stored."""
    with databases.app.transaction(organization_id) as transaction:
        return [tuple(row) for row in transaction.rows(text(statement), {"o": organization_id})]


SOURCES = """SELECT segments.name, data_sources.name FROM segment_sources
JOIN segments USING (organization_id, segment_id) JOIN data_sources USING (organization_id, data_source_id)
WHERE organization_id = :o ORDER BY 1, 2"""
USES = """SELECT reader.name, used.name FROM segment_uses
JOIN segments AS reader USING (organization_id, segment_id)
JOIN segments AS used ON used.organization_id = reader.organization_id AND used.segment_id = used_segment_id
WHERE reader.organization_id = :o ORDER BY 1, 2"""
SEEN = """SELECT DISTINCT data_sources.name, run_sources.imported_at = data_sources.last_imported_at, imports.kind
FROM run_sources JOIN data_sources USING (organization_id, data_source_id)
JOIN imports ON imports.organization_id = run_sources.organization_id AND imports.import_id = run_sources.import_id
JOIN runs USING (run_id) JOIN segments USING (segment_id)
WHERE run_sources.organization_id = :o AND segments.name = 'Buyers' ORDER BY 1"""


def test_saving_and_publishing_keep_what_is_read(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, change: Change
) -> None:
    """Sources and segments of the current version stand beside it exactly; a run keeps how far it saw its sources."""
    organization_id = context.organization_id
    buyers = save(engine, context, "Buyers", document(city("Gent"), ORDERED))
    calculate(databases)
    reader = save(engine, context, "Reader", document(in_segments(utrecht, buyers)))
    wanted = [("Buyers", "CRM"), ("Buyers", "Shop"), ("Utrecht", "CRM")]
    assert stored(databases, organization_id, SOURCES) == wanted
    assert stored(databases, organization_id, USES) == [("Reader", "Buyers"), ("Reader", "Utrecht")]
    draft = SegmentDraft("Reader", "", document(in_segments(utrecht)), accepted_warnings=ACCEPTED)
    engine.segments.update(context, reader, expected_revision=1, draft=draft)
    assert stored(databases, organization_id, USES) == [("Reader", "Utrecht")]
    change("DELETE FROM segment_sources WHERE organization_id = :o")
    engine.runs.request(context, buyers)
    calculate(databases)
    assert stored(databases, organization_id, SOURCES) == wanted[:2]
    assert stored(databases, organization_id, SEEN) == [("CRM", True, "contacts"), ("Shop", True, "events")]


def test_the_count_before_is_kept(
    engine: Engine, context: OrganizationContext, databases: Databases, utrecht: UUID, importer: Importer
) -> None:
    """How much a segment changed is read from its row, without its past."""
    importer.contacts("id,city\n4,Utrecht\n")
    engine.runs.request(context, utrecht)
    calculate(databases)
    counts = "SELECT previous_member_count, member_count, checks FROM segments WHERE organization_id = :o"
    assert stored(databases, context.organization_id, counts) == [(2, 3, "passed")]
