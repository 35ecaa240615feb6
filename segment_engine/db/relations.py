"""Related tables: adds a relation to the catalog. Their rows are written by imports and read by the compiler."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import FieldType, Relation

_QUERIES = load_queries("relations")


def create_relation(
    transaction: Transaction, organization_id: int, *, key: str, source: str, source_id: UUID,
    parent: Relation | None = None, time: FieldType | None = None,
) -> Relation:  # fmt: skip
    """Add a relation delivered by a source; its number is new for good.

    Shape: `parent` is the relation on whose rows these hang, None where they hang on contacts. `time` is INSTANT, DATE
        or None as in `Relation`.
    """
    number = transaction.scalar(_QUERIES["next_relation"], {"organization": organization_id})
    relation = Relation(
        key, key.replace("_", " "), number, parent=None if parent is None else parent.key, time=time, source=source
    )
    transaction.run(
        _QUERIES["create_relation"],
        {
            "organization": organization_id,
            "number": number,
            "key": key,
            "label": relation.label,
            "parent": None if parent is None else parent.number,
            "time": None if time is None else time.value,
            "source": source_id,
        },
    )
    return relation
