"""The one place that names pyarrow, which ships no types: whatever comes from it is deliberately untyped."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

Array: TypeAlias = Any
DataType: TypeAlias = Any
RecordBatch: TypeAlias = Any

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
csv: Any = import_module("pyarrow.csv")
parquet: Any = import_module("pyarrow.parquet")

ArrowInvalid: type[Exception] = pa.ArrowInvalid
ArrowException: type[Exception] = pa.ArrowException


def is_text(kind: DataType) -> bool:
    """Tell whether an Arrow type is a text of any flavor."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_list(kind: DataType) -> bool:
    """Tell whether an Arrow type is a list of texts or of whole numbers, which a set can be made of."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    element = kind.value_type.value_type if pa.types.is_dictionary(kind.value_type) else kind.value_type
    return is_text(element) or bool(pa.types.is_integer(element))


def only_where(keep: Array, values: Array) -> Array:
    """Keep the values where `keep` is true; everything else becomes missing."""
    return pc.if_else(pc.fill_null(keep, False), values, pa.scalar(None, values.type))


def how_many(mask: Array) -> int:
    """Count the true entries of a mask."""
    return int(pc.sum(mask).as_py() or 0)


def by_distinct(texts: Array, convert: Callable[[str], object], kind: DataType) -> Array:
    """Convert each different text once in Python and spread the results; where `convert` answers None it is missing."""
    coded = texts.dictionary_encode()
    values = pa.array([None if text is None else convert(text) for text in coded.dictionary.to_pylist()], kind)
    return pc.take(values, coded.indices)
