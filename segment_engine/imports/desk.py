"""The import desk: takes files in, looks at them, plans, rehearses and imports, for the pages and whoever embeds it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.segment import SegmentId, SegmentState
from segment_engine.errors import Conflict, InputError
from segment_engine.imports.conduct import Conduct, Progress, Stage, Stoppable, unheard
from segment_engine.imports.dispatch import import_file
from segment_engine.imports.jobs import ImportAct, ImportJob, Jobs, new_job
from segment_engine.imports.mapping import ImportMapping
from segment_engine.imports.planning import ImportPlan, make_plan
from segment_engine.imports.received import Received, ReceivedFile
from segment_engine.imports.remembering import RememberedMapping, read_mapping
from segment_engine.imports.report import ImportReport
from segment_engine.imports.requesting import command_text
from segment_engine.imports.session import QUERIES
from segment_engine.imports.surveying import Survey, survey_file


@dataclass(frozen=True, slots=True)
class ReadingSegment:
    """A segment whose criteria read a source."""

    segment_id: SegmentId
    name: str
    state: SegmentState


@dataclass(frozen=True, slots=True)
class SourceReaders:
    """Who reads a source: segments by name, and the campaigns and sequences under way that use one of them.

    Shape: `source_id` is None for a source that nobody has delivered yet.
    """

    source_id: UUID | None
    segments: tuple[ReadingSegment, ...] = ()
    campaigns: tuple[str, ...] = ()


class Imports:
    """The use cases around importing. Every method asks for the permission to change data sources first.

    Shape: files, surveys and jobs live in this process and belong to one organization; nobody else learns of them.
    """

    def __init__(self, database: Database, stop: Callable[[], Stoppable]) -> None:
        self._database = database
        self._received = Received()
        self._surveys: dict[UUID, Survey] = {}
        self._jobs = Jobs(stop)

    # Files

    def receive(self, context: OrganizationContext, stream: BinaryIO, name: str) -> ReceivedFile:
        """Take a file in; the name is text and nothing else.

        Raises: PermissionDenied; LimitExceeded for one that is too large, also when unpacked; InputError for one that
            is neither CSV nor Parquet.
        """
        require(context, Permission.SOURCES_MANAGE)
        file = self._received.take(context.organization_id, stream, name)
        self._surveys = {key: each for key, each in self._surveys.items() if self._received.holds(key)}
        return file

    def discard(self, context: OrganizationContext, file_id: UUID) -> None:
        """Remove a file that will not be imported; one that is gone already is no trouble.

        Raises: PermissionDenied, Conflict while it is being worked with.
        """
        require(context, Permission.SOURCES_MANAGE)
        if self._jobs.working_with(file_id):
            raise Conflict("This file is being worked with. Cancel that first.")
        self._received.remove(context.organization_id, file_id)
        self._surveys.pop(file_id, None)

    def survey(
        self, context: OrganizationContext, file_id: UUID, *, delimiter: str | None = None,
        progress: Progress = unheard, cancel: Stoppable | None = None,
    ) -> Survey:  # fmt: skip
        """Read a file once and say what its columns hold and might become.

        Raises: PermissionDenied, NotFound, InputError when it cannot be read, LimitExceeded, Conflict when cancelled.
        """
        require(context, Permission.SOURCES_MANAGE)
        file = self._received.get(context.organization_id, file_id)
        conduct = Conduct(progress=progress, cancel=cancel)
        with _cancelled_in_words(cancel):
            found = survey_file(file, delimiter=delimiter, progress=lambda rows: conduct.tell(Stage.LOOKING, rows))
        self._surveys[file.file_id] = found
        return found

    # Decisions

    def sources(self, context: OrganizationContext) -> tuple[str, ...]:
        """List the data sources by name. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_MANAGE)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            rows = transaction.rows(QUERIES["source_names"], {"organization": context.organization_id})
            return tuple(row.name for row in rows)

    def remembered(self, context: OrganizationContext, file_id: UUID) -> RememberedMapping | None:
        """Give what was decided about the last file with the same columns. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SOURCES_MANAGE)
        survey = self._surveyed(context, file_id)
        values = {"organization": context.organization_id, "names": sorted(each.name for each in survey.columns)}
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            row = transaction.one(QUERIES["same_columns"], values)
        mapping = None if row is None else read_mapping(row.source, row.mapping)
        return None if row is None or mapping is None else RememberedMapping(mapping, row.file_name, row.finished_at)

    def plan(self, context: OrganizationContext, file_id: UUID, mapping: ImportMapping) -> ImportPlan:
        """Check all decisions about a file at once; nothing is stored.

        Raises: PermissionDenied, NotFound, InputError for a kind of file that does not exist.
        """
        require(context, Permission.SOURCES_MANAGE)
        survey, organization_id = self._surveyed(context, file_id), context.organization_id
        path = self._received.get(organization_id, file_id).path
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            catalog = load_catalog(transaction, organization_id)
            rows = transaction.rows(QUERIES["source_names"], {"organization": organization_id})
        plan = make_plan(survey, mapping, catalog, path=path, sources=frozenset(row.name for row in rows))
        return plan if plan.request is None else replace(plan, command=command_text(plan.request, organization_id))

    def readers(self, context: OrganizationContext, source: str) -> SourceReaders:
        """Say who reads a source of this name and would see what an import brings. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_MANAGE)
        values: dict[str, object] = {"organization": context.organization_id, "name": source}
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            source_id = transaction.scalar(QUERIES["source_of_name"], values)
            if source_id is None:
                return SourceReaders(None)
            values["source"] = source_id
            segments = transaction.rows(QUERIES["segments_reading"], values)
            campaigns = transaction.rows(QUERIES["campaigns_reading"], values)
        return SourceReaders(
            source_id,
            tuple(ReadingSegment(SegmentId(row.segment_id), row.name, SegmentState(row.state)) for row in segments),
            tuple(row.name for row in campaigns),
        )

    # Acts

    def rehearse(
        self, context: OrganizationContext, plan: ImportPlan, *, progress: Progress = unheard,
        cancel: Stoppable | None = None,
    ) -> ImportReport:  # fmt: skip
        """Do the whole import and take it back: what it reports is what would happen, and nothing is stored.

        Raises: as `run`.
        """
        require(context, Permission.SOURCES_MANAGE)
        return self._carry_out(context, plan, rehearsal=True, progress=progress, cancel=cancel)

    def run(
        self, context: OrganizationContext, plan: ImportPlan, *, progress: Progress = unheard,
        cancel: Stoppable | None = None,
    ) -> ImportReport:  # fmt: skip
        """Import the file in one transaction, record who did, and remove the file.

        Raises: PermissionDenied, NotFound, InputError when the plan has problems or the file cannot be used, Conflict
            when cancelled, Unavailable; nothing is stored then.
        """
        require(context, Permission.SOURCES_MANAGE)
        report = self._carry_out(context, plan, rehearsal=False, progress=progress, cancel=cancel)
        self._received.remove(context.organization_id, plan.file_id)
        return report

    def start(
        self, context: OrganizationContext, act: ImportAct, file_id: UUID, *, plan: ImportPlan | None = None
    ) -> ImportJob:
        """Survey, rehearse or import in a thread of this process, and return at once.

        Raises: PermissionDenied, NotFound, InputError without a plan that works, Conflict while the file is in use.
        """
        require(context, Permission.SOURCES_MANAGE)
        file = self._received.get(context.organization_id, file_id)
        if act is ImportAct.SURVEY:
            job = new_job(act, file.file_id, file.name)
            return self._jobs.begin(
                context.organization_id, job,
                lambda progress, stop: self.survey(context, file_id, progress=progress, cancel=stop),
            )  # fmt: skip
        if plan is None or plan.file_id != file_id:
            raise InputError("There is no plan for this file. Say what its columns become first.")
        call = self.rehearse if act is ImportAct.REHEARSAL else self.run
        total = self._surveyed(context, file_id).row_total
        job = new_job(act, file.file_id, file.name, source=plan.mapping.source, row_total=total)
        return self._jobs.begin(
            context.organization_id, job,
            lambda progress, stop: call(context, plan, progress=progress, cancel=stop),
        )  # fmt: skip

    def job(self, context: OrganizationContext, job_id: UUID, *, wait_seconds: float = 0.0) -> ImportJob:
        """Read how a job stands, waiting a moment for its end where that saves another look.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SOURCES_MANAGE)
        return self._jobs.get(context.organization_id, job_id, wait_seconds=wait_seconds)

    def jobs(self, context: OrganizationContext) -> tuple[ImportJob, ...]:
        """List the jobs of the organization in this process, the newest first. Raises: PermissionDenied."""
        require(context, Permission.SOURCES_MANAGE)
        return self._jobs.of(context.organization_id)

    def stop(self, context: OrganizationContext, job_id: UUID) -> ImportJob:
        """Ask a job to end; nothing of it stays. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SOURCES_MANAGE)
        return self._jobs.stop(context.organization_id, job_id)

    def _surveyed(self, context: OrganizationContext, file_id: UUID) -> Survey:
        """Give the survey of a file, made now if nobody has looked yet. Raises: NotFound."""
        self._received.get(context.organization_id, file_id)
        return self._surveys.get(file_id) or self.survey(context, file_id)

    def _carry_out(
        self, context: OrganizationContext, plan: ImportPlan, *, rehearsal: bool, progress: Progress,
        cancel: Stoppable | None,
    ) -> ImportReport:  # fmt: skip
        organization_id = context.organization_id
        path = self._received.get(organization_id, plan.file_id).path
        if plan.request is None:
            raise InputError("Not everything about this file is decided yet. Solve the problems shown first.")
        request = replace(plan.request, path=path)
        conduct = Conduct(
            person_id=context.person_id, request_id=context.request_id, rehearsal=rehearsal, progress=progress,
            cancel=cancel,
        )  # fmt: skip
        with _cancelled_in_words(cancel):
            return import_file(self._database, organization_id, request, conduct)


@contextmanager
def _cancelled_in_words(cancel: Stoppable | None) -> Generator[None]:
    """Say of what was cancelled that it was, in the words of an import."""
    try:
        yield
    except Conflict as error:
        if cancel is None or not cancel.cancelled:
            raise
        raise Conflict("This was cancelled; nothing of it was stored.") from error
