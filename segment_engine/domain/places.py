"""A place in a criteria document: its value, its path, and where problems are noted. It knows no conditions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from segment_engine.domain.document import Report, Unusable, child_path

_SHOWN = 60


def quoted(text: str) -> str:
    """Show what was typed between “ and ”, shortened."""
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}”"


def listed(words: Collection[str]) -> str:
    """Write out what may be chosen."""
    return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the document, with its path.

    Shape: every reader gives None after noting the problem, so that reading goes on and all problems come together.
    """

    value: object
    path: str
    report: Report

    def refuse(self, code: str, sentence: str) -> None:
        """Note a problem here, unless the value was refused already."""
        if not isinstance(self.value, Unusable):
            self.report.add(self.path, code, sentence)

    @property
    def is_object(self) -> bool:
        """Whether there are keys here."""
        return isinstance(self.value, dict)

    def keys(self, required: Collection[str], optional: Collection[str] = ()) -> Mapping[str, Place]:
        """Read an object with these keys and no others; what is missing is noted, and its place reads as None."""
        if not isinstance(self.value, dict):
            self.refuse("not_an_object", "An object in braces is expected here.")
            return {key: Place(Unusable(), child_path(self.path, key), self.report) for key in required}
        value = cast("dict[str, object]", self.value)
        for key in value:
            if key not in required and key not in optional:
                self._refuse_key(key, sorted({*required, *optional}))
        places = {key: Place(child, child_path(self.path, key), self.report) for key, child in value.items()}
        return places | {key: self.lacks(key) for key in required if key not in places}

    def peek(self, key: str) -> object:
        """Look at the value of a key without judging anything; None where there is none."""
        return cast("dict[str, object]", self.value).get(key) if isinstance(self.value, dict) else None

    def lacks(self, key: str) -> Place:
        """Note that a key is missing; the place of it reads as None."""
        path = child_path(self.path, key)
        self.report.add(path, "missing_key", f"The key {quoted(key)} is missing. Add it.")
        return Place(Unusable(), path, self.report)

    def _refuse_key(self, key: str, known: list[str]) -> None:
        path = child_path(self.path, key)
        if key == "on_missing":
            sentence = "Nothing can be missing here, so on_missing has no meaning. Remove it."
            self.report.add(path, "on_missing_not_allowed", sentence)
        else:
            sentence = f"The key {quoted(key)} is not used here. Remove it; possible are {listed(known)}."
            self.report.add(path, "unknown_key", sentence)

    def one_key(self, known: Collection[str]) -> tuple[str, Place] | None:
        """Read an object with exactly one of these keys: the key and the place of its value."""
        keys = self.keys((), known)
        found = [key for key in keys if key in known]
        if self.is_object and not keys:
            self.refuse("missing_key", f"One of these keys is expected here: {listed(known)}. Add one.")
        if len(found) > 1:
            keys[found[1]].refuse("unknown_key", f"Only one of {listed(found)} can be used here. Remove the others.")
        return (found[0], keys[found[0]]) if len(found) == len(keys) == 1 else None

    def text(self) -> str | None:
        """Read a string."""
        if isinstance(self.value, str):
            return self.value
        self.refuse("wrong_type", "Text in quotes is expected here.")
        return None

    def word(self, known: Collection[str], *, code: str = "unknown_value") -> str | None:
        """Read one of a few known words."""
        word = self.text()
        if word is None or word in known:
            return word
        self.refuse(code, f"{quoted(word)} is not possible here. Choose one of {listed(known)}.")
        return None

    def whole(self, least: int, most: int, *, code: str = "limit_exceeded") -> int | None:
        """Read a whole number from `least` to `most`."""
        value = self.value
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse("wrong_type", "A whole number without quotes is expected here.")
            return None
        if least <= value <= most:
            return value
        self.refuse(code, f"{value:,} is outside {least:,} to {most:,}. Choose a number within.")
        return None

    def flag(self) -> bool | None:
        """Read true or false."""
        if isinstance(self.value, bool):
            return self.value
        self.refuse("wrong_type", "Either true or false is expected here.")
        return None

    def items(self, most: int, *, empty: str = "empty_list") -> tuple[Place, ...] | None:
        """Read a list with 1 to `most` elements; `empty` is the code for none."""
        if not isinstance(self.value, list):
            self.refuse("wrong_type", "A list in square brackets is expected here.")
            return None
        children = cast("list[object]", self.value)
        if not children:
            self.refuse(empty, "The list is empty, which could only mean nobody or everyone. Add at least one entry.")
            return None
        if len(children) > most:
            self.refuse("limit_exceeded", f"The list has {len(children):,} entries; at most {most:,} are possible.")
            return None
        return tuple(Place(child, f"{self.path}[{index}]", self.report) for index, child in enumerate(children))
