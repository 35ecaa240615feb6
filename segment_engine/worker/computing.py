"""The first half of a run: read the criteria, compile them, and collect the members in one read-only snapshot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from segment_engine.compiler import compile_criteria, pack_block
from segment_engine.db import readings
from segment_engine.db.catalog import load_catalog
from segment_engine.db.line import Line
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.readings import readings_of_run
from segment_engine.domain.run import Claim
from segment_engine.errors import CriteriaError, Unavailable, Unresolved
from segment_engine.worker.results import Insight, gain_insight

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 8  # up to 8 KB each

# What a worker passes on its way, by name. Faults are put there by tests; otherwise nothing happens.
Passing = Callable[[str], None]


def pass_by(_point: str) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Computed:
    """The members of a segment, not published yet, with what they were computed from."""

    criteria: Criteria
    catalog: Catalog
    seen: tuple[readings.Delivered, ...]
    blocks: Mapping[int, bytes]
    insight: Insight


class Ending:
    """Lets another thread end what a run does at this moment: its statement, and every later one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._transaction: Transaction | None = None
        self._line: Line | None = None  # of the same, and still known while it commits
        self._last = False  # what runs now is the short last step, which is worth waiting for
        self._ended = False
        self._heard_at = time.monotonic()

    @contextmanager
    def watching(self, transaction: Transaction, *, last: bool = False) -> Generator[None]:
        """Name the transaction whose statements may be ended. Raises: Unavailable when the end came before."""
        with self._lock:
            self._go_on()
            self._transaction, self._line, self._last = transaction, transaction.line, last
        try:
            yield
        finally:
            with self._lock:
                self._transaction = None

    def heard(self) -> None:
        """Note that the server has answered. Raises: Unavailable when no more must be asked."""
        with self._lock:
            self._go_on()

    def end(self, *, at_any_rate: bool = False) -> None:
        """End the statement that runs, and begin no other; the last step goes on unless it must end at any rate."""
        with self._lock:
            self._ended = True
            # Inside the lock: a message that arrives late would end a statement of somebody else on that connection.
            if self._transaction is not None and (at_any_rate or not self._last):
                try:
                    self._transaction.cancel()
                except Unavailable as error:
                    log.warning("the statement could not be ended: %s", str(error))

    def is_silent(self, *, longer_than: float) -> bool:
        """Tell whether nothing has been heard for so long. Units: seconds."""
        with self._lock:
            heard_at = self._heard_at if self._line is None else max(self._heard_at, self._line.heard_at)
        return time.monotonic() - heard_at >= longer_than

    def break_off(self) -> None:
        """Break the line off on which nothing is heard: what waits for it goes on with an error."""
        with self._lock:
            if self._line is not None:
                self._line.break_off()

    def _go_on(self) -> None:
        self._heard_at = time.monotonic()
        if self._ended:
            raise Unavailable("The worker stopped before this began; another one will do it.")


def compute(database: Database, claim: Claim, *, ending: Ending, passing: Passing = pass_by) -> Computed:
    """Collect the members of a run as of its instant; nothing is written.

    Raises: Unresolved when the criteria name something that is gone; LimitExceeded, Unavailable.
    """
    organization_id = claim.organization_id
    begun = database.transaction(organization_id, read_only=True, snapshot=True)
    with begun as transaction, ending.watching(transaction):
        # One snapshot: the members of other segments that are read are those of the runs the catalog names.
        catalog = load_catalog(transaction, organization_id, claim.document)
        criteria = stored_criteria(claim.document, catalog)
        compiled = compile_criteria(
            criteria, catalog=catalog, organization_id=organization_id, as_of=claim.as_of, segment_id=claim.segment_id
        )
        seen = readings.delivered(transaction, organization_id, readings_of_run(criteria, catalog))
        passing("before_evaluate")
        ending.heard()
        blocks: dict[int, bytes] = {}
        with closing(transaction.stream(compiled.blocks(), rows_at_once=ROWS_AT_ONCE)) as rows:
            for row in rows:
                ending.heard()
                blocks[row.block] = pack_block(row.words)
                passing("in_evaluate")
        passing("after_evaluate")
        ending.heard()
        insight = gain_insight(transaction, claim, criteria, catalog, blocks)
    return Computed(criteria, catalog, seen, blocks, insight)


def stored_criteria(document: dict[str, object], catalog: Catalog) -> Criteria:
    """Parse criteria that were fine when they were saved: what is wrong now is what they refer to.

    Raises: Unresolved, saying what is gone and what to do.
    """
    try:
        return parse_criteria(document, catalog)
    except CriteriaError as error:
        gone = " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
        advice = "Edit the criteria, or import the missing data again; the members of the last good run stay."
        raise Unresolved(f"{gone} {advice}") from error
