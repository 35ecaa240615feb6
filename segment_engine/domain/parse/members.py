"""Reads the conditions about who a contact is: segments, lists, consent, channels, samples and buckets."""

from __future__ import annotations

import re
from decimal import Decimal

from segment_engine.domain.criteria import Bucket, Consent, ListMembership, Reachable, Sample, SegmentMembership
from segment_engine.domain.limits import BUCKETS, REFERENCE_AGE_HOURS, REFERENCES
from segment_engine.domain.operators import (
    CHANNELS,
    CONSENT_OPERATORS,
    CONSENT_STATES,
    MEMBERSHIP_OPERATORS,
    REACHABLE_OPERATORS,
)
from segment_engine.domain.parse.groups import LABEL_KEYS, Reading, read_label
from segment_engine.domain.parse.values import read_decimal, read_text
from segment_engine.domain.places import Place, quoted

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SEED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PERCENT_DECIMALS = 2
_LEAST_PERCENT, _MOST_PERCENT = Decimal("0.01"), Decimal(100)


def read_ids(place: Place, most: int) -> tuple[str, ...] | None:
    """Read a list of ids; each is kept in lower case, the one form in which ids are compared."""
    items = place.items(most)
    if items is None:
        return None
    ids = tuple(key for item in items if (key := _id(item)) is not None)
    return ids if len(ids) == len(items) else None


def _id(place: Place) -> str | None:
    text = place.text()
    if text is None or _UUID.fullmatch(text):
        return text and text.lower()
    place.refuse("bad_text", f"{quoted(text)} is not an id. Write one as 5a0c1f0e-7b1e-4c39-9b3d-0d6f3f1f2a10.")
    return None


def read_segment(place: Place, reading: Reading) -> SegmentMembership | None:
    """Read membership of other segments: of their last run, or of their criteria as they would be now.

    Source: docs/criteria.md §4.7.
    """
    keys = place.keys(("kind", "op", "segments"), ("members", "max_age_hours", *LABEL_KEYS))
    label = read_label(keys, reading)
    op = keys["op"].word(MEMBERSHIP_OPERATORS, code="unknown_operator")
    segments = read_ids(keys["segments"], REFERENCES)
    members = keys["members"].word(("last_run", "live")) if "members" in keys else "last_run"
    age = None
    if "max_age_hours" in keys and members == "live":
        sentence = "Live members are never old, so “max_age_hours” has no meaning. Remove it."
        keys["max_age_hours"].refuse("unknown_key", sentence)
    elif "max_age_hours" in keys:
        age = keys["max_age_hours"].whole(1, REFERENCE_AGE_HOURS)
    return SegmentMembership(op, segments, age, members, label) if op and segments and members else None


def read_static_list(place: Place, reading: Reading) -> ListMembership | None:
    """Read membership of static lists.

    Source: docs/criteria.md §4.8.
    """
    keys = place.keys(("kind", "op", "lists"), LABEL_KEYS)
    label = read_label(keys, reading)
    op = keys["op"].word(MEMBERSHIP_OPERATORS, code="unknown_operator")
    lists = read_ids(keys["lists"], REFERENCES)
    return ListMembership(op, lists, label) if op and lists else None


def read_consent(place: Place, reading: Reading) -> Consent | None:
    """Read the state of consent of a channel, and of a topic of it.

    Source: docs/criteria.md §4.10.
    """
    keys = place.keys(("kind", "channel", "op", "states"), ("topic", *LABEL_KEYS))
    label = read_label(keys, reading)
    channel = keys["channel"].word(CHANNELS)
    op = keys["op"].word(CONSENT_OPERATORS, code="unknown_operator")
    items = keys["states"].items(len(CONSENT_STATES)) or ()
    states = tuple(state for item in items if (state := item.word(CONSENT_STATES)) is not None)
    topic = read_text(keys["topic"]) if "topic" in keys and keys["topic"].value is not None else None
    return Consent(channel, op, states, topic, label) if channel and op and states else None


def read_reachable(place: Place, reading: Reading) -> Reachable | None:
    """Read whether a channel reaches the contact.

    Source: docs/criteria.md §4.11.
    """
    keys = place.keys(("kind", "channel", "op"), LABEL_KEYS)
    label = read_label(keys, reading)
    channel = keys["channel"].word(CHANNELS)
    op = keys["op"].word(REACHABLE_OPERATORS, code="unknown_operator")
    return Reachable(channel, op, label) if channel and op else None


def read_sample(place: Place, reading: Reading) -> Sample | None:
    """Read a stable share of the contacts.

    Source: docs/criteria.md §4.13.
    """
    keys = place.keys(("kind", "percent", "seed"), LABEL_KEYS)
    label = read_label(keys, reading)
    percent, seed = read_decimal(keys["percent"], scale=_PERCENT_DECIMALS), _seed(keys["seed"])
    if percent is not None and not _LEAST_PERCENT <= percent <= _MOST_PERCENT:
        sentence = f"{percent:f} is outside {_LEAST_PERCENT} to {_MOST_PERCENT} percent. Choose a share within."
        keys["percent"].refuse("limit_exceeded", sentence)
    return None if percent is None or seed is None else Sample(percent, seed, label)


def read_bucket(place: Place, reading: Reading) -> Bucket | None:
    """Read a stable range of the 10,000 buckets; its end is left out.

    Source: docs/criteria.md §4.13.
    """
    keys = place.keys(("kind", "from", "to", "seed"), LABEL_KEYS)
    label = read_label(keys, reading)
    start, end, seed = keys["from"].whole(0, BUCKETS - 1), keys["to"].whole(1, BUCKETS), _seed(keys["seed"])
    if start is not None and end is not None and start >= end:
        place.refuse("range_order", f"From {start} up to {end} holds no bucket. Choose a larger end.")
    return None if start is None or end is None or seed is None else Bucket(start, end, seed, label)


def _seed(place: Place) -> str | None:
    seed = place.text()
    if seed is None or _SEED.fullmatch(seed):
        return seed
    place.refuse("bad_text", "A seed has 1 to 64 of A-Z, a-z, 0-9, dot, _ and -. Choose another one.")
    return None
