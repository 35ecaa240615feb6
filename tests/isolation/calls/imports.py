"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from segment_engine.domain.access import Permission
from segment_engine.imports.jobs import ImportAct
from segment_engine.imports.mapping import ImportMapping
from segment_engine.imports.planning import ImportPlan
from segment_engine.imports.received import FileId
from tests.isolation.calls.shared import Calls

CONTACTS = ImportMapping(kind="contacts", source="Probe", roles={"key": "id"})


def _plan(file_id: UUID) -> ImportPlan:
    return ImportPlan(FileId(file_id), CONTACTS, None, ())


CALLS: Calls = {
    "imports.receive": (
        Permission.SOURCES_MANAGE,
        lambda e, c, _i: e.imports.receive(c, BytesIO(b"id\n1\n"), "probe.csv").name,
    ),
    "imports.discard": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.discard(c, i)),
    "imports.survey": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.survey(c, i)),
    "imports.sources": (Permission.SOURCES_MANAGE, lambda e, c, _i: e.imports.sources(c)),
    "imports.remembered": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.remembered(c, i)),
    "imports.plan": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.plan(c, i, CONTACTS)),
    "imports.readers": (Permission.SOURCES_MANAGE, lambda e, c, _i: e.imports.readers(c, "Theirs")),
    "imports.rehearse": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.rehearse(c, _plan(i))),
    "imports.run": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.run(c, _plan(i))),
    "imports.start": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.start(c, ImportAct.SURVEY, i)),
    "imports.job": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.job(c, i)),
    "imports.jobs": (Permission.SOURCES_MANAGE, lambda e, c, _i: e.imports.jobs(c)),
    "imports.stop": (Permission.SOURCES_MANAGE, lambda e, c, i: e.imports.stop(c, i)),
}
