"""How many of a contact's related rows satisfy `where`: any, none, all, at least k.

Source: docs/criteria.md §4.12.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import BigInteger, func

from segment_engine.compiler.binding import bound_number
from segment_engine.compiler.brackets import all_of, opposite
from segment_engine.compiler.membership import Leaf, Membership
from segment_engine.compiler.rows import chosen, contacts_with, numbers_with, test_of_rows
from segment_engine.compiler.scope import Scope
from segment_engine.domain.criteria import Group, Related
from segment_engine.errors import InputError


def related(scope: Scope, node: Related) -> Leaf:
    """Compile a quantifier over related rows; contacts without rows are answered without looking for them.

    Raises: InputError for `all` without anything to satisfy (M13).
    """
    match node.quantifier:
        case "any":
            return Leaf(Membership(numbers_with(scope, node.rows), inside=True))
        case "none":
            return Leaf(Membership(numbers_with(scope, node.rows), inside=False))
        case "at_least":
            enough = func.count(type_=BigInteger()) >= bound_number(node.k or 1, exact=False)
            return Leaf(Membership(contacts_with(scope, node.rows, all_of(enough)), inside=True))
        case "all" if node.rows.where is not None:
            return Leaf(_all(scope, node, node.rows.where))
        case _:
            raise InputError(f"“{node.quantifier}” of related rows needs a condition they satisfy. Add one.")


def _all(scope: Scope, node: Related, where: Group) -> Membership:
    """Every row satisfies: look for the contacts with one that does not, or for those whose rows all do."""
    rows = replace(node.rows, where=None)
    satisfied = test_of_rows(scope, rows.source, where)
    if node.when_empty:
        return Membership(chosen(scope, rows).where(opposite(satisfied)), inside=False)
    return Membership(contacts_with(scope, rows, func.bool_and(satisfied)), inside=True)
