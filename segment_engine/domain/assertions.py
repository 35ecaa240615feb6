"""Checks people set up: what they demand of a result, judged on its bits before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NewType
from uuid import UUID

from segment_engine.domain.bits import ContactSet
from segment_engine.domain.checks import CheckFinding, CheckLevel
from segment_engine.domain.stored import StoredWord
from segment_engine.errors import InputError

AssertionId = NewType("AssertionId", UUID)
CODE = "assertion"
MOST_CONTACTS = 1_000
MOST_OF_A_SEGMENT = 20
LARGEST_COUNT = 2_147_483_647
SMALLEST_PERCENT, LARGEST_PERCENT = Decimal("0.01"), Decimal(10_000)


class AssertionKind(StoredWord):
    """What may be demanded of a result."""

    COUNT_BETWEEN = "count_between"
    CHANGE_AT_MOST = "change_at_most"
    MUST_INCLUDE = "must_include"
    MUST_NOT_INCLUDE = "must_not_include"
    SUBSET_OF = "subset_of"
    DISJOINT_FROM = "disjoint_from"


class AssertionLevel(StoredWord):
    """What happens where a check does not hold: it is said, or the result is withheld and the old members stay."""

    WARN = "warn"
    BLOCK = "block"


NAMES_CONTACTS = frozenset({AssertionKind.MUST_INCLUDE, AssertionKind.MUST_NOT_INCLUDE})
NAMES_A_SEGMENT = frozenset({AssertionKind.SUBSET_OF, AssertionKind.DISJOINT_FROM})


@dataclass(frozen=True, slots=True)
class AssertionDraft:
    """A check as a person enters it.

    Shape: `contacts` are keys or e-mail addresses, for the two kinds that name contacts; `other_segment_id` for the two
        that name a segment; `lowest` and `highest` are both ends in, either may be open.
    """

    kind: AssertionKind
    level: AssertionLevel = AssertionLevel.WARN
    lowest: int | None = None
    highest: int | None = None
    percent: Decimal | None = None
    contacts: tuple[str, ...] = ()
    other_segment_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A check that is set up. `other_name` is None when the segment it names is gone. Units: times in UTC."""

    assertion_id: AssertionId
    kind: AssertionKind
    level: AssertionLevel
    lowest: int | None = None
    highest: int | None = None
    percent: Decimal | None = None
    numbers: tuple[int, ...] = ()
    other_segment_id: UUID | None = None
    other_name: str | None = None
    note: str = ""
    revision: int = 1
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    other_calculated: bool = False
    other_archived: bool = False

    @property
    def token(self) -> str:
        """What a person accepts when a result is published anyway: this check as it is written now."""
        return f"{self.assertion_id}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What checks look at: the new members, and what they are compared with.

    Shape: `published` is the count of the result before, None for the first. `others` are the members of the segments
        that checks name; a segment without a result is missing there.
    """

    members: ContactSet
    published: int | None = None
    others: Mapping[UUID, ContactSet] = field(default_factory=dict[UUID, ContactSet])


def words_of(assertion: Assertion) -> str:
    """Say in words what a check demands."""
    people = _contacts(len(assertion.numbers), "named contact")
    other = f"“{assertion.other_name}”" if assertion.other_name else "a segment that is gone"
    match assertion.kind:
        case AssertionKind.COUNT_BETWEEN:
            return _between(assertion.lowest, assertion.highest)
        case AssertionKind.CHANGE_AT_MOST:
            return f"The count changes by at most {_percent(assertion.percent)} from one result to the next"
        case AssertionKind.MUST_INCLUDE:
            return f"{people} must be in it"
        case AssertionKind.MUST_NOT_INCLUDE:
            return f"{people} must not be in it"
        case AssertionKind.SUBSET_OF:
            return f"Everyone in it is also in {other}"
        case AssertionKind.DISJOINT_FROM:
            return f"Nobody in it is in {other}"


def _between(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return f"At most {_contacts(highest or 0)}"
    if highest is None:
        return f"At least {_contacts(lowest)}"
    return f"Between {lowest:,} and {highest:,} contacts"


def _contacts(number: int, what: str = "contact") -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _percent(percent: Decimal | None) -> str:
    return f"{(percent or Decimal(0)).normalize():f} %"


def judge(assertion: Assertion, judged: Judged) -> CheckFinding | None:
    """Tell whether a result meets a check; None when it does. What cannot be judged does not pass.

    Source: docs/checks.md, Checks people set up.
    """
    sentence = _JUDGES[assertion.kind](assertion, judged)
    if sentence is None:
        return None
    level = CheckLevel.FAILED if assertion.level is AssertionLevel.BLOCK else CheckLevel.WARNED
    return CheckFinding(CODE, level, sentence, assertion.token)


def _count_between(assertion: Assertion, judged: Judged) -> str | None:
    count = len(judged.members)
    if (assertion.lowest or 0) <= count and (assertion.highest is None or count <= assertion.highest):
        return None
    return f"{_between(assertion.lowest, assertion.highest)} should be in it; the result has {count:,}."


def _change_at_most(assertion: Assertion, judged: Judged) -> str | None:
    if judged.published is None:
        return None
    count, before = len(judged.members), judged.published
    # Compared as whole numbers: a share of a hundred thousand is not rounded over the line.
    if abs(count - before) * 100 <= (assertion.percent or Decimal(0)) * max(before, 1):
        return None
    change = abs(count - before) / max(before, 1)
    return (
        f"The count changes by {change:.1%}, from {before:,} to {count:,}; at most {_percent(assertion.percent)} is "
        "allowed."
    )


def _must_include(assertion: Assertion, judged: Judged) -> str | None:
    missing = sum(number not in judged.members for number in assertion.numbers)
    if not missing:
        return None
    return f"Not in it: {missing:,} of the {_contacts(len(assertion.numbers))} that must be."


def _must_not_include(assertion: Assertion, judged: Judged) -> str | None:
    inside = sum(number in judged.members for number in assertion.numbers)
    if not inside:
        return None
    return f"In it: {inside:,} of the {_contacts(len(assertion.numbers))} that must not be."


def _with_other(assertion: Assertion, judged: Judged) -> str | None:
    name = f"“{assertion.other_name}”" if assertion.other_name else "The segment it is compared with"
    if assertion.other_segment_id is None:
        return f"{name} is gone, so this cannot be judged. Choose another segment, or remove the check."
    if assertion.other_archived:
        return f"{name} is archived and calculated no more, so this cannot be judged. Choose another one."
    other = judged.others.get(assertion.other_segment_id)
    if other is None:
        return f"{name} was never calculated, so this cannot be judged. Calculate it first."
    if assertion.kind is AssertionKind.SUBSET_OF:
        outside = len(judged.members - other)
        return f"{_contacts(outside)} of the result not in {name}; all have to be." if outside else None
    shared = len(judged.members & other)
    return f"{_contacts(shared)} of the result also in {name}; none may be." if shared else None


_JUDGES = {
    AssertionKind.COUNT_BETWEEN: _count_between,
    AssertionKind.CHANGE_AT_MOST: _change_at_most,
    AssertionKind.MUST_INCLUDE: _must_include,
    AssertionKind.MUST_NOT_INCLUDE: _must_not_include,
    AssertionKind.SUBSET_OF: _with_other,
    AssertionKind.DISJOINT_FROM: _with_other,
}


def accepted(finding: CheckFinding, tokens: frozenset[str], by: str | None) -> CheckFinding:
    """Turn what a person let pass into a warning that says so; everything else stays as it is."""
    if finding.assertion not in tokens or finding.level is not CheckLevel.FAILED:
        return finding
    who = f" by {by}" if by else ""
    return replace(finding, level=CheckLevel.WARNED, sentence=f"{finding.sentence} Published anyway{who}.")


def withheld_sentence(count: int, published: int | None, findings: tuple[CheckFinding, ...]) -> str:
    """Say that a result was withheld, with the figures, and what to do."""
    found = " ".join(each.sentence for each in findings if each.level is CheckLevel.FAILED)
    kept = (
        f"the {_contacts(published, 'member')} published before stay"
        if published is not None
        else "nothing is published"
    )
    return (
        f"A check withheld the new result of {_contacts(count)}; {kept}. {found} "
        "Look at the criteria and the last imports, change the check, or publish the result anyway."
    )


def checked_draft(draft: AssertionDraft) -> AssertionDraft:
    """Keep what belongs to the kind, and refuse what cannot be meant. Raises: InputError."""
    kind = draft.kind
    bare = AssertionDraft(kind, draft.level, note=draft.note)
    if kind is AssertionKind.COUNT_BETWEEN:
        return replace(bare, lowest=_bound(draft.lowest), highest=_ends(draft))
    if kind is AssertionKind.CHANGE_AT_MOST:
        return replace(bare, percent=_checked_percent(draft.percent))
    if kind in NAMES_CONTACTS:
        named = tuple(dict.fromkeys(each.strip() for each in draft.contacts if each.strip()))
        if not named:
            raise InputError("Name at least one contact, by its key or its e-mail address.")
        if len(named) > MOST_CONTACTS:
            raise InputError(f"At most {MOST_CONTACTS:,} contacts can be named. Use a segment or a list instead.")
        return replace(bare, contacts=named)
    if draft.other_segment_id is None:
        raise InputError("Choose the segment to compare with.")
    return replace(bare, other_segment_id=draft.other_segment_id)


def _bound(number: int | None) -> int | None:
    if number is not None and not 0 <= number <= LARGEST_COUNT:
        raise InputError("A number of contacts is 0 or more. Correct it.")
    return number


def _ends(draft: AssertionDraft) -> int | None:
    highest = _bound(draft.highest)
    if draft.lowest is None and highest is None:
        raise InputError("Say how many contacts there have to be at least, at most, or both.")
    if draft.lowest is not None and highest is not None and draft.lowest > highest:
        raise InputError("The smaller number comes first. Turn the two round.")
    return highest


def _checked_percent(percent: Decimal | None) -> Decimal:
    if percent is None or not percent.is_finite() or not SMALLEST_PERCENT <= percent <= LARGEST_PERCENT:
        raise InputError("Say by how many per cent the count may change: at least 0.01, at most 10,000.")
    return percent.quantize(SMALLEST_PERCENT)
