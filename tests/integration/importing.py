"""Small files and short ways to import them, for the tests of imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.catalog import Catalog
from segment_engine.imports.channels import import_channels
from segment_engine.imports.consents import import_consents
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.related import import_related
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import (
    ChannelImport,
    ConsentImport,
    ContactImport,
    EventImport,
    RelatedImport,
    parse_type,
)

CONTACTS = "SELECT * FROM contacts WHERE organization_id = :o ORDER BY number"
EVENTS = "SELECT * FROM events WHERE organization_id = :o ORDER BY event_number"
RELATED = "SELECT * FROM related_rows WHERE organization_id = :o ORDER BY row_number"
CONSENTS = "SELECT * FROM consents WHERE organization_id = :o ORDER BY consent_number"
CHANNELS = "SELECT * FROM contact_channels WHERE organization_id = :o ORDER BY contact_number, channel"


class Importer:
    """Imports texts as files into one organization and reads back what is stored."""

    def __init__(self, database: Database, organization_id: int, folder: Path) -> None:
        self.database = database
        self.organization_id = organization_id
        self.folder = folder

    def write(self, content: str) -> Path:
        """Write a CSV file."""
        path = self.folder / "file.csv"
        path.write_text(content, encoding="utf-8")
        return path

    def contacts(
        self, content: str, *, source: str = "CRM", types: Mapping[str, str] | None = None, **keys: Any
    ) -> ImportReport:
        """Import contacts whose key is the column id."""
        declared = {column: parse_type(each) for column, each in (types or {}).items()}
        request = ContactImport(path=self.write(content), source=source, key="id", types=declared, **keys)
        return import_contacts(self.database, self.organization_id, request)

    def events(
        self, content: str, *, source: str = "Shop", types: Mapping[str, str] | None = None, **keys: Any
    ) -> ImportReport:
        """Import events of the type order_placed, with the columns id and at."""
        declared = {column: parse_type(each) for column, each in (types or {}).items()}
        values: dict[str, Any] = {"event": "order_placed", "time": "at", "types": declared, **keys}
        request = EventImport(path=self.write(content), source=source, key="id", **values)
        return import_events(self.database, self.organization_id, request)

    def related(
        self, content: str, relation: str = "orders", *, types: Mapping[str, str] | None = None, **keys: Any
    ) -> ImportReport:
        """Import rows of a relation, of contacts by default, with the column no as their id."""
        declared = {column: parse_type(each) for column, each in (types or {}).items()}
        values: dict[str, Any] = {"source": "Shop", "key": "id", "identifier": "no", "types": declared, **keys}
        request = RelatedImport(path=self.write(content), relation=relation, **values)
        return import_related(self.database, self.organization_id, request)

    def consents(self, content: str, **keys: Any) -> ImportReport:
        """Import consents whose columns have their usual names."""
        request = ConsentImport(path=self.write(content), source="CRM", key="id", **keys)
        return import_consents(self.database, self.organization_id, request)

    def channels(self, content: str, **keys: Any) -> ImportReport:
        """Import channels whose columns have their usual names."""
        request = ChannelImport(path=self.write(content), source="CRM", key="id", **keys)
        return import_channels(self.database, self.organization_id, request)

    def delete(self, key: str) -> None:
        """Mark a contact as deleted."""
        deletion = "UPDATE contacts SET deleted_at = now() WHERE organization_id = :o AND external_key = :key"
        with self.database.transaction(self.organization_id) as transaction:
            transaction.run(text(deletion), {"o": self.organization_id, "key": key})

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Read rows of the organization; `:o` is its id."""
        with self.database.transaction(self.organization_id) as transaction:
            return [dict(row._mapping) for row in transaction.rows(text(statement), {"o": self.organization_id})]  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's public name

    def values(self, table: str, *fields: str) -> list[tuple[Any, ...]]:
        """Read fields by their keys from contacts, events or related rows, in order."""
        catalog = self.catalog()
        known = dict(catalog.fields)
        for rows in (*catalog.events.values(), *catalog.relations.values()):
            known |= rows.fields
        columns = [known[key].column for key in fields]
        statement = {"contacts": CONTACTS, "events": EVENTS, "related": RELATED}[table]
        return [tuple(row[column] for column in columns) for row in self.rows(statement)]

    def catalog(self) -> Catalog:
        """Load the catalog."""
        with self.database.transaction(self.organization_id) as transaction:
            return load_catalog(transaction, self.organization_id)


def figures(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Give rows read, added, updated, unchanged and rejected."""
    return (report.rows_read, report.added, report.updated, report.unchanged, report.rejected)


def reasons(report: ImportReport) -> dict[str, tuple[int, ...]]:
    """Give the first rejected rows by reason."""
    return {each.code: each.first_rows for each in report.rejections}


def lines(*rows: Iterable[object]) -> str:
    """Write rows as CSV."""
    return "".join(",".join("" if value is None else str(value) for value in row) + "\n" for row in rows)
