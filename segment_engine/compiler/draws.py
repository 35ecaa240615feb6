"""Contacts drawn by their own key: samples, buckets, and the order that decides between equals.

Source: docs/criteria.md §4.13, §4.17.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, LargeBinary, Text, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import BIT

from segment_engine.compiler.binding import bound_small, bound_text, plain
from segment_engine.compiler.brackets import all_of
from segment_engine.compiler.membership import Leaf
from segment_engine.compiler.tables import contacts
from segment_engine.domain.criteria import Bucket, Sample
from segment_engine.domain.limits import BUCKETS

_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_UUID_LENGTH = 36


def sample(node: Sample) -> Leaf:
    """Compile a stable share of the contacts."""
    return Leaf(all_of(_bucket(node.seed) < bound_small(int(node.percent * 100), name="until")))


def bucket(node: Bucket) -> Leaf:
    """Compile a range of buckets, its end left out."""
    drawn = _bucket(node.seed)
    return Leaf(all_of(drawn >= bound_small(node.start, name="from"), drawn < bound_small(node.end, name="until")))


def _bucket(seed: str) -> ColumnElement[int]:
    """Write the bucket of a contact, 0 to 9,999: the first 32 bits of a hash, unsigned, modulo 10,000."""
    drawn_by = func.convert_to(bound_text(f"{seed}:", name="seed") + _own_key(), _constant("UTF8"), type_=LargeBinary())
    first = func.substr(func.sha256(drawn_by), plain(1), plain(4), type_=LargeBinary())
    bits = cast(_constant("x") + func.encode(first, _constant("hex"), type_=Text()), BIT(32))
    return cast(cast(bits, BigInteger) % plain(BUCKETS), Integer)


def own_key_order() -> tuple[ColumnElement[Any], ...]:
    """Give what orders contacts by their own keys: whole numbers first and by value, then the others by code point.

    Shape: all ascending, missing values last.
    """
    key = contacts.c.external_key
    digits = case((_is_whole(key), func.length(func.ltrim(key, _constant("0")))))
    return digits, _own_key().collate("C"), contacts.c.number


def _own_key() -> ColumnElement[str]:
    """Write a contact's key in the one way it is drawn by: no leading zeros, a UUID in lower case, else as it is.

    Measured: looking for a capital first spares most keys the pattern of a UUID, which costs ten times as much.
    """
    key = contacts.c.external_key
    trimmed = func.coalesce(func.nullif(func.ltrim(key, _constant("0")), _constant("")), _constant("0"), type_=Text())
    is_capital_uuid = all_of(
        func.octet_length(key) == plain(_UUID_LENGTH),
        key.collate("C").regexp_match(_constant("[A-F]")),
        key.collate("C").regexp_match(_constant(_UUID)),
    )
    return case((_is_whole(key), trimmed), (is_capital_uuid, func.lower(key.collate("C"))), else_=key)


def _is_whole(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Tell whether only the digits 0 to 9 stand there."""
    return key.collate("C").regexp_match(_constant("^[0-9]+$"))


def _constant(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text())
