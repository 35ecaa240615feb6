"""Saved views: the address of a list under a name, and what may stand in such an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from segment_engine.errors import InputError

ViewId = NewType("ViewId", UUID)
LONGEST_QUERY = 2_000
# What stands behind the question mark of the list of segments; the page within the list belongs to no view.
PARAMETERS = frozenset(
    {"q", "status", "ready", "state", "show", "tag", "owner", "source", "least", "most", "sort", "dir", "view"}
)


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list as somebody wants to see it again.

    Shape: `query` is what stands behind the question mark, with known parameters only, in their order. `mine` is
        whether the person who asked saved it; `saved_by` names who did, None for a person without a seat.
    """

    view_id: ViewId
    name: str
    query: str
    shared: bool
    mine: bool
    saved_by: str | None


def checked_query(query: str) -> str:
    """Give a query string with its known parameters only, blank values left out, each pair once.

    Raises: InputError when it is longer than an address can be.
    """
    if len(query) > LONGEST_QUERY:
        raise InputError(f"This view is longer than {LONGEST_QUERY:,} characters. Choose fewer values, then save it.")
    return urlencode(pairs_of(query))


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Read the known parameters of a query string; whatever else is in it is left out without a word."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=False, errors="replace")
    return list(dict.fromkeys(pair for pair in pairs if pair[0] in PARAMETERS))
