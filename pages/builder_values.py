"""Asks for the value of an operator, in the form its shape wants. What is missing stays None; the parser judges."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from pages.builder_spot import LARGEST_SAFE, Spot, word
from pages.builder_times import ask_day, ask_moment, ask_moments, ask_period, ask_span, ask_span_between
from pages.builder_tree import fields_of, items_of
from segment_engine import NUMBERS, Calendar, Field, FieldType, Shape

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAY_KEY = "@weekday"
LONGEST_ANNIVERSARY = 364
MOST_YEARS = 300


def ask_value(spot: Spot, value: Any, *, shape: Shape, field: Field, calendar: Calendar) -> Any:  # noqa: ANN401 - JSON
    """Draw the controls of one value and give the answer as the document holds it; None stands for what is missing."""
    match shape:
        case Shape.NOTHING:
            return None
        case Shape.LITERAL:
            return _literal(spot, "value", value, field)
        case Shape.LITERALS:
            return _literals(spot, value, field)
        case Shape.RANGE:
            return _range(spot, value, field)
        case Shape.MONTHS:
            return _numbered(spot, value, MONTHS)
        case Shape.WEEKDAYS:
            return _numbered(spot, value, WEEKDAYS)
        case Shape.ANNIVERSARY:
            return _anniversary(spot, value)
        case _:
            return _time(spot, value, shape=shape, field=field, calendar=calendar)


def _time(spot: Spot, value: Any, *, shape: Shape, field: Field, calendar: Calendar) -> Any:  # noqa: ANN401 - JSON
    dates_only = field.type is FieldType.DATE
    match shape:
        case Shape.DAY:
            return ask_day(spot, value, calendar)
        case Shape.MOMENT:
            return ask_moment(spot, value, calendar, dates_only=dates_only)
        case Shape.MOMENTS:
            return ask_moments(spot, value, calendar, dates_only=dates_only)
        case Shape.SPAN:
            return ask_span(spot, value, dates_only=dates_only)
        case Shape.SPAN_BETWEEN:
            return ask_span_between(spot, value, dates_only=dates_only)
        case _:
            return ask_period(spot, value)


def _literal(spot: Spot, what: str, value: object, field: Field) -> str | int | None:
    if field.type is FieldType.CHOICE:
        return _choice(spot, what, value, field)
    if field.key == WEEKDAY_KEY and (value is None or _is_weekday(value)):
        return _weekday(spot, what, value)
    if field.type not in NUMBERS:
        return spot.text(what, value, placeholder="Text")
    if field.type is FieldType.INTEGER and not (isinstance(value, int) and abs(value) > LARGEST_SAFE):
        return spot.whole(what, value)
    # Decimals are asked for as text: a floating-point control would change the last digits of a large amount.
    answer = spot.text(what, value, placeholder=f"0.{'0' * min(field.scale, 2)}" if field.scale else "0", width=110)
    if field.currency:
        word(field.currency)
    return _number(answer, field)


def _number(text: str | None, field: Field) -> str | int | None:
    """Take a whole number as one; everything else goes to the parser as typed, which says what is wrong with it."""
    if text is None:
        return None
    bare = text.strip()
    return int(bare) if field.type is FieldType.INTEGER and _WHOLE.fullmatch(bare) else bare


def _choice(spot: Spot, what: str, value: object, field: Field) -> str | None:
    options, held = list(field.values), value if isinstance(value, str) else None
    if held is not None and held not in options:
        options.insert(0, held)  # a value the list lost: shown, so that the problem beside it can be understood
    return st.selectbox(
        f"{spot.label} {what}", options, index=options.index(held) if held is not None else None,
        key=spot.control(what), label_visibility="collapsed", placeholder="Choose a value", width=160,
    )  # fmt: skip


def _is_weekday(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= len(WEEKDAYS)


def _weekday(spot: Spot, what: str, value: object) -> int | None:
    chosen = st.selectbox(
        f"{spot.label} {what}", WEEKDAYS, key=spot.control(what), label_visibility="collapsed", width=150,
        index=value - 1 if isinstance(value, int) and 1 <= value <= len(WEEKDAYS) else None,
        placeholder="Choose a day",
    )  # fmt: skip
    return None if chosen is None else WEEKDAYS.index(chosen) + 1


def _literals(spot: Spot, value: object, field: Field) -> list[str] | list[int] | list[str | int] | None:
    held = items_of(value)
    if field.key == WEEKDAY_KEY and all(map(_is_weekday, held)):
        return _numbered(spot, held, WEEKDAYS)
    if field.type is FieldType.CHOICE:
        return _chosen(spot, held, {each: each for each in field.values}) or None
    shown = "\n".join(str(each) for each in held)
    text = st.text_area(
        f"{spot.label} values, one per line or separated by commas", shown, key=spot.control("values"),
        label_visibility="collapsed", placeholder="One per line, or separated by commas", width=300, height=82,
    )  # fmt: skip
    if held and text == shown:
        return held  # untouched: a stored value may itself hold a comma or a space at its end
    listed = listed_in(text or "")
    return [_number(each, field) or each for each in listed] if listed and field.type in NUMBERS else listed or None


def _chosen(spot: Spot, held: list[str], options: dict[str, str]) -> list[str]:
    """Ask for some of many; what nobody touched stays as it was stored, repetitions included."""
    once = list(dict.fromkeys(held))
    chosen = spot.several("values", options, once)
    return held if chosen == once else chosen


def listed_in(text: str) -> list[str]:
    """Take a pasted list apart: by lines, or by commas when it is one line. Blank and repeated entries fall away."""
    parts = text.splitlines() if "\n" in text.strip() else text.split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _range(spot: Spot, value: object, field: Field) -> dict[str, Any]:
    held = fields_of(value)
    start = _literal(spot, "value from", held.get("from"), field)
    word("to")
    end = _literal(spot, "value to", held.get("to"), field)
    return {"from": start, "to": end}


def _numbered(spot: Spot, value: object, names: tuple[str, ...]) -> list[int] | None:
    held = [str(each) for each in items_of(value) if isinstance(each, int) and 1 <= each <= len(names)]
    chosen = _chosen(spot, held, {str(at + 1): name for at, name in enumerate(names)})
    return [int(each) for each in chosen] or None


def _anniversary(spot: Spot, value: object) -> dict[str, Any]:
    held = fields_of(value) or {"before": 0}
    before = spot.whole("days before today", held.get("before"), lowest=0, highest=LONGEST_ANNIVERSARY)
    word("days before to")
    after = spot.whole("days after today", held.get("after"), lowest=0, highest=LONGEST_ANNIVERSARY)
    word("days after today, at least")
    years = spot.whole("smallest number of years", held.get("min_years", 1), lowest=0, highest=MOST_YEARS)
    word("years ago")
    return {"before": before, "after": after, "min_years": years}
