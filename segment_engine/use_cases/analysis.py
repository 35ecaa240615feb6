"""Criteria looked at before and after they are saved: how large, node by node, why one contact, what an edit does."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from segment_engine.db import evidence, runs
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.explanation import Explanation, PastRun
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.preview import NodeCounts, Preview
from segment_engine.domain.preview.edits import EditDiff
from segment_engine.domain.run import RunId
from segment_engine.errors import CriteriaError, InputError, NotFound, Unresolved
from segment_engine.use_cases import differing, explaining, previewing
from segment_engine.use_cases.asking import Asked, Document, Stopwatch, ask
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.stored_segments import stored_row

BUDGET_SECONDS = 1.0


class Analysis:
    """The use cases that look at criteria without saving anything. Every method asks for its permission first.

    Shape: each sees one moment of the data. A `cancel` handle stops a call from another thread, which then raises
        Conflict.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def preview(
        self, context: OrganizationContext, document: Document, *, segment_id: UUID | None = None,
        budget_seconds: float = BUDGET_SECONDS, exact: bool = False, as_of: datetime | None = None,
        cancel: Cancellable | None = None,
    ) -> Preview:  # fmt: skip
        """Count the members criteria would have: exactly within the budget, else by an estimate with its interval.

        Shape: `segment_id` adds that segment's members by hand. `exact` waits up to a minute instead. A budget of 0
            estimates at once. Members of a sample are shown to those who may see contacts.
        Raises: PermissionDenied, CriteriaError, NotFound, Unresolved, LimitExceeded, Conflict when cancelled.
        """
        require(context, Permission.SEGMENTS_VIEW)
        watch = Stopwatch.start()
        with self._reading(context, cancel) as (transaction, handle):
            asked = ask(transaction, context, document, segment_id=segment_id, as_of=as_of, cancel=handle)
            may_see = context.may(Permission.MEMBERS_VIEW)
            return previewing.preview(asked, watch, budget=budget_seconds, exact=exact, with_members=may_see)

    def counts(
        self, context: OrganizationContext, document: Document, *, segment_id: UUID | None = None,
        budget_seconds: float = BUDGET_SECONDS, exact: bool = False, as_of: datetime | None = None,
        cancel: Cancellable | None = None,
    ) -> NodeCounts:  # fmt: skip
        """Count, at every node, for whom it holds by value, does not, or a value is missing, and what is left in turn.

        Shape: as `preview`. The three counts of a node add up to the base, exact or estimated.
        Raises: as `preview`.
        """
        require(context, Permission.SEGMENTS_VIEW)
        watch = Stopwatch.start()
        with self._reading(context, cancel) as (transaction, handle):
            asked = ask(transaction, context, document, segment_id=segment_id, as_of=as_of, cancel=handle)
            return previewing.counts(asked, watch, budget=budget_seconds, exact=exact)

    def explain(
        self, context: OrganizationContext, contact: str | int, *, segment_id: UUID | None = None,
        document: Document | None = None, at_run: UUID | None = None, as_of: datetime | None = None,
    ) -> Explanation:  # fmt: skip
        """Say why a contact is a member, or is not, and what would change that.

        Shape: `contact` is its own key (text) or its number. Of a segment, its stored criteria are explained, or with
            `at_run` those of a past run as of its instant, on today's data; of a `document`, that one (with
            `segment_id`, with that segment's members by hand). Whoever may not see contacts may not ask either: with
            criteria of one's own the bare answer tells any value.
        Raises: PermissionDenied, CriteriaError, Unresolved, NotFound for a contact, segment or run that does not exist.
        """
        require(context, Permission.MEMBERS_VIEW)
        with self._reading(context, None) as (transaction, handle):
            number = explaining.find_number(transaction, context.organization_id, contact)
            if at_run is not None:
                return _explain_run(transaction, context, number, at_run, segment_id, handle)
            if document is not None:
                asked = ask(transaction, context, document, segment_id=segment_id, as_of=as_of, cancel=handle)
            elif segment_id is not None:
                stored = stored_row(transaction, context, segment_id)
                asked = _stored(transaction, context, segment_id, stored.document, as_of, handle)
            else:
                raise InputError("Name a segment, or give criteria: there is nothing to explain otherwise.")
            return explaining.explain(asked, number)

    def edit_diff(
        self, context: OrganizationContext, segment_id: UUID, document: Document, *, cancel: Cancellable | None = None
    ) -> EditDiff:
        """Tell whom new criteria would add and remove, apart from what time and data do, and who uses the segment.

        Raises: PermissionDenied, NotFound, CriteriaError, Unresolved, LimitExceeded after a minute, Conflict when
            cancelled.
        """
        require(context, Permission.SEGMENTS_VIEW)
        watch = Stopwatch.start()
        with self._reading(context, cancel) as (transaction, handle):
            stored = stored_row(transaction, context, segment_id)
            asked = ask(transaction, context, document, segment_id=segment_id, as_of=None, cancel=handle)
            return differing.edit_diff(asked, context, watch, stored)

    @contextmanager
    def _reading(
        self, context: OrganizationContext, cancel: Cancellable | None
    ) -> Generator[tuple[Transaction, Cancellable]]:
        handle = cancel or Cancellable()
        with (
            self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction,
            handle.holding(transaction),
        ):
            yield transaction, handle


def _stored(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, document: dict[str, object],
    as_of: datetime | None, cancel: Cancellable,
) -> Asked:  # fmt: skip
    """Read criteria that were fine when they were saved. Raises: Unresolved when they no longer are."""
    known = load_catalog(transaction, context.organization_id, document)
    try:
        criteria = parse_criteria(document, known, calendar=context.calendar)
    except CriteriaError as error:
        gone = " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
        raise Unresolved(f"{gone} Edit the criteria, or import the missing data again.") from error
    moment = as_of or transaction.now()
    return Asked(transaction, context.organization_id, known, criteria, moment, segment_id, cancel)


def _explain_run(
    transaction: Transaction, context: OrganizationContext, number: int, run_id: UUID, segment_id: UUID | None,
    cancel: Cancellable,
) -> Explanation:  # fmt: skip
    """Explain a contact by the criteria and the instant of a past run, beside what that run stored."""
    organization_id = context.organization_id
    published = runs.result(transaction, organization_id, run_id)
    run = runs.get(transaction, organization_id, run_id)
    if published is None or run is None or segment_id not in {None, published.segment_id}:
        raise NotFound("This run published no members of this segment. Choose one that succeeded.")
    document = evidence.run_document(transaction, organization_id, run_id)
    asked = _stored(transaction, context, published.segment_id, document, run.as_of, cancel)
    told = explaining.explain(asked, number)
    was = evidence.was_member(transaction, organization_id, published.segment_id, number, sequence=published.sequence)
    return replace(told, past_run=PastRun(RunId(run_id), was, told.member, _difference(was=was, again=told.member)))


def _difference(*, was: bool, again: bool) -> str:
    if was is again:
        return ""
    then, now = ("a member", "not one") if was else ("not a member", "one")
    return (
        f"The run found the contact {then}; the same criteria as of the same instant now find it {now}. Since then the "
        "contact's data, a decision by hand or the members of another segment have changed; what they were is not kept."
    )
