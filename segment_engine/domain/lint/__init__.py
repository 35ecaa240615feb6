"""The linter: what is well formed and still may not mean what its author wanted.

Errors about what can never or must always hold are proofs. Everything about data needs facts; what is not known is not
judged. The codes stand in `lint_findings`, their reasons and examples in docs/linter.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.describe.rows import Speaker
from segment_engine.domain.describe.times import Clock
from segment_engine.domain.lint.data import data_findings
from segment_engine.domain.lint.drift import drift_findings
from segment_engine.domain.lint.facts import Facts
from segment_engine.domain.lint.findings import CODES, Finding, Level
from segment_engine.domain.lint.limit import limit_findings
from segment_engine.domain.lint.logic import logic_of
from segment_engine.domain.lint.negations import Negations
from segment_engine.domain.lint.references import reference_findings
from segment_engine.domain.lint.rows import RowsReader
from segment_engine.domain.lint.shape import shape_findings
from segment_engine.domain.lint.times import Times
from segment_engine.domain.lint.values import value_findings
from segment_engine.domain.lint.walk import every_node, trees
from segment_engine.domain.lint.words import Words

__all__ = ["CODES", "Facts", "Finding", "Level", "lint"]

_ORDER = tuple(CODES)


def lint(
    criteria: Criteria, catalog: Catalog, *, as_of: datetime, facts: Facts | None = None, segment_id: str | None = None
) -> tuple[Finding, ...]:
    """Examine criteria that were parsed.

    Shape:  errors first, then warnings, then notes; each once, by code in the order of the table and by place.
            `segment_id` is the segment being edited (circles lead back to it), None while it is new. Criteria that name
            what the catalog does not have any more are examined for that alone.
    Units:  `as_of` is an aware instant; proofs hold for every later one too.
    Source: docs/criteria.md §7.
    """
    known = facts or Facts()
    edited = None if segment_id is None else segment_id.lower()
    findings = [
        *drift_findings(criteria, catalog, known.drift),
        *reference_findings(criteria, catalog, segment_id=edited),
    ]
    if not any(finding.code == "L-DRIFT" for finding in findings):
        findings += _examined(criteria, catalog, as_of, known)
    return tuple(sorted(dict.fromkeys(findings), key=_rank))


def _rank(finding: Finding) -> tuple[int, int]:
    return list(Level).index(finding.level), _ORDER.index(finding.code)


def _examined(criteria: Criteria, catalog: Catalog, as_of: datetime, facts: Facts) -> Iterator[Finding]:
    words = Words(Speaker(catalog, Clock(as_of, criteria.calendar)))
    rows = RowsReader(catalog, as_of, criteria.calendar)
    logic = logic_of(rows, words, Negations(rows, words, facts.counts))
    proven = [finding for tree in trees(criteria) for finding in logic.findings(tree)]
    yield from proven
    # Who is told that nobody, or everybody, can match need not hear that the tree only excludes.
    decided = any(finding.code in {"L-CONTRADICTION", "L-TAUTOLOGY", "L-OR-NEG"} for finding in proven)
    shapes = shape_findings(criteria, words, facts.base)
    yield from (finding for finding in shapes if finding.code != "L-NEG-ONLY" or not decided)
    yield from Times(rows, words).findings(criteria)
    yield from value_findings(every_node(criteria), catalog, facts.fields)
    yield from limit_findings(criteria, logic.known)
    yield from data_findings(criteria, catalog, facts, words, as_of)
