"""Says one condition in English, with the labels of the catalog. What is gone from the catalog is shown by its key."""

from __future__ import annotations

from collections.abc import Iterable

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Event,
    EventHas,
    EventTime,
    ListMembership,
    Property,
    Reachable,
    Related,
    Sample,
    SegmentMembership,
    Sequence,
    Span,
    Unit,
)
from segment_engine.domain.describe.references import list_text, segment_text
from segment_engine.domain.describe.rows import (
    Piece,
    Speaker,
    count_text,
    expression_pieces,
    figure_pieces,
    interaction_pieces,
    offset_text,
    rows_name,
    rows_pieces,
    rows_text,
    time_field,
    unknown,
    where_of,
)
from segment_engine.domain.describe.times import length_text
from segment_engine.domain.describe.values import (
    case_note,
    holds_at_zero,
    missing_note,
    number_text,
    test_text,
    with_article,
)
from segment_engine.domain.operators import COMPARE_OPERATORS, REACHABLE_OPERATORS

_STATES = {"no_record": "not on record"}


def condition_pieces(condition: Condition, speaker: Speaker) -> tuple[Piece, ...]:
    """Write one condition: words, and between them the groups that restrict its rows."""
    return tuple(_pieces(condition, speaker))


def _pieces(condition: Condition, speaker: Speaker) -> Iterable[Piece]:  # noqa: C901, PLR0911, PLR0912 - one line per kind
    match condition:
        case Attribute():
            return [_attribute_text(condition, speaker)]
        case Property():
            return [_property_text(condition, speaker)]
        case AllContacts():
            return ["they are any contact at all"]
        case Event():
            count = f" {count_text(condition.count)}"
            return rows_pieces(condition.rows, speaker, before=rows_name(condition.rows, speaker) + count)
        case Aggregate():
            return _aggregate(condition, speaker)
        case EventTime():
            return _event_time(condition, speaker)
        case EventHas():
            return _event_has(condition, speaker)
        case Sequence():
            return _sequence(condition, speaker)
        case Campaign():
            return interaction_pieces(condition, speaker)
        case SegmentMembership():
            return [segment_text(condition, speaker.catalog)]
        case ListMembership():
            return [list_text(condition, speaker.catalog)]
        case Consent():
            return [_consent_text(condition)]
        case Reachable(channel, op):
            needs = "address valid, consent granted, not suppressed"
            return [f"they {REACHABLE_OPERATORS[op][1]} {channel} ({needs})"]
        case Related():
            return _related(condition, speaker)
        case Sample(percent, seed):
            return [f"they are in the {number_text(percent)} % sample “{seed}”, which stays the same"]
        case Bucket(start, end, seed):
            buckets = f"buckets {number_text(start)} to {number_text(end - 1)} of 10,000"
            return [f"they are in {buckets} of the sample “{seed}”, which stays the same"]
        case CompareFields():
            return _compare(condition, speaker)


# Values ----------------------------------------------------------------------------------------------------------


def _attribute_text(condition: Attribute, speaker: Speaker) -> str:
    field = speaker.catalog.fields.get(condition.field)
    name = field.label if field else unknown("field", condition.field)
    single = field is not None and field.type is not FieldType.SET
    missing = missing_note(
        condition.test,
        field,
        let_in=f"contacts without {with_article(name) if single else name} are included",
        left_out=f"only contacts with a known {name}",
    )
    return f"{name} {test_text(condition.test, field, speaker.clock)}{missing}"


def _property_text(condition: Property, speaker: Speaker) -> str:
    field = speaker.property(condition.field)
    name = field.label if field else unknown("field", condition.field)
    missing = missing_note(
        condition.test, field, let_in=f"also where {name} is not known", left_out=f"only where {name} is known"
    )
    return f"{name} {test_text(condition.test, field, speaker.clock)}{missing}"


def _compare(condition: CompareFields, speaker: Speaker) -> list[Piece]:
    phrase = (
        COMPARE_OPERATORS[condition.op][1] if condition.op in COMPARE_OPERATORS else unknown("operator", condition.op)
    )
    times = "" if condition.times is None else f"{number_text(condition.times)} × "
    offset = "" if condition.offset is None else offset_text(condition.offset, condition.right, speaker)
    notes = missing_note(
        condition,
        None,
        let_in="contacts for whom one of the two is not known are included",
        left_out="only contacts for whom both are known",
    )
    right = expression_pieces(condition.right, speaker)
    case = case_note(condition.case, speaker.type_of(condition.left))
    tail = f"{offset}{f' ({case})' if case else ''}{notes}"
    return [*expression_pieces(condition.left, speaker), f" {phrase} {times}", *right, *([tail] if tail else [])]


# Rows ------------------------------------------------------------------------------------------------------------


def _aggregate(condition: Aggregate, speaker: Speaker) -> list[Piece]:
    test = condition.test
    of = None if condition.of is None else speaker.catalog.property_of(condition.rows.source, condition.of)
    # The figure is written like its property, so an average of money keeps the money's own decimals.
    field = None if condition.function in {"count", "count_distinct"} else of
    missing = missing_note(
        test, field, let_in="contacts without one are included", left_out="only contacts that have one"
    )
    name = rows_name(condition.rows, speaker)
    zero = f" (also without {name})" if test.on_missing is None and holds_at_zero(test) else ""
    figure, *rest = figure_pieces(condition.figure, speaker)
    return [f"{figure} {test_text(test, field, speaker.clock)}{zero}{missing}", *rest]


def _event_time(condition: EventTime, speaker: Speaker) -> list[Piece]:
    name = rows_name(condition.rows, speaker)
    field = time_field(condition.rows, speaker)
    missing = missing_note(
        condition.test, field, let_in=f"contacts without {name} are included", left_out=f"only contacts with {name}"
    )
    first = f"the {condition.which} {name}{rows_text(condition.rows, speaker)}"
    return [f"{first} {test_text(condition.test, field, speaker.clock)}{missing}", *where_of(condition.rows, speaker)]


def _event_has(condition: EventHas, speaker: Speaker) -> list[Piece]:
    name = rows_name(condition.rows, speaker)
    missing = missing_note(condition, None, let_in=f"contacts without {name} are included", left_out="")
    return [
        f"the {condition.which} {name}{rows_text(condition.rows, speaker)}",
        *where_of(condition.rows, speaker, lead=", among those where "),
        f"{missing}{'' if condition.rows.where is None else ','} is one where ",
        speaker.clause(condition.has, condition.rows.source),
    ]


def _sequence(condition: Sequence, speaker: Speaker) -> list[Piece]:
    verb = "was followed" if condition.verb == "followed_by" else "was not followed"
    if condition.within is None:
        later = " at any later time" if condition.verb == "followed_by" else " so far"
    else:
        over = "" if condition.verb == "followed_by" else ", and that time is over,"
        later = f" within {gap_text(condition.within)}{over}"
    return [
        *rows_pieces(condition.first, speaker, before=f"some {rows_name(condition.first, speaker)}"),
        f" {verb}{later} by ",
        *rows_pieces(condition.then, speaker, before=rows_name(condition.then, speaker)),
    ]


def gap_text(gap: Span) -> str:
    """Write a length of elapsed time; days say their hours, because no clock change counts."""
    hours = f" ({length_text(gap.n * 24, Unit.HOUR)})" if gap.unit is Unit.DAY else ""
    return f"{length_text(gap.n, gap.unit)}{hours}"


def _related(condition: Related, speaker: Speaker) -> list[Piece]:
    rows = condition.rows
    name = f"{rows_name(rows, speaker)}{rows_text(rows, speaker)}"
    match condition.quantifier:
        case "none":
            return [f"there are no {name}", *where_of(rows, speaker)]
        case "all":
            empty = "contacts without any are included" if condition.when_empty else "contacts without any are left out"
            return [f"all {name} ({empty})", *where_of(rows, speaker, lead=" are such that ")]
        case "at_least":
            return [f"there are at least {number_text(condition.k or 1)} {name}", *where_of(rows, speaker)]
        case _:
            return [f"there are some {name}", *where_of(rows, speaker)]


def _consent_text(condition: Consent) -> str:
    states = [_STATES.get(state, state) for state in condition.states]
    topic = "" if condition.topic is None else f" about “{condition.topic}”"
    subject = f"their consent for {condition.channel}{topic}"
    if condition.op == "state_is":
        return f"{subject} is {' or '.join(states)}"
    return f"{subject} is not {states[0]}" if len(states) == 1 else f"{subject} is neither {' nor '.join(states)}"
