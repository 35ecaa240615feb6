"""How large criteria are, within the time a person waits: counted when that is quick enough, else estimated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from segment_engine.compiler import Compiled, pack_block
from segment_engine.compiler.evidence import looked_at
from segment_engine.compiler.sampling import sampled_numbers
from segment_engine.db import evidence, overrides
from segment_engine.db.segments import count_base
from segment_engine.domain.criteria import GroupKind, Limit
from segment_engine.domain.flips.ahead import ROOT
from segment_engine.domain.overrides import Decision
from segment_engine.domain.preview import (
    FunnelStep,
    NodeCount,
    NodeCounts,
    Preview,
    PreviewKind,
    Size,
    apportion,
    estimate,
)
from segment_engine.use_cases.asking import ESTIMATE_SECONDS, Asked, Stopwatch, too_slow
from segment_engine.use_cases.member_sets import MemberSet

SHOWN_MEMBERS = 10
# Half the interval of a share is 1 % at most; twice as many contacts would take twice as long for 0.7 %.
SAMPLE_SIZE = 10_000
LONGEST_SECONDS = 60.0
# Over 1,000,000 contacts and 10,000,000 events, 43 kinds of criteria took 1.7 to 12 µs a unit, half of them under 3.3.
# Who is told by the plan that a count would take too long sees an estimate at once, not after the whole budget.
SECONDS_A_COST = 3e-6


def preview(asked: Asked, watch: Stopwatch, *, budget: float, exact: bool, with_members: bool) -> Preview:
    """Count within the budget, else estimate. Raises: LimitExceeded when even that is too slow."""
    base = count_base(asked.transaction, asked.organization_id)
    compiled = asked.compiled()
    seconds = LONGEST_SECONDS if exact else _worth_trying(asked, compiled.blocks(), seconds=watch.left_of(budget))
    counted = _counted(asked, compiled, seconds=seconds, with_members=with_members)
    if counted is not None:
        size, of, numbers = Size.exact(counted[0]), base, counted[1]
    elif exact:
        raise too_slow()
    else:
        size, of, numbers = _estimated(asked, base, with_members=with_members)
    whole = of >= base
    return Preview(
        size.count, base, asked.as_of, watch.seconds, PreviewKind.EXACT if whole else PreviewKind.ESTIMATED,
        size.low, size.high, None if whole else of,
        evidence.members(asked.transaction, asked.organization_id, numbers),
        "" if whole else _note(asked.criteria.limit, of),
    )  # fmt: skip


def _worth_trying(asked: Asked, statement: Any, *, seconds: float) -> float:  # noqa: ANN401 - a statement
    """Give the time for a count, or none where the planner says that it would not be enough anyway."""
    return seconds if asked.cost(statement) * SECONDS_A_COST <= seconds else 0.0


def _counted(asked: Asked, compiled: Compiled, *, seconds: float, with_members: bool) -> tuple[int, list[int]] | None:
    """Count, and name the first: the blocks of a run hold both, at hardly more than the cost of the bare count."""
    if not with_members:
        row = asked.row(compiled.count(), seconds=seconds)
        return None if row is None else (row[0], [])
    rows = asked.rows(compiled.blocks(), seconds=seconds)
    if rows is None:
        return None
    members = MemberSet({row.block: pack_block(row.words) for row in rows})
    return members.count, members.first(SHOWN_MEMBERS)


def _sample(asked: Asked) -> tuple[int, ...]:
    return sampled_numbers(evidence.last_number(asked.transaction, asked.organization_id), SAMPLE_SIZE)


def _estimated(asked: Asked, base: int, *, with_members: bool) -> tuple[Size, int, list[int]]:
    """Count among the sample, and scale: the tree with members by hand first, then what a limit leaves of it.

    Shape: the size, how many were looked at, and the first members found: those before a limit, which is known for
        everyone only.
    """
    compiled = asked.compiled(asked.unlimited(), among=_sample(asked))
    counted = _counted(asked, compiled, seconds=ESTIMATE_SECONDS, with_members=with_members)
    if counted is None:
        raise too_slow()
    of = asked.must(looked_at(compiled), seconds=ESTIMATE_SECONDS)[0]
    return _limited(asked, estimate(counted[0], of, base)), of, counted[1]


def _limited(asked: Asked, size: Size) -> Size:
    limit = asked.criteria.limit
    if limit is None:
        return size
    put_in = 0
    if asked.segment_id is not None:
        by_hand = overrides.count_open(asked.transaction, asked.organization_id, asked.segment_id)
        put_in = by_hand[Decision.PUT_IN]
    return size.at_most(limit.top_n + put_in, ties=limit.ties == "keep")


def _note(limit: Limit | None, of: int) -> str:
    words = f"Estimated from {of:,} contacts, the same ones every time"
    if limit is None:
        return f"{words}."
    ties = ", and equals of the last one may come on top" if limit.ties == "keep" else ""
    return f"{words}; the limit of {limit.top_n:,} is applied to the estimate{ties}."


# Every node ----------------------------------------------------------------------------------------------------------


def counts(asked: Asked, watch: Stopwatch, *, budget: float, exact: bool) -> NodeCounts:
    """Count every node within the budget, else estimate each. Raises: LimitExceeded when even that is too slow."""
    analysis = asked.analysis()
    statement = analysis.counts()
    seconds = LONGEST_SECONDS if exact else _worth_trying(asked, statement, seconds=watch.left_of(budget))
    row = asked.row(statement, seconds=seconds)
    if row is not None:
        return _of_nodes(asked, watch, analysis.paths, row, base=row.base)
    if exact:
        raise too_slow()
    base = count_base(asked.transaction, asked.organization_id)
    analysis = asked.analysis(asked.unlimited(), among=_sample(asked))
    row = asked.must(analysis.counts(), seconds=ESTIMATE_SECONDS)
    return _of_nodes(asked, watch, analysis.paths, row, base=base)


def _of_nodes(asked: Asked, watch: Stopwatch, paths: Sequence[str], row: Any, *, base: int) -> NodeCounts:  # noqa: ANN401 - the row of an analysis
    """Bring the one row of an analysis to the base it speaks of: exact when that is the base it looked at."""
    whole = row.base >= base
    size = estimate(row.members, row.base, base)
    size = size if whole else _limited(asked, size)
    return NodeCounts(
        size.count, base, asked.as_of, watch.seconds, PreviewKind.EXACT if whole else PreviewKind.ESTIMATED,
        tuple(_node(row, place, path, base) for place, path in enumerate(paths)), tuple(_funnel(asked, row, base)),
        size.low, size.high, None if whole else row.base,
        "" if whole else _note(asked.criteria.limit, row.base),
    )  # fmt: skip


def _node(row: Any, place: int, path: str, base: int) -> NodeCount:  # noqa: ANN401 - the row of an analysis
    matched = estimate(getattr(row, f"matched_{place}"), row.base, base)
    parts = [getattr(row, f"{part}_{place}") for part in ("true", "false", "unknown")]
    true, false, unknown = parts if row.base >= base else apportion(parts, base)
    return NodeCount(path, matched.count, true, false, unknown, matched.low, matched.high)


def _funnel(asked: Asked, row: Any, base: int) -> Iterator[FunnelStep]:  # noqa: ANN401 - the row of an analysis
    root = asked.criteria.root
    if root.kind is not GroupKind.ALL:
        return
    for place in range(len(root.of)):
        left = estimate(getattr(row, f"funnel_{place}"), row.base, base)
        yield FunnelStep(f"{ROOT}.of[{place}]", left.count, left.low, left.high)
