"""How a contact stands, for the reference evaluator: lists, consent, channels, samples. It never sees SQL.

Source: docs/criteria.md §4.8, §4.10, §4.11, §4.13.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Bucket, Consent, ListMembership, Reachable, Sample
from segment_engine.domain.evaluate.reading import is_present
from segment_engine.domain.evaluate.records import ConsentRecord, ContactRecord
from segment_engine.domain.evaluate.times import Clock, ticks
from segment_engine.errors import Unresolved

Asks = Callable[[ContactRecord], bool]

_BUCKETS = 10_000
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"[0-9]+")


def belongs(op: str, memberships: Iterable[Asks]) -> Asks:
    """Return what in_any, in_all, not_in_any and not_in_all ask of single memberships (§4.7)."""
    asked = tuple(memberships)
    match op:
        case "in_any":
            return lambda record: any(asks(record) for asks in asked)
        case "in_all":
            return lambda record: all(asks(record) for asks in asked)
        case "not_in_any":
            return lambda record: not any(asks(record) for asks in asked)
        case "not_in_all":
            return lambda record: not all(asks(record) for asks in asked)
        case _:
            raise Unresolved(f"The operator {op} is not known here. Edit that condition.")


def ask_lists(node: ListMembership, catalog: Catalog) -> Asks:
    """Return what is asked of static lists. Raises: Unresolved when a list is gone."""
    for name in node.lists:
        if name not in catalog.lists:
            sentence = f"The list {name} does not exist any more. Edit that condition."
            raise Unresolved(sentence, cause="reference_missing")
    return belongs(node.op, (_on_list(name) for name in node.lists))


def _on_list(name: str) -> Asks:
    return lambda record: name in record.lists


# Consent and channels --------------------------------------------------------------------------------------------


def consent_state(record: ContactRecord, channel: str, topic: str | None, clock: Clock) -> str:
    """Return the one state of consent: granted, pending, withdrawn or no_record (§4.10)."""
    known = [one for one in record.consents if one.channel == channel and ticks(one.recorded_at) < clock.now]
    whole = _latest(one for one in known if one.topic is None)
    if whole == "withdrawn":
        return whole
    special = None if topic is None else _latest(one for one in known if one.topic == topic)
    return special or whole or "no_record"


def _latest(records: Iterable[ConsentRecord]) -> str | None:
    last = max(records, key=lambda one: (ticks(one.recorded_at), one.number), default=None)
    return None if last is None else last.state


def ask_consent(node: Consent, clock: Clock) -> Asks:
    """Return whether the state of consent is, or is not, one of those named."""
    wanted = node.op == "state_is"
    return lambda record: (consent_state(record, node.channel, node.topic, clock) in node.states) is wanted


def ask_reachable(node: Reachable, clock: Clock) -> Asks:
    """Return whether a channel reaches the contact: address, valid, granted as a whole, nothing stops it (§4.11)."""
    wanted = node.op == "is_reachable"
    return lambda record: _reaches(record, node.channel, clock) is wanted


def _reaches(record: ContactRecord, channel: str, clock: Clock) -> bool:
    held = record.channels.get(channel)
    if held is None or not is_present(held.address) or not held.valid:
        return False
    stopped = held.suppressed_at is not None and ticks(held.suppressed_at) < clock.now
    return not stopped and consent_state(record, channel, None, clock) == "granted"


# Samples ---------------------------------------------------------------------------------------------------------


def bucket_of(key: str, seed: str) -> int:
    """Return the bucket of a contact, 0 to 9,999, from its own id and a seed (§4.13)."""
    digest = hashlib.sha256(f"{seed}:{canonical_key(key)}".encode()).hexdigest()
    return int(digest[:8], 16) % _BUCKETS


def canonical_key(key: str) -> str:
    """Write a contact's id in the one way it is drawn by: numbers without leading zeros, UUIDs in lower case."""
    if _DIGITS.fullmatch(key):
        return key.lstrip("0") or "0"
    return key.lower() if _UUID.fullmatch(key) else key


def ask_sample(node: Sample | Bucket) -> Asks:
    """Return whether the contact's bucket lies in the range of a sample or a bucket."""
    low, high = (0, node.percent * 100) if isinstance(node, Sample) else (node.start, node.end)
    return lambda record: low <= bucket_of(record.key, node.seed) < high
