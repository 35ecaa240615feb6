"""The import desk on real PostgreSQL: rehearsals that store nothing, imports that can be followed and stopped."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine.command_line import build_parser
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import Conflict, InputError, NotFound
from segment_engine.export import export_members
from segment_engine.imports.command import read_request
from segment_engine.imports.conduct import Stage
from segment_engine.imports.jobs import ImportAct, JobState
from segment_engine.imports.mapping import ColumnChoice
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker
from tests.integration.import_desk import KINDS, PATIENCE, Clerk, everything, told
from tests.integration.importing import figures
from tests.integration.test_imports_failures import held, wait_until_someone_waits
from tests.pages.conftest import EVERYONE, IN_UTRECHT


@pytest.fixture
def clerk(engine: Engine, context: OrganizationContext) -> Clerk:
    """The local operator at the desk of the test organization."""
    return Clerk(engine, context)


@pytest.fixture
def known(clerk: Clerk) -> Clerk:
    """A desk where three contacts were imported before."""
    clerk.run("contacts")
    return clerk


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_rehearsal_says_what_would_happen_and_stores_nothing(known: Clerk, databases: Databases, kind: str) -> None:
    """The report of a rehearsal is that of the import, and no row and no counter has moved in between (T86)."""
    before = everything(databases.migrator)
    plan = known.plan(kind)
    assert plan.problems == ()
    rehearsed = known.imports.rehearse(known.context, plan)
    assert everything(databases.migrator) == before
    imported = known.imports.run(known.context, plan)
    assert told(imported) == told(rehearsed)
    assert imported.rows_read == imported.added + imported.updated + imported.unchanged + imported.rejected
    assert everything(databases.migrator) != before


def test_the_same_file_again_changes_nothing(clerk: Clerk) -> None:
    """Imported twice, a file gives the same figures, only that everything is unchanged the second time (T86)."""
    assert figures(clerk.run()) == (4, 3, 0, 0, 1)
    assert figures(clerk.run()) == (4, 0, 0, 3, 1)


def test_who_imported_is_on_record(clerk: Clerk, databases: Databases) -> None:
    """The import and the audit log name the person and the request."""
    report = clerk.run()
    with databases.app.transaction(clerk.context.organization_id) as transaction:
        by = transaction.scalar(text("SELECT imported_by FROM imports WHERE import_id = :id"), {"id": report.import_id})
        line = transaction.the(text("SELECT * FROM audit_events WHERE action = 'source.import'"))
    assert by == clerk.context.person_id
    assert (line.person_id, line.request_id) == (clerk.context.person_id, clerk.context.request_id)


def test_progress_tells_stages_and_rows(clerk: Clerk) -> None:
    """Whoever waits hears how many rows were read and what comes after."""
    heard: list[tuple[Stage, int]] = []
    plan = clerk.plan()
    clerk.imports.run(clerk.context, plan, progress=lambda stage, rows: heard.append((stage, rows)))
    assert [stage for stage, _ in heard] == [Stage.LOOKING, Stage.READING, Stage.COMPARING, Stage.RECORDING]
    assert heard[-1][1] == 4


@pytest.mark.parametrize("act", [ImportAct.REHEARSAL, ImportAct.IMPORT])
def test_a_job_is_cancelled_in_the_middle(clerk: Clerk, databases: Databases, act: ImportAct) -> None:
    """Cancelled while a statement runs, an import leaves nothing and says so; the file can be imported afterwards."""
    before = everything(databases.migrator)
    plan = clerk.plan()
    with held(databases.migrator, "contacts"):
        job = clerk.start(plan, act)
        wait_until_someone_waits(databases.migrator, "contacts")
        assert clerk.imports.stop(clerk.context, job.job_id).stopping
        ended = clerk.ended(job)
    assert (ended.state, ended.sentence) == (JobState.CANCELLED, "This was cancelled; nothing of it was stored.")
    assert everything(databases.migrator) == before
    assert figures(clerk.imports.run(clerk.context, plan)) == (4, 3, 0, 0, 1)


def test_a_cancelled_handle_lets_nothing_begin(clerk: Clerk, databases: Databases) -> None:
    """Cancelled before it began, an import does not begin."""
    before = everything(databases.migrator)
    stop = Cancellable()
    stop.cancel()
    with pytest.raises(Conflict, match="nothing of it was stored"):
        clerk.imports.run(clerk.context, clerk.plan(), cancel=stop)
    with pytest.raises(Conflict, match="This was cancelled"):
        clerk.imports.survey(clerk.context, clerk.hand_in("id\n1\n"), cancel=stop)
    assert everything(databases.migrator) == before


def test_another_import_is_waited_for_and_said(clerk: Clerk, databases: Databases) -> None:
    """One import at a time per organization: the second says that it waits, and both add up in the end."""
    first, second = clerk.plan(), clerk.plan("contacts", "id,name\n3,Cy\n4,Di\n")
    with held(databases.migrator, "contacts"):
        working = clerk.start(first)
        wait_until_someone_waits(databases.migrator, "contacts")
        waiting = clerk.start(second)
        deadline = time.monotonic() + PATIENCE
        while clerk.imports.job(clerk.context, waiting.job_id).stage is not Stage.WAITING:
            assert time.monotonic() < deadline, "the second import never said that it waits"
    reports = [clerk.ended(job).report for job in (working, waiting)]
    assert [figures(report) for report in reports if report] == [(4, 3, 0, 0, 1), (2, 1, 0, 1, 0)]


def test_when_the_database_goes_nothing_is_stored_and_it_is_said(clerk: Clerk, databases: Databases) -> None:
    """The connection is cut in the middle: a sentence, no number of an incident, no row."""
    before = everything(databases.migrator)
    with held(databases.migrator, "contacts"):
        job = clerk.start(clerk.plan())
        wait_until_someone_waits(databases.migrator, "contacts")
        with databases.migrator.transaction() as transaction:
            transaction.rows(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL")
            )
        ended = clerk.ended(job)
    assert (ended.state, ended.sentence[:35]) == (JobState.FAILED, "The database cannot be reached at t")
    assert everything(databases.migrator) == before


def test_a_file_is_worked_with_once(clerk: Clerk, databases: Databases) -> None:
    """A second click starts nothing, and what is being read cannot be thrown away."""
    plan = clerk.plan()
    with held(databases.migrator, "contacts"):
        job = clerk.start(plan)
        with pytest.raises(Conflict, match="worked with already"):
            clerk.start(plan)
        with pytest.raises(Conflict, match="Cancel that first"):
            clerk.imports.discard(clerk.context, plan.file_id)
    assert clerk.ended(job).state is JobState.DONE


def test_the_file_is_gone_after_its_import(clerk: Clerk) -> None:
    """Nothing that was uploaded stays behind: not after an import, and not after a file was put aside."""
    plan = clerk.plan()
    assert plan.request is not None
    clerk.imports.rehearse(clerk.context, plan)
    assert plan.request.path.exists()
    clerk.imports.run(clerk.context, plan)
    assert not plan.request.path.exists()
    with pytest.raises(NotFound, match="Upload it again"):
        clerk.imports.run(clerk.context, plan)
    aside = clerk.plan()
    assert aside.request is not None
    clerk.imports.discard(clerk.context, aside.file_id)
    assert not aside.request.path.exists()


def test_files_and_jobs_of_others_are_not_found(clerk: Clerk, engine: Engine) -> None:
    """Another organization's file and job look as if they had never been (B1)."""
    other = Clerk(engine, engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other")))
    plan = clerk.plan()
    job = clerk.ended(clerk.start(plan, ImportAct.REHEARSAL))
    for call in (
        lambda: other.imports.survey(other.context, plan.file_id),
        lambda: other.imports.run(other.context, plan),
        lambda: other.imports.job(other.context, job.job_id),
        lambda: other.imports.stop(other.context, job.job_id),
    ):
        with pytest.raises(NotFound):
            call()
    other.imports.discard(other.context, plan.file_id)
    assert other.imports.jobs(other.context) == ()
    assert figures(clerk.imports.run(clerk.context, plan)) == (4, 3, 0, 0, 1)


AWKWARD = "key of contact,--weird=x,it's “quoted”,a;b,A=B\n1,2026-01-05,12.50,x|y,n/a\n2,2026-01-06,3.00,z,-\n"


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_command_does_the_same(known: Clerk, tmp_path: Path, kind: str) -> None:
    """What the page shows as a command is read by the command line as this very request."""
    plan = known.plan(kind, missing=("n/a", "-"), time_zone="Europe/Amsterdam", retention_days=400)
    same_as_command(plan.command, kind, plan.request, tmp_path, KINDS[kind][0])


def test_awkward_names_survive_the_command(known: Clerk, tmp_path: Path) -> None:
    """Spaces, quotes, dashes and equals signs in names of columns reach the shell unharmed."""
    plan = known.plan(
        "events", AWKWARD, event="visit", source="it's; $(x)", roles={"key": "key of contact", "time": "--weird=x"},
        columns={
            "a;b": ColumnChoice(type="set", name="marks"),
            "A=B": ColumnChoice(missing=("n/a", "-"), name="other"),
            "it's “quoted”": ColumnChoice(type="money:EUR:2", name="amount"),
        },
    )  # fmt: skip
    assert plan.problems == ()
    same_as_command(plan.command, "events", plan.request, tmp_path, AWKWARD)


def same_as_command(command: str, kind: str, request: object, folder: Path, content: str) -> None:
    """Parse a command as the shell and the command line do, and compare what they understand."""
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "segment_engine", "import"]
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8")
    arguments = build_parser().parse_args([str(path) if word == "file.csv" else word for word in words[3:]])
    understood = read_request(arguments, "events" if kind == "history" else kind)
    assert vars_of(understood) == vars_of(request)


def vars_of(request: object) -> dict[str, object]:
    """Give everything a request holds but where its file lies."""
    names = {name for each in type(request).__mro__ for name in getattr(each, "__slots__", ())}
    found: dict[str, object] = {name: getattr(request, name) for name in names - {"path", "name"}}
    return {"kind": type(request), **found}


def test_own_export_goes_in_again(clerk: Clerk, databases: Databases, tmp_path: Path) -> None:
    """The members of a segment, exported and handed in, are found by their keys and change nothing (T87)."""
    people = 'id,first_name,email,city\n1,Ada,a@x.org,Gent\n2,Bo,,Utrecht\n3,"Cy, Jr",c@x.org,\n'
    clerk.run("contacts", people, columns={})
    segment = clerk.engine.segments.create(clerk.context, SegmentDraft("All", "", EVERYONE)).segment_id
    worker = Worker(databases.worker)
    while worker.work_once():
        pass
    target = tmp_path / "members.csv"
    assert export_members(clerk.engine, clerk.context, segment, form="csv", target=target) == 3
    survey = clerk.imports.survey(clerk.context, clerk.hand_in(target.read_bytes(), target.name))
    assert [each.name for each in survey.columns] == ["external_key", "name", "email", "city", "country"]
    assert [each.name for each in survey.columns if not each.present] == ["country"]
    columns = {"name": ColumnChoice(skip=True), "country": ColumnChoice(skip=True)}
    report = clerk.run("contacts", target.read_text(), roles={"key": "external_key"}, columns=columns)
    assert figures(report) == (3, 0, 0, 3, 0)


def test_a_sheet_of_formulas_is_text(clerk: Clerk) -> None:
    """Cells that a spreadsheet would run are values like any other (D11)."""
    rows = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\uff1d1"]
    content = "id,words\n" + "".join(f'{place},"{row}"\n' for place, row in enumerate(rows))
    report = clerk.run("contacts", content, roles={"key": "id"}, columns={"words": ColumnChoice(type="text")})
    assert (figures(report), report.fields[0].present) == ((5, 5, 0, 0, 0), 5)


def test_the_next_file_of_the_same_shape_is_known(clerk: Clerk) -> None:
    """What was decided last time is offered again, whatever the order of the columns; another shape is new."""
    first = clerk.plan("events", missing=("n/a",), time_zone="Europe/Amsterdam")
    clerk.imports.run(clerk.context, first)
    again = clerk.imports.remembered(clerk.context, clerk.hand_in("total,id,at\n1.00,1,2026-01-01\n"))
    assert again is not None
    assert (again.mapping.kind, again.mapping.source, again.mapping.event) == ("events", "CRM", "order_placed")
    assert again.mapping.roles == {"key": "id", "time": "at"}
    assert again.mapping.columns["total"] == ColumnChoice(type="decimal:2")
    assert (again.mapping.missing, again.mapping.time_zone) == (("n/a",), "Europe/Amsterdam")
    assert clerk.imports.remembered(clerk.context, clerk.hand_in("id,at\n1,2026-01-01\n")) is None


def test_a_plan_remembered_is_the_plan_again(known: Clerk) -> None:
    """Of every kind of file, what an import remembers makes the same request."""
    for kind, (content, _) in KINDS.items():
        plan = known.plan(kind, missing=("?",))
        known.imports.run(known.context, plan)
        file_id = known.hand_in(content)
        again = known.imports.remembered(known.context, file_id)
        assert again is not None
        repeated = known.imports.plan(known.context, file_id, again.mapping)
        assert repeated.problems == ()
        # The fields are there by now and keep their types, so nobody has to state them.
        now, then = vars_of(repeated.request), vars_of(plan.request)
        assert {**now, "types": None} == {**then, "types": None}


def test_who_reads_a_source_is_named(known: Clerk) -> None:
    """Segments that ask for a field of the source, and no others; a source nobody delivered has no readers."""
    known.run("events", source="Shop")
    known.engine.segments.create(known.context, SegmentDraft("Reads it", "", IN_UTRECHT))
    readers = known.imports.readers(known.context, "CRM")
    assert [each.name for each in readers.segments] == ["Reads it"]
    assert readers.source_id is not None
    shop = known.imports.readers(known.context, "Shop")
    assert (shop.source_id is None, shop.segments, shop.campaigns) == (False, (), ())
    assert known.imports.readers(known.context, "Nobody").source_id is None


def test_what_a_plan_makes_is_named(clerk: Clerk) -> None:
    """New source, new event type and new fields are said before anything happens."""
    clerk.run("contacts")
    plan = clerk.plan("events", source="Shop")
    assert (plan.new_source, plan.new_rows, plan.new_fields) == (True, "order_placed", ("order_placed.total",))
    clerk.imports.run(clerk.context, plan)
    again = clerk.plan("events", source="Shop")
    assert (again.new_source, again.new_rows, again.new_fields) == (False, "", ())


def test_an_undecided_plan_is_not_carried_out(clerk: Clerk) -> None:
    """A plan with problems is refused by the engine, not only by the page."""
    plan = clerk.plan("contacts", roles={})
    assert plan.request is None
    for call in (clerk.imports.rehearse, clerk.imports.run):
        with pytest.raises(InputError, match="problems"):
            call(clerk.context, plan)


def test_a_large_file_of_many_columns(clerk: Clerk) -> None:
    """Three hundred columns are looked at; those left out cost nothing, and the rows add up."""
    names = [f"c{number}" for number in range(299)]
    content = ",".join(["id", *names]) + "\n" + "".join(f"{row}," + ",".join("7" * 299) + "\n" for row in range(500))
    columns = {name: ColumnChoice(skip=place > 9) for place, name in enumerate(names)}
    report = clerk.run("contacts", content, roles={"key": "id"}, columns=columns)
    assert (figures(report), len(report.fields)) == ((500, 500, 0, 0, 0), 10)


@pytest.fixture
def rows_of() -> Callable[[int], str]:
    """Make a file of so many contacts."""
    return lambda count: "id,n,since\n" + "".join(f"k{row},{row},2026-01-02\n" for row in range(count))


def test_many_rows_through_the_desk(clerk: Clerk, rows_of: Callable[[int], str]) -> None:
    """A hundred thousand rows are rehearsed and imported with the same figures, and progress counts them all."""
    plan = clerk.plan("contacts", rows_of(100_000), columns={})
    rehearsal = clerk.ended(clerk.start(plan, ImportAct.REHEARSAL))
    assert (rehearsal.rows_read, rehearsal.row_total) == (100_000, 100_000)
    assert rehearsal.report is not None
    imported = clerk.ended(clerk.start(plan)).report
    assert imported is not None
    assert told(imported) == told(rehearsal.report)
    assert figures(imported) == (100_000, 100_000, 0, 0, 0)
