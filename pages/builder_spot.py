"""Where a control of the builder stands: it makes the accessible label and the key, so that none forgets either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

LARGEST_SAFE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Spot:
    """One condition as its controls see it.

    Shape: `label` reads “Condition 1.3.2”; `key` is the node's own; `about` changes whenever the question changes, so
        that a control never keeps the answer to another question.
    """

    label: str
    key: str
    about: str = ""

    def asking(self, *about: str) -> Spot:
        """Give the same place with a narrower question."""
        return Spot(self.label, self.key, ".".join((self.about, *about)))

    def control(self, what: str) -> str:
        """Give the key of a control."""
        return f"builder.{self.key}.{self.about}.{what}"

    def choice(
        self, what: str, options: Mapping[str, str], value: str | None, *, width: int, icon: str | None = None,
        placeholder: str | None = None,
    ) -> str:  # fmt: skip
        """Ask for one of a few words. A stored answer that is not among them is offered too, and marked.

        Shape: with a placeholder nothing is chosen until a person chooses; that answer is the empty text.
        """
        words = dict(options)
        if value and value not in words:
            words = {value: f"Unknown: {value}"} | words
        keys = list(words)
        usual = None if placeholder else 0
        chosen = st.selectbox(
            f"{self.label} {what}", keys, index=keys.index(value) if value in words else usual,
            format_func=lambda key: words[key], key=self.control(what), label_visibility="collapsed", width=width,
            icon=icon, placeholder=placeholder,
        )  # fmt: skip
        return chosen or ""

    def known_text(self, what: str, options: Mapping[str, str], value: object, *, placeholder: str) -> str | None:
        """Ask for a text whose usual values are known; another one may be typed."""
        held = value if isinstance(value, str) else None
        keys = list(options) if held is None or held in options else [held, *options]
        return st.selectbox(
            f"{self.label} {what}", keys, index=keys.index(held) if held is not None else None,
            format_func=lambda key: options.get(key, key), key=self.control(what), label_visibility="collapsed",
            placeholder=placeholder, accept_new_options=True, width=200,
        )  # fmt: skip

    def whole(
        self, what: str, value: object, *, lowest: int = -LARGEST_SAFE, highest: int = LARGEST_SAFE, width: int = 90
    ) -> int | None:
        """Ask for a whole number; empty is None."""
        given = value if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest else None
        return st.number_input(
            f"{self.label} {what}", min_value=lowest, max_value=highest, value=given, step=1, key=self.control(what),
            label_visibility="collapsed", width=width, placeholder="Number",
        )  # fmt: skip

    def text(self, what: str, value: object, *, placeholder: str, width: int = 170) -> str | None:
        """Ask for a text; empty is None."""
        given = value if isinstance(value, str) else "" if value is None else str(value)
        answer = st.text_input(
            f"{self.label} {what}", given, key=self.control(what), label_visibility="collapsed",
            placeholder=placeholder, width=width,
        )  # fmt: skip
        return answer or None

    def several(
        self, what: str, options: Mapping[str, str], value: Sequence[str], *, width: int = 300, open_list: bool = False,
        placeholder: str = "Choose",
    ) -> list[str]:  # fmt: skip
        """Ask for some of many words; of an open list others may be typed too."""
        unknown = "{}" if open_list else "Unknown: {}"
        words = {each: unknown.format(each) for each in value if each not in options} | dict(options)
        return st.multiselect(
            f"{self.label} {what}", list(words), list(value), format_func=lambda key: words.get(str(key), str(key)),
            key=self.control(what), label_visibility="collapsed", placeholder=placeholder, width=width,
            accept_new_options=open_list,
        )  # fmt: skip


def together() -> DeltaGenerator:
    """Keep controls that are read as one phrase on one line, as long as it fits."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content")


def word(text: str) -> None:
    """Draw a word between two controls."""
    st.text(text, width="content")
