"""The rows a condition looked at for one contact: which count, and the newest of them with what the criteria name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Calendar, Condition, Group, Rows
from segment_engine.domain.describe.rows import Speaker, rows_name
from segment_engine.domain.describe.times import Clock
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord
from segment_engine.domain.evaluate.rows import Row, RowSource, choose_rows, find_source
from segment_engine.domain.evaluate.times import read_clock
from segment_engine.domain.explanation import MOST_ROWS, EvidenceRow, EvidenceRows, Fact
from segment_engine.domain.explanation.needs import property_keys, rows_of, source_keys
from segment_engine.domain.explanation.values import value_text


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one contact, and what it is spoken of with.

    Shape: `cut` are the keys of events and relations of which the contact has more rows than were read. `campaigns` are
        the names of the campaigns in its history, by id, also of those the criteria do not name.
    """

    record: ContactRecord
    catalog: Catalog
    calendar: Calendar
    as_of: datetime
    cut: frozenset[str] = frozenset()
    campaigns: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def speaker(self) -> Speaker:
        """The one who names rows and fields."""
        return Speaker(self.catalog, Clock(self.as_of, self.calendar))

    def source(self, rows: Rows) -> RowSource:
        """Find where rows come from."""
        return find_source(rows.source, self.catalog, read_clock(self.as_of, self.calendar))

    def chosen(self, rows: Rows) -> list[Row]:
        """Give the rows that count, newest first; those without a time come last."""
        found = choose_rows(rows, self.source(rows))(self.record)
        timed = sorted((row for row in found if row.time is not None), key=_order, reverse=True)
        return timed + [row for row in found if row.time is None]

    def is_whole(self, leaf: Condition) -> bool:
        """Tell whether every row a condition reads was read."""
        return not any(key in self.cut for rows in rows_of(leaf) for key in source_keys(rows.source, self.catalog))

    def evidence(self, rows: Rows, extra: Iterable[str] = (), *, chosen: Sequence[Row] | None = None) -> EvidenceRows:
        """Show the rows that count, with the properties that `where` and `extra` name."""
        found = self.chosen(rows) if chosen is None else list(chosen)
        keys = tuple(dict.fromkeys((*_named(rows.where), *extra)))
        return EvidenceRows(
            rows_name(rows, self.speaker),
            len(found),
            tuple(self._row(rows, row, keys) for row in found[:MOST_ROWS]),
            at_least=any(key in self.cut for key in source_keys(rows.source, self.catalog)),
        )

    def _row(self, rows: Rows, row: Row, keys: Iterable[str]) -> EvidenceRow:
        facts: list[Fact] = []
        if isinstance(row, EventRecord) and row.campaign is not None:
            name = self.campaigns.get(row.campaign)
            facts.append(Fact("campaign", row.campaign if name is None else f"“{name}”"))
        for key in keys:
            found = self.catalog.property_of(rows.source, key)
            if found is not None and not key.startswith("@"):
                facts.append(Fact(found.label, value_text(row.values.get(key), found, self.calendar)))
        return EvidenceRow(row.number, row.time, tuple(facts))


def _order(row: Row) -> tuple[datetime | None, int]:
    return row.time, row.number


def _named(group: Group | None) -> tuple[str, ...]:
    return tuple(tested.field for tested in property_keys(group))


def has_keys(group: Group) -> tuple[str, ...]:
    """List the properties a `has` looks at."""
    return _named(group)
