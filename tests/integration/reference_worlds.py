"""Contacts with keys, and documents that name other segments and lists: what the tests of references build on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.worker.loop import Worker

ACCEPTED = frozenset({"L-DUPLICATE", "L-REF-DEEP", "L-REDUNDANT"})


def document(*children: dict[str, object], group: str = "all") -> dict[str, object]:
    """Write criteria with these conditions at the root."""
    root = {"group": group, "of": list(children)}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


EVERYONE = document({"kind": "all_contacts"})


def city(*names: str) -> dict[str, object]:
    """Ask for contacts of these cities."""
    return {"kind": "attribute", "field": "contact.city", "op": "is_any_of", "value": list(names)}


def in_segments(*segment_ids: UUID, op: str = "in_any", **more: object) -> dict[str, object]:
    """Ask for members of other segments."""
    return {"kind": "segment", "op": op, "segments": [str(each) for each in segment_ids], **more}


def in_lists(*list_ids: UUID, op: str = "in_any") -> dict[str, object]:
    """Ask for members of static lists."""
    return {"kind": "static_list", "op": op, "lists": [str(each) for each in list_ids]}


def add_contacts(databases: Databases, organization_id: int, cities: Iterable[str | None]) -> None:
    """Add contacts key-1, key-2 … of these cities, and the field that holds them."""
    with databases.app.transaction(organization_id) as transaction:
        for number, name in enumerate(cities, start=1):
            values = {
                "o": organization_id,
                "n": number,
                "key": f"key-{number}",
                "city": name,
                "fold": name and name.lower(),
            }
            transaction.run(
                text(
                    "INSERT INTO contacts (organization_id, number, external_key, city, city_fold) "
                    "VALUES (:o, :n, :key, :city, :fold)"
                ),
                values,
            )
            transaction.run(
                text(
                    "INSERT INTO identities (organization_id, kind, value, contact_number) VALUES (:o, 'key', :key, :n)"
                ),
                values,
            )
        transaction.run(
            text(
                "INSERT INTO fields (organization_id, key, label, type, column_name, fold_column) "
                "VALUES (:o, 'contact.city', 'City', 'text', 'city', 'city_fold')"
            ),
            {"o": organization_id},
        )


def save(
    engine: Engine, context: OrganizationContext, name: str, criteria: dict[str, object],
    state: SegmentState = SegmentState.ACTIVE,
) -> UUID:  # fmt: skip
    """Save a segment, its warnings accepted, and return its id."""
    draft = SegmentDraft(name, "", criteria, state, accepted_warnings=ACCEPTED)
    return engine.segments.create(context, draft).segment_id


def calculate(databases: Databases) -> None:
    """Let a worker do everything that waits."""
    worker = Worker(databases.worker)
    while worker.work_once():
        pass


def keys(engine: Engine, context: OrganizationContext, segment_id: UUID) -> list[str]:
    """Read the keys of a segment's members."""
    return [member.external_key for member in engine.segments.members(context, segment_id).members]
