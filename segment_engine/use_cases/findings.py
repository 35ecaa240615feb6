"""What the linter finds in criteria, with what the database knows cheaply: doubles and how fresh the sources are."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import segments as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.canonical import criteria_hash
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.lint import lint
from segment_engine.domain.lint_facts import Facts, SameDefinition, SourceFacts
from segment_engine.domain.lint_findings import Finding, found
from segment_engine.domain.reference_chains import refused_references
from segment_engine.domain.write import write_criteria
from segment_engine.use_cases.stored_segments import labels_by_source


def findings_of(
    transaction: Transaction, context: OrganizationContext, criteria: Criteria, known: Catalog, *,
    segment_id: UUID | None,
) -> tuple[Finding, ...]:  # fmt: skip
    """Let the linter judge criteria as of now. `segment_id` is the segment they belong to, None while it is new."""
    organization_id = context.organization_id
    same = rows.doubles(transaction, organization_id, criteria_hash(criteria, known), other_than=segment_id)
    names = tuple(labels_by_source(known, write_criteria(criteria)))
    imports = rows.last_imports(transaction, organization_id, names)
    facts = Facts(
        sources={name: SourceFacts(imported_at, hours) for name, (imported_at, hours) in imports.items()},
        same=tuple(SameDefinition(str(each.segment_id), each.name) for each in same),
    )
    judged = lint(criteria, known, as_of=transaction.now(), facts=facts)
    return (*judged, *_circles(criteria, known, segment_id, judged))


def _circles(
    criteria: Criteria, known: Catalog, segment_id: UUID | None, judged: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """Name the references that lead back to the segment itself, which the criteria alone do not show."""
    if segment_id is None or any(each.code == "L-CYCLE" for each in judged):
        return ()
    own = known.segments.get(str(segment_id))
    name = own.name if own is not None else "this segment"
    problems = refused_references(criteria, known, segment_id=str(segment_id), name=name)
    return tuple(found("L-CYCLE", each.path, each.sentence) for each in problems if each.code == "reference_cycle")
