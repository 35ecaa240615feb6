"""What rows tell about other rows: which are always among which, and when two figures exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import cast

from segment_engine.domain.canonical import canonical_group, serialized
from segment_engine.domain.canonical.conditions import Writing, canonical_rows
from segment_engine.domain.catalog import Catalog, Field, FieldType, event_time_field, is_timed
from segment_engine.domain.criteria import Calendar, Group, Interactions, Rows, Source
from segment_engine.domain.lint.edges import WHOLE, Stretch, TimeLine
from segment_engine.domain.lint.formulas import State
from segment_engine.domain.lint.subjects import Literal, Subject, Tells, can_be_missing, can_hold, numbers_of
from segment_engine.domain.operators import CONSENT_STATES
from segment_engine.errors import InputError, LimitExceeded

REACHABLE, CONSENT = "reachable", "consent"
_UNTIMED = Field("@time", "time", FieldType.INSTANT, "")


@dataclass(frozen=True, slots=True)
class RowsReader:
    """Knows the rows of a catalog as of a moment and in a calendar."""

    catalog: Catalog
    as_of: datetime
    calendar: Calendar

    def writing(self, source: Source | None = None) -> Writing:
        """Write canonical forms, of the tree or of what is asked of rows."""
        return Writing(self.catalog, canonical_group, source)

    def key(self, rows: Rows) -> str:
        """Give one text for equal rows."""
        return serialized(canonical_rows(rows, self.writing()))

    def line(self, value: Field) -> TimeLine:
        """Give the line on which the times of a field lie."""
        return TimeLine(self.as_of, self.calendar, dates=value.type is FieldType.DATE)

    def time_of(self, source: Source) -> Field:
        """Describe when rows happen."""
        found = self.catalog.rows_of(source)
        return event_time_field(found) if found is not None and is_timed(found) else _UNTIMED

    def window(self, rows: Rows) -> Stretch:
        """Give the window of rows; one that cannot be resolved is not known to leave anything out."""
        if rows.window is None:
            return WHOLE
        try:
            return self.line(self.time_of(rows.source)).of_window(rows.window)
        except (LimitExceeded, InputError):
            return WHOLE

    def among(self, few: Rows, many: Rows) -> bool:
        """Tell whether every row of the one is always among the other."""
        if few.include_future and not many.include_future:
            return False
        if not _is_part(few.source, many.source) or not self._asks_no_less(few, many):
            return False
        inner = self.window(few)
        return self.window(many).covers(inner.lo, inner.hi)

    def _asks_no_less(self, few: Rows, many: Rows) -> bool:
        if many.where is None:
            return True
        return few.where is not None and self._conjuncts(many.where, few.source) <= self._conjuncts(
            few.where, few.source
        )

    def _conjuncts(self, where: Group, source: Source) -> set[str]:
        written = canonical_group(where, self.writing(source))
        listed = written.get("all", [written])
        return {serialized(part) for part in cast("list[object]", listed)}

    def agrees(self, state: State) -> bool:
        """Tell whether what is said about different subjects can be true together; no is a proof."""
        least: list[tuple[Rows, int]] = []
        most: list[tuple[Rows, int]] = []
        for subject, literals in state.items():
            if subject.rows is not None:
                low, high = _told(subject, literals)
                least += [(subject.rows, low)] if low > 0 else []
                most += [(subject.rows, high)] if high is not None else []
        if any(low > high and self.among(few, many) for (few, low), (many, high) in product(least, most)):
            return False
        return all(
            _may_be_granted(subject, state) for subject, literals in state.items() if _is_reached(subject, literals)
        )


def _is_part(few: Source, many: Source) -> bool:
    if isinstance(few, Interactions) and isinstance(many, Interactions):
        same = few.interaction == many.interaction
        every = not many.campaigns
        return same and (every or (bool(few.campaigns) and set(few.campaigns) <= set(many.campaigns)))
    return few == many


def _told(subject: Subject, literals: Sequence[Literal]) -> tuple[int, int | None]:
    """Bound the number of rows by what is said about a value read from them."""
    if subject.tells is Tells.NUMBER:
        numbers = numbers_of(subject, literals)
        return (0, None) if numbers.is_empty else (numbers.lowest or 0, numbers.highest)
    if subject.tells is Tells.SOME_UNLESS_ZERO:
        return (0 if 0 in numbers_of(subject, literals) else 1), None
    if not can_be_missing(literals):
        return 1, None
    present = can_hold([*literals, Literal(subject, None)])
    return 0, (0 if subject.tells is Tells.SOME_EXACTLY_IF_PRESENT and not present else None)


def _is_reached(subject: Subject, literals: Sequence[Literal]) -> bool:
    return subject.key.startswith(f"{REACHABLE} ") and 0 not in numbers_of(subject, literals)


def _may_be_granted(reachable: Subject, state: State) -> bool:
    """Tell whether the channel's consent can be granted, without which it reaches nobody (docs/criteria.md §4.11)."""
    channel = reachable.key.removeprefix(f"{REACHABLE} ")
    granted = CONSENT_STATES.index("granted")
    return all(
        granted in numbers_of(subject, literals)
        for subject, literals in state.items()
        if subject.key == f"{CONSENT} {channel} "
    )
