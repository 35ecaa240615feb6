"""One row, then another, or then not: for the reference evaluator (docs/criteria.md §4.6). It never sees SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from segment_engine.domain.catalog import Catalog, FieldType
from segment_engine.domain.criteria import Sequence, Span, Unit
from segment_engine.domain.evaluate.records import ContactRecord
from segment_engine.domain.evaluate.rows import Row, RowSource, choose_rows, find_source
from segment_engine.domain.evaluate.standing import Asks
from segment_engine.domain.evaluate.times import Clock
from segment_engine.errors import Unresolved

_MINUTE = 60_000_000
_ELAPSED = {Unit.MINUTE: _MINUTE, Unit.HOUR: 60 * _MINUTE, Unit.DAY: 24 * 60 * _MINUTE}
_Spot = tuple[int, int]


def ask_sequence(node: Sequence, catalog: Catalog, clock: Clock) -> Asks:
    """Ask for a first row that a second one follows, or one whose waiting time ended without any.

    Raises: Unresolved when an event is gone, or dates are mixed with instants; LimitExceeded as for windows.
    """
    first = find_source(node.first.source, catalog, clock)
    then = find_source(node.then.source, catalog, clock)
    if first.line is not then.line:
        raise Unresolved(f"{first.kind.label} and {then.kind.label} cannot be compared in time. Edit that condition.")
    starts, ends = _spots(choose_rows(node.first, first), first), _spots(choose_rows(node.then, then), then)
    gap = None if node.within is None else _gap(node.within, first.line)
    now = clock.edge if first.line is FieldType.DATE else clock.now
    wanted = node.verb == "followed_by"

    def answer(record: ContactRecord) -> bool:
        later = ends(record)
        for spot in starts(record):
            if _is_followed(spot, later, gap) is wanted and (wanted or gap is None or spot[0] + gap < now):
                return True
        return False

    return answer


def _spots(choose: Callable[[ContactRecord], list[Row]], source: RowSource) -> Callable[[ContactRecord], list[_Spot]]:
    def spots(record: ContactRecord) -> list[_Spot]:
        placed = ((source.place(row), row.number) for row in choose(record))
        return [(place, number) for place, number in placed if place is not None]

    return spots


def _is_followed(spot: _Spot, later: Iterable[_Spot], gap: int | None) -> bool:
    return any(other > spot and (gap is None or other[0] - spot[0] <= gap) for other in later)


def _gap(within: Span, line: FieldType) -> int:
    if line is FieldType.DATE:
        if within.unit is not Unit.DAY:
            raise Unresolved("Between two dates only whole days can be asked. Edit that condition.")
        return within.n
    elapsed = _ELAPSED.get(within.unit)
    if elapsed is None:
        raise Unresolved("A gap is counted in minutes, hours or days of 24 hours. Edit that condition.")
    return within.n * elapsed
