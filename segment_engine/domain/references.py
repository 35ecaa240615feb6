"""What a stored criteria document names, also when it cannot be parsed any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

Document = dict[str, object]
_FIELD_KEYS = frozenset({"field", "of"})
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class NamedIds:
    """The segments, static lists and campaigns a document refers to: their ids as lower-case text, each once."""

    segments: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


def references_of(document: object) -> tuple[str, ...]:
    """List the keys of fields, event types and relations in the order they appear, each once.

    Shape: `contact.city` for a field, `order_placed` for an event type, `order_placed.total` for a property, `orders`
        for a relation; those of value against value and of the limit are among them.
    """
    return tuple(dict.fromkeys(_walk(document)))


def _walk(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if key in {"field", "event", "of"} and isinstance(value, str):
                yield value
            elif key == "path" and isinstance(value, list):
                yield from (step for step in value if isinstance(step, str))  # pyright: ignore[reportUnknownVariableType] - any JSON
            else:
                yield from _walk(value)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _walk(item)  # pyright: ignore[reportUnknownArgumentType] - any JSON


def with_current_keys(document: Document, names: Mapping[str, str]) -> Document:
    """Give a document in which every field goes by the key it has today; `names` are earlier keys with those.

    Shape: the same meaning, and the same object where nothing was renamed; what is stored stays as it is.
    """
    return cast("Document", _renamed(document, names)) if names else document


def _renamed(part: object, names: Mapping[str, str]) -> object:
    if isinstance(part, dict):
        return {
            key: names.get(value, value) if key in _FIELD_KEYS and isinstance(value, str) else _renamed(value, names)
            for key, value in cast("dict[str, object]", part).items()
        }
    return [_renamed(item, names) for item in cast("list[object]", part)] if isinstance(part, list) else part


def named_ids(document: object) -> NamedIds:
    """List what a document refers to by id, in the order of appearance; malformed ids are left to the parser."""
    found: dict[str, list[str]] = {"segments": [], "lists": [], "campaigns": []}
    _collect_ids(document, found)
    return NamedIds(*(tuple(dict.fromkeys(ids)) for ids in found.values()))


def _collect_ids(part: object, found: dict[str, list[str]]) -> None:
    if isinstance(part, dict):
        for key, value in part.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if key in found and isinstance(value, list):
                texts = [item.lower() for item in value if isinstance(item, str)]  # pyright: ignore[reportUnknownVariableType] - any JSON
                found[key] += [text for text in texts if _UUID.fullmatch(text)]
            else:
                _collect_ids(value, found)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] - any JSON
            _collect_ids(item, found)  # pyright: ignore[reportUnknownArgumentType] - any JSON
