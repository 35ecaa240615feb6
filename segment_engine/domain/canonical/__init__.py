"""The canonical form of criteria and its hash: the same definition is recognized under another order and wording.

The promise is one-sided: **equal hash, equal members on any data of the organization**. Two spellings of one meaning
may well have different hashes. Members by hand are outside of it. Where docs/criteria.md §8 leaves something open, the
choice is the one that keeps more apart:

* a segment condition over the stored members of the last run, which is the rule, writes no `members`; a live one does;
* the size of a set is a count and is written like one (`gt 2` is `gte 3`);
* states of consent are a set: sorted, each once; ids of segments, lists and campaigns likewise;
* of the quantifiers only `any` and `none` are each other's complement; `all` and `at_least` are negated by {"not": …};
* `when_empty` is written out for `all`; an open end of a range is null; a number has one zero, without a sign.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from segment_engine.domain.canonical.conditions import (
    Writing,
    canonical_condition,
    canonical_expression,
)
from segment_engine.domain.canonical.values import Part
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria, Group, GroupKind, Limit, Node

BASE = "contacts"
VERSION = 1
HASH_PREFIX = "sc1-"
_DUAL = {GroupKind.ALL: GroupKind.ANY, GroupKind.ANY: GroupKind.ALL}


def criteria_hash(criteria: Criteria, catalog: Catalog) -> str:
    """Return `sc1-` and the SHA-256 of the canonical form, in lower-case hex.

    Raises: Unresolved when the criteria name a field or an event the catalog does not have.
    Source: docs/criteria.md §8.
    """
    return HASH_PREFIX + sha256(serialized(canonical(criteria, catalog)).encode()).hexdigest()


def serialized(part: object) -> str:
    """Write JSON in one way only: keys by code point, no spaces, letters as they are."""
    return json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(criteria: Criteria, catalog: Catalog) -> Part:
    """Return the canonical form: `v`, `base`, `calendar`, `root` and `limit`, ready for JSON.

    Raises: Unresolved when the criteria name a field or an event the catalog does not have.
    Source: docs/criteria.md §8.
    """
    writing = Writing(catalog, canonical_group)
    root = canonical_group(criteria.root, writing)
    return {
        "v": VERSION,
        "base": BASE,
        "calendar": asdict(criteria.calendar),
        "root": root if _is_group(root) else {"all": [root]},
        "limit": None if criteria.limit is None else _limit(criteria.limit, writing),
    }


def canonical_group(group: Group, writing: Writing) -> Part:
    """Return the canonical form of a group; that of a group with one child is the child's."""
    return canonical_node(group, writing, negated=False)


def canonical_node(node: Node, writing: Writing, *, negated: bool) -> Part:
    """Return the canonical form of a node, or of its negation, which is pushed down to the conditions.

    Source: docs/criteria.md §8, steps 4 and 5.
    """
    if not isinstance(node, Group):
        return canonical_condition(node, writing, negated=negated)
    kind, below, k = _pushed(node, negated=negated)
    return _joined(kind, [canonical_node(child, writing, negated=below) for child in node.of], k)


def _pushed(group: Group, *, negated: bool) -> tuple[GroupKind, bool, int]:
    """Say how a group, or its negation, combines its children, and whether those are negated."""
    if group.kind is GroupKind.NONE:  # "no child" is "all of the negated"; its negation is "any child"
        return (GroupKind.ANY, False, 0) if negated else (GroupKind.ALL, True, 0)
    if group.kind is GroupKind.AT_LEAST:
        k = group.k or 1
        return GroupKind.AT_LEAST, negated, len(group.of) - k + 1 if negated else k
    return (_DUAL[group.kind] if negated else group.kind), negated, 0


def _joined(kind: GroupKind, parts: list[Part], k: int) -> Part:
    if kind is GroupKind.AT_LEAST and k not in {1, len(parts)}:
        return {"at_least": k, "of": sorted(parts, key=serialized)}
    if kind is GroupKind.AT_LEAST:
        kind = GroupKind.ANY if k == 1 else GroupKind.ALL
    lifted: list[Part] = []
    for part in parts:
        same = part.get(kind.value)
        lifted += same if isinstance(same, list) else [part]
    once = {serialized(part): part for part in lifted}
    ordered = [once[text] for text in sorted(once)]
    return ordered[0] if len(ordered) == 1 else {kind.value: ordered}


def _is_group(part: Part) -> bool:
    return not {"all", "any", "at_least"}.isdisjoint(part)


def _limit(limit: Limit, writing: Writing) -> Part:
    ordered = [
        {"value": canonical_expression(key.value, writing), "direction": key.direction} for key in limit.order_by
    ]
    return {"top_n": limit.top_n, "ties": limit.ties, "order_by": ordered}
