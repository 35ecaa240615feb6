"""Documents about one thing: what the drawer of documents draws anyway, without the rest of a document around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.criteria import AllContacts, Attribute, Condition, Criteria, Group, GroupKind, Limit
from segment_engine.domain.operators import operators_for
from tests.property.comparison import Question, StoredWorld
from tests.property.hostile_catalog import CATALOG
from tests.property.hostile_conditions import FIGURES, Side
from tests.property.hostile_documents import Documents
from tests.property.hostile_references import OWN

Draw = Callable[[Documents], Criteria]


def questions(stored: StoredWorld, draw: Draw, count: int, *, start: int) -> Iterator[Question]:
    """Draw questions about one thing for a world; every other one is about a segment with members by hand."""
    drawer = Documents(Random(stored.world.seed * 1_000_003 + start), stored.world)  # noqa: S311 - repeatable data
    for place in range(count):
        yield Question(draw(drawer), OWN if place % 2 else None)


def whole(drawer: Documents) -> Criteria:
    """Draw a document as it comes."""
    return drawer.criteria()


def asked(*kinds: Callable[[Documents], Condition]) -> Draw:
    """Draw one condition of these kinds, in the calendar of a whole document."""

    def draw(drawer: Documents) -> Criteria:
        condition = drawer.rng.choice(kinds)(drawer)
        return replace(drawer.criteria(), root=Group(drawer.rng.choice(_EITHER), (condition,)), limit=None)

    return draw


_EITHER = (GroupKind.ALL, GroupKind.NONE)


def of_type(*types: FieldType, operators: tuple[str, ...] = (), ordered: bool = False) -> Draw:
    """Draw a test of a contact's field of these types, with one of these operators if any are named."""
    fields = [field for field in CATALOG.fields.values() if field.type in types and (field.ordered or not ordered)]

    def attribute(drawer: Documents) -> Condition:
        field: Field = drawer.rng.choice(fields)
        known = operators_for(field.type, ordered=field.ordered)
        return Attribute(
            field.key,
            drawer.test_of(drawer.rng.choice([one for one in known if one.key in operators or not operators]), field),
        )

    return asked(attribute)


def figure(*functions: str) -> Draw:
    """Draw a test of a figure by one of these functions."""
    sides = [side for side in FIGURES if getattr(side.value, "function", "") in functions]

    def aggregate(drawer: Documents) -> Condition:
        return drawer.aggregate_of(drawer.rng.choice(sides))

    return asked(aggregate)


def ranked(*sides: Side) -> Draw:
    """Draw a limit over everyone; its first key is one of these if any are given."""

    def draw(drawer: Documents) -> Criteria:
        limit: Limit = drawer.limit()
        if sides:
            first = replace(limit.order_by[0], value=drawer.expression(drawer.rng.choice(sides)))
            limit = replace(limit, order_by=(first, *limit.order_by[1:]))
        return replace(drawer.criteria(), root=Group(GroupKind.ALL, (AllContacts(),)), limit=limit)

    return draw
