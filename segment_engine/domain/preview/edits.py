"""What an edit of criteria would change, told apart from what time and data have changed since the last run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segment_engine.domain.segment import Member


@dataclass(frozen=True, slots=True)
class Difference:
    """Some contacts: how many, and the first of them by number, none for a person who may not see contacts."""

    count: int
    sample: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class EditDiff:
    """An edit beside what is published and beside the criteria as they are stored.

    Shape: `added`, `removed` and `kept` compare with the published members: they are what the next run would record.
        That change has two parts. What the edit does: `added_by_edit` and `removed_by_edit`, both criteria as of now.
        What time and data did since the last run: `added_by_time` and `removed_by_time`, the stored criteria now beside
        the published members. These four and `old_count` are None where the stored criteria cannot be evaluated any
        more; then `old_problem` says why. `campaigns`, `sequences` and `segments` name what uses the segment.
    Units: contacts as of `as_of` (UTC), all counted exactly; `published_count` and `published_at` are None before the
        first run.
    """

    as_of: datetime
    seconds: float
    published_count: int | None
    published_at: datetime | None
    new_count: int
    added: Difference
    removed: Difference
    kept: Difference
    old_count: int | None
    old_problem: str
    added_by_edit: Difference | None
    removed_by_edit: Difference | None
    added_by_time: Difference | None
    removed_by_time: Difference | None
    campaigns: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
