"""Keeps the decisions about a file with its import, and finds them again for the next file of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segment_engine.imports.mapping import IMPORT_KINDS, ColumnChoice, ImportMapping
from segment_engine.imports.request import (
    ChannelImport,
    ConsentImport,
    EventImport,
    ImportRequest,
    RelatedImport,
)
from segment_engine.imports.requesting import type_words

_WORDS = ("event", "interaction", "channel", "relation", "parent_relation", "time_zone", "separator")


@dataclass(frozen=True, slots=True)
class RememberedMapping:
    """The decisions of an earlier import of a file with the same columns."""

    mapping: ImportMapping
    file_name: str
    finished_at: datetime


def document_of(request: ImportRequest) -> dict[str, object]:
    """Write the decisions of a request as JSON values."""
    names = {*request.types, *request.renames, *request.skip, *request.missing_in}
    choices = {
        name: {
            "name": request.renames.get(name, ""),
            "type": type_words(request.types[name]) if name in request.types else "",
            "skip": name in request.skip,
            "missing": list(request.missing_in.get(name, ())),
        }
        for name in sorted(names)
    }
    kind, roles, words = _parts(request)
    return {
        "kind": kind, "roles": {role: column for role, column in roles.items() if column is not None},
        "columns": choices, "missing": list(request.missing), "time_zone": request.time_zone,
        "separator": request.separator, **words,
    }  # fmt: skip


def _parts(request: ImportRequest) -> tuple[str, dict[str, str | None], dict[str, object]]:
    """Give the kind of file, the columns that play a part, and the words of single kinds."""
    roles: dict[str, str | None] = {"key": request.key}
    match request:
        case EventImport():
            roles |= {"time": request.time, "id": request.identifier, "campaign": request.campaign}
            words: dict[str, object] = {"event": request.event, "create_contacts": request.create_contacts}
            if request.interaction is None:
                return "events", roles, words
            return "history", roles, words | {"interaction": request.interaction, "channel": request.channel}
        case RelatedImport():
            roles |= {"id": request.identifier, "time": request.time}
            return "related", roles, {"relation": request.relation, "parent_relation": request.parent_relation or ""}
        case ConsentImport():
            roles |= {"channel": request.channel, "state": request.state, "time": request.time, "topic": request.topic}
            return "consents", roles, {}
        case ChannelImport():
            roles |= {
                "channel": request.channel, "address": request.address, "valid": request.valid,
                "suppressed_at": request.suppressed_at, "suppression": request.suppression,
            }  # fmt: skip
            return "channels", roles, {}
        case _:
            return "contacts", roles, {}


def read_mapping(source: str, stored: Mapping[str, Any]) -> ImportMapping | None:
    """Read what an import stored; None when a later version knows no such kind."""
    if stored.get("kind") not in IMPORT_KINDS:
        return None
    choices: dict[str, Any] = stored.get("columns", {})
    words: dict[str, Any] = {word: str(stored[word]) for word in _WORDS if word in stored}
    return ImportMapping(
        kind=stored["kind"],
        source=source,
        roles=dict(stored.get("roles", {})),
        columns={
            name: ColumnChoice(each["name"], each["type"], skip=each["skip"], missing=tuple(each["missing"]))
            for name, each in choices.items()
        },
        missing=tuple(stored.get("missing", ())),
        create_contacts=bool(stored.get("create_contacts", False)),
        **words,
    )
