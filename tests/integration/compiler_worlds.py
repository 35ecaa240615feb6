"""Asks criteria of a few hand-made contacts on real PostgreSQL, in every way the compiler has, and of the evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection

from segment_engine.compiler import compile_analysis, compile_criteria
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate.members import members_of
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord, Overrides, Population
from segment_engine.domain.parse import parse_criteria
from tests.language_catalog import AS_OF, CATALOG
from tests.property.hostile_tables import add_contacts, add_organization

Condition = Mapping[str, object]
_numbers = count(1)


def at(day: int, hour: int = 12, *, month: int = 3) -> datetime:
    """An instant of 2026; `AS_OF` is 1 April, 12:00."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def event(kind: str, time: datetime, campaign: str | None = None, **values: Any) -> EventRecord:
    """An event that arrived after those made before it."""
    return EventRecord(kind, next(_numbers), time, {f"{kind}.{key}": value for key, value in values.items()}, campaign)


def criteria_of(*conditions: Condition, group: str = "all", catalog: Catalog = CATALOG, **more: object) -> Criteria:
    """Read conditions joined in one group; `limit` and `calendar` stand beside it."""
    root: dict[str, object] = {"group": group, "of": [dict(condition) for condition in conditions]}
    root |= {"k": more.pop("k")} if "k" in more else {}
    document = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}
    return parse_criteria({**document, "calendar": {"time_zone": "UTC"}, **more}, catalog)


@dataclass(frozen=True)
class World:
    """An organization with a few contacts, beside others whose contacts have the same numbers."""

    connection: Connection
    organization_id: int
    records: Mapping[int, ContactRecord]
    overrides: Mapping[str, Overrides]
    catalog: Catalog = CATALOG

    def found(self, *conditions: Condition, segment_id: str | None = None, **more: Any) -> list[int]:
        """Find the members of conditions joined in one group, by every way there is, which must agree."""
        return self.members(criteria_of(*conditions, catalog=self.catalog, **more), segment_id=segment_id)

    def members(self, criteria: Criteria, *, segment_id: str | None = None) -> list[int]:
        """Find the members of criteria; the evaluator, the count, an analysis and single contacts must agree."""
        asked: dict[str, Any] = {
            "catalog": self.catalog, "organization_id": self.organization_id, "as_of": AS_OF, "segment_id": segment_id,
        }  # fmt: skip
        compiled = compile_criteria(criteria, **asked)
        found = sorted(self.connection.execute(compiled.numbers()).scalars())
        assert self.connection.execute(compiled.count()).scalar_one() == len(found)
        counts = self.connection.execute(compile_analysis(criteria, **asked).counts()).one()
        assert (counts.base, counts.members) == (len(self.records), len(found))
        alone = [
            number
            for number in self.records
            if self.connection.execute(compile_criteria(criteria, **asked, among=[number]).count()).scalar_one()
        ]
        assert sorted(alone) == found
        population = Population(self.records, self.overrides)
        assert members_of(criteria, population, catalog=self.catalog, as_of=AS_OF, segment_id=segment_id) == frozenset(
            found
        )
        return found

    def with_catalog(self, **changes: Any) -> World:
        """Know something else about segments, lists or campaigns."""
        return replace(self, catalog=replace(self.catalog, **changes))


def add_world(
    connection: Connection, records: Mapping[int, ContactRecord], *, overrides: Mapping[str, Overrides] | None = None
) -> World:
    """Write contacts into an organization of their own; a contact's key is `c` and its number unless it has one."""
    keyed = {number: replace(each, key=each.key or f"c{number}") for number, each in records.items()}
    organization_id = add_organization(connection, f"world {next(_numbers)}", CATALOG)
    add_contacts(connection, organization_id, catalog=CATALOG, records=keyed, overrides=overrides)
    return World(connection, organization_id, keyed, overrides or {})
