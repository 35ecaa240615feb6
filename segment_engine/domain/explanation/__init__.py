"""Why one contact is in a segment or not: the answer of every node, what it rests on, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from segment_engine.domain.run import RunId

MOST_ROWS = 20


class Truth(StrEnum):
    """What a node says by value alone; unknown when a value is missing, so that the missing-value choice decides."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class DecidedBy(StrEnum):
    """What the answer of a node comes from."""

    VALUE = "value"
    ON_MISSING = "on_missing"
    CHILDREN = "children"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about the contact, in words: `Age`, `41`. `text` is None when it is missing."""

    label: str
    text: str | None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row a condition looked at, with the properties the criteria name.

    Units: `happened_at` in UTC, None for rows without a time; a date-only row stands at midnight UTC of its date.
    """

    number: int
    happened_at: datetime | None
    values: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """The rows that count for a condition: how many, and the newest of them.

    Shape: `name` says what they are; `rows` holds at most 20, newest first; `at_least` is True when there are so many
        that they were not all counted.
    """

    name: str
    total: int
    rows: tuple[EvidenceRow, ...]
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class NodeExplanation:
    """One node of the tree for one contact.

    Shape: `text` is the condition in words, with its times resolved; for a group how it joins its children. `truth` is
        the answer by value, `holds` the answer after `on_missing`. `facts` and `rows` are what it rests on, `flips`
        what would change it, and `changes_at` (UTC) when time alone will.
    """

    path: str
    kind: str
    text: str
    truth: Truth
    holds: bool
    decided_by: DecidedBy
    facts: tuple[Fact, ...] = ()
    rows: tuple[EvidenceRows, ...] = ()
    flips: tuple[str, ...] = ()
    changes_at: datetime | None = None
    children: tuple[NodeExplanation, ...] = ()


@dataclass(frozen=True, slots=True)
class HandDecision:
    """A person's standing decision about this contact and segment. `decision` is put_in or taken_out."""

    decision: str
    reason: str
    decided_at: datetime
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The contact's place in the order of a limit.

    Shape: `rank` counts from 1 among `ranked` contacts; both None when the contact is not ranked at all, because the
        tree does not hold for it or it was taken out by hand. `inside` says whether the limit keeps it.
    """

    top_n: int
    rank: int | None
    ranked: int | None
    inside: bool


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a past run decided, beside what its criteria say of today's data.

    Shape: `stored` is the membership that run published, `again` its criteria as of its instant on today's data;
        `note` says in a sentence why the two differ, and is empty when they agree.
    """

    run_id: RunId
    stored: bool
    again: bool
    note: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one contact is, or is not, a member as of one instant.

    Shape: `member` is what a run would store: the tree, then members by hand and the limit (docs/criteria.md §1).
        `root.holds` is the answer of the tree alone. `changes_at` (UTC) is when time alone changes the answer of the
        tree, with unchanged data; `changes_text` says it in words, or why it cannot be told.
    """

    external_key: str
    number: int
    as_of: datetime
    member: bool
    sentence: str
    root: NodeExplanation
    changes_at: datetime | None = None
    changes_text: str = ""
    by_hand: HandDecision | None = None
    standing: Standing | None = None
    past_run: PastRun | None = None
