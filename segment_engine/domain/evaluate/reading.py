"""How the reference evaluator reads a stored value: missing, or ready to compare. It never sees SQL.

Read, a value is text, a whole number, a truth value, a set of texts or a point in time, or None when it is missing
(docs/criteria.md §2).
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from fractions import Fraction

from segment_engine.domain.catalog import NUMBERS, TEXTS, Field, FieldType
from segment_engine.domain.evaluate.records import Stored
from segment_engine.domain.evaluate.times import stored_day, stored_moment

Number = int | Fraction
Read = str | Number | frozenset[str]

# §2: exactly these characters are blank; str.isspace() would also trim U+001C to U+001F and U+0085.
_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_ONLY_A_TO_Z = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold_text(text: str, field: Field) -> str:
    """Return text as `fold` compares it: Unicode case folding where a folded twin is stored, else only A to Z (M5)."""
    if field.fold_column is None:
        return text.translate(_ONLY_A_TO_Z)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_present(text: str | None) -> bool:
    """Tell whether something is left of a text after trimming blanks (§2)."""
    return text is not None and bool(text.strip(_BLANKS))


def read_value(value: Stored | None, kind: FieldType) -> Read | None:
    """Return a stored value ready to compare, or None when it is missing or not of the field's type.

    Shape: text as it is, numbers as held, dates and instants as points on their line, a set as its present elements.
    """
    if kind in TEXTS:
        return value if isinstance(value, str) and is_present(value) else None
    if kind is FieldType.SET:
        return _read_set(value)
    if kind is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind in NUMBERS:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    return _read_time(value, kind)


def _read_time(value: Stored | None, kind: FieldType) -> int | None:
    if kind is FieldType.INSTANT:
        return stored_moment(value) if isinstance(value, datetime) else None
    return stored_day(value) if isinstance(value, date) and not isinstance(value, datetime) else None


def _read_set(value: Stored | None) -> frozenset[str] | None:
    if not isinstance(value, tuple | frozenset):
        return None
    return frozenset(element for element in value if element is not None and is_present(element)) or None
