"""Finds limits that rank contacts by figures over rows they may not have."""

from __future__ import annotations

from collections.abc import Iterator

from segment_engine.domain.criteria import Count, Criteria, Event, Figure
from segment_engine.domain.lint.conditions import TreeReader
from segment_engine.domain.lint.findings import Finding, found

_ZERO_WITHOUT_ROWS = frozenset({"sum", "count", "count_distinct"})


def limit_findings(criteria: Criteria, reader: TreeReader) -> Iterator[Finding]:
    """Yield a ranking by a sum or a count that contacts without any row can enter with 0."""
    if criteria.limit is None:
        return
    tree = reader.read(criteria.root)
    for place, key in enumerate(criteria.limit.order_by):
        figure = key.value
        if not isinstance(figure, Figure) or figure.function not in _ZERO_WITHOUT_ROWS:
            continue
        never = reader.read(Event("did", figure.rows, Count("lte", 0)))
        if reader.can_hold(tree, never):
            sentence = (
                "Contacts without any row rank with 0 and may fill places of the limit. "
                "Add a condition that asks for at least one row, if they are not meant."
            )
            yield found("L-TOP-ZERO", f"$.limit.order_by[{place}]", sentence)
            return
