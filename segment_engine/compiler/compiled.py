"""One compiled predicate over one base: count, numbers, keys and blocks can therefore never disagree (M18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVarTuple, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql

from segment_engine.compiler.binding import bound_integers, plain
from segment_engine.compiler.blocks import BLOCK_BITS
from segment_engine.compiler.layout import laid_out
from segment_engine.compiler.operands import Clock
from segment_engine.compiler.scope import Earlier, Scope
from segment_engine.compiler.tables import contacts
from segment_engine.compiler.tree import members
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.reference_chains import refused_references
from segment_engine.errors import Unresolved

_Columns = TypeVarTuple("_Columns")


@dataclass(frozen=True)
class Sql:
    """A statement to show to a person: its text, and beside it the values bound to its names."""

    text: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Compiled:
    """Criteria as SQL, for one organization as of one instant.

    Shape: `predicate` is true or false for every contact, never NULL; every value is bound, every table access is
        limited to the organization. The base stands outside the tree, which is always in parentheses (M12). `scope` is
        what it was compiled with.
    """

    predicate: ColumnElement[bool]
    scope: Scope

    def count(self) -> Select[int]:
        """Count the contacts of the base that match."""
        return self._of(select(func.count()))

    def numbers(self) -> Select[int]:
        """Select the numbers of the matching contacts, in no order."""
        return self._of(select(contacts.c.number))

    def keys(self) -> Select[str]:
        """Select the external_key of the matching contacts, in byte order."""
        return self._of(select(contacts.c.external_key)).order_by(contacts.c.external_key.collate("C"))

    def blocks(self) -> Select[int, bytes]:
        """Select one row (block, words) for each 4,096 numbers with a match; `pack_block` turns words into bits.

        Units: 2 bytes a member and at most 8 KB a row, so that reading row by row takes the same memory at any size.
            Measured: 1.05 to 1.2 of the bare count; collecting 32-bit words in SQL first was 1.1 to 1.6.
        """
        shift, mask = plain(BLOCK_BITS), plain((1 << BLOCK_BITS) - 1)
        block: ColumnElement[int] = contacts.c.number.bitwise_rshift(shift).label("block")
        place = func.int2send(sql_cast(contacts.c.number.bitwise_and(mask), SmallInteger))
        words: ColumnElement[bytes] = func.string_agg(
            place, literal_column("''", LargeBinary()), type_=LargeBinary()
        ).label("words")
        return self._of(select(block, words)).group_by(block)

    def sql(self) -> Sql:
        """Show the statement of `numbers()`, laid out for reading, with its values beside it."""
        dialect = postgresql.psycopg.dialect(paramstyle="named")
        compiled = self.numbers().compile(dialect=dialect)
        return Sql(laid_out(str(compiled)), cast("Mapping[str, object]", compiled.params))

    def _of(self, statement: Select[*_Columns]) -> Select[*_Columns]:
        return statement.select_from(contacts).where(*self.scope.base(), self.predicate)


def compile_criteria(
    criteria: Criteria,
    *,
    catalog: Catalog,
    organization_id: int,
    as_of: datetime,
    segment_id: UUID | str | None = None,
    among: Sequence[int] | None = None,
    earlier: Earlier | None = None,
) -> Compiled:
    """Compile criteria to SQL: the only place where SQL is built from what people enter.

    Shape:  with `segment_id`, members by hand of that segment are in and out. With `among`, only the contacts with
            these numbers are looked at, in every table; a limit still ranks everyone. With `earlier`, only what was
            known at an earlier run counts.
    Units:  `as_of` is the one now; every bound is computed from it here and bound as an absolute instant or date (M8).
    Raises: Unresolved when something the criteria name cannot be resolved any more, with the cause (M16);
        LimitExceeded when a bound leaves the years 1900-2200, or segments refer to one another over too many steps.
    Source: docs/criteria.md §1, §5, M1-M20.
    """
    scope, own = scope_of(criteria, catalog, organization_id, as_of=as_of, segment_id=segment_id, among=among)
    if earlier is not None:
        scope = replace(scope, earlier=earlier)
    return Compiled(members(scope, criteria, own, leads=True), scope)


def scope_of(
    criteria: Criteria,
    catalog: Catalog,
    organization_id: int,
    *,
    as_of: datetime,
    segment_id: UUID | str | None,
    among: Sequence[int] | None,
) -> tuple[Scope, str | None]:
    """Say what a compilation knows, and which segment it is about. Raises: Unresolved for a circle of segments."""
    own = None if segment_id is None else str(segment_id).lower()
    _refuse_circles(criteria, catalog, own)
    organization = bindparam("organization_id", organization_id, type_=Integer())
    looked_at = None if among is None else bound_integers(among, name="among")
    scope = Scope(catalog, Clock(as_of, criteria.calendar), organization, looked_at, chain=(own or "",))
    return scope, own


def _refuse_circles(criteria: Criteria, catalog: Catalog, segment_id: str | None) -> None:
    """Refuse what saving refuses, in case two people saved at once (M17)."""
    known = catalog.segments.get(segment_id or "")
    name = "this segment" if known is None else known.name
    for problem in refused_references(criteria, catalog, segment_id=segment_id, name=name):
        if problem.code == "reference_cycle":
            raise Unresolved(problem.sentence, cause="reference_cycle")
