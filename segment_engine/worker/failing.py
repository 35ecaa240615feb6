"""Which condition a run failed at, found by trying them one by one: nobody has to take criteria apart by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from segment_engine.compiler import Compiled, compile_criteria
from segment_engine.compiler.plan import Plan, total_cost
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import AllContacts, Condition, Criteria, Group, GroupKind
from segment_engine.domain.describe import describe
from segment_engine.domain.explanation.needs import leaves
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Claim, FailingCondition
from segment_engine.errors import CriteriaError, Incident, LimitExceeded, SegmentEngineError, Unresolved

# So long each condition may take when it is tried, and all together: a run that failed must end soon all the same.
SECONDS_EACH = 2
SECONDS_IN_ALL = 20.0
LIMIT = "$.limit"
EVERYONE = Group(GroupKind.ALL, (AllContacts(),))


def find_failing(
    database: Database, claim: Claim, error: SegmentEngineError, *, stopped: Callable[[], bool] = lambda: False
) -> FailingCondition | None:
    """Find the condition that makes a run fail; None where no single one does, or where the data are not to blame.

    Shape: what cannot be resolved is found by reading and compiling condition by condition; what took too long is the
        condition the planner expects to cost most, or the order of a limit; what fails in the database is the first
        that fails alone too. Nothing more is tried once `stopped` says so.
    Raises: SegmentEngineError when the database cannot be asked; the failure itself is not lost by that.
    """
    if not isinstance(error, Unresolved | LimitExceeded | Incident):
        return None
    with database.transaction(claim.organization_id, read_only=True, snapshot=True) as transaction:
        catalog = load_catalog(transaction, claim.organization_id, claim.document)
        try:
            criteria = parse_criteria(claim.document, catalog)
        except CriteriaError as unreadable:
            first = unreadable.problems[0]
            return FailingCondition(first.path, first.sentence)
        trial = _Trial(transaction, claim, catalog, criteria)
        found = list(leaves(criteria.root))
        if isinstance(error, Unresolved):
            return trial.first(found, trial.compile)
        if isinstance(error, LimitExceeded):
            return trial.dearest(found)
    return _first_that_breaks(database, trial, found, stopped)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Criteria that are taken apart, in one snapshot."""

    transaction: Transaction
    claim: Claim
    catalog: Catalog
    criteria: Criteria

    def alone(self, condition: Condition) -> Criteria:
        """Give criteria of this one condition."""
        return replace(self.criteria, root=Group(GroupKind.ALL, (condition,)), limit=None)

    def compile(self, condition: Condition) -> Compiled:
        """Compile one condition. Raises: Unresolved, LimitExceeded."""
        return self._compiled(self.alone(condition))

    def _compiled(self, criteria: Criteria) -> Compiled:
        return compile_criteria(
            criteria, catalog=self.catalog, organization_id=self.claim.organization_id, as_of=self.claim.as_of,
            segment_id=self.claim.segment_id,
        )  # fmt: skip

    def told(self, path: str, condition: Condition) -> FailingCondition:
        """Say the condition in words."""
        said = describe(self.alone(condition), self.catalog, as_of=self.claim.as_of)
        return FailingCondition(path, " ".join(line.text for line in said.lines))

    def first(
        self, found: list[tuple[str, Condition]], attempt: Callable[[Condition], object]
    ) -> FailingCondition | None:
        """Give the first condition whose attempt is refused, with the refusal as its words."""
        for path, condition in found:
            try:
                attempt(condition)
            except (Unresolved, LimitExceeded) as error:
                return FailingCondition(path, str(error))
        return None

    def dearest(self, found: list[tuple[str, Condition]]) -> FailingCondition | None:
        """Give what the planner expects to take longest; what cannot even be compiled comes before.

        Shape: a condition, or the order of the limit where that costs more than any of them.
        """
        refused = self.first(found, self.compile)
        if refused is not None:
            return refused
        costs = {
            path: total_cost(self.transaction.scalar(Plan(self.compile(condition).count())))
            for path, condition in found
        }
        path, condition = max(found, key=lambda each: costs[each[0]])
        return self.ranking() if self._cost_of_ranking() > costs[path] else self.told(path, condition)

    def ranking(self) -> FailingCondition:
        """Say the order of the limit in words: they follow those of the conditions."""
        with_limit = describe(replace(self.criteria, root=EVERYONE), self.catalog, as_of=self.claim.as_of)
        return FailingCondition(LIMIT, " ".join(line.text for line in with_limit.lines[1:]))

    def everyone_ranked(self) -> Compiled:
        """Compile the order of the limit alone, over everyone. Raises: Unresolved, LimitExceeded."""
        return self._compiled(replace(self.criteria, root=EVERYONE))

    def _cost_of_ranking(self) -> float:
        """Ask what the limit adds to the rest. Units: those of the planner."""
        if self.criteria.limit is None:
            return 0.0
        whole, rest = (
            total_cost(self.transaction.scalar(Plan(self._compiled(criteria).count())))
            for criteria in (self.criteria, replace(self.criteria, limit=None))
        )
        return whole - rest


def _first_that_breaks(
    database: Database, trial: _Trial, found: list[tuple[str, Condition]], stopped: Callable[[], bool]
) -> FailingCondition | None:
    """Count with one condition after the other, each in a transaction of its own, until one fails as the run did.

    Shape: the order of a limit comes last, over everyone. When the time is up or the worker has to stop, none is found.
    """
    until = monotonic() + SECONDS_IN_ALL
    for path, condition in found:
        if stopped() or monotonic() > until:
            return None
        if _breaks(database, trial, lambda condition=condition: trial.compile(condition)):
            return trial.told(path, condition)
    if trial.criteria.limit is not None and not stopped() and _breaks(database, trial, trial.everyone_ranked):
        return trial.ranking()
    return None


def _breaks(database: Database, trial: _Trial, compiled: Callable[[], Compiled]) -> bool:
    try:
        with database.transaction(trial.claim.organization_id, read_only=True) as transaction:
            transaction.rows_within(compiled().count(), seconds=SECONDS_EACH)
    except Incident:
        return True
    return False
