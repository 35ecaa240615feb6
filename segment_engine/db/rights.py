"""The rights a connection has: the second lock between organizations holds only for roles that cannot open it."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Database

_QUERIES = load_queries("rights")


@dataclass(frozen=True, slots=True)
class Rights:
    """Who a connection acts as, and why row-level security would not hold it; no reason is how it must be."""

    login: str
    acting_as: str
    reasons: tuple[str, ...]


def rights_of(database: Database, *, expected: str) -> Rights:
    """Ask the server once who a pool acts as, and judge it against the role it was made for.

    Raises: Unavailable when the server does not answer, or the login or role does not exist.
    """
    with database.transaction(read_only=True) as transaction:
        found = transaction.the(_QUERIES["of_connection"], {"expected": expected})
    reasons = (
        (found.superuser, "is a superuser"),
        (found.bypasses and not found.superuser, "has BYPASSRLS"),
        (found.owns_tables and not found.superuser, "owns the tables, or may become their owner"),
        (not found.as_expected, f"is not {expected}"),
    )
    return Rights(found.login, found.acting_as, tuple(reason for holds, reason in reasons if holds))
