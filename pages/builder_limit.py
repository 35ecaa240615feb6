"""Draws the limit: only the first so many of the result, in which order, and what happens to equals."""

from __future__ import annotations

import streamlit as st

from pages import builder_changes as changes
from pages.builder_drawing import Drawing
from pages.builder_expressions import expression_field
from pages.builder_filters import filters_of_limit
from pages.builder_kinds_values import ask_expression
from pages.builder_new import new_filter
from pages.builder_spot import Spot, together, word
from pages.builder_tree import KEY, Node, fields_of, items_of, new_key
from segment_engine import NUMBERS, TIMES, Catalog, Field, FieldType

MOST, MOST_KEYS = 1_000_000, 3
TIES = {"cut": "exactly so many", "keep": "also everyone equal to the last"}
NUMERIC = {"desc": "highest first", "asc": "lowest first"}
TIMED = {"desc": "latest first", "asc": "earliest first"}
SORTED = {"desc": "Z to A", "asc": "A to Z"}
ADD, FEWER = "Rank by one more value", "Rank by one value less"


def draw_limit(drawing: Drawing, limit: Node | None) -> Node | None:
    """Draw the limit, or the button that begins one. Gives the limit as answered."""
    change = drawing.change
    if limit is None:
        st.button(
            "Keep only the first contacts of the result", icon=":material/leaderboard:", type="tertiary",
            key="builder.limit.begin",
            on_click=lambda: change(lambda root: changes.with_limit(root, new_limit(drawing.catalog))),
        )  # fmt: skip
        return None
    spot = Spot("Limit", limit[KEY])
    with st.container(border=True, gap="small", key=f"group-{limit[KEY]}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            word("Keep only the first")
            top = spot.whole("size", limit.get("top_n"), lowest=1, highest=MOST)
            ties = spot.choice("ties", TIES, limit.get("ties"), width=250)
            st.space("stretch")
            _acts(drawing, limit)
        order = [_key(drawing, spot, place, key) for place, key in enumerate(items_of(limit.get("order_by")))]
        st.caption("Contacts without a value come last.")
        drawing.slots[limit[KEY]] = st.container(gap="xxsmall")
    return limit | {"top_n": top, "ties": ties, "order_by": order}


def _key(drawing: Drawing, spot: Spot, place: int, held: object) -> Node:
    key = fields_of(held)
    asked = Spot(f"{spot.label} order {place + 1}", spot.key, f"order.{place}")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        word("by" if place == 0 else "then by")
        value = ask_expression(drawing, asked, "value", key.get("value"))
        names = _directions(expression_field(value, drawing.catalog))
        direction = asked.choice("direction", names, key.get("direction"), width=140)
    return key | {"value": value or None, "direction": direction}


def _directions(kind: Field | None) -> dict[str, str]:
    if kind is None or kind.type in NUMBERS or kind.type is FieldType.CHOICE:
        return NUMERIC
    return TIMED if kind.type in TIMES else SORTED


def _acts(drawing: Drawing, limit: Node) -> None:
    """Draw the menu and the button that keeps everybody again."""
    keys, change = items_of(limit.get("order_by")), drawing.change
    waiting = {each.act: each for each in filters_of_limit(limit, drawing.catalog) if not each.shown}
    options = [*waiting]
    options += [ADD] if len(keys) < MOST_KEYS else []
    options += [FEWER] if len(keys) > 1 else []
    control = f"builder.{limit[KEY]}.menu"

    def act() -> None:
        chosen = st.session_state[control]
        if chosen in waiting:
            each = waiting[chosen]
            made = new_filter(each.source, drawing.catalog)
            change(lambda root: changes.with_filter(root, limit[KEY], each.place, made))
        elif chosen in options:
            order = [*keys, _new_key(drawing.catalog)] if chosen == ADD else keys[:-1]
            change(lambda root: changes.with_limit(root, limit | {"order_by": order}))

    with together():
        st.menu_button(
            "Limit actions", options, icon=":material/more_vert:", type="tertiary", key=control, on_click=act, width=32,
            wrap=False,
        )  # fmt: skip
        st.button(
            "Remove the limit", icon=":material/close:", type="tertiary", width=20, wrap=False,
            key=f"builder.{limit[KEY]}.remove",
            on_click=lambda: change(lambda root: changes.with_limit(root, None)),
        )  # fmt: skip


def new_limit(catalog: Catalog) -> Node:
    """Begin with a hundred, ranked by what is most often ranked by."""
    return {KEY: new_key(), "top_n": 100, "ties": "cut", "order_by": [_new_key(catalog)]}


def _new_key(catalog: Catalog) -> Node:
    """Rank by the sum of the first amount there is, else by the first number, else leave it open."""
    for key, event in catalog.events.items():
        for each in event.fields.values():
            if each.type is FieldType.MONEY:
                figure = {"from": {"event": key}, "function": "sum", "of": each.key}
                return {"value": {"aggregate": figure}, "direction": "desc"}
    number = next((key for key, each in catalog.fields.items() if each.type in NUMBERS | TIMES), None)
    return {"value": {"field": number} if number else None, "direction": "desc"}
