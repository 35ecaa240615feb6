"""Texts that must not be shown, and how to tell a real one from a placeholder or a weak one."""

from __future__ import annotations

from segment_engine.logs import MASK

PLACEHOLDERS = ("<", ">", "changeme", "change_me", "change-me", "your_password", "your-password")
# What people leave in place of a secret, in any spelling; a random one holds none of these by accident.
_WORDS = (
    "secret",
    "password",
    "placeholder",
    "example",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "default",
    "…",
)
_FEWEST_DIFFERENT = 10
_RUNS = ("0123456789abcdefghijklmnopqrstuvwxyz" * 2, "qwertyuiopasdfghjklzxcvbnm")
_LONGEST_RUN = 8


class Secret:
    """A text that prints as asterisks, so that it cannot reach a log or a page by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the text itself; call it only where it is handed to the driver."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def is_placeholder(text: str) -> bool:
    """Tell whether a text stands where a real value was to be put."""
    return any(placeholder in text.lower() for placeholder in PLACEHOLDERS)


def weakness_of(text: str, *, fewest: int) -> str | None:
    """Say what is wrong with a secret, never repeating it; None when nothing is.

    Shape: `fewest` is how many characters it needs at least.
    """
    folded = text.lower()
    if len(text) < fewest:
        return f"has {len(text)} characters where at least {fewest} are needed"
    if is_placeholder(text) or any(word in folded for word in _WORDS):
        return "is a placeholder, or words that can be guessed"
    if len(set(text)) < _FEWEST_DIFFERENT:
        return f"has fewer than {_FEWEST_DIFFERENT} different characters"
    if text in (text + text)[1:-1]:
        return "repeats itself"
    pieces = {folded[start : start + _LONGEST_RUN] for start in range(len(folded) - _LONGEST_RUN + 1)}
    if any(piece in run or piece[::-1] in run for piece in pieces for run in _RUNS):
        return "runs along the alphabet, the digits or the keyboard"
    return None
