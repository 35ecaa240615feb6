"""What conditions say about one and the same thing, and whether they can be true together.

A *literal* says something about a *subject*: a field, a number of rows, a state. For one subject at a time it is
decided whether any value, or no value, satisfies all literals. The answer no is a proof; the answer yes may only mean
that nothing was proven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise

from segment_engine.domain.criteria import Rows
from segment_engine.domain.lint.edges import Edge, Stretch
from segment_engine.domain.lint.ranges import EVERYTHING, NOTHING, Ranges, span


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value lies among these numbers: amounts, counts, positions, 0 and 1 for no and yes."""

    numbers: Ranges


@dataclass(frozen=True, slots=True)
class Within:
    """The point in time lies in this stretch."""

    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Falls:
    """The calendar part of a point in time (`month`, `weekday`, or an anniversary's own text) is among these."""

    part: str
    numbers: Ranges


@dataclass(frozen=True, slots=True)
class Says:
    """The text is one of these, or contains, starts_with, ends_with one of these; compared folded or as it is."""

    how: str
    parts: frozenset[str]
    folded: bool


@dataclass(frozen=True, slots=True)
class Includes:
    """The set includes this element; compared folded or as it is."""

    element: str
    folded: bool


@dataclass(frozen=True, slots=True)
class Size:
    """The set has so many different elements."""

    numbers: Ranges


Rule = OneOf | Within | Falls | Says | Includes | Size


class Tells(Enum):
    """What a value read from rows tells about how many there are.

    It is their number; or there are some when it is not 0, when it is present, or exactly when it is present.
    """

    NUMBER = auto()
    SOME_UNLESS_ZERO = auto()
    SOME_IF_PRESENT = auto()
    SOME_EXACTLY_IF_PRESENT = auto()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a literal speaks of.

    Shape: equal `key` means the same thing. `may_miss` is whether it can have no value; `universe` all numbers it can
        be, `latest` the end of its points in time; `fold` folds text as the field does. `rows` are those it is read
        from, and `tells` what it tells about their number.
    """

    key: str
    may_miss: bool = False
    universe: Ranges = EVERYTHING
    latest: Edge | None = None
    fold: Callable[[str], str] = str
    rows: Rows | None = None
    tells: Tells | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A rule about a subject, or its opposite; `missing` is what it answers when there is no value.

    Shape: `rule` None holds for every value.
    """

    subject: Subject
    rule: Rule | None
    negated: bool = False
    missing: bool = False

    def opposite(self) -> Literal:
        """What is true exactly where this is false."""
        return replace(self, negated=not self.negated, missing=not self.missing)


def can_hold(literals: Sequence[Literal]) -> bool:
    """Tell whether literals about one subject can be true together; no is proven, yes is not."""
    subject = literals[0].subject
    return can_be_missing(literals) or _has_value(subject, literals)


def can_be_missing(literals: Sequence[Literal]) -> bool:
    """Tell whether the subject can have no value under these literals."""
    return literals[0].subject.may_miss and all(literal.missing for literal in literals)


def _has_value(subject: Subject, literals: Sequence[Literal]) -> bool:
    if any(literal.rule is None and literal.negated for literal in literals):
        return False
    asked = [literal for literal in literals if literal.rule is not None]
    return (
        not numbers_of(subject, asked).is_empty
        and _has_time(subject, asked)
        and _has_part(asked)
        and _has_text(subject, asked)
        and _has_elements(subject, asked)
    )


def numbers_of(subject: Subject, literals: Sequence[Literal]) -> Ranges:
    """Give the numbers that a value of the subject can be under these literals."""
    left = subject.universe
    for literal in literals:
        if isinstance(literal.rule, OneOf):
            left = left.both(literal.rule.numbers.opposite() if literal.negated else literal.rule.numbers)
        elif literal.rule is None and literal.negated:
            return NOTHING
    return left


# Time ------------------------------------------------------------------------------------------------------------


def _has_time(subject: Subject, literals: Sequence[Literal]) -> bool:
    inside: list[Stretch] = [] if subject.latest is None else [Stretch(None, subject.latest)]
    outside: list[Stretch] = []
    for literal in literals:
        if not isinstance(literal.rule, Within):
            continue
        stretch = literal.rule.stretch
        if not literal.negated:
            inside.append(stretch)
        elif stretch.lo is None and stretch.hi is not None:
            inside.append(Stretch(stretch.hi, None))
        elif stretch.hi is None and stretch.lo is not None:
            inside.append(Stretch(None, stretch.lo))
        else:
            outside.append(stretch)
    starts: list[Edge | None] = [None, *(each.lo for each in inside if each.lo is not None)]
    ends: list[Edge | None] = [None, *(each.hi for each in inside if each.hi is not None)]
    pairs = [(lo, hi) for lo in starts for hi in ends]
    empty = any(Stretch(lo, hi).is_void for lo, hi in pairs)
    return not empty and not any(each.covers(lo, hi) for each in outside for lo, hi in pairs)


def _has_part(literals: Sequence[Literal]) -> bool:
    left: dict[str, Ranges] = {}
    for literal in literals:
        if isinstance(literal.rule, Falls):
            numbers = literal.rule.numbers.opposite() if literal.negated else literal.rule.numbers
            whole = left.get(literal.rule.part, _PARTS.get(literal.rule.part, _YES_OR_NO))
            left[literal.rule.part] = whole.both(numbers)
    return not any(numbers.is_empty for numbers in left.values())


_YES_OR_NO = span(0, 2)
_PARTS = {"month": span(1, 13), "weekday": span(1, 8)}


# Text ------------------------------------------------------------------------------------------------------------


def _has_text(subject: Subject, literals: Sequence[Literal]) -> bool:
    asked = [literal for literal in literals if isinstance(literal.rule, Says)]
    exact = _listed(asked, folded=False)
    if exact is not None:
        return any(all(_holds(literal, text, subject) for literal in asked) for text in exact)
    folded = [literal for literal in asked if _is_folded(literal)]
    known = _listed(asked, folded=True)
    if known is not None:
        return any(all(_holds(literal, text, None) for literal in folded) for text in known)
    plain = [literal for literal in asked if not _is_folded(literal)]
    return _fits_together(folded) and _fits_together(plain)


def _is_folded(literal: Literal) -> bool:
    return isinstance(literal.rule, Says) and literal.rule.folded


def _listed(literals: Sequence[Literal], *, folded: bool) -> frozenset[str] | None:
    """Give the only texts there can be, None when they are not bounded."""
    lists = [
        literal.rule.parts
        for literal in literals
        if isinstance(literal.rule, Says)
        and literal.rule.how == "is"
        and literal.rule.folded is folded
        and not literal.negated
    ]
    return lists[0].intersection(*lists[1:]) if lists else None


def _holds(literal: Literal, text: str, subject: Subject | None) -> bool:
    rule = literal.rule
    if not isinstance(rule, Says):
        return True
    seen = subject.fold(text) if subject is not None and rule.folded else text
    return _matches(rule.how, seen, rule.parts) is not literal.negated


def _matches(how: str, text: str, parts: frozenset[str]) -> bool:
    match how:
        case "is":
            return text in parts
        case "contains":
            return any(part in text for part in parts)
        case "starts_with":
            return text.startswith(tuple(parts))
        case _:
            return text.endswith(tuple(parts))


def _fits_together(literals: Sequence[Literal]) -> bool:
    """Compare beginnings, ends and parts that a text must have with those it must not have."""
    wanted: dict[str, set[str]] = {"starts_with": set(), "ends_with": set(), "contains": set()}
    refused: list[Says] = []
    for literal in literals:
        if isinstance(literal.rule, Says) and literal.rule.how != "is":
            if literal.negated:
                refused.append(literal.rule)
            elif len(literal.rule.parts) == 1:
                wanted[literal.rule.how] |= literal.rule.parts
    starts = sorted(wanted["starts_with"], key=len)
    ends = sorted(wanted["ends_with"], key=len)
    nested = all(long.startswith(short) for short, long in pairwise(starts)) and all(
        long.endswith(short) for short, long in pairwise(ends)
    )
    pieces = {"starts_with": starts, "ends_with": ends, "contains": [*starts, *ends, *wanted["contains"]]}
    return nested and not any(_matches(rule.how, piece, rule.parts) for rule in refused for piece in pieces[rule.how])


# Sets ------------------------------------------------------------------------------------------------------------


def _has_elements(subject: Subject, literals: Sequence[Literal]) -> bool:
    wanted = {literal.rule for literal in literals if isinstance(literal.rule, Includes) and not literal.negated}
    refused = {literal.rule for literal in literals if isinstance(literal.rule, Includes) and literal.negated}
    folded = {each if each.folded else Includes(subject.fold(each.element), folded=True) for each in wanted}
    if not refused.isdisjoint(wanted | folded):
        return False
    exact = sum(not each.folded for each in wanted)
    left = span(max(1, exact, len({each.element for each in folded})), None)
    for literal in literals:
        if isinstance(literal.rule, Size):
            left = left.both(literal.rule.numbers.opposite() if literal.negated else literal.rule.numbers)
    return not left.is_empty
