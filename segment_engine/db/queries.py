"""Loads the named queries of `sql/*.sql`. It is the only way static SQL reaches the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NewType

from sqlalchemy import TextClause, text

Query = NewType("Query", TextClause)

_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)\n", re.MULTILINE)
_INCLUDE = re.compile(r"^-- include: (?P<name>[a-z_]+)$", re.MULTILINE)


@cache
def load_queries(module: str) -> Mapping[str, Query]:
    """Read `sql/<module>.sql` into queries by name.

    Shape: each query begins with a line `-- name: find`, followed by one comment saying what it is for. A line
        `-- include: standing` in a query stands for the text of `sql/standing.sql`, which holds no named query.
    Raises: FileNotFoundError when there is no such file, also for one that is included.
    """
    pieces = _NAME.split(_text_of(module))[1:]
    return {name: Query(text(body.strip().rstrip(";"))) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _text_of(module: str) -> str:
    source = resources.files("segment_engine.db").joinpath("sql", f"{module}.sql").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: _text_of(found["name"]).strip(), source)
