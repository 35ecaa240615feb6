"""Who is a member, for the reference evaluator: the tree, then hand exclusions, then the limit, then hand inclusions.

Source: docs/criteria.md §1, §4.7, §4.8, §4.17. It never sees SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from segment_engine.domain.catalog import Catalog, FieldType, SegmentReference
from segment_engine.domain.criteria import Criteria, Group, Limit, OrderKey, SegmentMembership
from segment_engine.domain.evaluate.expressions import work_out
from segment_engine.domain.evaluate.reading import Read
from segment_engine.domain.evaluate.records import ContactRecord, Overrides, Population
from segment_engine.domain.evaluate.standing import Asks, canonical_key
from segment_engine.domain.evaluate.times import Clock, read_clock
from segment_engine.domain.evaluate.tree import Scope, ask
from segment_engine.domain.limits import REFERENCE_CHAIN
from segment_engine.errors import InputError, LimitExceeded, Unresolved

Sortable = str | int | None


def question(
    criteria: Criteria, *, catalog: Catalog, as_of: datetime, population: Population | None = None
) -> Callable[[ContactRecord], bool]:
    """Prepare the tree of a criteria once, to ask it of many contacts; limit and hand overrides stay outside.

    Shape:  true or false for every contact; a missing value is answered by `on_missing`, never by an error (M1).
            Where live members of other segments are asked for, only records of the population can be asked.
    Units:  `as_of` is an aware instant; it alone is now (M8).
    Raises: Unresolved when something the criteria name does not resolve; LimitExceeded when a time of the criteria
            leaves the years 1900 to 2200; InputError when `as_of` has no zone.
    Source: docs/criteria.md §1 to §6.
    """
    return _Evaluation(catalog, as_of, population).question(criteria, ("",))


def members_of(
    criteria: Criteria, population: Population, *, catalog: Catalog, as_of: datetime, segment_id: str | None = None
) -> frozenset[int]:
    """Return the numbers of the members of a run; the hand overrides are those of the segment `segment_id`.

    Raises: as `question`.
    Source: docs/criteria.md §1 (Members of a run).
    """
    return _Evaluation(catalog, as_of, population).members(criteria, (segment_id or "",))


@dataclass(slots=True)
class _Evaluation:
    """One `as_of` over one population; members of a segment asked for live are worked out once.

    Shape: a `chain` leads from the segment asked about ("" where it has no id) down to the one worked on.
    """

    catalog: Catalog
    as_of: datetime
    population: Population | None
    known: dict[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise InputError("The time of evaluation has no time zone. State it in UTC.")

    def question(self, criteria: Criteria, chain: tuple[str, ...]) -> Asks:
        clock = read_clock(self.as_of, criteria.calendar)
        scope = Scope(self.catalog, clock, lambda node, segment: self._member(node, segment, chain))
        return ask(criteria.root, scope)

    def members(self, criteria: Criteria, chain: tuple[str, ...]) -> frozenset[int]:
        if self.population is None:
            raise InputError("Live members of a segment need the whole population. Give it.")
        asks, records = self.question(criteria, chain), self.population.records
        hand = self.population.overrides.get(chain[-1], Overrides())
        ruled = {number for number, record in records.items() if asks(record)} - hand.taken_out
        if criteria.limit is not None:
            clock = read_clock(self.as_of, criteria.calendar)
            ruled = set(_first({number: records[number] for number in ruled}, criteria.limit, self.catalog, clock))
        return frozenset((ruled | (hand.put_in & records.keys())) - hand.taken_out)

    def _member(self, node: SegmentMembership, segment: str, chain: tuple[str, ...]) -> Asks:
        reference = self.catalog.segments.get(segment)
        if reference is None:
            raise _fails(segment, "does not exist any more", "reference_missing")
        if reference.state != "active":
            raise _fails(reference.name, "is not active", "reference_inactive")
        if segment in chain or (chain[0] and self._leads(segment, chain[0], set())):
            raise _fails(reference.name, "refers to itself in a circle", "reference_cycle")
        if node.members == "live":
            return self._live_member(reference, chain)
        _is_calculated(node, reference, self.as_of)
        return lambda record: segment in record.segments

    def _leads(self, start: str, end: str, passed: set[str]) -> bool:
        """Tell whether one segment leads to another, whichever members its references read (M17)."""
        reference = self.catalog.segments.get(start)
        if start in passed or reference is None or reference.criteria is None:
            return False
        passed.add(start)
        named = set(_segments_of(reference.criteria.root))
        return end in named or any(self._leads(segment, end, passed) for segment in named)

    def _live_member(self, reference: SegmentReference, chain: tuple[str, ...]) -> Asks:
        segment = reference.segment_id
        if len(chain) > REFERENCE_CHAIN:
            raise LimitExceeded(f"Segments refer to each other over more than {REFERENCE_CHAIN} steps. Shorten that.")
        if reference.criteria is None:
            raise _fails(reference.name, "has no criteria that can be read", "reference_missing")
        if segment not in self.known:
            self.known[segment] = self.members(reference.criteria, (*chain, segment))
        members, population = self.known[segment], self.population
        inside = {id(population.records[number]) for number in members} if population else set[int]()
        return lambda record: id(record) in inside


def _segments_of(group: Group) -> Iterator[str]:
    for node in group.of:
        if isinstance(node, Group):
            yield from _segments_of(node)
        elif isinstance(node, SegmentMembership):
            yield from node.segments


def _fails(name: str, what: str, cause: str) -> Unresolved:
    return Unresolved(f"The segment {name} {what}. Edit that condition, or see to that segment.", cause=cause)


def _is_calculated(node: SegmentMembership, reference: SegmentReference, as_of: datetime) -> None:
    if reference.as_of is None:
        raise _fails(reference.name, "was never calculated", "reference_not_calculated")
    if node.max_age_hours is not None and as_of - reference.as_of > timedelta(hours=node.max_age_hours):
        raise _fails(reference.name, f"was calculated more than {node.max_age_hours} hours ago", "reference_too_old")


# The first N -----------------------------------------------------------------------------------------------------


def _first(records: dict[int, ContactRecord], limit: Limit, catalog: Catalog, clock: Clock) -> list[int]:
    columns = [_sorting(key, catalog, clock) for key in limit.order_by]
    keys = {number: [column(record) for column in columns] for number, record in records.items()}
    ranked = sorted(records, key=lambda number: (*_by_own_key(records[number].key), number))
    for place, key in reversed(list(enumerate(limit.order_by))):
        ranked = _sorted_by(ranked, lambda number, place=place: keys[number][place], down=key.direction == "desc")
    chosen = ranked[: limit.top_n]
    if limit.ties == "keep" and len(chosen) == limit.top_n:
        chosen += [number for number in ranked[limit.top_n :] if keys[number] == keys[chosen[-1]]]
    return chosen


def _by_own_key(key: str) -> tuple[bool, int, str]:
    """Order contacts by their own keys: whole numbers first and by value, so that no order of import decides."""
    own = canonical_key(key)
    whole = own.isascii() and own.isdigit()
    return (not whole, len(own) if whole else 0, own)


def _sorted_by(numbers: Iterable[int], value: Callable[[int], Sortable], *, down: bool) -> list[int]:
    """Sort by one key, equals as they stood before; missing comes last in both directions."""
    held, missing = list[tuple[str | int, int]](), list[int]()
    for number in numbers:
        known = value(number)
        if known is None:
            missing.append(number)
        else:
            held.append((known, number))
    held.sort(key=lambda pair: pair[0], reverse=down)
    return [number for _, number in held] + missing


def _sorting(key: OrderKey, catalog: Catalog, clock: Clock) -> Callable[[ContactRecord], Sortable]:
    worked = work_out(key.value, catalog, clock)
    if worked.field.type is FieldType.SET:
        raise Unresolved(f"{worked.field.label} has no order. Rank by something else.")
    places: dict[Read | None, int] = {choice: place for place, choice in enumerate(worked.field.values)}

    def sortable(record: ContactRecord) -> Sortable:
        value = worked.of(record)
        if worked.field.ordered:
            return places.get(value)
        if isinstance(value, Fraction):
            return int(value * 10**6)  # towards zero, as an average is shown
        return value if isinstance(value, str | int) else None

    return sortable
