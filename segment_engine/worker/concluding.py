"""How an attempt ends that could not publish: back into the queue, or failed with its sentence, and never in silence.

The answer to a COMMIT may be lost, and the server may be away at the moment of writing an end. So it is asked first how
the run stands, and the end is written again and again while a lease lasts; otherwise others would have to guess.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import cached_property

from segment_engine.db import runs
from segment_engine.db.members import Published
from segment_engine.db.session import Database
from segment_engine.db.translation import UNSURE
from segment_engine.domain.run import Claim, FailingCondition, Run, RunStatus
from segment_engine.errors import CriteriaError, Incident, LimitExceeded, SegmentEngineError, Unavailable, Unresolved
from segment_engine.logs import note_incident
from segment_engine.worker.failing import find_failing
from segment_engine.worker.metrics import WatchedRun
from segment_engine.worker.pace import Pace
from segment_engine.worker.results.judging import CHECK_FAILED

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conclusion:
    """The end of one attempt. `stopping` is set when the worker has to stop: then nothing is waited for."""

    database: Database
    pace: Pace
    stopping: threading.Event
    claim: Claim
    error: SegmentEngineError
    watched: WatchedRun

    def write(self) -> None:
        """Write how the attempt ended, as often as it takes while a lease lasts.

        Raises: SegmentEngineError when that was not enough; the lease passes then, and another worker takes over.
        """
        self.watched.outcome, self.watched.cause = "lost", class_of(self.error)
        until = time.monotonic() + self.pace.lease
        while True:
            try:
                self._write()
            except SegmentEngineError as trouble:
                hopeless = isinstance(trouble, Incident) or time.monotonic() > until
                if hopeless or self.stopping.is_set():
                    raise
                log.warning("how run %s ended cannot be written yet: %s", self.claim.run_id, str(trouble))
            else:
                return
            self.stopping.wait(self.pace.again)

    def _write(self) -> None:
        """Queue the run again where repeating can help and attempts are left; otherwise fail it with its sentence."""
        claim, error = self.claim, self.error
        if not self._is_ours():
            return
        repeatable = not isinstance(error, CriteriaError | Unresolved | LimitExceeded)
        polite = self.stopping.is_set()
        if polite or (repeatable and claim.tries < runs.MOST_ATTEMPTS):
            back_off = self.pace.back_off
            wait = 0.0 if polite else back_off[min(claim.tries, len(back_off)) - 1]
            with self.database.transaction(claim.organization_id) as transaction:
                ours, what = runs.give_back(transaction, claim, wait_seconds=wait, polite=polite), "waits again"
        else:
            failing = self._failing
            # The run is still ours, so it is known by now that nothing was saved.
            sentence = str(Unavailable() if str(error) == UNSURE else error)
            with self.database.transaction(claim.organization_id) as transaction:
                ours, what = (
                    runs.fail(transaction, claim, error_class=class_of(error), sentence=sentence, failing=failing),
                    "failed",
                )
        if ours:
            self.watched.outcome = what.replace(" ", "_")
            log.warning("run %s %s: %s", claim.run_id, what, str(error))

    def _is_ours(self) -> bool:
        """Ask before anything is said of a run: it may have ended, with or without this attempt's knowledge."""
        claim = self.claim
        with self.database.transaction(claim.organization_id) as transaction:
            ours = runs.heartbeat(transaction, claim, lease_seconds=self.pace.lease)
            stands = None if ours else runs.get(transaction, claim.organization_id, claim.run_id)
        if not ours:
            self._take_note(stands)
        return ours

    def _take_note(self, stands: Run | None) -> None:
        """Say how a run stands that this attempt cannot write to any more."""
        run_id = self.claim.run_id
        if stands is not None and stands.attempt == self.claim.attempt:
            if stands.status is RunStatus.SUCCESS:
                counts = (stands.member_count or 0, stands.joined_count or 0, stands.left_count or 0)
                self.watched.cause = ""
                self.watched.published(Published(*counts))
                log.warning("run %s was published; its answer was lost", run_id)
                return
            if stands.error_class == CHECK_FAILED:
                self.watched.published(None)
                log.warning("run %s was withheld; its answer was lost", run_id)
                return
            written = {RunStatus.QUEUED: "waits_again", RunStatus.FAILED: "failed"}
            if stands.status in written and stands.error_class in {None, class_of(self.error)}:
                self.watched.outcome = written[stands.status]
                log.warning("run %s %s; its answer was lost", run_id, written[stands.status].replace("_", " "))
                return
        log.info("run %s was cancelled, or another worker has it; this attempt stopped", run_id)

    @cached_property
    def _failing(self) -> FailingCondition | None:
        """Find the condition that is to blame; a search that fails as well takes nothing away from the failure."""
        try:
            return find_failing(self.database, self.claim, self.error, stopped=self.stopping.is_set)
        except SegmentEngineError as trouble:
            log.warning("the condition run %s failed at was not found: %s", self.claim.run_id, str(trouble))
        except Exception as unforeseen:  # noqa: BLE001 - the failure that is known must be told all the same
            note_incident(unforeseen, f"the search of what run {self.claim.run_id} failed at")
        return None


def class_of(error: SegmentEngineError) -> str:
    """Give the cause that a run failed for, as it is stored and counted."""
    return error.cause if isinstance(error, Unresolved) else error.code
