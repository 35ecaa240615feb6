"""Pieces every page is made of: the error boundary, links, badges, flashes, and states with nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar, cast

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from pages.words import NOTHING, Look, plain
from segment_engine import note_incident
from segment_engine.errors import Incident, SegmentEngineError

Parameters = ParamSpec("Parameters")
RowKey = TypeVar("RowKey")

_PAGES = "parts.pages"
_FLASH = "parts.flash"


def remember_pages(pages: Mapping[str, Page]) -> None:
    """Keep the registered pages of this session, so that pages can link to each other without importing each other."""
    st.session_state[_PAGES] = dict(pages)


def page(name: str) -> Page:
    """Give a registered page by its address."""
    return cast("dict[str, Page]", st.session_state[_PAGES])[name]


# What went wrong ---------------------------------------------------------------------------------------------------


def sentence_of(problem: Exception) -> str:
    """Turn any error into a sentence that may be shown; what was not foreseen is logged under a number and named so."""
    if isinstance(problem, SegmentEngineError):
        return str(problem)
    return f"{Incident(note_incident(problem, 'a page'), unchanged=False)} Then reload the page."


@contextmanager
def boundary() -> Generator[None]:
    """Show whatever goes wrong inside as one sentence; the rest of the page stays."""
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - this is the one place where everything ends; nothing is lost, see above
        st.error(plain(sentence_of(problem)), icon=":material/error:")


def show_uncaught(problem: Exception) -> bool:
    """Show what no boundary met, in a callback or before a page began, the same way: the net below everything.

    Shape: True, so that Streamlit shows nothing of its own.
    """
    st.error(plain(sentence_of(problem)), icon=":material/error:")
    return True


def action(callback: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Make a callback whose errors are shown on the next run instead of ending it."""

    @wraps(callback)
    def guarded(*positional: Parameters.args, **named: Parameters.kwargs) -> None:
        try:
            callback(*positional, **named)
        except Exception as problem:  # noqa: BLE001 - see boundary()
            flash(sentence_of(problem), icon=":material/error:")

    return guarded


# What happened -----------------------------------------------------------------------------------------------------


def flash(sentence: str, *, icon: str = ":material/check_circle:") -> None:
    """Say something on the next run; a toast drawn right before a rerun would be lost."""
    st.session_state[_FLASH] = [*st.session_state.get(_FLASH, []), (sentence, icon)]


def show_flashes() -> None:
    """Show what callbacks and ended calculations had to say."""
    for sentence, icon in st.session_state.pop(_FLASH, []):
        st.toast(plain(sentence), icon=icon, duration="long")


# Looks -------------------------------------------------------------------------------------------------------------


def emphasis() -> Literal["primary", "secondary"]:
    """Give the type of a main button: filled; in the dark, where white on the accent is too faint, outlined."""
    return "secondary" if st.context.theme.type == "dark" else "primary"


def badge(look: Look, *, help_text: str | None = None) -> None:
    """Draw a status: word, color and icon."""
    st.badge(look.word, icon=look.icon, color=look.color, help=plain(help_text) if help_text else None)


def nothing_here(title: str, sentence: str, *, icon: str, commands: tuple[str, ...] = ()) -> DeltaGenerator:
    """Draw a state without data: what is missing, and what to do. Gives the place for the one next step."""
    frame = st.container(border=True, horizontal_alignment="center", gap="small")
    with frame:
        st.space("small")
        st.subheader(title, icon=icon, width="content", anchor=False)
        st.text(sentence, text_alignment="center")
        for command in commands:
            st.code(command, language=None, wrap_lines=True, width=560)
    step = frame.container(horizontal=True, horizontal_alignment="center")
    frame.space("small")
    return step


def table(
    frame: pd.DataFrame, columns: Mapping[str, Any] | None = None, *, key: str, alt: str, row_height: int,
    rows_shown: int | None = None,
) -> None:  # fmt: skip
    """Draw a table to read; `rows_shown` more rows scroll, None shows all. `alt` says in words what it holds."""
    height = "content" if rows_shown is None else row_height * (min(len(frame), rows_shown) + 1) + 2
    st.dataframe(  # pyright: ignore[reportUnknownMemberType] -- polars is not installed, so its type is unknown
        frame, hide_index=True, placeholder=NOTHING, row_height=row_height, height=height, key=key, alt=alt,
        column_config=columns,
    )  # fmt: skip


def clicked(key: str, ids: Sequence[RowKey]) -> RowKey | None:
    """Give the id of the row whose button was clicked: Streamlit tells its number, and None when nothing was."""
    click = st.session_state[key]
    row: int = -1 if click is None else click["row"]
    return ids[row] if 0 <= row < len(ids) else None


def open_clicked(address: str, key: str, ids: Sequence[object]) -> None:
    """Go to the page of the row whose button was clicked: the callback of a table with one such column."""
    chosen = clicked(key, ids)
    if chosen is not None:
        st.switch_page(page(address), query_params={"id": str(chosen)})
