"""THE operator table: one row per operator drives the parser, the SQL, the evaluator, the sentence and the form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, FieldType
from segment_engine.domain.criteria import OnMissing


class Shape(StrEnum):
    """What an operator's value looks like in the document and in the form."""

    NOTHING = "nothing"
    LITERAL = "literal"
    LITERALS = "literals"
    RANGE = "range"
    DAY = "day"
    MOMENT = "moment"
    MOMENTS = "moments"
    SPAN = "span"
    SPAN_BETWEEN = "span_between"
    PERIOD = "period"
    ANNIVERSARY = "anniversary"
    MONTHS = "months"
    WEEKDAYS = "weekdays"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Shape: `missing` is the default of `on_missing`, None where the operator itself decides (is_set, is_not_set).
        `negative` is True for the row defined as NOT of its complement. `most` bounds the number of listed literals.
        `phrase` stands between label and value in the sentence and in the form's menu.
    """

    key: str
    types: frozenset[FieldType]
    shape: Shape
    complement: str
    phrase: str
    missing: OnMissing | None
    negative: bool = False
    most: int = 1000
    cased: bool = False
    ordered_choice_only: bool = False

    def suits(self, kind: FieldType, *, ordered: bool = False) -> bool:
        """Tell whether a field of this type may be asked (comparisons need a choice with an order)."""
        if self.ordered_choice_only and kind is FieldType.CHOICE:
            return ordered
        return kind in self.types


_EX, _IN = OnMissing.EXCLUDE, OnMissing.INCLUDE
_TEXT = frozenset({FieldType.TEXT})
_SET = frozenset({FieldType.SET})
_COMPARABLE = NUMBERS | {FieldType.CHOICE}
_ALL = frozenset(FieldType)


def _pair(
    positive: str,
    negative: str,
    types: frozenset[FieldType],
    shape: Shape,
    phrases: tuple[str, str],
    *,
    missing: tuple[OnMissing | None, OnMissing | None] = (_EX, _IN),
    most: int = 1000,
    ordered_choice_only: bool = False,
) -> tuple[Operator, Operator]:
    texts = bool(types & (TEXTS | {FieldType.SET}))
    cased = texts and not ordered_choice_only and shape in {Shape.LITERAL, Shape.LITERALS}
    return (
        Operator(
            positive, types, shape, negative, phrases[0], missing[0],
            most=most, cased=cased, ordered_choice_only=ordered_choice_only,
        ),
        Operator(
            negative, types, shape, positive, phrases[1], missing[1],
            negative=True, most=most, cased=cased, ordered_choice_only=ordered_choice_only,
        ),
    )  # fmt: skip


_BOTH_LEFT_OUT = (_EX, _EX)

# `between` exists for numbers and for times with different values; the table is therefore keyed by (operator, type).
_ROWS: tuple[tuple[Operator, Operator], ...] = (
    _pair("is_set", "is_not_set", _ALL, Shape.NOTHING, ("is known", "is not known"), missing=(None, None)),
    _pair("equals", "not_equals", TEXTS | NUMBERS, Shape.LITERAL, ("is", "is not")),
    _pair("is_any_of", "is_none_of", TEXTS | NUMBERS, Shape.LITERALS, ("is one of", "is none of")),
    _pair("contains", "not_contains", _TEXT, Shape.LITERAL, ("contains", "does not contain")),
    _pair(
        "contains_any_of", "contains_none_of", _TEXT, Shape.LITERALS,
        ("contains any of", "contains none of"), most=50,
    ),
    _pair("starts_with", "not_starts_with", _TEXT, Shape.LITERAL, ("starts with", "does not start with")),
    _pair("ends_with", "not_ends_with", _TEXT, Shape.LITERAL, ("ends with", "does not end with")),
    _pair(
        "gt", "lte", _COMPARABLE, Shape.LITERAL, ("is more than", "is at most"),
        missing=_BOTH_LEFT_OUT, ordered_choice_only=True,
    ),
    _pair(
        "gte", "lt", _COMPARABLE, Shape.LITERAL, ("is at least", "is less than"),
        missing=_BOTH_LEFT_OUT, ordered_choice_only=True,
    ),
    _pair(
        "between", "not_between", _COMPARABLE, Shape.RANGE, ("is from", "is not from"), ordered_choice_only=True,
    ),
    _pair(
        "is_true", "is_false", frozenset({FieldType.BOOLEAN}), Shape.NOTHING, ("is yes", "is no"),
        missing=_BOTH_LEFT_OUT,
    ),
    _pair("on", "not_on", TIMES, Shape.DAY, ("is on", "is not on")),
    _pair(
        "before", "on_or_after", TIMES, Shape.MOMENT, ("is before", "is on or after"), missing=_BOTH_LEFT_OUT,
    ),
    _pair(
        "after", "on_or_before", TIMES, Shape.MOMENT, ("is after", "is on or before"), missing=_BOTH_LEFT_OUT,
    ),
    _pair("between", "not_between", TIMES, Shape.MOMENTS, ("is from", "is not from")),
    _pair("in_last", "not_in_last", TIMES, Shape.SPAN, ("is in the last", "is not in the last")),
    _pair("in_next", "not_in_next", TIMES, Shape.SPAN, ("is in the next", "is not in the next")),
    _pair(
        "more_than_ago", "not_more_than_ago", TIMES, Shape.SPAN, ("is more than … ago", "is not more than … ago"),
    ),
    _pair(
        "more_than_ahead", "not_more_than_ahead", TIMES, Shape.SPAN, ("is … or more ahead", "is less than … ahead"),
    ),
    _pair(
        "between_ago", "not_between_ago", TIMES, Shape.SPAN_BETWEEN, ("is between … ago", "is not between … ago"),
    ),
    _pair("in_period", "not_in_period", TIMES, Shape.PERIOD, ("is in", "is not in")),
    _pair(
        "anniversary_within", "not_anniversary_within", TIMES, Shape.ANNIVERSARY,
        ("has its day within", "does not have its day within"),
    ),
    _pair("month_is", "month_is_not", TIMES, Shape.MONTHS, ("falls in", "does not fall in")),
    _pair("weekday_is", "weekday_is_not", TIMES, Shape.WEEKDAYS, ("falls on", "does not fall on")),
    _pair("includes_any", "includes_none", _SET, Shape.LITERALS, ("includes any of", "includes none of")),
    _pair("includes_all", "not_includes_all", _SET, Shape.LITERALS, ("includes all of", "lacks one of")),
)  # fmt: skip

# Its value is a whole comparison of a number, so its complement is itself with the complement of that comparison.
_SIZE = Operator("size", _SET, Shape.COUNT, "size", "has … values", None)

OPERATORS: tuple[Operator, ...] = (*(operator for row in _ROWS for operator in row), _SIZE)

COUNT_OPERATORS: dict[str, tuple[str, str]] = {
    # key: (complement, phrase around the number of times)
    "eq": ("ne", "exactly"),
    "ne": ("eq", "other than"),
    "gt": ("lte", "more than"),
    "gte": ("lt", "at least"),
    "lt": ("gte", "fewer than"),
    "lte": ("gt", "at most"),
    "between": ("not_between", "from … to …"),
    "not_between": ("between", "not from … to …"),
}

MEMBERSHIP_OPERATORS: dict[str, tuple[str, str]] = {
    # key: (complement, phrase before the names)
    "in_any": ("not_in_any", "is in any of"),
    "not_in_any": ("in_any", "is in none of"),
    "in_all": ("not_in_all", "is in all of"),
    "not_in_all": ("in_all", "is not in all of"),
}

CONSENT_OPERATORS: dict[str, tuple[str, str]] = {
    "state_is": ("state_is_not", "consent is"),
    "state_is_not": ("state_is", "consent is not"),
}

REACHABLE_OPERATORS: dict[str, tuple[str, str]] = {
    "is_reachable": ("is_not_reachable", "can be reached by"),
    "is_not_reachable": ("is_reachable", "cannot be reached by"),
}

# Two values against each other: (complement, phrase between them, for which types).
COMPARE_OPERATORS: dict[str, tuple[str, str, frozenset[FieldType]]] = {
    "equals": ("not_equals", "is", TEXTS | NUMBERS | {FieldType.DATE}),
    "not_equals": ("equals", "is not", TEXTS | NUMBERS | {FieldType.DATE}),
    "gt": ("lte", "is more than", NUMBERS),
    "lte": ("gt", "is at most", NUMBERS),
    "gte": ("lt", "is at least", NUMBERS),
    "lt": ("gte", "is less than", NUMBERS),
    "before": ("on_or_after", "is before", TIMES),
    "on_or_after": ("before", "is on or after", TIMES),
    "after": ("on_or_before", "is after", TIMES),
    "on_or_before": ("after", "is on or before", TIMES),
}

CHANNELS = ("email", "sms", "push", "post", "phone")
CONSENT_STATES = ("granted", "pending", "withdrawn", "no_record")
INTERACTIONS = (
    *("entered", "received", "delivered", "opened", "clicked"),
    *("converted", "replied", "bounced", "complained", "unsubscribed"),
)
QUANTIFIERS = ("any", "none", "all", "at_least")


def find_operator(key: str, kind: FieldType, *, ordered: bool = False) -> Operator | None:
    """Look an operator up for a field type; None when the table does not have the pair."""
    for operator in OPERATORS:
        if operator.key == key and operator.suits(kind, ordered=ordered):
            return operator
    return None


def operators_for(kind: FieldType, *, ordered: bool = False) -> tuple[Operator, ...]:
    """List the operators of a field type, in the order of the form's menu."""
    return tuple(operator for operator in OPERATORS if operator.suits(kind, ordered=ordered))


def is_known(key: str) -> bool:
    """Tell whether any type has an operator of this name."""
    return any(operator.key == key for operator in OPERATORS)
