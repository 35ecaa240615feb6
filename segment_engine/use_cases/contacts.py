"""Contacts: found by what a person types, told in full, and why a segment or a campaign has them or not."""

from __future__ import annotations

from segment_engine.db.session import Database
from segment_engine.use_cases.contact_finding import ContactFinding
from segment_engine.use_cases.contact_reach import ContactReach
from segment_engine.use_cases.contact_reading import ContactReading


class Contacts(ContactFinding, ContactReading, ContactReach):
    """The use cases around single contacts. Every method begins by asking for the permission."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
