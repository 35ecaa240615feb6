"""Reads one contact with everything that criteria look at, for its explanation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from segment_engine.compiler.evidence import contact_values, event_rows, relation_rows
from segment_engine.db import evidence
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord, RelatedRecord, Stored
from segment_engine.domain.explanation.needs import Needs

# Of one event type or relation. A contact with more is explained from the newest, and that is said.
MOST_READ = 1_000


class Reader:
    """Reads one contact of the base."""

    def __init__(self, transaction: Transaction, organization_id: int, catalog: Catalog, number: int) -> None:
        self._transaction = transaction
        self._organization_id = organization_id
        self._catalog = catalog
        self._number = number
        self._cut: set[str] = set()

    def read(self, needs: Needs) -> tuple[ContactRecord, frozenset[str]] | None:
        """Read what is needed; None when the contact is not in the base.

        Shape: beside the record, the keys of events and relations of which there are more rows than were read.
        """
        fields = _known(self._catalog.fields, needs.fields)
        row = self._transaction.one(contact_values(fields, organization_id=self._organization_id, number=self._number))
        if row is None:
            return None
        place = self._transaction, self._organization_id, self._number
        record = ContactRecord(
            _values(fields, row[2:]),
            events=tuple(each for key, keys in needs.events.items() for each in self._events(key, keys)),
            key=row.external_key,
            related=tuple(each for key, keys in needs.relations.items() for each in self._related(key, keys)),
            consents=evidence.consents(*place) if needs.channels else (),
            channels=evidence.channels(*place) if needs.channels else {},
            segments=evidence.in_segments(*place, needs.segments),
            lists=evidence.in_lists(*place, needs.lists),
        )
        return record, frozenset(self._cut)

    def _events(self, key: str, keys: Iterable[str]) -> list[EventRecord]:
        kind = self._catalog.events.get(key)
        if kind is None:
            return []
        fields = _known(kind.fields, keys)
        rows = self._rows(key, event_rows(kind, fields, **self._of_contact()))
        return [
            EventRecord(key, row.event_number, row.occurred_at, _values(fields, row[3:]), _text(row.campaign_id))
            for row in rows
        ]

    def _related(self, key: str, keys: Iterable[str]) -> list[RelatedRecord]:
        kind = self._catalog.relations.get(key)
        if kind is None:
            return []
        fields = _known(kind.fields, keys)
        rows = self._rows(key, relation_rows(kind, fields, **self._of_contact()))
        return [
            RelatedRecord(key, row.row_number, row.parent_number, row.occurred_at, _values(fields, row[3:]))
            for row in rows
        ]

    def _of_contact(self) -> dict[str, int]:
        return {"organization_id": self._organization_id, "number": self._number, "most": MOST_READ + 1}

    def _rows(self, key: str, statement: Any) -> Sequence[Any]:  # noqa: ANN401 - a statement of the compiler
        rows = self._transaction.rows(statement)
        if len(rows) > MOST_READ:
            self._cut.add(key)
        return rows[:MOST_READ]


def _known(fields: Mapping[str, Field], keys: Iterable[str]) -> list[Field]:
    return [fields[key] for key in sorted(keys) if key in fields]


def _values(fields: Sequence[Field], values: Sequence[Any]) -> dict[str, Stored | None]:
    """Give the values by the keys of their fields; a set comes as a list from the driver."""
    return {
        field.key: tuple(value) if field.type is FieldType.SET and value is not None else value
        for field, value in zip(fields, values, strict=True)
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
