"""Imports that go on while nobody looks: each in a thread of this process, followed and stopped by its id.

A job ends with the process; its transaction then never happened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid4

from segment_engine.errors import Conflict, Incident, NotFound, SegmentEngineError
from segment_engine.imports.conduct import Progress, Stage, Stoppable
from segment_engine.imports.received import FileId
from segment_engine.imports.report import ImportReport
from segment_engine.imports.surveying import Survey
from segment_engine.logs import note_incident

JobId = NewType("JobId", UUID)
MOST_KEPT = 50


class ImportAct(StrEnum):
    """What a job does with a file."""

    SURVEY = "survey"
    REHEARSAL = "rehearsal"
    IMPORT = "import"


class JobState(StrEnum):
    """How a job stands."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A job at one moment.

    Shape: `survey` is there when a survey is done, `report` when an import or its rehearsal is; `sentence` says why a
        job failed or was cancelled. `row_total` is None while nobody has counted.
    Units: `seconds` since it began, or that it took.
    """

    job_id: JobId
    act: ImportAct
    file_id: FileId
    file_name: str
    source: str
    row_total: int | None
    state: JobState = JobState.WORKING
    stage: Stage = Stage.LOOKING
    rows_read: int = 0
    seconds: float = 0.0
    stopping: bool = False
    survey: Survey | None = None
    report: ImportReport | None = None
    sentence: str = ""

    @property
    def working(self) -> bool:
        """Whether it has not ended."""
        return self.state is JobState.WORKING


@dataclass(slots=True)
class _Kept:
    organization_id: int
    job: ImportJob
    stop: Stoppable
    began_at: float
    ended: threading.Event = field(default_factory=threading.Event)


Work = Callable[[Progress, Stoppable], Survey | ImportReport]


class Jobs:
    """The jobs of this process. Safe to share between threads."""

    def __init__(self, stop: Callable[[], Stoppable]) -> None:
        self._new_stop = stop
        self._lock = threading.Lock()
        self._kept: dict[UUID, _Kept] = {}

    def begin(self, organization_id: int, job: ImportJob, work: Work) -> ImportJob:
        """Start working in a thread of its own.

        Raises: Conflict when the same file is being worked with already.
        """
        kept = _Kept(organization_id, job, self._new_stop(), time.monotonic())
        with self._lock:
            if any(each.job.file_id == job.file_id and each.job.working for each in self._kept.values()):
                raise Conflict("This file is being worked with already. Wait until that has ended, or cancel it.")
            ended = [key for key, each in self._kept.items() if not each.job.working]
            for key in ended[: max(len(self._kept) - MOST_KEPT + 1, 0)]:
                del self._kept[key]
            self._kept[job.job_id] = kept
        threading.Thread(target=self._work, args=(kept, work), daemon=True, name="import").start()
        return job

    def get(self, organization_id: int, job_id: UUID, *, wait_seconds: float = 0.0) -> ImportJob:
        """Read a job of this organization, waiting so long for its end.

        Raises: NotFound when it is not there, or the process began anew.
        """
        kept = self._find(organization_id, job_id)
        kept.ended.wait(wait_seconds)
        return self._seen(kept)

    def of(self, organization_id: int) -> tuple[ImportJob, ...]:
        """List the jobs of an organization, the newest first."""
        with self._lock:
            own = [each for each in self._kept.values() if each.organization_id == organization_id]
        return tuple(self._seen(each) for each in reversed(own))

    def stop(self, organization_id: int, job_id: UUID) -> ImportJob:
        """Ask a job to end; it does between two steps, and nothing of it stays. One that has ended is left alone."""
        kept = self._find(organization_id, job_id)
        with self._lock:
            if kept.job.working:
                kept.job = replace(kept.job, stopping=True)
        kept.stop.cancel()
        return self._seen(kept)

    def working_with(self, file_id: UUID) -> bool:
        """Tell whether a job needs this file."""
        with self._lock:
            return any(each.job.file_id == file_id and each.job.working for each in self._kept.values())

    def _find(self, organization_id: int, job_id: UUID) -> _Kept:
        with self._lock:
            kept = self._kept.get(job_id)
        if kept is None or kept.organization_id != organization_id:
            raise NotFound(
                "This import is not known here. It ended long ago, or the server was started again; then nothing of it "
                "was stored unless the data source says so."
            )
        return kept

    def _seen(self, kept: _Kept) -> ImportJob:
        job = kept.job
        return replace(job, seconds=time.monotonic() - kept.began_at) if job.working else job

    def _work(self, kept: _Kept, work: Work) -> None:
        def progress(stage: Stage, rows: int) -> None:
            self._note(kept, stage=stage, rows_read=rows)

        try:
            result = work(progress, kept.stop)
        except SegmentEngineError as error:
            state = JobState.CANCELLED if kept.stop.cancelled else JobState.FAILED
            self._note(kept, state=state, sentence=str(error))
        except Exception as problem:  # noqa: BLE001 - a thread has nobody above it: logged under a number, and said
            incident = Incident(note_incident(problem, "an import"))
            self._note(kept, state=JobState.FAILED, sentence=str(incident))
        else:
            if isinstance(result, Survey):
                self._note(kept, state=JobState.DONE, survey=result, row_total=result.row_total)
            else:
                self._note(kept, state=JobState.DONE, report=result, rows_read=result.rows_read)
        finally:
            kept.ended.set()

    def _note(self, kept: _Kept, **changes: object) -> None:
        with self._lock:
            seconds = time.monotonic() - kept.began_at
            kept.job = replace(kept.job, seconds=seconds, **changes)  # pyright: ignore[reportArgumentType] - by name


def new_job(
    act: ImportAct, file_id: FileId, file_name: str, *, source: str = "", row_total: int | None = None
) -> ImportJob:
    """Make a job that has not begun."""
    return ImportJob(JobId(uuid4()), act, file_id, file_name, source, row_total)
