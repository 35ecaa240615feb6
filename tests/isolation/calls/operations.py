"""Operations: the queue, failures, what is out of date, the pace of the work, and acts on many runs."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from tests.isolation.calls.shared import Calls

CALLS: Calls = {
    "operations.figures": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.operations.figures(c)),
    "operations.failures": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.operations.failures(c)),
    "operations.stale": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.operations.stale(c)),
    "operations.pace": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.operations.pace(c)),
    "operations.rehearse_cancel": (
        Permission.SEGMENTS_RECALCULATE,
        lambda e, c, i: e.operations.rehearse_cancel(c, [i]),
    ),
    "runs.cancel_many": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.cancel_many(c, [i])),
}
