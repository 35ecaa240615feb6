"""What people write about things: names and reasons, checked before they reach the database."""

from __future__ import annotations

from collections.abc import Iterable

from segment_engine.domain.folding import fold, is_blank
from segment_engine.errors import InputError

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
LONGEST_TAG = 40
MOST_TAGS = 20


def checked_name(name: str, *, of: str) -> str:
    """Give a name with single spaces; `of` says what it names. Raises: InputError."""
    single = " ".join(name.split())
    if is_blank(single):
        raise InputError(f"A {of} needs a name. Give it one that says who is in it.")
    if len(single) > LONGEST_NAME:
        raise InputError(f"The name has {len(single)} characters; at most {LONGEST_NAME} fit. Shorten it.")
    _refuse_control_characters(single, "name")
    return single


def checked_text(text: str, *, of: str) -> str:
    """Give a longer text without blanks around it; `of` says what it is. Raises: InputError."""
    if len(text) > LONGEST_DESCRIPTION:
        raise InputError(f"The {of} is longer than {LONGEST_DESCRIPTION} characters. Shorten it.")
    _refuse_control_characters(text, of)
    return text.strip()


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give tags with single spaces, each once whatever its letters' case, in their order. Raises: InputError."""
    found: dict[str, str] = {}
    for tag in tags:
        single = " ".join(tag.split())
        if is_blank(single):
            raise InputError("A tag cannot be blank. Type a word, or leave it out.")
        if len(single) > LONGEST_TAG:
            raise InputError(f"A tag has at most {LONGEST_TAG} characters. Shorten “{single[:LONGEST_TAG]}…”.")
        _refuse_control_characters(single, "tag")
        found.setdefault(fold(single), single)
    if len(found) > MOST_TAGS:
        raise InputError(f"A segment carries at most {MOST_TAGS} tags. Leave some out.")
    return tuple(found.values())


def _refuse_control_characters(text: str, of: str) -> None:
    if any(ord(sign) < ord(" ") and sign not in "\n\t" for sign in text):
        raise InputError(f"The {of} holds a control character. Type it again.")
