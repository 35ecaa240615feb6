"""How segments refer to one another: circles, the length of chains, and the runs that a calculation reads."""

from __future__ import annotations

from collections.abc import Iterator

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria, Group, SegmentMembership
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.errors import Problem

LIVE = "live"


def memberships(criteria: Criteria) -> Iterator[tuple[str, SegmentMembership]]:
    """Yield every condition about other segments with its place in the document."""
    yield from _walk(criteria.root, "$.root")


def _walk(group: Group, path: str) -> Iterator[tuple[str, SegmentMembership]]:
    for index, child in enumerate(group.of):
        place = f"{path}.of[{index}]"
        if isinstance(child, Group):
            yield from _walk(child, place)
        elif isinstance(child, SegmentMembership):
            yield place, child


def refused_references(
    criteria: Criteria, catalog: Catalog, *, segment_id: str | None, name: str
) -> tuple[Problem, ...]:
    """Say which references may never be saved: those that lead back, and those that lead too far.

    Shape: `segment_id` is that of the segment being saved, None while it is new; `name` is its name.
    Source: docs/criteria.md M17 and §6.1. Two ways to one segment (a diamond) are fine.
    """
    problems: list[Problem] = []
    for place, condition in memberships(criteria):
        for index, named in enumerate(condition.segments):
            path = f"{place}.segments[{index}]"
            back = _way_back(named, segment_id, catalog, frozenset())
            if back is not None:
                problems.append(Problem(path, "reference_cycle", _circle((name, *back[:-1], name))))
            elif (chain := _longest(named, catalog, {})) and len(chain) > REFERENCE_CHAIN:
                problems.append(Problem(path, "limit_exceeded", _too_long((name, *chain))))
    return tuple(problems)


def _circle(names: tuple[str, ...]) -> str:
    way = " → ".join(f"“{each}”" for each in names)
    return f"These segments refer to each other in a circle: {way}. Take one of the references out."


def _too_long(names: tuple[str, ...]) -> str:
    way = " → ".join(f"“{each}”" for each in names)
    return (
        f"The chain of references is {len(names) - 1} long: {way}. At most {REFERENCE_CHAIN} are possible. "
        "Refer to a segment further down, or repeat its conditions here."
    )


def _children(segment_id: str, catalog: Catalog) -> tuple[str, ...]:
    known = catalog.segments.get(segment_id)
    if known is None or known.criteria is None:
        return ()
    return tuple(dict.fromkeys(each for _, condition in memberships(known.criteria) for each in condition.segments))


def _way_back(start: str, target: str | None, catalog: Catalog, passed: frozenset[str]) -> tuple[str, ...] | None:
    """Find the names on a way from one segment to the one being saved; None when there is none."""
    if start in passed or target is None:
        return None
    known = catalog.segments.get(start)
    if start == target:
        return ("",)
    for child in _children(start, catalog):
        way = _way_back(child, target, catalog, passed | {start})
        if way is not None and known is not None:
            return (known.name, *way)
    return None


def _longest(start: str, catalog: Catalog, lengths: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Name the segments on the longest chain that begins with one; a circle elsewhere ends where it closes."""
    if start not in lengths:
        lengths[start] = ()  # while it is being followed: a circle adds nothing
        known = catalog.segments.get(start)
        below = max((_longest(child, catalog, lengths) for child in _children(start, catalog)), key=len, default=())
        lengths[start] = () if known is None else (known.name, *below)
    return lengths[start]


def runs_read(criteria: Criteria, catalog: Catalog) -> dict[str, str]:
    """Tell which run of which segment a calculation reads: {segment id: run id}.

    Shape: segments whose criteria are evaluated live are followed to the runs that these read in turn.
    """
    read: dict[str, str] = {}
    waiting = [criteria]
    followed: set[str] = set()
    while waiting:
        for _, condition in memberships(waiting.pop()):
            for each in condition.segments:
                known = catalog.segments.get(each)
                if known is None:
                    continue
                if condition.members != LIVE:
                    read |= {} if known.run_id is None else {each: known.run_id}
                elif known.criteria is not None and each not in followed:
                    followed.add(each)
                    waiting.append(known.criteria)
    return read
