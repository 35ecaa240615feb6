"""Sets of contacts that are stored as blocks of bits: members of segments, static lists. Never expanded to rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    any_,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from segment_engine.compiler.binding import bound_uuids, plain
from segment_engine.compiler.blocks import BLOCK_BITS
from segment_engine.compiler.brackets import opposite
from segment_engine.compiler.membership import Membership, named
from segment_engine.compiler.tables import contacts

_BYTES = (1 << BLOCK_BITS) // 8
# bit_send writes the number of bits in four bytes, then the bits.
_HEADER = 4


@dataclass(frozen=True, eq=False)
class StoredMembers:
    """A contact is in one, or (`every`) in each of these stored sets, or (`inside` False) is not.

    Shape: `owner` is the column of `table` that names a set; `ids` are different.
    """

    table: Table
    owner: str
    ids: Sequence[str]
    every: bool
    inside: bool

    def predicate(self, organization: BindParameter[int], among: BindParameter[Any] | None) -> ColumnElement[bool]:
        """Test a bit of the joined blocks; where few contacts are looked at, of each one's own block."""
        if among is not None:
            return Membership(self._numbers(organization, among), self.inside).by_search()
        bits = select(self._map(organization)).cte(named("stored"))
        # get_bit counts from the lowest bit of a byte, blocks from the highest: the last three bits of a number turn.
        place = contacts.c.number.bitwise_xor(plain(7))
        holds = func.get_bit(select(bits.c.bits).scalar_subquery(), place, type_=Integer()) == plain(1)
        return holds if self.inside else opposite(holds)

    def _within(self, organization: BindParameter[int]) -> list[ColumnElement[bool]]:
        ids = bound_uuids(self.ids, name=f"{self.owner}s")
        return [self.table.c.organization_id == organization, self.table.c[self.owner] == any_(ids)]

    def _map(self, organization: BindParameter[int]) -> ColumnElement[bytes]:
        """Join the blocks to one map that reaches to the largest number; where nothing is stored, nobody is in."""
        joined = (func.bit_and if self.every else func.bit_or)(self.table.c.members)
        words = func.substr(func.bit_send(joined), plain(_HEADER + 1)).label("words")
        stored = select(self.table.c.block, words).where(*self._within(organization)).group_by(self.table.c.block)
        if self.every:
            stored = stored.having(func.count() == plain(len(self.ids)))
        blocks = stored.subquery("blocks")
        last = select(func.max(contacts.c.number).bitwise_rshift(plain(BLOCK_BITS))).where(
            contacts.c.organization_id == organization
        )
        every = (
            func.generate_series(plain(0), last.scalar_subquery()).table_valued("block").render_derived(name="every")
        )
        empty = func.decode(func.repeat(_constant("00"), plain(_BYTES)), _constant("hex"))
        words_of_all = func.coalesce(blocks.c.words, empty, type_=LargeBinary())
        whole = func.string_agg(
            words_of_all, aggregate_order_by(literal_column("''", LargeBinary()), every.c.block), type_=LargeBinary()
        )
        joined_blocks = every.outerjoin(blocks, blocks.c.block == every.c.block)
        return select(whole).select_from(joined_blocks).scalar_subquery().label("bits")

    def _numbers(self, organization: BindParameter[int], among: BindParameter[Any]) -> Select[Any]:
        looked_at = func.unnest(among, type_=Integer()).table_valued("contact_number").render_derived(name="looked_at")
        number = looked_at.c.contact_number
        place = number.bitwise_and(plain((1 << BLOCK_BITS) - 1))
        members = self.table.c.members
        found = (
            select(number)
            .select_from(looked_at.join(self.table, self.table.c.block == number.bitwise_rshift(plain(BLOCK_BITS))))
            .where(*self._within(organization), func.get_bit(members, place, type_=Integer()) == plain(1))
            .group_by(number)
        )
        return found.having(func.count() == plain(len(self.ids))) if self.every else found


def _constant(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text())
