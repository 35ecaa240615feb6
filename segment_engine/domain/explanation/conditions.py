"""What each kind of condition rests on for one contact, and what would change its answer."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from decimal import Decimal

from segment_engine.domain.catalog import NUMBERS, Field
from segment_engine.domain.criteria import (
    Aggregate,
    Attribute,
    Campaign,
    CompareFields,
    Condition,
    Count,
    Event,
    EventHas,
    EventTime,
    FieldValue,
    Figure,
    FirstOrLast,
    OnMissing,
    Related,
    Sequence,
    Test,
    ValueExpression,
)
from segment_engine.domain.describe.conditions import gap_text
from segment_engine.domain.describe.rows import expression_pieces, rows_name, words_of
from segment_engine.domain.describe.values import number_text, test_text, with_article
from segment_engine.domain.evaluate.expressions import Worked, work_out
from segment_engine.domain.evaluate.records import EventRecord
from segment_engine.domain.evaluate.times import read_clock
from segment_engine.domain.explanation import EvidenceRows, Fact
from segment_engine.domain.explanation.rows import Seen, has_keys
from segment_engine.domain.explanation.standing import standing
from segment_engine.domain.explanation.values import value_text, worked_text
from segment_engine.domain.flips import count_flip, figure_flip, nearest_flip

_ONCE = Count("gte", 1)
_NEVER = Count("eq", 0)


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a condition rests on, and what would change its answer."""

    facts: tuple[Fact, ...] = ()
    rows: tuple[EvidenceRows, ...] = ()
    flips: tuple[str, ...] = ()


def testify(leaf: Condition, seen: Seen, *, holds: bool) -> Testimony:
    """Say what a condition found for the contact.

    Raises: Unresolved, LimitExceeded as the evaluator does; a caller that compiled the same criteria has met them.
    """
    match leaf:
        case Attribute(key, test):
            field = seen.catalog.fields.get(key)
            return Testimony() if field is None else _attribute(field, test, seen, holds=holds)
        case Event() | Campaign():
            found = _counted(leaf, seen)
        case Aggregate():
            found = _tested(leaf.figure, leaf.test, seen, holds=holds)
        case EventTime(which, rows, test):
            found = _tested(FirstOrLast(which, rows), test, seen, holds=holds)
        case EventHas():
            found = _event_has(leaf, seen, holds=holds)
        case Sequence():
            found = _sequence(leaf, seen, holds=holds)
        case Related():
            found = _related(leaf, seen)
        case CompareFields():
            found = _compared(leaf, seen, holds=holds)
        case _:
            facts, flips = standing(leaf, seen, holds=holds)
            return Testimony(facts, (), flips)
    # Where not all rows were read, a number of rows more or fewer would be a guess.
    return found if seen.is_whole(leaf) else replace(found, flips=())


# Values ----------------------------------------------------------------------------------------------------------


def _attribute(field: Field, test: Test, seen: Seen, *, holds: bool) -> Testimony:
    value = seen.record.values.get(field.key)
    text = value_text(value, field, seen.calendar)
    distance = None
    if field.type in NUMBERS and isinstance(value, int):
        distance = figure_flip(test, field, value, field.label, holds=holds)
    words = f"{field.label} {test_text(test, field, seen.speaker.clock)}"
    flip = distance or _in_words(field.label, words, test, holds=holds, missing=text is None)
    return Testimony((Fact(field.label, text),), (), (flip,))


def _in_words(label: str, words: str, test: Test, *, holds: bool, missing: bool) -> str:
    """Say a flip where no number can: by the test itself."""
    if missing and test.op not in {"is_set", "is_not_set"}:
        if holds:
            return f"{label} is not known and such contacts are included; once it is known, the value decides"
        return f"{label} is not known; holds once {words}"
    return f"holds as long as {words}" if holds else f"holds once {words}"


def _worked(expression: ValueExpression, seen: Seen) -> Worked:
    return work_out(expression, seen.catalog, read_clock(seen.as_of, seen.calendar))


def _name(expression: ValueExpression, seen: Seen) -> str:
    match expression:
        case Figure() | FirstOrLast():
            # The window and its bounds stand in the condition's own words already.
            expression = replace(expression, rows=replace(expression.rows, window=None))
        case FieldValue():
            pass
    return words_of(expression_pieces(expression, seen.speaker))


def _tested(expression: Figure | FirstOrLast, test: Test, seen: Seen, *, holds: bool) -> Testimony:
    """Say a figure over rows, or the time of the first or last."""
    worked, name = _worked(expression, seen), _name(expression, seen)
    value = worked.of(seen.record)
    distance = None
    if isinstance(value, int) and not worked.averaged and worked.field.type in NUMBERS:
        distance = figure_flip(test, worked.field, value, name, holds=holds)
    words = f"{name} {test_text(test, worked.field, seen.speaker.clock)}"
    flip = distance or _in_words(name, words, test, holds=holds, missing=value is None)
    extra = () if isinstance(expression, FirstOrLast) or expression.of is None else (expression.of,)
    fact = Fact(name, worked_text(value, worked.field, seen.calendar))
    return Testimony((fact,), (seen.evidence(expression.rows, extra),), (flip,))


def _compared(leaf: CompareFields, seen: Seen, *, holds: bool) -> Testimony:
    sides = [(side, _worked(side, seen), _name(side, seen)) for side in (leaf.left, leaf.right)]
    values = [worked.of(seen.record) for _, worked, _ in sides]
    facts = tuple(
        Fact(name, worked_text(value, worked.field, seen.calendar))
        for (_, worked, name), value in zip(sides, values, strict=True)
    )
    rows = tuple(seen.evidence(side.rows, _of(side)) for side, _, _ in sides if not isinstance(side, FieldValue))
    unknown = [name for (_, _, name), value in zip(sides, values, strict=True) if value is None]
    if unknown:
        included = leaf.on_missing is OnMissing.INCLUDE
        what = " and ".join(unknown)
        flip = f"{what} is not known and such contacts are included" if included else f"needs a known {what}"
        return Testimony(facts, rows, (flip,))
    flips = _distance_between(leaf, sides[0][1], sides[1][1], values, name=sides[0][2], holds=holds)
    return Testimony(facts, rows, flips)


def _distance_between(
    leaf: CompareFields, left: Worked, right: Worked, values: Many[object], *, name: str, holds: bool
) -> tuple[str, ...]:
    """Say how far the left number is from the right one, where both are whole and in one unit."""
    one, other = values
    same_unit = left.field.type in NUMBERS and left.field.scale == right.field.scale and leaf.times is None
    if not (same_unit and isinstance(one, int) and isinstance(other, int)):
        return ()
    target = nearest_flip(leaf.op, (other,), one)
    if target is None:
        return ()
    literal = other if not left.field.scale else Decimal(other).scaleb(-left.field.scale)
    flip = figure_flip(Test(leaf.op, literal), left.field, one, name, holds=holds)
    return () if flip is None else (flip,)


def _of(expression: ValueExpression) -> tuple[str, ...]:
    return (expression.of,) if isinstance(expression, Figure) and expression.of is not None else ()


# Rows ------------------------------------------------------------------------------------------------------------


def _counted(leaf: Event | Campaign, seen: Seen) -> Testimony:
    chosen = seen.chosen(leaf.rows)
    rows = seen.evidence(leaf.rows, chosen=chosen)
    number, name = len(chosen), rows.name
    if isinstance(leaf, Campaign) and leaf.counted == "campaigns":
        number = len({row.campaign for row in chosen if isinstance(row, EventRecord) and row.campaign is not None})
        name = f"different campaigns {name.removeprefix('campaign ')}"
    count = leaf.count or (_NEVER if leaf.verb == "did_not" else _ONCE)
    flip = count_flip(count, number, name)
    return Testimony((Fact(name, number_text(number)),), (rows,), () if flip is None else (flip,))


def _event_has(leaf: EventHas, seen: Seen, *, holds: bool) -> Testimony:
    timed = [row for row in seen.chosen(leaf.rows) if row.time is not None]
    keys = has_keys(leaf.has)
    name = rows_name(leaf.rows, seen.speaker)
    if not timed:
        included = " and such contacts are included" if holds else f"; needs {with_article(name)}"
        return Testimony((Fact(f"the {leaf.which} {name}", None),), (), (f"there is no {name}{included}",))
    row = timed[0] if leaf.which == "last" else timed[-1]
    rows = seen.evidence(leaf.rows, keys, chosen=[row])
    newer = f"; a newer {name} would be looked at instead" if leaf.which == "last" else ""
    words = "satisfies" if holds else "does not satisfy"
    return Testimony((), (rows,), (f"the {leaf.which} {name} {words} the condition{newer}",))


def _sequence(leaf: Sequence, seen: Seen, *, holds: bool) -> Testimony:
    rows = (seen.evidence(leaf.first), seen.evidence(leaf.then))
    one, other = with_article(rows[0].name), with_article(rows[1].name)
    within = "" if leaf.within is None else f" within {gap_text(leaf.within)}"
    if not rows[0].total:
        return Testimony((), rows, (f"needs {one} first",))
    if leaf.verb == "followed_by":
        flip = f"{one} was followed{within} by {other}" if holds else f"needs {other}{within} after {one}"
    elif holds:
        flip = f"{one} was left without {other}{within}"
    else:
        flip = f"holds once the time after {one} ends without {other}{within}"
    return Testimony((), rows, (flip,))


def _related(leaf: Related, seen: Seen) -> Testimony:
    spoken = replace(leaf.rows, where=None)
    every, satisfying = seen.chosen(spoken), seen.chosen(leaf.rows)
    name = rows_name(leaf.rows, seen.speaker)
    # For `all` the rows that stand in the way are the ones worth seeing.
    kept = {row.number for row in satisfying}
    shown = [row for row in every if row.number not in kept] if leaf.quantifier == "all" else satisfying
    rows = seen.evidence(leaf.rows, chosen=shown)
    if leaf.quantifier == "all":
        rows = replace(rows, name=f"{name} that do not satisfy it")
    fact = Fact(f"{name} that satisfy it", f"{number_text(len(satisfying))} of {number_text(len(every))}")
    flip = _quantified(leaf, name, len(satisfying), len(every))
    return Testimony((fact,), (rows,), () if flip is None else (flip,))


def _quantified(leaf: Related, name: str, satisfying: int, every: int) -> str | None:
    match leaf.quantifier:
        case "none":
            return count_flip(_NEVER, satisfying, f"such {name}")
        case "all" if not every:
            return f"there are no {name}, so that the choice for contacts without any decides"
        case "all":
            return count_flip(_NEVER, every - satisfying, f"{name} that do not satisfy it")
        case _:
            return count_flip(Count("gte", leaf.k or 1), satisfying, f"such {name}")
