"""Reads whole trees as formulas, every kind of condition, so that the linter can ask what can never be.

Source: docs/criteria.md §4. What is claimed holds as of every moment from `as_of` on, not only now.
"""

from __future__ import annotations

from dataclasses import replace

from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.canonical import serialized
from segment_engine.domain.canonical.conditions import canonical_condition, canonical_figure
from segment_engine.domain.catalog import TIMES, Field
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Bucket,
    Campaign,
    CompareFields,
    Condition,
    Consent,
    Count,
    Event,
    EventHas,
    EventTime,
    Group,
    GroupKind,
    ListMembership,
    Node,
    OnMissing,
    Property,
    Reachable,
    Related,
    Rows,
    Sample,
    SegmentMembership,
    Source,
)
from segment_engine.domain.limits import BUCKETS
from segment_engine.domain.lint.formulas import ALWAYS, Every, Formula, Search, Some, opposite
from segment_engine.domain.lint.ranges import EVERYTHING, NOT_NEGATIVE, NOTHING, Ranges, points, span
from segment_engine.domain.lint.reading import YES, count_numbers, read_test, subject_of
from segment_engine.domain.lint.rows import CONSENT, REACHABLE, RowsReader
from segment_engine.domain.lint.subjects import Literal, OneOf, Subject, Tells
from segment_engine.domain.operators import CONSENT_STATES

_COMPARED = {
    "equals": (1,), "not_equals": (0, 2), "gt": (2,), "gte": (1, 2), "lt": (0,), "lte": (0, 1),
    "after": (2,), "on_or_after": (1, 2), "before": (0,), "on_or_before": (0, 1),
}  # fmt: skip
_YES_OR_NO = span(0, 2)
_ZERO = points((0,))
_PERCENT = BUCKETS // 100
# How many literals one question may look at, one of many like it, and all questions about one tree together: a form
# asks the linter while somebody types.
_MOST, FEW, _ALTOGETHER = 20_000, 2_000, 400_000


class TreeReader:
    """Turns nodes into formulas. `everyone` is whether all_contacts is known to hold, or left open."""

    def __init__(self, rows: RowsReader, *, everyone: bool) -> None:
        self.rows = rows
        self._everyone = everyone
        self._dead: dict[Rows, bool] = {}
        self._left = _ALTOGETHER

    def can_hold(self, *formulas: Formula, most: int = _MOST) -> bool:
        """Tell whether formulas can be true together; no is a proof, yes is not."""
        given = min(most, self._left)
        search = Search(self.rows.agrees, given)
        possible = given <= 0 or search.finds([*formulas], {})
        self._left -= given - search.left
        return possible

    def read(self, node: Node, source: Source | None = None) -> Formula:
        """Read a node. Raises: Unresolved when the catalog does not have what it names."""
        if not isinstance(node, Group):
            return self._condition(node, source)
        parts = tuple(self.read(child, source) for child in node.of)
        match node.kind:
            case GroupKind.ALL:
                return Every(parts)
            case GroupKind.ANY:
                return Some(parts)
            case GroupKind.NONE:
                return opposite(Some(parts))
            case GroupKind.AT_LEAST:
                return Some(parts, node.k or 1)

    def is_dead(self, rows: Rows) -> bool:
        """Tell whether no row can ever be among these."""
        if rows not in self._dead:
            where = rows.where
            self._dead[rows] = self.rows.window(rows).is_void or (
                where is not None and not self.can_hold(self.read(where, rows.source), most=FEW)
            )
        return self._dead[rows]

    def _condition(self, node: Condition, source: Source | None) -> Formula:
        match node:
            case Attribute(key, test) | Property(key, test):
                found = self.rows.writing(source).field(key)
                return read_test(test, found, subject_of(found), self.rows.line(found))
            case AllContacts():
                return ALWAYS if self._everyone else _truth("all_contacts")
            case Event() | Campaign():
                return self._counted(node)
            case Aggregate():
                return self._aggregate(node)
            case EventTime():
                return self._event_time(node)
            case EventHas():
                return self._event_has(node)
            case Related():
                return self._related(node)
            case _:
                return self._standing(node)

    def _standing(self, node: Condition) -> Formula:
        match node:
            case SegmentMembership(op, ids, members=members):
                return _membership(op, [f"segment {each.lower()} {members}" for each in ids])
            case ListMembership(op, ids):
                return _membership(op, [f"list {each.lower()}" for each in ids])
            case Consent(channel, op, states, topic):
                subject = Subject(f"{CONSENT} {channel} {topic or ''}", universe=span(0, len(CONSENT_STATES)))
                named = OneOf(points(CONSENT_STATES.index(state) for state in states))
                return Literal(subject, named, negated=op == "state_is_not")
            case Reachable(channel, op):
                return _truth(f"{REACHABLE} {channel}", holds=op == "is_reachable")
            case Sample(percent, seed):
                return _share(seed, 0, int(percent * _PERCENT))
            case Bucket(start, end, seed):
                return _share(seed, start, end)
            case CompareFields():
                return self._compared(node)
            case _:
                return _truth(serialized(canonical_condition(node, self.rows.writing(), negated=False)))

    def _compared(self, node: CompareFields) -> Formula:
        plain = replace(node, op="equals", on_missing=OnMissing.EXCLUDE)
        key = serialized(canonical_condition(plain, self.rows.writing(), negated=False))
        default = OnMissing.INCLUDE if node.op == "not_equals" else OnMissing.EXCLUDE
        answer = (node.on_missing or default) is OnMissing.INCLUDE
        return Literal(
            Subject(key, may_miss=True, universe=span(0, 3)), OneOf(points(_COMPARED[node.op])), missing=answer
        )

    # Rows ----------------------------------------------------------------------------------------------------

    def _number(self, rows: Rows) -> Subject:
        """Describe how many rows there are."""
        universe = _ZERO if self.is_dead(rows) else NOT_NEGATIVE
        return Subject(f"number {self.rows.key(rows)}", universe=universe, rows=rows, tells=Tells.NUMBER)

    def _counted(self, node: Event | Campaign) -> Formula:
        subject = self._number(node.rows)
        if isinstance(node, Campaign) and node.counted != "interactions":
            subject = replace(subject, key=f"campaigns of {subject.key}", tells=Tells.SOME_UNLESS_ZERO)
        count = node.count or (Count("lte", 0) if node.verb == "did_not" else Count("gte", 1))
        return Literal(subject, OneOf(count_numbers(count)))

    def _aggregate(self, node: Aggregate) -> Formula:
        of = None if node.of is None else self.rows.writing(node.rows.source).field(node.of)
        result = aggregate_result(node.function, of)
        if result is None:
            return _truth(serialized(canonical_figure(node.figure, self.rows.writing())))
        subject = self._number(node.rows) if node.function == "count" else self._figure(node, result)
        return read_test(node.test, result, subject, self.rows.line(result), dense=node.function == "avg")

    def _figure(self, node: Aggregate, result: Field) -> Subject:
        key = serialized(canonical_figure(node.figure, self.rows.writing()))
        dead = self.is_dead(node.rows)
        if node.function in {"sum", "count_distinct"}:
            universe = NOT_NEGATIVE if node.function == "count_distinct" else EVERYTHING
            return Subject(key, universe=_ZERO if dead else universe, rows=node.rows, tells=Tells.SOME_UNLESS_ZERO)
        happened = result.type in TIMES and node.of == "@time" and not node.rows.include_future
        return Subject(
            key, may_miss=True, universe=_unless(dead, EVERYTHING), rows=node.rows, tells=Tells.SOME_IF_PRESENT,
            latest=self.rows.line(result).so_far() if happened else None,
        )  # fmt: skip

    def _chosen(self, node: EventTime | EventHas) -> Subject:
        """Describe the first or last of the rows, which is there exactly when there is a row."""
        return Subject(
            f"{node.which} {self.rows.key(node.rows)}", may_miss=True,
            universe=_unless(self.is_dead(node.rows), EVERYTHING), rows=node.rows, tells=Tells.SOME_EXACTLY_IF_PRESENT,
        )  # fmt: skip

    def _event_time(self, node: EventTime) -> Formula:
        time = self.rows.time_of(node.rows.source)
        line = self.rows.line(time)
        latest = None if node.rows.include_future else line.so_far()
        return read_test(node.test, time, replace(self._chosen(node), latest=latest), line)

    def _event_has(self, node: EventHas) -> Formula:
        source = node.rows.source
        has = serialized(self.rows.writing().group(node.has, self.rows.writing(source)))
        possible = self.can_hold(self.read(node.has, source), most=FEW)
        chosen = self._chosen(node)
        answers = chosen.universe.both(_YES_OR_NO if possible else _ZERO)
        subject = replace(chosen, key=f"{chosen.key} has {has}", universe=answers)
        return Literal(subject, YES, missing=node.on_missing is OnMissing.INCLUDE)

    def _related(self, node: Related) -> Formula:
        if node.quantifier != "all":
            some = Literal(self._number(node.rows), OneOf(span(node.k or 1, None)))
            return some.opposite() if node.quantifier == "none" else some
        rows = replace(node.rows, where=None)
        every = _truth(f"every {self.rows.key(node.rows)}")
        there_are = Literal(self._number(rows), OneOf(span(1, None)))
        return Some((opposite(there_are), every)) if node.when_empty else Every((there_are, every))


def _unless(dead: bool, universe: Ranges) -> Ranges:  # noqa: FBT001 - reads as a sentence
    return NOTHING if dead else universe


def _truth(key: str, *, holds: bool = True) -> Literal:
    """Speak of something of which only yes or no is known."""
    return Literal(Subject(key, universe=_YES_OR_NO), YES, negated=not holds)


def _share(seed: str, start: int, end: int) -> Literal:
    return Literal(Subject(f"share {seed}", universe=span(0, BUCKETS)), OneOf(span(start, end)))


def _membership(op: str, keys: list[str]) -> Formula:
    parts = tuple(_truth(key) for key in keys)
    formula: Formula = Every(parts) if op.endswith("in_all") else Some(parts)
    return opposite(formula) if op.startswith("not_") else formula
