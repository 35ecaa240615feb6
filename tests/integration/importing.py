"""Small files and short ways to import them, for the tests of imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.domain.catalog import Catalog
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ContactImport, EventImport, parse_type

CONTACTS = "SELECT * FROM contacts WHERE organization_id = :o ORDER BY number"
EVENTS = "SELECT * FROM events WHERE organization_id = :o ORDER BY event_number"


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

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Read rows of the organization; `:o` is its id."""
        with self.database.transaction(self.organization_id) as transaction:
            return [dict(row._mapping) for row in transaction.rows(text(statement), {"o": self.organization_id})]  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's public name

    def values(self, table: str, *fields: str) -> list[tuple[Any, ...]]:
        """Read fields by their keys from contacts or events, in order."""
        catalog = self.catalog()
        known = {
            **catalog.fields,
            **{key: each for event in catalog.events.values() for key, each in event.fields.items()},
        }
        columns = [known[key].column for key in fields]
        return [
            tuple(row[column] for column in columns) for row in self.rows(CONTACTS if table == "contacts" else EVENTS)
        ]

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
