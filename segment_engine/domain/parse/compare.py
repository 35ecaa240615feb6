"""Reads value against value, and the limit: what needs the type of a value expression."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from segment_engine.domain.catalog import NUMBERS, TIMES, Field, FieldType
from segment_engine.domain.criteria import Case, CompareFields, Limit, Offset, OnMissing, OrderKey
from segment_engine.domain.limits import ORDER_KEYS, TIMES_DECIMALS, TOP_N
from segment_engine.domain.operators import COMPARE_OPERATORS
from segment_engine.domain.parse.figures import Found, read_expression
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, read_label
from segment_engine.domain.parse.times import read_elapsed
from segment_engine.domain.parse.values import read_case, read_decimal
from segment_engine.domain.places import Place, quoted


def read_compare_fields(place: Place, reading: Reading) -> CompareFields | None:
    """Read value against value, the right one multiplied or moved in time.

    Source: docs/criteria.md §4.14.
    """
    optional = ("times", "offset", "case", "on_missing", *LABEL_KEYS)
    keys = place.keys(("kind", "left", "op", "right"), optional)
    label = read_label(keys, reading)
    left, right = read_expression(keys["left"], reading), read_expression(keys["right"], reading)
    if left is None or right is None or not _are_alike(keys["right"], left.field, right.field):
        return None
    op = _operator(keys["op"], left.field)
    times, offset = _times(keys, left.field), _offset(keys, left.field)
    case = _case(keys, left.field)
    on_missing = _on_missing(keys, op, (left, right))
    if op is None:
        return None
    return CompareFields(left.value, op, right.value, times, offset, case, on_missing, label)


def _are_alike(place: Place, left: Field, right: Field) -> bool:
    """Refuse two values that are never compared: of different types, currencies or lists."""
    code, trouble = "operator_type", ""
    if {left.type, right.type} == set(TIMES):
        code, trouble = "moment_kind", "One of the two is a date and the other an instant"
    elif _kind(left) != _kind(right):
        trouble = f"A {left.type.value} cannot be compared with a {right.type.value}"
    elif left.currency != right.currency:
        trouble = f"{left.currency or 'A plain number'} cannot be compared with {right.currency or 'a plain number'}"
    elif left.type is FieldType.CHOICE and left.values != right.values:
        trouble = "The two have different lists of values"
    if trouble:
        place.refuse(code, f"{trouble}. Choose two values that are alike.")
    return not trouble


def _kind(field: Field) -> FieldType:
    """Whole and decimal numbers are compared with each other: their scales are aligned exactly."""
    return FieldType.DECIMAL if field.type is FieldType.INTEGER else field.type


def _operator(place: Place, field: Field) -> str | None:
    op = place.text()
    if op is None or (op in COMPARE_OPERATORS and field.type in COMPARE_OPERATORS[op][2]):
        return op
    if op in COMPARE_OPERATORS:
        sentence = f"Two values of the type {field.type.value} cannot be compared by {quoted(op)}."
        place.refuse("operator_type", f"{sentence} Choose another operator, or other values.")
    else:
        place.refuse("unknown_operator", f"There is no operator {quoted(op)}. Choose one of the list.")
    return None


def _times(keys: Mapping[str, Place], field: Field) -> Decimal | None:
    place = keys.get("times")
    if place is None:
        return None
    if field.type not in NUMBERS:
        place.refuse("unknown_key", "Only numbers can be multiplied. Remove “times”.")
        return None
    times = read_decimal(place, scale=TIMES_DECIMALS)
    if times is not None and times <= 0:
        place.refuse("limit_exceeded", f"{times:f} is not more than 0. Choose a positive number.")
    return times


def _offset(keys: Mapping[str, Place], field: Field) -> Offset | None:
    place = keys.get("offset")
    if place is None:
        return None
    if field.type not in TIMES:
        place.refuse("unknown_key", "Only dates and instants can be moved in time. Remove “offset”.")
        return None
    return read_elapsed(place, dates=field.type is FieldType.DATE)


def _case(keys: Mapping[str, Place], field: Field) -> Case | None:
    place = keys.get("case")
    if field.type is FieldType.TEXT:
        return Case.FOLD if place is None else read_case(place)
    if place is not None:
        place.refuse("unknown_key", "Upper and lower case matter only for text. Remove “case”.")
    return None


def _on_missing(keys: Mapping[str, Place], op: str | None, sides: tuple[Found, Found]) -> OnMissing | None:
    """Give the default of §5: only “is not” lets in what cannot be compared."""
    place = keys.get("on_missing")
    if not any(side.may_miss for side in sides):
        if place is not None:
            sentence = "Nothing can be missing here, so on_missing has no meaning. Remove it."
            place.refuse("on_missing_not_allowed", sentence)
        return None
    if place is None:
        return OnMissing.INCLUDE if op == "not_equals" else OnMissing.EXCLUDE
    word = place.word([choice.value for choice in OnMissing])
    return None if word is None else OnMissing(word)


# The limit -------------------------------------------------------------------------------------------------------


def read_limit(place: Place, reading: Reading) -> Limit | None:
    """Read the first N of the result, and in which order they are counted.

    Source: docs/criteria.md §4.17.
    """
    keys = place.keys(("top_n", "ties", "order_by"))
    top_n, ties = keys["top_n"].whole(1, TOP_N), keys["ties"].word(("cut", "keep"))
    items = keys["order_by"].items(ORDER_KEYS) or ()
    order = tuple(key for item in items if (key := _order_key(item, reading)) is not None)
    return Limit(top_n, ties, order) if top_n and ties and order else None


def _order_key(place: Place, reading: Reading) -> OrderKey | None:
    keys = place.keys(("value", "direction"))
    direction = keys["direction"].word(("asc", "desc"))
    found = read_expression(keys["value"], reading)
    if found is not None and found.field.type is FieldType.SET:
        keys["value"].refuse("operator_type", f"{quoted(found.field.label)} is a set and has no order. Choose another.")
        return None
    return OrderKey(found.value, direction) if found and direction else None
