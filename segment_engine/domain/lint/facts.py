"""What the linter may know about the data. Everything is optional: what is absent is not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# Two segments are nearly the same when they share so much of their members (of all members of either).
SIMILAR = 0.95


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one node over the base. Units: contacts; `true`, `false` and `unknown` add up to the base."""

    matched: int
    true: int
    false: int
    unknown: int

    @property
    def base(self) -> int:
        """How many contacts were looked at."""
        return self.true + self.false + self.unknown


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What is stored in one field.

    Shape: `values` holds every different stored value of a text, choice or set, None when they are too many or were
        not read; `frequent` the most frequent ones. `minimum` and `maximum` as stored.
    Units: `rows` and `present` count contacts, or rows for a property; numbers are whole units of 10^-scale.
    """

    rows: int
    present: int
    distinct: int | None = None
    values: frozenset[str] | None = None
    frequent: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """How fresh a source is. Units: `watermark` (UTC) is what it has delivered up to; None when nothing yet."""

    watermark: datetime | None
    stale_after_hours: int | None


@dataclass(frozen=True, slots=True)
class Drift:
    """What became of a field since the criteria were saved, and the names of other segments that use it.

    Shape: `cause` in words; empty where it is plain from the catalog.
    """

    cause: str = ""
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slow:
    """Why a condition counts as slow: what the plan costs against the gate, or how long its dry run was given.

    Units: `cost` and `gate` in the planner's units; `seconds` after which the dry run was stopped.
    """

    cost: float | None = None
    gate: float | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SameDefinition:
    """Another segment with the same canonical hash."""

    segment_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SimilarMembers:
    """Another segment whose stored members are nearly the same. Units: `jaccard` from 0 to 1."""

    segment_id: str
    name: str
    jaccard: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known at this moment, by JSON path, by key of field and by name of source."""

    counts: Mapping[str, Counts] = field(default_factory=dict[str, Counts])
    fields: Mapping[str, FieldFacts] = field(default_factory=dict[str, FieldFacts])
    sources: Mapping[str, SourceFacts] = field(default_factory=dict[str, SourceFacts])
    drift: Mapping[str, Drift] = field(default_factory=dict[str, Drift])
    slow: Mapping[str, Slow] = field(default_factory=dict[str, Slow])
    same: tuple[SameDefinition, ...] = ()
    similar: tuple[SimilarMembers, ...] = ()
    base: int | None = None
