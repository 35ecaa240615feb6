"""How a set of contact numbers found among events becomes a predicate over contacts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, BindParameter, ColumnElement, Integer, LargeBinary, Select, any_, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import _anonymous_label
from sqlalchemy.sql.visitors import InternalTraversal

from segment_engine.compiler.binding import plain
from segment_engine.compiler.brackets import opposite
from segment_engine.compiler.tables import contacts


@dataclass(frozen=True, eq=False)
class Membership:
    """A contact's number is among those a statement finds, or (`inside` False) is not.

    Shape: `numbers` selects the column contact_number, each number once, no NULLs.
    """

    numbers: Select[Any]
    inside: bool

    def by_bit(self, organization: BindParameter[int]) -> ColumnElement[bool]:
        """Test the contact's bit in a map of all numbers, made once for the statement.

        Measured at 1 million contacts and 10 million events against IN, NOT IN, EXISTS and a left join, alone and under
        AND, OR and NOT: the fastest or equal in every position, 1.3 to 2.2 times ahead of IN under OR. Its plan cannot
        flip, because no estimate matters: one scan of the contacts and 125 KB a million of them. IN and NOT IN turn
        quadratic once their hash is estimated above work_mem, and parallel workers build it once each.
        """
        found = self.numbers.cte(_named("found"))
        bitmap = select(_Bitmap(found, organization).label("bits")).cte(_named("marked"))
        bits = select(bitmap.c.bits).scalar_subquery()
        holds = func.get_bit(bits, contacts.c.number, type_=Integer()) == plain(1)
        return holds if self.inside else opposite(holds)

    def by_array(self) -> ColumnElement[bool]:
        """Look the contacts up by their numbers instead of walking past all of them; at most once in a statement.

        Measured: 0.5 of the bit map's time where few contacts are found, the same where nearly all are. As a mere
        filter it would be searched from its start for every contact, so only one of them leads the others.
        """
        found = self.numbers.cte(_named("found"))
        return contacts.c.number == any_(func.array(select(found.c.contact_number).scalar_subquery()))


class _Bitmap(ColumnElement[bytes]):
    """Every number found as a bit, such that get_bit(…, number) is 1 for it and 0 for every other contact."""

    __visit_name__ = "bitmap"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's protocol asks for a list
        ("found", InternalTraversal.dp_clauseelement),
        ("organization", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, found: CTE, organization: BindParameter[int]) -> None:
        self.found = found
        self.organization = organization
        self.type = LargeBinary()


# get_bit counts within a byte from the lowest bit, int4send writes the highest byte first; `# 24` mirrors the bytes of
# a word. Every word up to the largest number is written, so that no contact lies outside.
_BITMAP = """(
    /* a bit for each contact: 1 where {found} has its number */
    SELECT string_agg(int4send(coalesce(bits, 0)), '' ORDER BY word)
    FROM generate_series(0, (
        SELECT max(number) >> 5 FROM contacts WHERE organization_id = {organization}
    )) AS every (word)
    LEFT JOIN (
        SELECT contact_number >> 5 AS word, bit_or(1 << ((contact_number & 31) # 24)) AS bits
        FROM {found} GROUP BY 1
    ) AS words USING (word)
)"""


@compiles(_Bitmap)
def _render(element: _Bitmap, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's protocol
    found = compiler.process(element.found, **{**options, "asfrom": True})
    return _BITMAP.format(found=found, organization=compiler.process(element.organization, **options))


def _named(name: str) -> str:
    """Number the name when the statement is written (`found_1`, `found_2`), however many predicates meet in it."""
    return _anonymous_label.safe_construct(secrets.token_hex(10), name)
