"""Lines and indents for a statement that a person reads. Values are bound, so moving blanks cannot change one."""

from __future__ import annotations

import re

# What SQLAlchemy writes in one line or breaks at odd places, and how a person would write it.
_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r" +\n"), "\n"),
    (re.compile(r"\(SELECT (marked_\d+)\.bits\s+FROM \1\)"), r"(SELECT bits FROM \1)"),
    (re.compile(r"array\(\(SELECT (found_\d+)\.contact_number\s+FROM \1\)\)"), r"ARRAY(SELECT contact_number FROM \1)"),
    (re.compile(r" AS\n\(SELECT"), " AS (\nSELECT"),
    (re.compile(r"^\)\), *$", re.MULTILINE), ")\n),"),
    (re.compile(r"(GROUP BY \S+)\), *$", re.MULTILINE), r"\1\n),"),
    (re.compile(r"^\) AS bits\)", re.MULTILINE), ") AS bits\n)"),
    (re.compile(r"\n? GROUP BY events"), "\nGROUP BY events"),
    (re.compile(r"events\.contact_number AS contact_number"), "events.contact_number"),
    (re.compile(r" AND (events\.|contacts\.deleted_at)"), r"\n    AND \1"),
    (re.compile(r"IS NULL AND \("), "IS NULL\n    AND ("),
    (re.compile(r"TIMESTAMP WITH TIME ZONE"), "TIMESTAMPTZ"),
    (re.compile(r"^ +SELECT contacts", re.MULTILINE), "SELECT contacts"),
)


def laid_out(statement: str) -> str:
    """Break a statement into lines; the words and their order stay."""
    for pattern, written in _REWRITES:
        statement = pattern.sub(written, statement)
    return statement
