"""One door to all importers: the request says what the file holds."""

from __future__ import annotations

from segment_engine.db.session import Database
from segment_engine.imports.channels import import_channels
from segment_engine.imports.conduct import PLAINLY, Conduct
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
    ImportRequest,
    RelatedImport,
)


def import_file(
    database: Database, organization_id: int, request: ImportRequest, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file; everything of it happens, or nothing.

    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    match request:
        case EventImport():
            return import_events(database, organization_id, request, conduct)
        case RelatedImport():
            return import_related(database, organization_id, request, conduct)
        case ConsentImport():
            return import_consents(database, organization_id, request, conduct)
        case ChannelImport():
            return import_channels(database, organization_id, request, conduct)
        case ContactImport():
            return import_contacts(database, organization_id, request, conduct)
        case _:
            raise TypeError(type(request))
