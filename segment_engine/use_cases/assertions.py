"""Checks people set up: list them with their last verdict, add, change, remove, and let a result pass once."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from segment_engine.db import assertions, audit, runs, segments
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.assertions import (
    MOST_OF_A_SEGMENT,
    NAMES_CONTACTS,
    Assertion,
    AssertionDraft,
    AssertionId,
    checked_draft,
    words_of,
)
from segment_engine.domain.check_results import AssertionVerdict, JudgedAssertion, SegmentChecks, WithheldResult
from segment_engine.domain.checks import CheckLevel
from segment_engine.domain.run import Run, RunReason, RunStatus
from segment_engine.errors import Conflict, InputError, LimitExceeded, NotFound, StaleVersion
from segment_engine.use_cases.stored_segments import hold_segment, stored_row
from segment_engine.use_cases.texts import checked_text

MOST_RUNS = 20
_GONE = "There is no such check any more. Reload to see those there are."


class Assertions:
    """The use cases around checks that people set up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, segment_id: UUID) -> SegmentChecks:
        """List the checks of a segment with their last verdict, what was found lately, and a withheld result.

        Shape: contacts are named to whoever may see members.
        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            every = assertions.find(transaction, organization_id, segment_id)
            last = assertions.last_judged(transaction, organization_id, segment_id)
            found = assertions.findings(transaction, organization_id, segment_id, limit=MOST_RUNS)
            names = _names(transaction, context, every)
        withheld = None
        if last is not None and last.withheld is not None:
            withheld = WithheldResult(last.run_id, last.finished_at, last.withheld, stored.member_count, last.findings)
        return SegmentChecks(tuple(_judged(each, last, names) for each in every), found, withheld)

    def add(self, context: OrganizationContext, segment_id: UUID, draft: AssertionDraft) -> Assertion:
        """Set up a check; it is asked of every result from now on.

        Raises: PermissionDenied, NotFound, InputError, LimitExceeded for more than 20 of one segment.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            if len(assertions.find(transaction, organization_id, segment_id)) >= MOST_OF_A_SEGMENT:
                raise LimitExceeded(f"A segment has at most {MOST_OF_A_SEGMENT} checks. Remove one first.")
            checked, numbers = _checked(transaction, context, segment_id, draft)
            made = assertions.add(
                transaction, organization_id, segment_id, checked, numbers, person_id=context.person_id
            )
            return _recorded(transaction, context, segment_id, made, action="assertion.add")

    def change(
        self, context: OrganizationContext, segment_id: UUID, assertion_id: UUID, *, expected_revision: int,
        draft: AssertionDraft,
    ) -> Assertion:  # fmt: skip
        """Change what a check demands; what was accepted before is accepted no longer.

        Raises: PermissionDenied, NotFound, InputError, StaleVersion when somebody changed it in between.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            revision = assertions.lock(transaction, organization_id, segment_id, assertion_id)
            if revision is None:
                raise NotFound(_GONE)
            if revision != expected_revision:
                raise StaleVersion("This check was changed in between. Reload to see it as it is now.")
            checked, numbers = _checked(transaction, context, segment_id, draft)
            assertions.change(transaction, organization_id, segment_id, assertion_id, checked, numbers)
            return _recorded(transaction, context, segment_id, assertion_id, action="assertion.change")

    def remove(self, context: OrganizationContext, segment_id: UUID, assertion_id: UUID) -> None:
        """Remove a check; runs keep what it found. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            every = assertions.find(transaction, organization_id, segment_id, assertion_id=assertion_id)
            if not every or not assertions.remove(transaction, organization_id, segment_id, assertion_id):
                raise NotFound(_GONE)
            audit.record(
                transaction, context, action="assertion.remove", object_kind="segment", object_id=segment_id,
                detail={"assertion": str(assertion_id), "demands": words_of(every[0])},
            )  # fmt: skip

    def publish_anyway(self, context: OrganizationContext, segment_id: UUID) -> Run:
        """Request a run for which the checks that withheld the last result count as warnings, this once.

        Shape: they do so as they are written now; a check that is changed in between withholds again.
        Raises: PermissionDenied, NotFound, Conflict when no result is withheld, or a calculation is under way.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            hold_segment(transaction, organization_id, segment_id)
            last = assertions.last_judged(transaction, organization_id, segment_id)
            if last is None or last.withheld is None:
                raise Conflict("No result is withheld at this moment. Reload to see how the segment stands.")
            tokens = {each.assertion for each in last.findings if each.level is CheckLevel.FAILED and each.assertion}
            run_id, is_new = runs.request(
                transaction, organization_id, segment_id=segment_id, reason=RunReason.REQUESTED,
                person_id=context.person_id,
            )  # fmt: skip
            made = None if run_id is None else runs.get(transaction, organization_id, run_id)
            if made is None or not is_new or made.status is not RunStatus.QUEUED:
                raise Conflict("A calculation is under way. Wait for its end; then decide about its result.")
            assertions.accept(transaction, organization_id, made.run_id, tokens, person_id=context.person_id)
            audit.record(
                transaction, context, action="run.publish_anyway", object_kind="segment", object_id=segment_id,
                detail={"run": str(made.run_id), "withheld": str(last.run_id), "accepted": sorted(tokens)},
            )  # fmt: skip
            return made


def _checked(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, draft: AssertionDraft
) -> tuple[AssertionDraft, tuple[int, ...]]:
    """Refuse what cannot be meant, and find whom a draft names. Raises: PermissionDenied, InputError, NotFound."""
    checked = checked_draft(draft)
    checked_text(checked.note, of="note")
    other = checked.other_segment_id
    if other is not None:
        if other == segment_id:
            raise InputError("A segment cannot be compared with itself. Choose another one.")
        if segments.get(transaction, context.organization_id, other) is None:
            raise NotFound("There is no such segment to compare with. Choose another one.")
    if checked.kind not in NAMES_CONTACTS:
        return checked, ()
    require(context, Permission.MEMBERS_VIEW)  # whoever names a contact learns whether it exists
    found = assertions.named_contacts(transaction, context.organization_id, checked.contacts)
    unknown = [each for each in checked.contacts if each not in found]
    if unknown:
        shown = ", ".join(f"“{each}”" for each in unknown[:3])
        more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""  # noqa: PLR2004 - three are shown
        raise InputError(f"There is no contact with the key or e-mail address {shown}{more}. Correct it.")
    return checked, tuple(sorted(set[int]().union(*found.values())))


def _recorded(
    transaction: Transaction, context: OrganizationContext, segment_id: UUID, assertion_id: UUID, *, action: str
) -> Assertion:
    (made,) = assertions.find(transaction, context.organization_id, segment_id, assertion_id=assertion_id)
    audit.record(
        transaction, context, action=action, object_kind="segment", object_id=segment_id,
        detail={"assertion": str(assertion_id), "level": made.level.value, "demands": words_of(made)},
    )  # fmt: skip
    return made


def _names(
    transaction: Transaction, context: OrganizationContext, every: Iterable[Assertion]
) -> dict[AssertionId, tuple[str, ...]]:
    if not context.may(Permission.MEMBERS_VIEW):
        return {}
    numbers = {each.assertion_id: each.numbers for each in every}
    named = {number for listed in numbers.values() for number in listed}
    keys = assertions.contact_names(transaction, context.organization_id, named)
    gone = "a contact that was deleted"
    return {each: tuple(keys.get(number, gone) for number in listed) for each, listed in numbers.items()}


def _judged(
    assertion: Assertion, last: assertions.LastJudged | None, names: dict[AssertionId, tuple[str, ...]]
) -> JudgedAssertion:
    """Say how a check last stood: what a result of before it was set up or changed says nothing about it."""
    contacts = names.get(assertion.assertion_id, ())
    changed = assertion.updated_at or assertion.created_at
    if last is None or (changed is not None and changed > last.finished_at):
        return JudgedAssertion(assertion, AssertionVerdict.NOT_JUDGED, contacts=contacts)
    for finding in last.findings:
        if finding.assertion == assertion.token:
            verdict = AssertionVerdict.FAILED if finding.level is CheckLevel.FAILED else AssertionVerdict.WARNED
            return JudgedAssertion(assertion, verdict, finding.sentence, last.finished_at, contacts)
    return JudgedAssertion(assertion, AssertionVerdict.PASSED, "", last.finished_at, contacts)
