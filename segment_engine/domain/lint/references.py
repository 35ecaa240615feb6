"""Finds segments, lists and campaigns that cannot be read, circles of segments, and chains that are long."""

from __future__ import annotations

from collections.abc import Iterator

from segment_engine.domain.catalog import Catalog, SegmentReference
from segment_engine.domain.criteria import (
    Campaign,
    Criteria,
    Interactions,
    ListMembership,
    SegmentMembership,
)
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.walk import Spot, below
from segment_engine.domain.reference_chains import LIVE, memberships

_DEEP = 3


def reference_findings(criteria: Criteria, catalog: Catalog, *, segment_id: str | None) -> Iterator[Finding]:
    """Yield what is wrong with what the criteria refer to by id.

    Shape: `segment_id` is that of the segment being edited, in lower case, None while it is new.
    Source: docs/criteria.md M16 and M17.
    """
    for spot in below(Spot(criteria.root, "$.root")):
        match spot.node:
            case SegmentMembership(_, ids):
                yield from _segments(spot.path, spot.node, catalog, segment_id)
            case ListMembership(_, ids):
                yield from (_gone(spot.path, "static list", each) for each in ids if each.lower() not in catalog.lists)
            case Campaign(_, rows) if isinstance(rows.source, Interactions):
                ids = rows.source.campaigns
                yield from (_gone(spot.path, "campaign", each) for each in ids if each.lower() not in catalog.campaigns)
            case _:
                pass


def _gone(path: str, what: str, named: str) -> Finding:
    sentence = f"The {what} {named} does not exist in this organization. Choose another one, or remove it here."
    return found("L-REF", path, sentence)


def _segments(path: str, node: SegmentMembership, catalog: Catalog, segment_id: str | None) -> Iterator[Finding]:
    for named in node.segments:
        each = named.lower()
        reference = catalog.segments.get(each)
        circle = _circle(each, catalog, segment_id)
        if circle is not None:
            way = " → ".join(f"“{_name(step, catalog, segment_id)}”" for step in circle)
            sentence = f"These segments refer to each other in a circle: {way}. Take one of the references out."
            yield found("L-CYCLE", path, sentence)
        elif reference is None:
            yield _gone(path, "segment", named)
        else:
            yield from _unusable(path, node, reference)
            chain = _longest(each, catalog, {})
            if len(chain) > _DEEP:
                way = " → ".join(f"“{_name(step, catalog, segment_id)}”" for step in chain)
                sentence = (
                    f"This reference begins a chain of {len(chain)} segments: {way}. A change of the last reaches this "
                    "one after as many runs. Refer to a segment further down, or repeat its conditions here."
                )
                yield found("L-REF-DEEP", path, sentence)


def _unusable(path: str, node: SegmentMembership, reference: SegmentReference) -> Iterator[Finding]:
    name = f"The segment “{reference.name}”"
    if reference.state != "active":
        sentence = f"{name} is {reference.state}, so it cannot be read. Activate it, or remove the reference."
    elif node.members == LIVE and reference.criteria is None:
        sentence = f"{name} has criteria that cannot be read any more ({reference.status}). Repair it first."
    elif node.members != LIVE and reference.run_id is None:
        sentence = f"{name} was never calculated (its status is {reference.status}). Calculate it first."
    else:
        return
    yield found("L-REF", path, sentence)


def _name(segment_id: str, catalog: Catalog, edited: str | None) -> str:
    reference = catalog.segments.get(segment_id)
    if reference is not None:
        return reference.name
    return "this segment" if segment_id == edited else segment_id


def _children(segment_id: str, catalog: Catalog) -> tuple[str, ...]:
    reference = catalog.segments.get(segment_id)
    if reference is None or reference.criteria is None:
        return ()
    named = (each.lower() for _, condition in memberships(reference.criteria) for each in condition.segments)
    return tuple(dict.fromkeys(named))


def _circle(segment_id: str, catalog: Catalog, edited: str | None) -> tuple[str, ...] | None:
    """Find a way that closes: back to the segment being edited, or to one it passed. A diamond does not close."""
    done: set[str] = set()

    def follow(way: tuple[str, ...]) -> tuple[str, ...] | None:
        last = way[-1]
        if last == edited:
            return (last, *way)
        if last in way[:-1]:
            return way[way.index(last) :]
        if last in done:
            return None
        for child in _children(last, catalog):
            closed = follow((*way, child))
            if closed is not None:
                return closed
        done.add(last)
        return None

    return follow((segment_id,))


def _longest(segment_id: str, catalog: Catalog, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Name the segments on the longest chain that begins with one."""
    if segment_id not in known:
        known[segment_id] = (segment_id,)  # while it is followed: a circle is reported on its own
        chains = [_longest(child, catalog, known) for child in _children(segment_id, catalog)]
        known[segment_id] = (segment_id, *max(chains, key=len, default=()))
    return known[segment_id]
