"""Named queries are read from files, and a part that several need stands in a file of its own."""

from __future__ import annotations

import pytest

from segment_engine.db.queries import _INCLUDE, _text_of, load_queries


def test_a_query_takes_in_a_part() -> None:
    """The line that names a part is replaced by its text, in full."""
    statement = str(load_queries("standings")["of_segments"])
    assert _INCLUDE.search(statement) is None
    assert _text_of("standing").strip() in statement.replace("\\:", ":")


def test_a_part_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelled part fails when the file is loaded, not when somebody asks."""
    monkeypatch.setattr("segment_engine.db.queries._text_of", _text_of)
    with pytest.raises(FileNotFoundError):
        _INCLUDE.sub(lambda found: _text_of(found["name"]), "-- include: no_such_part")
