"""A draft before it is saved: parsed, its references judged, the findings of the linter weighed, its hash computed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from segment_engine.db import segments as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.canonical import criteria_hash
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.lint.findings import Finding, Level
from segment_engine.domain.readings import Readings, readings_of
from segment_engine.domain.reference_chains import refused_references
from segment_engine.domain.references import with_current_keys
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.domain.write import write_criteria
from segment_engine.errors import CriteriaError, Problem, UnacceptedWarnings
from segment_engine.use_cases.findings import findings_of
from segment_engine.use_cases.stored_segments import read_draft


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """What may be stored: the document with every default spelt out, its hash, what it reads, the accepted warnings."""

    document: dict[str, object]
    criteria_hash: str
    accepted_warnings: tuple[str, ...]
    readings: Readings

    def differs_from(self, held: rows.LockedSegment) -> bool:
        """Tell whether this is a new version: other criteria, or a warning accepted that was not before."""
        return self.document != held.document or not set(self.accepted_warnings) <= set(held.accepted_warnings)


def checked_draft(
    transaction: Transaction, context: OrganizationContext, draft: SegmentDraft, *, name: str
) -> CheckedDraft:
    """Judge a new segment. Raises: CriteriaError, UnacceptedWarnings."""
    criteria, known = _read(transaction, context, draft, name=name, segment_id=None)
    if draft.state is not SegmentState.ACTIVE:
        return _checked(criteria, known, ())
    findings = findings_of(transaction, context, criteria, known, segment_id=None)
    return _checked(criteria, known, weigh(findings, accepted=draft.accepted_warnings))


def checked_edit(
    transaction: Transaction, context: OrganizationContext, draft: SegmentDraft, *, name: str, held: rows.LockedSegment
) -> CheckedDraft:
    """Judge an edit. An active segment that only gets a new name is not judged again.

    Raises: CriteriaError, UnacceptedWarnings.
    """
    criteria, known = _read(transaction, context, draft, name=name, segment_id=str(held.segment_id))
    # Renamed fields are no edit: the held document stays, whatever they were called when it was saved.
    unchanged = write_criteria(criteria) == with_current_keys(held.document, known.aliases)
    before = held.accepted_warnings if unchanged else ()
    if draft.state is not SegmentState.ACTIVE or (unchanged and held.state is SegmentState.ACTIVE):
        accepted = before
    else:
        findings = findings_of(transaction, context, criteria, known, segment_id=held.segment_id)
        accepted = weigh(findings, accepted={*draft.accepted_warnings, *before})
    checked = _checked(criteria, known, accepted)
    return replace(checked, document=held.document) if unchanged else checked


def _read(
    transaction: Transaction, context: OrganizationContext, draft: SegmentDraft, *, name: str, segment_id: str | None
) -> tuple[Criteria, Catalog]:
    criteria, known = read_draft(transaction, context, draft.document)
    problems = refused_references(criteria, known, segment_id=segment_id, name=name)
    if problems:
        raise CriteriaError(problems)
    return criteria, known


def _checked(criteria: Criteria, known: Catalog, accepted: tuple[str, ...]) -> CheckedDraft:
    # Every default is spelt out, so that a later change of a setting or a default alters no saved segment.
    document = write_criteria(criteria)
    return CheckedDraft(document, criteria_hash(criteria, known), accepted, readings_of(document, known))


def weigh(findings: Sequence[Finding], *, accepted: Collection[str]) -> tuple[str, ...]:
    """Judge what the linter found in criteria that become active, and return the codes of warnings that were accepted.

    Raises: CriteriaError with the errors; UnacceptedWarnings with the warnings that are not accepted.
    """
    errors = tuple(_problem(each) for each in findings if each.level is Level.ERROR)
    if errors:
        raise CriteriaError(errors)
    warnings = [each for each in findings if each.level is Level.WARN]
    still_open = tuple(_problem(each) for each in warnings if each.code not in accepted)
    if still_open:
        raise UnacceptedWarnings(still_open)
    return tuple(sorted({each.code for each in warnings}))


def _problem(finding: Finding) -> Problem:
    return Problem(finding.path, finding.code, finding.sentence)
