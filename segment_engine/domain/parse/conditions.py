"""Reads every kind of condition."""

from __future__ import annotations

from collections.abc import Callable

from segment_engine.domain.criteria import AllContacts, Attribute, Condition
from segment_engine.domain.parse.compare import read_compare_fields
from segment_engine.domain.parse.figures import read_aggregate, read_event_time, read_field
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, read_label
from segment_engine.domain.parse.members import (
    read_bucket,
    read_consent,
    read_reachable,
    read_sample,
    read_segment,
    read_static_list,
)
from segment_engine.domain.parse.row_conditions import (
    read_campaign,
    read_event,
    read_event_has,
    read_related,
    read_sequence,
)
from segment_engine.domain.parse.rows import read_kind
from segment_engine.domain.parse.values import TEST_KEYS, Subject, read_test
from segment_engine.domain.places import Place


def read_condition(place: Place, reading: Reading) -> Condition | None:
    """Read a condition of the tree.

    Source: docs/criteria.md §4.
    """
    kind = read_kind(place, _KINDS)
    return None if kind is None else _KINDS[kind](place, reading)


def _attribute(place: Place, reading: Reading) -> Attribute | None:
    keys = place.keys(("kind", "field", "op"), (*TEST_KEYS, *LABEL_KEYS))
    label = read_label(keys, reading)
    field = read_field(keys["field"], reading)
    test = field and read_test(place, keys, subject=Subject(field, reading.calendar))
    return Attribute(field.key, test, label) if field and test else None


def _all_contacts(place: Place, reading: Reading) -> AllContacts | None:
    keys = place.keys(("kind",), LABEL_KEYS)
    return AllContacts(read_label(keys, reading))


_Reader = Callable[[Place, Reading], Condition | None]
_KINDS: dict[str, _Reader] = {
    "attribute": _attribute,
    "event": read_event,
    "aggregate": read_aggregate,
    "event_time": read_event_time,
    "event_has": read_event_has,
    "sequence": read_sequence,
    "segment": read_segment,
    "static_list": read_static_list,
    "campaign": read_campaign,
    "consent": read_consent,
    "reachable": read_reachable,
    "related": read_related,
    "sample": read_sample,
    "bucket": read_bucket,
    "compare_fields": read_compare_fields,
    "all_contacts": _all_contacts,
}
