"""Asks for moments, spans, periods and windows. What is relative stays relative; only the engine resolves it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from pages.builder_spot import Spot, word
from pages.builder_tree import fields_of
from segment_engine import Calendar

Document = dict[str, Any]
MOST = 10_000
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
# Two days more at either end: a time zone may move the first and last instants there are over midnight.
EARLIEST_INSTANT, LATEST_INSTANT = datetime(1899, 12, 30), datetime(2201, 1, 3)  # noqa: DTZ001 - wall times of a form
DAY_UNITS = {"day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}
ALL_UNITS = {"minute": "minutes", "hour": "hours"} | DAY_UNITS
PERIODS = {
    "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
    "fiscal_quarter": "fiscal quarter", "fiscal_year": "fiscal year",
}  # fmt: skip
DAY_MOMENTS = {"day": "the day", "today": "counted from today"}
ALL_MOMENTS = DAY_MOMENTS | {"instant": "the moment", "now": "counted from now"}
AGO, AHEAD = "ago", "ahead"
SHORT_NAMES = 3  # lists of units this short explain themselves in longer words
WINDOWS = {
    "any_time": "at any time", "in_last": "in the last", "in_next": "in the next", "between_ago": "between",
    "in_period": "in", "between": "from one day to another", "since": "since", "until": "until",
}  # fmt: skip


def units_of(*, dates_only: bool) -> dict[str, str]:
    """List the units in which time is counted."""
    return DAY_UNITS if dates_only else ALL_UNITS


def ask_span(spot: Spot, value: object, *, units: dict[str, str]) -> Document:
    """Ask for a length of time."""
    held = fields_of(value)
    n = spot.whole("number", held.get("n"), lowest=1, highest=MOST)
    unit = spot.choice("unit", units, held.get("unit", "day"), width=104 if len(units) > SHORT_NAMES else 135)
    return {"n": n, "unit": unit}


def ask_span_between(spot: Spot, value: object, *, dates_only: bool) -> Document:
    """Ask for two distances into the past."""
    held = fields_of(value)
    start = spot.whole("number from", held.get("from"), lowest=1, highest=MOST)
    word("and")
    end = spot.whole("number to", held.get("to"), lowest=0, highest=MOST)
    unit = spot.choice("unit", units_of(dates_only=dates_only), held.get("unit", "day"), width=104)
    word(AGO)
    return {"from": start, "to": end, "unit": unit}


def ask_period(spot: Spot, value: object, *, latest: int = 12) -> Document:
    """Ask for a whole calendar period, counted from the current one."""
    held = fields_of(value)
    offset = held.get("offset", -1)
    offsets = sorted({*range(-24, latest + 1), offset if isinstance(offset, int) else -1})
    unit = spot.choice("period", PERIODS, held.get("unit", "month"), width=140)
    named = {str(each): period_name(each, unit) for each in offsets}
    return {"unit": unit, "offset": int(spot.asking(unit).choice("which period", named, str(offset), width=170))}


def period_name(offset: int, unit: str) -> str:
    """Name a period: “last month”, “this month”, “3 months ago”."""
    name = PERIODS.get(unit, unit)
    if abs(offset) <= 1:
        return f"{('last', 'this', 'next')[offset + 1]} {name}"
    return f"{-offset} {name}s ago" if offset < 0 else f"{offset} {name}s ahead"


# Moments -----------------------------------------------------------------------------------------------------------


def ask_day(spot: Spot, value: object, calendar: Calendar) -> Document:
    """Ask for a whole day, named or counted from today."""
    return ask_moment(spot, value, calendar, dates_only=True)


def ask_moments(spot: Spot, value: object, calendar: Calendar, *, dates_only: bool) -> Document:
    """Ask for two moments; both days count as a whole."""
    held = fields_of(value)
    start = ask_moment(spot.asking("from"), held.get("from"), calendar, dates_only=dates_only)
    word("to")
    end = ask_moment(spot.asking("to"), held.get("to"), calendar, dates_only=dates_only)
    return {"from": start, "to": end}


def ask_moment(spot: Spot, value: object, calendar: Calendar, *, dates_only: bool) -> Document:
    """Ask for a moment in one of its forms."""
    form, held = next(iter(fields_of(value).items()), ("day", None))
    forms = DAY_MOMENTS if dates_only else ALL_MOMENTS
    chosen = spot.choice("kind of moment", forms, form, width=155)
    inner, spot = held if chosen == form else None, spot.asking(chosen)
    match chosen:
        case "day":
            answer = _day(spot, inner)
        case "instant":
            answer = _instant(spot, inner, calendar)
        case _:
            answer = _relative(spot, inner, units_of(dates_only=chosen == "today"))
    return {chosen: answer}


def _day(spot: Spot, value: object) -> str | None:
    try:
        held = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        held = None
    chosen = st.date_input(
        f"{spot.label} day", held, min_value=EARLIEST, max_value=LATEST, format="YYYY-MM-DD", key=spot.control("day"),
        label_visibility="collapsed", width=140,
    )  # fmt: skip
    return chosen.isoformat() if isinstance(chosen, date) else None


def _instant(spot: Spot, value: object, calendar: Calendar) -> str | None:
    """Ask for date and time in the zone of the criteria; a text nobody touched stays exactly as it was."""
    zone = ZoneInfo(calendar.time_zone)
    held = None
    with suppress(ValueError):
        held = datetime.fromisoformat(value).astimezone(zone).replace(tzinfo=None) if isinstance(value, str) else None
    chosen = st.datetime_input(
        f"{spot.label} date and time", held, min_value=EARLIEST_INSTANT, max_value=LATEST_INSTANT,
        format="YYYY-MM-DD", key=spot.control("instant"), label_visibility="collapsed", width=230,
    )  # fmt: skip
    word(calendar.time_zone)
    if chosen is None:
        return None
    if held is not None and chosen in {held, held.replace(second=0, microsecond=0)}:
        return value if isinstance(value, str) else None
    return chosen.replace(tzinfo=zone).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _relative(spot: Spot, value: object, units: dict[str, str]) -> Document:
    held = fields_of(value)
    n = held.get("n", 0)
    known = isinstance(n, int) and not isinstance(n, bool)
    amount = spot.whole("number", abs(n) if known else None, lowest=0, highest=MOST)
    unit = spot.choice("unit", units, held.get("unit", "day"), width=104)
    way = spot.choice("direction", {AGO: AGO, AHEAD: AHEAD}, AHEAD if known and n > 0 else AGO, width=95)
    return {"n": amount if amount is None or way == AHEAD else -amount, "unit": unit}


# Windows -----------------------------------------------------------------------------------------------------------


def window_form(window: object) -> str:
    """Name the form of a stored window as the menu does."""
    form, inner = next(iter(fields_of(window).items()), ("any_time", None))
    if form != "range":
        return form
    ends = fields_of(inner)
    if ends.get("from") is not None and ends.get("to") is not None:
        return "between"
    return "until" if ends.get("from") is None and ends.get("to") is not None else "since"


def ask_window(
    spot: Spot, window: object, calendar: Calendar, *, dates_only: bool, may_look_ahead: bool = True
) -> Document | None:
    """Ask which events count by their time; None for all of them.

    Shape: None inside stands for what is missing still.
    """
    form = window_form(window)
    offered = WINDOWS if may_look_ahead else {key: name for key, name in WINDOWS.items() if key != "in_next"}
    chosen = spot.choice("period", offered, form, width=150)
    held = next(iter(fields_of(window).values()), None) if chosen == form else None
    spot = spot.asking(chosen)
    match chosen:
        case "any_time":
            return fields_of(window) or None if form == chosen else None
        case "in_last" | "in_next":
            return {chosen: ask_span(spot, held, units=units_of(dates_only=dates_only))}
        case "between_ago":
            return {chosen: ask_span_between(spot, held, dates_only=dates_only)}
        case "in_period":
            return {chosen: ask_period(spot, held, latest=12 if may_look_ahead else 0)}
        case "between":
            return {"range": ask_moments(spot, held, calendar, dates_only=dates_only)}
        case _:
            end = "from" if chosen == "since" else "to"
            return {"range": {end: ask_moment(spot, fields_of(held).get(end), calendar, dates_only=dates_only)}}


def looks_ahead(window: object) -> bool:
    """Tell whether a window lies after the moment of calculation, where events count only when it is said so."""
    form, inner = next(iter(fields_of(window).items()), ("any_time", None))
    offset = fields_of(inner).get("offset", 0)
    return form == "in_next" or (form == "in_period" and isinstance(offset, int) and offset > 0)
