"""Reads an operator with its value: the one operator table decides the value, the case and the answer for missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from segment_engine.domain.catalog import TEXTS, Field, FieldType
from segment_engine.domain.criteria import Calendar, Case, Literal, LiteralRange, OnMissing, Test, Value
from segment_engine.domain.folding import is_blank
from segment_engine.domain.limits import LISTED_LITERALS, NUMBER_DIGITS, TEXT_CHARACTERS
from segment_engine.domain.literals import decimal_of, decimals_of
from segment_engine.domain.operators import Operator, Shape, find_operator, is_known
from segment_engine.domain.parse.counts import read_count
from segment_engine.domain.parse.times import (
    read_anniversary,
    read_between_ago,
    read_day,
    read_moment,
    read_moments,
    read_period,
    read_span,
)
from segment_engine.domain.places import Place, quoted

TEST_KEYS = ("value", "case", "on_missing")
_HIGHEST = {Shape.MONTHS: 12, Shape.WEEKDAYS: 7}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an operator is asked of.

    Shape: `digits` bounds a literal's digits at the field's scale; `may_miss` is False where there always is a value.
    """

    field: Field
    calendar: Calendar
    digits: int = NUMBER_DIGITS
    may_miss: bool = True


def read_test(place: Place, keys: Mapping[str, Place], *, subject: Subject) -> Test | None:
    """Read `op`, `value`, `case` and `on_missing` of a condition and fill their defaults.

    Source: docs/criteria.md §5, M2, M5.
    """
    operator = _operator(keys["op"], subject.field)
    if operator is None:
        return None
    value = _value(place, keys.get("value"), operator=operator, subject=subject)
    case = _case(keys.get("case"), operator, subject.field)
    on_missing = _on_missing(keys.get("on_missing"), operator, subject)
    if value is None and operator.shape is not Shape.NOTHING:
        return None
    return Test(operator.key, value, case, on_missing)


def _operator(place: Place, field: Field) -> Operator | None:
    key = place.text()
    if key is None:
        return None
    operator = find_operator(key, field.type, ordered=field.ordered)
    if operator is None and is_known(key):
        kind = "choice without an order" if field.type is FieldType.CHOICE else field.type.value
        place.refuse("operator_type", f"The operator {quoted(key)} does not exist for a {kind}. Choose another one.")
    elif operator is None:
        place.refuse("unknown_operator", f"There is no operator {quoted(key)}. Choose one of the list.")
    return operator


def _case(place: Place | None, operator: Operator, field: Field) -> Case | None:
    if not operator.cased or field.type not in TEXTS | {FieldType.SET}:
        if place is not None:
            place.refuse("unknown_key", "Upper and lower case matter only for text. Remove “case”.")
        return None
    if place is not None:
        return read_case(place)
    # The literal of a choice is a key of the catalog, so it is compared as it stands unless the document says fold.
    return Case.EXACT if _is_listed(field) else Case.FOLD


def _is_listed(field: Field) -> bool:
    """Tell whether the values of a text field are those of a list: a choice, or a set of choices."""
    return field.type is FieldType.CHOICE or (field.type is FieldType.SET and bool(field.values))


def read_case(place: Place) -> Case | None:
    """Read `fold` or `exact`."""
    word = place.word([case.value for case in Case])
    return None if word is None else Case(word)


def _on_missing(place: Place | None, operator: Operator, subject: Subject) -> OnMissing | None:
    if operator.missing is None or not subject.may_miss:
        if place is not None:
            sentence = "Nothing can be missing here, so on_missing has no meaning. Remove it."
            place.refuse("on_missing_not_allowed", sentence)
        return None
    if place is None:
        return operator.missing
    word = place.word([choice.value for choice in OnMissing])
    return None if word is None else OnMissing(word)


def _value(condition: Place, place: Place | None, *, operator: Operator, subject: Subject) -> Value:
    if operator.shape is Shape.NOTHING:
        if place is not None:
            place.refuse("unknown_key", f"The operator {quoted(operator.key)} has no value. Remove “value”.")
        return None
    place = place or condition.lacks("value")
    if operator.shape in {Shape.LITERAL, Shape.LITERALS, Shape.RANGE, *_HIGHEST}:
        return _literal_value(place, operator, subject)
    if operator.shape is Shape.COUNT:
        return read_count(place)
    return _time_value(place, operator.shape, subject)


def _literal_value(place: Place, operator: Operator, subject: Subject) -> Value:
    if operator.shape is Shape.LITERAL:
        return read_literal(place, subject)
    if operator.shape is Shape.RANGE:
        return _literal_range(place, subject)
    items = place.items(min(operator.most, LISTED_LITERALS))
    if items is None:
        return None
    highest = _HIGHEST.get(operator.shape)
    if highest is not None:
        read = [item.whole(1, highest, code="unknown_value") for item in items]
    else:
        read = [read_literal(item, subject) for item in items]
    literals: tuple[Literal, ...] = tuple(literal for literal in read if literal is not None)
    return literals if len(literals) == len(read) else None


def _time_value(place: Place, shape: Shape, subject: Subject) -> Value:
    kind = subject.field.type
    readers = {
        Shape.DAY: lambda: read_day(place, kind),
        Shape.MOMENT: lambda: read_moment(place, kind),
        Shape.MOMENTS: lambda: read_moments(place, kind, subject.calendar),
        Shape.SPAN: lambda: read_span(place, kind),
        Shape.SPAN_BETWEEN: lambda: read_between_ago(place, kind),
        Shape.PERIOD: lambda: read_period(place),
        Shape.ANNIVERSARY: lambda: read_anniversary(place),
    }
    return readers[shape]()


def _literal_range(place: Place, subject: Subject) -> LiteralRange | None:
    keys = place.keys(("from", "to"))
    start, end = read_literal(keys["from"], subject), read_literal(keys["to"], subject)
    if start is None or end is None:
        return None
    if _position(start, subject.field) > _position(end, subject.field):
        place.refuse("range_order", "The range ends before it begins. Exchange the two ends.")
        return None
    return LiteralRange(start, end)


def _position(literal: Literal, field: Field) -> int | Decimal:
    return field.values.index(literal) if isinstance(literal, str) else literal


def read_literal(place: Place, subject: Subject) -> Literal | None:
    """Read one value as the type of the field asks for it.

    Source: docs/criteria.md §2.
    """
    field = subject.field
    if _is_listed(field):
        return _choice(place, field)
    if field.type in {FieldType.TEXT, FieldType.SET}:
        return read_text(place)
    if field.type is FieldType.INTEGER:
        return _integer(place)
    return read_decimal(place, scale=field.scale, digits=subject.digits)


def read_text(place: Place) -> str | None:
    """Read a text literal: something to see, not too long."""
    text = place.text()
    if text is None:
        return None
    if len(text) > TEXT_CHARACTERS:
        sentence = f"The text has {len(text):,} characters; at most {TEXT_CHARACTERS} are possible. Shorten it."
        place.refuse("limit_exceeded", sentence)
        return None
    if is_blank(text):
        place.refuse("bad_text", "The text is blank. Use “is not known” to find missing values.")
        return None
    return text


def _choice(place: Place, field: Field) -> str | None:
    text = place.text()
    if text is None or text in field.values:
        return text
    place.refuse("unknown_value", f"{quoted(text)} is not a value of {field.label}. Choose one of its list.")
    return None


def _integer(place: Place) -> int | None:
    if isinstance(place.value, int) and not isinstance(place.value, bool):
        return place.value
    place.refuse("wrong_type", "A whole number without quotes is expected here.")
    return None


def read_decimal(place: Place, *, scale: int, digits: int = NUMBER_DIGITS) -> Decimal | None:
    """Read a decimal number written as text, with at most `scale` decimals and, with all of them, `digits` digits."""
    text = place.value
    if not isinstance(text, str):
        place.refuse("wrong_type", 'A decimal number is expected here, written as text such as "12.50".')
        return None
    try:
        number = decimal_of(text)
    except ValueError:
        place.refuse("wrong_type", f"{quoted(text)} is not a decimal number. Write it as 12.50, without separators.")
        return None
    if decimals_of(number) > scale:
        sentence = f"{quoted(text)} has {decimals_of(number)} decimals; at most {scale} are possible here."
        place.refuse("scale", f"{sentence} Round it yourself.")
        return None
    typed = len(text.lstrip("-").partition(".")[0]) + scale
    if typed > digits:
        sentence = f"With {scale} decimals this has {typed} digits; at most {digits} are possible."
        place.refuse("limit_exceeded", f"{sentence} Choose a smaller number.")
        return None
    return number
