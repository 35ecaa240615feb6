"""The application with `plain()` taken away, for one test: what it shows then must be noticed."""

from __future__ import annotations

from pages import words


def _as_it_stands(text: str) -> str:
    return text


# Before any page is imported: each takes the function by its name.
words.plain = _as_it_stands

from app import main  # noqa: E402 - see above

main()
