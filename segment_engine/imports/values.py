"""Converts whole columns into what the database holds. A value that does not convert becomes missing and is marked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from segment_engine.domain.folding import BLANKS, fold
from segment_engine.imports.arrow import Array, ArrowInvalid, by_distinct, is_list, is_text, only_where, pa, pc

MOST_CHARACTERS = 10_000
MOST_DIGITS = 18

_YES = ("true", "yes", "y", "t", "1")
_NO = ("false", "no", "n", "f", "0")


@dataclass(frozen=True, slots=True)
class Converted:
    """A column as it will be stored. `bad` marks the entries that were there but could not be converted."""

    values: Array
    bad: Array


def converted(values: Array, present: Array) -> Converted:
    """Compare what was present with what came out."""
    return Converted(values, pc.and_(present.is_valid(), values.is_null()))


def as_text(array: Array) -> Array:
    """Write every value as text: integers in decimal, floats in their shortest exact form, lists as JSON arrays."""
    kind = array.type
    if is_text(kind):
        return array
    if is_list(kind):
        rows = array.to_pylist()
        return pa.array([None if row is None else json.dumps(row, ensure_ascii=False) for row in rows], pa.string())
    if pa.types.is_float16(kind):
        return as_text(array.cast(pa.float32()))
    texts = array.cast(pa.string())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        exponents = pc.match_substring_regex(texts, "[eE]")
        if pc.any(exponents).as_py():
            plain = by_distinct(only_where(exponents, texts), _without_exponent, pa.string())
            texts = pc.if_else(exponents, plain, texts)
    return texts


def _without_exponent(text: str) -> str:
    return format(Decimal(text), "f")


def without_missing(array: Array, markers: tuple[str, ...]) -> Array:
    """Turn blank texts and the given markers into missing values; everything else stays untouched.

    Source: the elements of a list are looked at when it becomes a set.
    """
    if is_text(array.type):
        array = only_where(pc.not_equal(pc.utf8_trim(array, characters=BLANKS), ""), array)
    if markers and not is_list(array.type):
        marked = pc.is_in(as_text(array), value_set=pa.array(markers, pa.string()))
        array = only_where(pc.invert(marked), array)
    return array


def to_text(array: Array) -> Converted:
    """Take texts as they are; NUL cannot be stored, and more than 10,000 characters are no attribute."""
    texts = as_text(array)
    usable = pc.less_equal(pc.utf8_length(texts), MOST_CHARACTERS)
    usable = pc.and_(usable, pc.invert(pc.match_substring(texts, "\0")))
    return converted(only_where(usable, texts), array)


def to_boolean(array: Array) -> Converted:
    """Read true and false; since a person declared the column, also yes, no, 1 and 0 in any case."""
    if pa.types.is_boolean(array.type):
        return converted(array, array)
    texts = pc.utf8_lower(pc.utf8_trim(as_text(array), characters=BLANKS))
    yes = pc.is_in(texts, value_set=pa.array(_YES))
    known = pc.or_(yes, pc.is_in(texts, value_set=pa.array(_NO)))
    return converted(only_where(known, yes), array)


def to_scaled(array: Array, scale: int) -> Converted:
    """Turn numbers into whole units of 10^-scale, exactly; what has more decimals does not convert."""
    kind = array.type
    if scale == 0 and pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return converted(array.cast(pa.int64()), array)
    if pa.types.is_decimal128(kind) and kind.scale == scale:
        return converted(_units(array), array)
    texts = pc.utf8_trim(as_text(array), characters=BLANKS)
    pattern = rf"^[+-]?0*[0-9]{{1,{MOST_DIGITS - scale}}}(\.[0-9]{{0,{scale}}}0*)?$"
    matching = only_where(pc.match_substring_regex(texts, pattern), texts)
    return converted(_units(_decimals(matching, scale)), array)


def _decimals(texts: Array, scale: int) -> Array:
    try:
        return texts.cast(pa.decimal128(38, scale))
    except ArrowInvalid:
        # More than 38 digits, of which all but a few are zeros.
        return by_distinct(texts, _trimmed, pa.decimal128(38, scale))


def _trimmed(text: str) -> Decimal:
    return Decimal(text).normalize()


def _units(decimals: Array) -> Array:
    """Read the unscaled integers straight from the 128-bit values; what does not fit into 18 digits is missing."""
    if not len(decimals):
        return pa.array([], pa.int64())
    words = np.frombuffer(decimals.buffers()[1], dtype="<i8").reshape(-1, 2)
    words = words[decimals.offset : decimals.offset + len(decimals)]
    low = words[:, 0]
    fits = (words[:, 1] == low >> 63) & (low > -(10**MOST_DIGITS)) & (low < 10**MOST_DIGITS)
    absent = np.asarray(decimals.is_null().to_numpy(zero_copy_only=False))
    return pa.array(np.ascontiguousarray(low), mask=absent | ~fits)


def folded(texts: Array) -> Array:
    """Fold upper and lower case like `domain.folding.fold`; only what is not plain ASCII needs Python."""
    lower = pc.ascii_lower(texts)
    plain = pc.string_is_ascii(texts)
    if pc.all(plain).as_py() is not False:
        return lower
    others = by_distinct(only_where(pc.invert(plain), texts), fold, pa.string())
    return pc.if_else(plain, lower, others)
