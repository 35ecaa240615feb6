"""Reads groups and what every node may carry. Which conditions may stand in a group is the caller's matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.criteria import Calendar, Condition, Group, GroupKind, Label, Node
from segment_engine.domain.limits import GROUP_CHILDREN, NOTE_CHARACTERS
from segment_engine.domain.places import Place, quoted

LABEL_KEYS = ("id", "note")
_ID = re.compile(r"[a-z0-9_-]{1,32}")

LeafReader = Callable[[Place], Condition | None]


@dataclass(slots=True)
class Reading:
    """What one reading of a document needs everywhere, and what it counts on the way.

    Shape: `may_see_sensitive` is the permission of who asks; `sequences` are the places of all sequence conditions.
    """

    catalog: Catalog
    calendar: Calendar
    may_see_sensitive: bool = True
    conditions: int = 0
    sequences: list[Place] = field(default_factory=list[Place])
    ids: set[str] = field(default_factory=set[str])


def allowed(place: Place, found: Field | None, reading: Reading) -> Field | None:
    """Refuse a sensitive field to those who may not see contacts; it is given back, so that reading goes on.

    Source: docs/criteria.md §2.
    """
    if found is not None and found.sensitive and not reading.may_see_sensitive:
        sentence = f"{quoted(found.label)} is sensitive and needs the permission ce.members.view to be asked for."
        place.refuse("sensitive_field", f"{sentence} Ask an administrator for it, or use another field.")
    return found


def read_label(keys: Mapping[str, Place], reading: Reading) -> Label:
    """Read `id` and `note`; ids are unique within a document."""
    key = keys["id"].text() if "id" in keys else None
    if key is not None and not _ID.fullmatch(key):
        keys["id"].refuse("bad_text", "An id has 1 to 32 of a-z, 0-9, _ and -. Choose another one.")
    elif key is not None and key in reading.ids:
        keys["id"].refuse("duplicate_key", f"The id {quoted(key)} is used twice. Choose another one.")
    elif key is not None:
        reading.ids.add(key)
    note = keys["note"].text() if "note" in keys else None
    if note is not None and len(note) > NOTE_CHARACTERS:
        sentence = f"The note has {len(note):,} characters; at most {NOTE_CHARACTERS} are possible. Shorten it."
        keys["note"].refuse("limit_exceeded", sentence)
    return Label(key, note)


def read_group(place: Place, reading: Reading, *, leaf: LeafReader, levels: int, level: int = 1) -> Group | None:
    """Read a group and all below it.

    Shape:  `levels` is how deep groups may nest here, `leaf` reads a condition.
    Source: docs/criteria.md §1, §6.1.
    """
    if place.peek("group") is None and place.peek("kind") is not None:
        sentence = "A single condition stands here. Put it into a group: “group”: “all”, “of”: [ the condition ]."
        place.report.add(f"{place.path}.group", "missing_key", sentence)
        return None
    keys = place.keys(("group", "of"), ("k", *LABEL_KEYS))
    word = keys["group"].word([kind.value for kind in GroupKind], code="unknown_kind")
    label = read_label(keys, reading)
    if level > levels:
        sentence = f"Groups are nested {level} levels deep; {levels} are possible here. Move this group up."
        place.refuse("limit_exceeded", sentence)
        return None
    items = keys["of"].items(GROUP_CHILDREN, empty="empty_group") or ()
    children = [_read_node(item, reading, leaf=leaf, levels=levels, level=level) for item in items]
    k = _read_k(place, keys, len(children))
    found = tuple(child for child in children if child is not None)
    if word is None or not found or len(found) < len(children):
        return None
    return Group(GroupKind(word), found, k, label)


def _read_node(place: Place, reading: Reading, *, leaf: LeafReader, levels: int, level: int) -> Node | None:
    if place.peek("group") is not None:
        return read_group(place, reading, leaf=leaf, levels=levels, level=level + 1)
    reading.conditions += 1
    return leaf(place)


def _read_k(place: Place, keys: Mapping[str, Place], children: int) -> int | None:
    if place.peek("group") != GroupKind.AT_LEAST.value:
        if "k" in keys:
            keys["k"].refuse("unknown_key", "Only “at_least” has k. Remove it.")
        return None
    k = keys["k"] if "k" in keys else place.lacks("k")
    return k.whole(1, children, code="k_range") if children else None
