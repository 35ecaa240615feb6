"""What the linter finds in criteria, with what the database knows of them."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import segments as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.canonical import criteria_hash
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.lint import lint
from segment_engine.domain.lint.facts import Counts, SameDefinition
from segment_engine.domain.lint.findings import Finding
from segment_engine.domain.preview import NodeCounts, PreviewKind
from segment_engine.domain.write import write_criteria
from segment_engine.use_cases.facts import ALL_FIELDS_SECONDS, load_facts
from segment_engine.use_cases.stored_segments import labels_by_source


def findings_of(
    transaction: Transaction, context: OrganizationContext, criteria: Criteria, known: Catalog, *,
    segment_id: UUID | None, informed: bool = False, counts: NodeCounts | None = None,
) -> tuple[Finding, ...]:  # fmt: skip
    """Let the linter judge criteria as of now. `segment_id` is the segment they belong to, None while it is new.

    Shape: `informed` also reads what is stored in the fields, for a person who looks on; saving does not, because what
        an import changes must not decide whether an edit can be saved. `counts` of the same criteria are used where
        they are exact: an estimate of none is not none.
    """
    organization_id = context.organization_id
    same = rows.doubles(transaction, organization_id, criteria_hash(criteria, known), other_than=segment_id)
    as_of = transaction.now()
    facts = load_facts(
        transaction, organization_id, criteria, known, segment_id=segment_id if informed else None,
        counts=_by_path(counts),
        sources=tuple(labels_by_source(known, write_criteria(criteria))),
        same=tuple(SameDefinition(str(each.segment_id), each.name) for each in same),
        seconds=ALL_FIELDS_SECONDS if informed else 0,
    )  # fmt: skip
    own = None if segment_id is None else str(segment_id)
    return lint(criteria, known, as_of=as_of, facts=facts, segment_id=own)


def _by_path(counts: NodeCounts | None) -> dict[str, Counts]:
    if counts is None or counts.kind is not PreviewKind.EXACT:
        return {}
    return {node.path: Counts(node.matched, node.true, node.false, node.unknown) for node in counts.nodes}
