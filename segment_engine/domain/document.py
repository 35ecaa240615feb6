"""Opens a criteria document as JSON, safely: size and nesting first, then every value checked. It knows no criteria."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from segment_engine.domain.limits import (
    DOCUMENT_BYTES,
    JSON_NESTING,
    LARGEST_INTEGER,
    PROBLEMS,
    SMALLEST_INTEGER,
)
from segment_engine.errors import CriteriaError, Problem

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_PLAIN_KEY = re.compile(r"[A-Za-z_@][A-Za-z0-9_@-]{0,63}")
# NUL, the other control characters except tab and line feed, and halves of surrogate pairs.
_BAD_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_DIGITS = len(str(LARGEST_INTEGER)) + 1


class Report:
    """Collects problems, one per place and code, in the order found."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Problem] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found so far."""
        return tuple(self._found.values())

    def add(self, path: str, code: str, sentence: str) -> None:
        """Note a problem. Raises: CriteriaError at once when there are too many to be worth listing."""
        self._found.setdefault((path, code), Problem(path, code, sentence))
        if len(self._found) >= PROBLEMS:
            last = Problem(
                "$", "limit_exceeded", f"There are {PROBLEMS} problems or more. Correct these first, then try again."
            )
            raise CriteriaError((*self.problems, last))


class Unusable:
    """Stands where a value was that is reported already, so that nothing reports it twice."""


class _Repeated(dict[str, object]):
    """An object in which keys occur twice; the last value of each is kept for further checks."""

    names: frozenset[str] = frozenset()


def child_path(path: str, key: str) -> str:
    """Extend a path by a key: `$.root` or, where the key is odd, `$["odd key"]`."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}[{json.dumps(key[:64])}]"


def open_document(document: str | bytes | Mapping[str, object], report: Report) -> object:
    """Give the JSON value of a document, made of dict, list, str, int, bool and None.

    Shape:  values that cannot be used are replaced by Unusable and reported with their path.
    Raises: CriteriaError at once when the document is too large, nested too deeply, or is not JSON.
    Source: docs/criteria.md §6.1; the nesting is measured before anything recurses.
    """
    if isinstance(document, Mapping):
        _measure(document)
        return _cleaned(document, "$", report)
    if not isinstance(document, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- what is stored may be any JSON
        raise _refusal("not_an_object", "Criteria are an object in JSON, and this is something else. Write them anew.")
    text = _decoded(document)
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > JSON_NESTING:
            raise _refusal("limit_exceeded", _too_deep(depth))
    try:
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_float=_unusable, parse_constant=_unusable, parse_int=_integer
        )
    except ValueError as problem:
        raise _refusal("not_an_object", f"This is not JSON: {problem}. Correct the text at that place.") from problem
    return _cleaned(value, "$", report)


def _refusal(code: str, sentence: str) -> CriteriaError:
    return CriteriaError((Problem("$", code, sentence),))


def _too_deep(depth: int) -> str:
    return (
        f"The JSON is nested {depth} levels deep or more; at most {JSON_NESTING} are possible. Use fewer nested groups."
    )


def _too_large(size: int) -> str:
    return f"The document has {size:,} bytes or more; at most {DOCUMENT_BYTES:,} are possible. Shorten its lists."


def _decoded(document: str | bytes) -> str:
    if len(document) > DOCUMENT_BYTES:
        raise _refusal("limit_exceeded", _too_large(len(document)))
    if isinstance(document, bytes):
        try:
            return document.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise _refusal("bad_text", f"The document is not UTF-8 at byte {problem.start}. Save it as UTF-8.") from (
                problem
            )
    size = len(document.encode("utf-8", "surrogatepass"))
    if size > DOCUMENT_BYTES:
        raise _refusal("limit_exceeded", _too_large(size))
    return document


def _measure(document: Mapping[str, object]) -> None:
    """Refuse an object too deep or too large before anything recurses; one that contains itself is too deep."""
    size = 0
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        size += 2 + (len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else 0)
        if depth > JSON_NESTING + 1:
            raise _refusal("limit_exceeded", _too_deep(depth - 1))
        if isinstance(value, Mapping):
            for key, child in cast("Mapping[object, object]", value).items():
                waiting += (key, depth + 1), (child, depth + 1)
        elif isinstance(value, list | tuple):
            waiting.extend((child, depth + 1) for child in cast("list[object]", value))
        if size + 2 * len(waiting) > DOCUMENT_BYTES:
            raise _refusal("limit_exceeded", _too_large(size + 2 * len(waiting)))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeated = _Repeated(plain)
    keys = [key for key, _ in pairs]
    seen: set[str] = set()
    repeated.names = frozenset(key for key in keys if key in seen or seen.add(key))
    return repeated


def _unusable(_text: str) -> Unusable:
    return Unusable()


def _integer(text: str) -> int:
    # int() of thousands of digits is slow and refused by Python; such a number is out of range anyway.
    return int(text) if len(text) <= _MOST_DIGITS else LARGEST_INTEGER + 1


def _cleaned(value: object, path: str, report: Report) -> object:
    """Rebuild a value from plain types, reporting what the language never allows."""
    if isinstance(value, Mapping):
        return _cleaned_object(cast("Mapping[object, object]", value), path, report)
    if isinstance(value, list | tuple):
        # A path is only written where it is needed: 64 KiB can hold 30,000 values, and their paths took 50 ms.
        return [
            child if _is_fine(child) else _cleaned(child, f"{path}[{index}]", report)
            for index, child in enumerate(cast("list[object]", value))
        ]
    if _is_fine(value):
        return value
    report.add(path, *_trouble(value))
    return Unusable()


def _cleaned_object(value: Mapping[object, object], path: str, report: Report) -> dict[str, object]:
    cleaned: dict[str, object] = {}
    for key in sorted(value.names) if isinstance(value, _Repeated) else ():
        sentence = "This key stands here twice. Keep one of the two."
        report.add(child_path(path, key), "duplicate_key", sentence)
    for key, child in value.items():
        if not isinstance(key, str):
            report.add(path, "wrong_type", "A key is not text. Write every key as a string.")
        elif _BAD_TEXT.search(key):
            report.add(path, "bad_text", "A key contains a control character or half a character. Remove it.")
        else:
            cleaned[key] = _cleaned(child, child_path(path, key), report)
    return cleaned


def _is_fine(value: object) -> bool:
    """Tell whether a value is a single one that can be used as it is."""
    if isinstance(value, str):
        return not _BAD_TEXT.search(value)
    if isinstance(value, int):
        return SMALLEST_INTEGER <= value <= LARGEST_INTEGER
    return value is None or value == []


def _trouble(value: object) -> tuple[str, str]:
    """Say what is wrong with a single value: code and sentence."""
    if isinstance(value, str):
        return "bad_text", "The text contains a control character or half a character. Remove it."
    if isinstance(value, int):
        sentence = f"The number is outside {SMALLEST_INTEGER} to {LARGEST_INTEGER}. Choose one within."
        return "limit_exceeded", sentence
    sentence = 'This is neither text nor a whole number. Write a decimal number as text, such as "12.50".'
    return "wrong_type", sentence
