"""Where one contact stands in the order of a limit: who is ahead of it is counted, and nobody is sorted.

Source: docs/criteria.md §4.17, §9.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, case, false, func, select, true

from segment_engine.compiler.binding import bound_integers, plain
from segment_engine.compiler.brackets import all_of, any_of
from segment_engine.compiler.compiled import scope_of
from segment_engine.compiler.draws import own_key_order
from segment_engine.compiler.expressions import contacts_and
from segment_engine.compiler.membership import named
from segment_engine.compiler.ranking import order_values
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tree import root_of, ruled
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria, Limit


def place_in_order(
    criteria: Criteria, limit: Limit, *, catalog: Catalog, organization_id: int, as_of: datetime,
    segment_id: UUID | None, number: int,
) -> Select[Any, Any, Any]:  # fmt: skip
    """Select (place, rank, ranked) of a contact for whom the tree holds and whom nobody took out.

    Shape: `place` counts from 1 in the order in which ties are cut and is unique; equals share a `rank`, which is what
        `keep` looks at; `ranked` counts everyone for whom the tree holds and whom nobody took out.
    Raises: as `compile_criteria`.
    """
    scope, segment = scope_of(criteria, catalog, organization_id, as_of=as_of, segment_id=segment_id, among=None)
    worked, values = order_values(scope, limit)
    own = _own(scope, limit, number)
    # The contact's own values are computed once each, before the others are compared with them.
    theirs = [select(column).scalar_subquery() for column in own.c]
    descending = [key.direction == "desc" for key in limit.order_by]
    ahead = _ahead(values, theirs[: len(values)], descending, otherwise=false())
    own_keys = _ahead(own_key_order(), theirs[len(values) :], [False] * len(theirs), otherwise=false())
    ahead_of_equals = _ahead(values, theirs[: len(values)], descending, otherwise=own_keys)
    everyone = ruled(scope, root_of(scope, criteria.root), segment)
    return (
        select(
            (func.count().filter(ahead_of_equals) + plain(1)).label("place"),
            (func.count().filter(ahead) + plain(1)).label("rank"),
            func.count().label("ranked"),
        )
        .select_from(contacts_and(worked))
        .where(*scope.base(), everyone)
    )


def _own(scope: Scope, limit: Limit, number: int) -> CTE:
    """Select what the one contact is sorted by: the values of the limit, then those of its own key."""
    alone = replace(scope, among=bound_integers([number], name="contact_number"), live={})
    worked, values = order_values(alone, limit)
    columns = [value.label(f"value_{place}") for place, value in enumerate((*values, *own_key_order()))]
    return select(*columns).select_from(contacts_and(worked)).where(*alone.base()).cte(named("own"))


def _ahead(
    values: Sequence[ColumnElement[Any]], theirs: Sequence[ColumnElement[Any]], descending: Sequence[bool],
    *, otherwise: ColumnElement[bool],
) -> ColumnElement[bool]:  # fmt: skip
    """Tell whether some come before others, one value after the other; missing ones come last in both directions."""
    found = otherwise
    for value, other, down in reversed(list(zip(values, theirs, descending, strict=False))):
        before = value > other if down else value < other
        last = all_of(value.is_not(None), other.is_(None))
        found = case((any_of(before, last), true()), (value.is_not_distinct_from(other), found), else_=false())
    return found
