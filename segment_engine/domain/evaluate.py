"""The reference evaluator: one contact against one criteria, in plain Python.

Written from docs/criteria.md and not from the SQL, so that two independent readings of that document can be compared.
It never touches a database and shares with the compiler only the tree, the catalog and the operator table.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Criteria,
    Event,
    EventTime,
    Group,
    Node,
    Property,
)
from segment_engine.domain.evaluate_groups import combine
from segment_engine.domain.evaluate_records import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    Overrides,
    Population,
    RelatedRecord,
)
from segment_engine.domain.evaluate_rows import ask_aggregate, ask_event, ask_event_time
from segment_engine.domain.evaluate_times import Clock, read_clock
from segment_engine.domain.evaluate_values import judge
from segment_engine.errors import InputError, Unresolved

__all__ = [
    "ChannelRecord",
    "ConsentRecord",
    "ContactRecord",
    "EventRecord",
    "Overrides",
    "Population",
    "RelatedRecord",
    "evaluate",
    "question",
]


def evaluate(criteria: Criteria, record: ContactRecord, *, catalog: Catalog, as_of: datetime) -> bool:
    """Tell whether a contact matches, by the letter of docs/criteria.md.

    Shape:  true or false for every contact; a missing value is answered by `on_missing`, never by an error (M1).
    Units:  `as_of` is an aware instant; it alone is now (M8).
    Raises: Unresolved when a field, an event or the time zone is not known; LimitExceeded when a time of the criteria
            leaves the years 1900 to 2200; InputError when `as_of` has no zone.
    Source: docs/criteria.md §1 to §6.
    """
    return question(criteria, catalog=catalog, as_of=as_of)(record)


def question(criteria: Criteria, *, catalog: Catalog, as_of: datetime) -> Callable[[ContactRecord], bool]:
    """Prepare a criteria once, to ask it of many contacts; bounds are resolved here and nowhere later.

    Raises: as `evaluate`.
    Source: docs/criteria.md §1 to §6.
    """
    if as_of.tzinfo is None:
        raise InputError("The time of evaluation has no time zone. State it in UTC.")
    return _ask(criteria.root, catalog, read_clock(as_of, criteria.calendar))


def _ask(node: Node, catalog: Catalog, clock: Clock) -> Callable[[ContactRecord], bool]:
    match node:
        case Group():
            return combine(node, tuple(_ask(child, catalog, clock) for child in node.of))
        case AllContacts():
            return lambda _: True
        case Attribute():
            return _ask_attribute(node, catalog, clock)
        case Event():
            asks = ask_event(node, catalog, clock)
        case Aggregate():
            asks = ask_aggregate(node, catalog, clock)
        case EventTime():
            asks = ask_event_time(node, catalog, clock)
        case Property():
            raise Unresolved(f"{node.field} is a property of an event and can only be asked inside its conditions.")
        case _:
            assert_never(node)
    return lambda record: asks(record.events)


def _ask_attribute(node: Attribute, catalog: Catalog, clock: Clock) -> Callable[[ContactRecord], bool]:
    key = node.field
    field = catalog.fields.get(key)
    if field is None:
        raise Unresolved(f"The field {key} does not exist any more. Restore it, or edit the criteria.")
    asks = judge(node.test, field, clock)
    return lambda record: asks(record.values.get(key))
