"""Rows of one contact for the reference evaluator: where they come from and which of them count. It never sees SQL.

Rows are events, interactions of campaigns, or rows of related tables (docs/criteria.md §3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC

from segment_engine.domain.catalog import Catalog, Field, FieldType, RowType, is_timed
from segment_engine.domain.criteria import AnyTime, Group, Interactions, Node, Property, RelationPath, Rows, Source
from segment_engine.domain.evaluate.groups import combine
from segment_engine.domain.evaluate.reading import Read, read_value
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord, RelatedRecord
from segment_engine.domain.evaluate.times import Clock, ticks, window_bounds
from segment_engine.domain.evaluate.values import judge_read
from segment_engine.errors import Unresolved

Row = EventRecord | RelatedRecord
RowTest = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class RowSource:
    """Where rows come from, and how their time and their values are read.

    Shape: `take` finds all rows of a contact, whenever they happened.
    """

    source: Source
    kind: RowType
    catalog: Catalog
    clock: Clock
    take: Callable[[ContactRecord], Iterable[Row]]

    @property
    def line(self) -> FieldType:
        """On which of the two lines its rows stand in time."""
        return FieldType.DATE if self.kind.date_only else FieldType.INSTANT

    def place(self, row: Row) -> int | None:
        """Return where a row stands on its line; None when its time is missing."""
        if row.time is None:
            return None
        return row.time.astimezone(UTC).toordinal() if self.kind.date_only else ticks(row.time)

    def field(self, key: str) -> Field:
        """Find a property of the rows. Raises: Unresolved when there is none."""
        field = self.catalog.property_of(self.source, key)
        if field is None:
            raise Unresolved(f"{self.kind.label} has no property {key} any more. Restore it, or edit the criteria.")
        return field

    def reader(self, field: Field) -> Callable[[Row], Read | None]:
        """Return what reads a property, or what every row with a time has (`@time`, `@day`, `@weekday`, `@hour`)."""
        key, kind = field.key, field.type
        if key == "@time":
            return self.place
        if key.startswith("@"):
            return lambda row: self._of_local_time(row, key)
        return lambda row: read_value(row.values.get(key), kind)

    def _of_local_time(self, row: Row, key: str) -> int | None:
        if row.time is None:
            return None
        local = row.time.astimezone(UTC if self.kind.date_only else self.clock.zone)
        if key == "@day":
            return local.toordinal()
        return local.isoweekday() if key == "@weekday" else local.hour

    def test(self, node: Node) -> RowTest:
        """Return what a tree of properties asks of one row.

        Raises: Unresolved when a property is gone, or something else than a property is asked.
        """
        if isinstance(node, Group):
            return combine(node, tuple(self.test(child) for child in node.of))
        if not isinstance(node, Property):
            raise Unresolved("Only properties of the rows can be asked of them. Edit that condition.")
        field = self.field(node.field)
        read = self.reader(field)
        asks = judge_read(node.test, field, self.clock)
        return lambda row: asks(read(row))


def find_source(source: Source, catalog: Catalog, clock: Clock) -> RowSource:
    """Find where rows come from. Raises: Unresolved when that, or a campaign it names, is gone."""
    kind = catalog.rows_of(source)
    if kind is None:
        raise Unresolved(f"{_named(source)} does not exist any more. Restore it, or edit the criteria.")
    if isinstance(source, Interactions):
        for campaign in source.campaigns:
            if campaign not in catalog.campaigns:
                sentence = f"The campaign {campaign} does not exist any more. Edit that condition."
                raise Unresolved(sentence, cause="reference_missing")
    return RowSource(source, kind, catalog, clock, _take(source, kind))


def _named(source: Source) -> str:
    match source:
        case str():
            return f"The event {source}"
        case Interactions(interaction):
            return f"The campaign history “{interaction}”"
        case RelationPath(path):
            return f"The relation {' – '.join(path)}"


def _take(source: Source, kind: RowType) -> Callable[[ContactRecord], Iterable[Row]]:
    key = kind.key
    match source:
        case Interactions(campaigns=campaigns) if campaigns:
            return lambda record: [row for row in record.events if row.type == key and row.campaign in campaigns]
        case RelationPath((_,)):
            return lambda record: [row for row in record.related if row.relation == key]
        case RelationPath((first, *_)):
            return lambda record: _second_hop(record, first, key)
        case _:
            return lambda record: [row for row in record.events if row.type == key]


def _second_hop(record: ContactRecord, first: str, second: str) -> list[Row]:
    # A row of the second hop belongs to the path through its parent, and offers the values of both.
    parents = {row.number: row for row in record.related if row.relation == first}
    return [
        replace(row, values={**parents[row.parent].values, **row.values})
        for row in record.related
        if row.relation == second and row.parent in parents
    ]


def choose_rows(rows: Rows, source: RowSource) -> Callable[[ContactRecord], list[Row]]:
    """Return what picks the rows of §3.4: of the source, before `as_of`, inside the window, satisfying `where`.

    Raises: Unresolved when a property is gone; LimitExceeded when a bound leaves the years 1900 to 2200.
    """
    in_time = _in_time(rows, source)
    satisfies = None if rows.where is None else source.test(rows.where)
    take = source.take
    return lambda record: [row for row in take(record) if in_time(row) and (satisfies is None or satisfies(row))]


def _in_time(rows: Rows, source: RowSource) -> RowTest:
    clock = source.clock
    if not is_timed(source.kind):
        if rows.include_future or not isinstance(rows.window, None | AnyTime):
            raise Unresolved(f"{source.kind.label} has no time, so no window can be asked. Edit that condition.")
        return lambda _: True
    low, high = window_bounds(rows.window, clock, source.line)
    if not rows.include_future:
        edge = clock.edge if source.kind.date_only else clock.now
        high = edge if high is None else min(high, edge)

    def counts(row: Row) -> bool:
        place = source.place(row)
        if place is None:  # without a time it is neither before nor after anything
            return low is None and high is None
        return (low is None or place >= low) and (high is None or place < high)

    return counts


def first_or_last(which: str, source: RowSource) -> Callable[[Iterable[Row]], Row | None]:
    """Return what picks the first or the last of rows with a time: by (time, number)."""
    pick = min if which == "first" else max

    def order(row: Row) -> tuple[int, int]:
        return (source.place(row) or 0, row.number)

    return lambda chosen: pick((row for row in chosen if row.time is not None), key=order, default=None)
