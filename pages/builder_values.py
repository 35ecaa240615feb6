"""Asks for the value of an operator, in the form its shape wants. What is missing stays None; the parser judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.builder_counts import ask_count
from pages.builder_spot import LARGEST_SAFE, Spot, together, word
from pages.builder_times import ask_day, ask_moment, ask_moments, ask_period, ask_span, ask_span_between, units_of
from pages.builder_tree import fields_of, items_of
from pages.words import counted
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
MOST_CHOSEN = 40  # more than these are shown as text, where they can be read


@dataclass(frozen=True)
class Question:
    """What is asked: the shape of the value, the field, and what is known of it.

    Shape: `known` holds the values that occur, with how often, where they are few; `most` bounds a list. `as_text` says
        that a list is typed, although it could be chosen; `switch` changes that.
    """

    shape: Shape
    field: Field
    calendar: Calendar
    most: int = 1_000
    known: Mapping[str, str] | None = None
    as_text: bool = False
    switch: Callable[[], None] | None = None


def ask_value(spot: Spot, value: Any, question: Question) -> Any:  # noqa: ANN401 - JSON
    """Draw the controls of one value and give the answer as the document holds it; None stands for what is missing."""
    match question.shape:
        case Shape.NOTHING:
            return None
        case Shape.LITERAL:
            return _literal(spot, "value", value, question)
        case Shape.LITERALS:
            return _literals(spot, value, question)
        case Shape.RANGE:
            return _range(spot, value, question)
        case Shape.COUNT:
            return ask_count(spot, value or {"op": "gte", "n": 1}, unit="values")
        case Shape.MONTHS:
            return _numbered(spot, value, MONTHS)
        case Shape.WEEKDAYS:
            return _numbered(spot, value, WEEKDAYS)
        case Shape.ANNIVERSARY:
            return _anniversary(spot, value)
        case _:
            return _time(spot, value, shape=question.shape, field=question.field, calendar=question.calendar)


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
            return ask_span(spot, value, units=units_of(dates_only=dates_only))
        case Shape.SPAN_BETWEEN:
            return ask_span_between(spot, value, dates_only=dates_only)
        case _:
            return ask_period(spot, value)


def _literal(spot: Spot, what: str, value: object, question: Question) -> str | int | None:
    field = question.field
    if field.type is FieldType.CHOICE:
        return _choice(spot, what, value, question)
    if field.key == WEEKDAY_KEY and (value is None or _is_weekday(value)):
        return _weekday(spot, what, value)
    if field.type not in NUMBERS and question.known:
        return spot.known_text(what, question.known, value, placeholder="Choose or type a text")
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


def _choice(spot: Spot, what: str, value: object, question: Question) -> str | None:
    options, held = _offered(question), value if isinstance(value, str) else None
    chosen = spot.choice(what, options, held, width=190, placeholder="Choose a value")
    return chosen or None


def _offered(question: Question) -> dict[str, str]:
    """List the values of the catalog in their order, with how often each occurs, then others that occur."""
    known, listed = question.known or {}, question.field.values
    return {each: known.get(each, each) for each in listed} if listed else dict(known)


def _is_weekday(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= len(WEEKDAYS)


def _weekday(spot: Spot, what: str, value: object) -> int | None:
    chosen = st.selectbox(
        f"{spot.label} {what}", WEEKDAYS, key=spot.control(what), label_visibility="collapsed", width=150,
        index=value - 1 if isinstance(value, int) and 1 <= value <= len(WEEKDAYS) else None,
        placeholder="Choose a day",
    )  # fmt: skip
    return None if chosen is None else WEEKDAYS.index(chosen) + 1


def _literals(spot: Spot, value: object, question: Question) -> list[str] | list[int] | list[str | int] | None:
    held, field, offered = items_of(value), question.field, _offered(question)
    if field.key == WEEKDAY_KEY and all(map(_is_weekday, held)):
        return _numbered(spot, held, WEEKDAYS)
    if offered and not question.as_text and len(held) <= MOST_CHOSEN:
        return _chosen_values(spot, held, offered, question)
    return _typed_values(spot, held, question, switch=bool(offered) and len(held) <= MOST_CHOSEN)


def _chosen_values(
    spot: Spot, held: list[str | int], offered: dict[str, str], question: Question
) -> list[str] | list[int] | list[str | int] | None:
    """Ask for some of the values that are known; others may be typed where the field has no list of its own."""
    numbers = question.field.type in NUMBERS
    texts = [str(each) for each in held]
    with together():
        chosen = _chosen(spot, texts, offered, open_list=not question.field.values)
        _switch(spot, question, "Paste a list", ":material/content_paste:")
    if chosen == texts:
        return held or None
    return [_number(each, question.field) or each for each in chosen] if numbers else chosen


def _switch(spot: Spot, question: Question, label: str, icon: str) -> None:
    if question.switch is not None:
        st.button(
            f"{spot.label}: {label.lower()}", icon=icon, type="tertiary", width=20, wrap=False, help=label,
            key=spot.control("switch"), on_click=question.switch,
        )  # fmt: skip


def _typed_values(
    spot: Spot, held: list[str | int], question: Question, *, switch: bool
) -> list[str] | list[int] | list[str | int] | None:
    """Ask for a list that is typed or pasted, and say how many values it holds."""
    field, shown = question.field, "\n".join(str(each) for each in held)
    with st.container(gap="xxsmall", width=320):
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            text = st.text_area(
                f"{spot.label} values, one per line or separated by commas", shown, key=spot.control("values"),
                label_visibility="collapsed", placeholder="Paste or type: one per line, or separated by commas",
                width="stretch", height=104,
            )  # fmt: skip
            if switch:
                _switch(spot, question, "Choose from the values that occur", ":material/checklist:")
        untouched = bool(held) and text == shown  # a stored value may itself hold a comma or a space at its end
        listed = [str(each) for each in held] if untouched else listed_in(text or "")
        st.caption(_told(len(listed), len(entries_in(text or "")) if not untouched else len(listed), question.most))
    if untouched:
        return held
    return [_number(each, field) or each for each in listed] if listed and field.type in NUMBERS else listed or None


def _told(values: int, entries: int, most: int) -> str:
    """Say how many values a list has, how many were given twice, and when there are too many."""
    said = counted(values, "value", "values")
    if entries > values:
        said += f", {counted(entries - values, 'repetition', 'repetitions')} left out"
    if values > most:
        return f"{said}: at most {most:,} fit. Longer ones are kept as a static list."
    return said


def _chosen(spot: Spot, held: list[str], options: dict[str, str], *, open_list: bool = False) -> list[str]:
    """Ask for some of many; what nobody touched stays as it was stored, repetitions included."""
    once = list(dict.fromkeys(held))
    chosen = spot.several("values", options, once, open_list=open_list)
    return held if chosen == once else chosen


def entries_in(text: str) -> list[str]:
    """Take a pasted list apart: by lines and tabs, or by commas when it is one line. Blank entries fall away."""
    rows = text.strip()
    parts = re.split(r"[\n\r\t]", text) if re.search(r"[\n\r\t]", rows) else re.split("[,;]", text)
    return [part.strip() for part in parts if part.strip()]


def listed_in(text: str) -> list[str]:
    """Give the entries of a pasted list, each once."""
    return list(dict.fromkeys(entries_in(text)))


def _range(spot: Spot, value: object, question: Question) -> dict[str, Any]:
    held = fields_of(value)
    start = _literal(spot, "value from", held.get("from"), question)
    word("to")
    end = _literal(spot, "value to", held.get("to"), question)
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
