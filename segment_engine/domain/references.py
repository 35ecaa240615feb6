"""Which fields and event types a stored criteria document names, also when it cannot be parsed any more."""

from __future__ import annotations

from collections.abc import Iterator


def references_of(document: object) -> tuple[str, ...]:
    """List the keys of fields and event types in the order they appear, each once.

    Shape: `contact.city` for a field, `order_placed` for an event type, `order_placed.total` for a property.
    """
    return tuple(dict.fromkeys(_walk(document)))


def _walk(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if key in {"field", "event", "of"} and isinstance(value, str):
                yield value
            else:
                yield from _walk(value)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _walk(item)  # pyright: ignore[reportUnknownArgumentType] - any JSON
