"""What previews, counts and explanations begin with: criteria that were read, and what they are asked of."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from segment_engine.compiler import Compiled, compile_criteria
from segment_engine.compiler.analysis import Analysis, compile_analysis
from segment_engine.compiler.plan import Plan, total_cost
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.errors import LimitExceeded
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.stored_segments import read_draft, stored_row

Document = str | bytes | Mapping[str, object]

# An estimate that takes longer than this is no help to a person who waits.
ESTIMATE_SECONDS = 3.0


def too_slow() -> LimitExceeded:
    """Say that nobody should wait for this."""
    return LimitExceeded(
        "This is too slow to count while you wait. Narrow the criteria, or save them and let a worker calculate."
    )


@dataclass(frozen=True, eq=False)
class Asked:
    """Criteria over one organization as of one instant, inside one transaction that sees one moment.

    Shape: `segment_id` adds that segment's members by hand. `cancel` is asked between statements.
    """

    transaction: Transaction
    organization_id: int
    catalog: Catalog
    criteria: Criteria
    as_of: datetime
    segment_id: UUID | None
    cancel: Cancellable

    def compiled(self, criteria: Criteria | None = None, *, among: Sequence[int] | None = None) -> Compiled:
        """Compile these criteria, or others as of the same instant."""
        return compile_criteria(
            criteria or self.criteria, catalog=self.catalog, organization_id=self.organization_id, as_of=self.as_of,
            segment_id=self.segment_id, among=among,
        )  # fmt: skip

    def analysis(self, criteria: Criteria | None = None, *, among: Sequence[int] | None = None) -> Analysis:
        """Compile these criteria node by node."""
        return compile_analysis(
            criteria or self.criteria, catalog=self.catalog, organization_id=self.organization_id, as_of=self.as_of,
            segment_id=self.segment_id, among=among,
        )  # fmt: skip

    def unlimited(self) -> Criteria:
        """Give the criteria without their limit: a ranking cannot be estimated, the tree can."""
        return replace(self.criteria, limit=None)

    def rows(self, statement: Any, *, seconds: float) -> Any:  # noqa: ANN401 - a statement and its rows
        """Run a statement; None when it takes longer. Raises: Conflict when it was cancelled."""
        self.cancel.check()
        found = self.transaction.rows_within(statement, seconds=seconds) if seconds > 0 else None
        self.cancel.check()
        return found

    def cost(self, statement: Any) -> float:  # noqa: ANN401 - a statement
        """Ask the planner what a statement would cost. Units: the planner's. Raises: Conflict when it was cancelled."""
        self.cancel.check()
        return total_cost(self.transaction.scalar(Plan(statement)))

    def row(self, statement: Any, *, seconds: float) -> Any:  # noqa: ANN401 - a statement and its row
        """Run a statement with one row; None when it takes longer. Raises: Conflict when it was cancelled."""
        found = self.rows(statement, seconds=seconds)
        return None if found is None else found[0]

    def must(self, statement: Any, *, seconds: float) -> Any:  # noqa: ANN401 - a statement and its row
        """Run a statement with one row. Raises: LimitExceeded when it takes longer, Conflict when cancelled."""
        found = self.row(statement, seconds=seconds)
        if found is None:
            raise too_slow()
        return found


def ask(
    transaction: Transaction, context: OrganizationContext, document: Document, *, segment_id: UUID | None,
    as_of: datetime | None, cancel: Cancellable,
) -> Asked:  # fmt: skip
    """Read criteria that a person brings. Raises: CriteriaError, NotFound for a segment that does not exist."""
    if segment_id is not None:
        stored_row(transaction, context, segment_id)
    criteria, known = read_draft(transaction, context, document)
    moment = as_of or transaction.now()
    return Asked(transaction, context.organization_id, known, criteria, moment, segment_id, cancel)


@dataclass(frozen=True)
class Stopwatch:
    """How long a call has taken. Units: seconds."""

    started: float

    @classmethod
    def start(cls) -> Stopwatch:
        """Begin now."""
        return cls(time.monotonic())

    @property
    def seconds(self) -> float:
        """Read it."""
        return time.monotonic() - self.started

    def left_of(self, budget: float) -> float:
        """Say what is left of a budget; never below 0."""
        return max(budget - self.seconds, 0.0)
