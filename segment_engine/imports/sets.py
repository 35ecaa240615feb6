"""Reads sets: texts with a separator, JSON arrays, and lists of Parquet files, into distinct elements in one order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

from segment_engine.domain.folding import BLANKS, is_blank
from segment_engine.imports.arrow import Array, by_distinct, only_where, pa, pc
from segment_engine.imports.values import MOST_CHARACTERS, Converted, as_text, folded

MOST_ELEMENTS = 1_000

# On its way through the import a set is one text: its elements with a character between them that none can contain.
_BETWEEN = "\0"


def to_set(array: Array, *, separator: str, markers: tuple[str, ...] = ()) -> Converted:
    """Turn a column into sets: every present element once, in the order of its code points.

    Shape: a text that begins with [ is read as a JSON array, any other is cut at `separator`, with the blanks around
        its parts cut off. Elements that are blank, null or one of `markers` are left out; a set without any element is
        missing. What is no array of texts, or holds NUL, or more than 1,000 elements, does not convert.
        The values are texts for `elements`, `folded_sets` and `array_literals`.
    """

    def read(text: str) -> str | None:
        parts = _parts(text, separator)
        return None if parts is None else _joined(parts, markers)

    joined = by_distinct(as_text(array), read, pa.string())
    bad = pc.and_(array.is_valid(), joined.is_null())
    return Converted(only_where(pc.not_equal(joined, ""), joined), bad)


def folded_sets(sets: Array) -> Array:
    """Fold upper and lower case; elements that become the same are one."""
    return by_distinct(folded(sets), _distinct, pa.string())


def elements(sets: Array) -> Array:
    """List the elements of all sets, one after the other."""
    return pc.list_flatten(pc.split_pattern(sets.drop_null(), _BETWEEN))


def array_literals(sets: Array) -> Array:
    """Write sets as PostgreSQL reads arrays."""
    return by_distinct(sets, _literal, pa.string())


def _parts(text: str, separator: str) -> Iterable[object] | None:
    if not text.lstrip(BLANKS).startswith("["):
        return (part.strip(BLANKS) for part in text.split(separator))
    try:
        found: object = json.loads(text.strip(BLANKS))
    except (ValueError, RecursionError):
        return None
    return cast("list[object]", found) if isinstance(found, list) else None


def _joined(parts: Iterable[object], markers: tuple[str, ...]) -> str | None:
    """Join what is present; None when one part cannot be an element, empty when nothing is left."""
    found: set[str] = set()
    for part in parts:
        if part is None:
            continue
        text = str(part)
        if not isinstance(part, str | int) or isinstance(part, bool) or not _storable(text):
            return None
        if not is_blank(text) and text not in markers:
            found.add(text)
    return None if len(found) > MOST_ELEMENTS else _BETWEEN.join(sorted(found))


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON may name half a character
        return False
    return _BETWEEN not in text and len(text) <= MOST_CHARACTERS


def _distinct(joined: str) -> str:
    return _BETWEEN.join(sorted(set(joined.split(_BETWEEN))))


def _literal(joined: str) -> str:
    quoted = (part.replace("\\", "\\\\").replace('"', '\\"') for part in joined.split(_BETWEEN))
    return "{" + ",".join(f'"{part}"' for part in quoted) + "}"
