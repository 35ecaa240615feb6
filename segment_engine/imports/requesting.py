"""Writes decisions that hold as the request the importers take, and the request as the command that does the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from segment_engine.domain.catalog import FieldType
from segment_engine.imports.mapping import ImportMapping
from segment_engine.imports.request import (
    ChannelImport,
    ConsentImport,
    ContactImport,
    DeclaredType,
    EventImport,
    ImportRequest,
    RelatedImport,
)
from segment_engine.imports.surveying import Survey

_KIND_WORDS: Mapping[type[ImportRequest], str] = {
    ContactImport: "contacts", EventImport: "events", RelatedImport: "related", ConsentImport: "consents",
    ChannelImport: "channels",
}  # fmt: skip


def make_request(
    mapping: ImportMapping, survey: Survey, *, path: Path, types: Mapping[str, DeclaredType],
    renames: Mapping[str, str],
) -> ImportRequest:  # fmt: skip
    """Make the request; the decisions have been checked."""
    roles = mapping.roles
    shared: dict[str, Any] = {
        **_shared(mapping, survey), "path": path, "types": dict(types), "renames": dict(renames)
    }  # fmt: skip
    match mapping.kind:
        case "events":
            return EventImport(
                **shared, event=mapping.event, time=roles["time"], identifier=roles.get("id"),
                create_contacts=mapping.create_contacts,
            )  # fmt: skip
        case "history":
            return EventImport(
                **shared, event=mapping.event or f"campaign_{mapping.interaction}", time=roles["time"],
                identifier=roles.get("id"), create_contacts=mapping.create_contacts, interaction=mapping.interaction,
                campaign=roles["campaign"], channel=mapping.channel,
            )  # fmt: skip
        case "related":
            return RelatedImport(
                **shared, relation=mapping.relation, identifier=roles["id"], time=roles.get("time"),
                parent_relation=mapping.parent_relation or None,
            )  # fmt: skip
        case "consents":
            return ConsentImport(
                **shared, channel=roles["channel"], state=roles["state"], time=roles["time"], topic=roles.get("topic")
            )
        case "channels":
            return ChannelImport(
                **shared, channel=roles["channel"], address=roles.get("address"), valid=roles.get("valid"),
                suppressed_at=roles.get("suppressed_at"), suppression=roles.get("suppression"),
            )  # fmt: skip
        case _:
            return ContactImport(**shared)


def _shared(mapping: ImportMapping, survey: Survey) -> dict[str, Any]:
    names = [each.name for each in survey.columns]
    parts = set(mapping.roles.values())
    return {
        "name": survey.file_name,
        "source": mapping.source,
        "key": mapping.roles["key"],
        "skip": frozenset(name for name in names if mapping.choice(name).skip and name not in parts),
        "missing": mapping.missing,
        "missing_in": {name: mapping.choice(name).missing for name in names if mapping.choice(name).missing},
        "time_zone": mapping.time_zone,
        "delimiter": survey.delimiter,
        "separator": mapping.separator,
        "retention_days": mapping.retention_days,
    }


def type_words(declared: DeclaredType) -> str:
    """Write a type as on the command line."""
    match declared.type:
        case FieldType.MONEY:
            return f"money:{declared.currency}:{declared.scale}"
        case FieldType.CHOICE:
            return f"{'ordered' if declared.ordered else 'choice'}:{'|'.join(declared.values)}"
        case FieldType.SET if declared.values:
            return f"set:{'|'.join(declared.values)}"
        case FieldType.DECIMAL if declared.scale is not None:
            return f"decimal:{declared.scale}"
        case FieldType.DATE | FieldType.INSTANT if declared.pattern:
            return f"{declared.type.value}:{declared.pattern}"
        case _:
            return declared.type.value


def command_words(request: ImportRequest, organization_id: int) -> tuple[str, ...]:
    """Give the words of the command after `python -m segment_engine` that does the same with this file."""
    name = f"./{request.file_name}" if request.file_name.startswith("-") else request.file_name
    words = ["import", _KIND_WORDS[type(request)], name, f"--organization={organization_id}"]
    words += [f"--{name}={value}" for name, value in _options(request)]
    if isinstance(request, EventImport) and request.create_contacts:
        words.append("--create-contacts")
    return tuple(words)


def command_text(request: ImportRequest, organization_id: int) -> str:
    """Give the whole command, fit to be pasted into a shell."""
    words = (shlex.quote(word) for word in command_words(request, organization_id))
    return " ".join(("python -m segment_engine", *words))


def _options(request: ImportRequest) -> Iterator[tuple[str, str]]:
    yield "source", request.source
    nested = isinstance(request, RelatedImport) and request.parent_relation is not None
    yield ("parent" if nested else "key"), request.key
    yield from _own_options(request)
    for column, declared in sorted(request.types.items()):
        yield "type", f"{column}={type_words(declared)}"
    for column, name in sorted(request.renames.items()):
        yield "rename", f"{column}={name}"
    for column in sorted(request.skip):
        yield "skip", column
    for marker in request.missing:
        yield "missing", marker
    for column, markers in sorted(request.missing_in.items()):
        for marker in markers:
            yield "missing", f"{column}={marker}"
    yield "time-zone", request.time_zone
    if request.delimiter is not None:
        yield "delimiter", "\\t" if request.delimiter == "\t" else request.delimiter
    if not isinstance(request, ConsentImport | ChannelImport):
        yield "separator", request.separator
    if request.retention_days is not None:
        yield "retention-days", str(request.retention_days)


def _own_options(request: ImportRequest) -> Iterator[tuple[str, str]]:
    """Give the words of single kinds of files, in the order of their help; what is left out is not said."""
    match request:
        case EventImport():
            given = {
                "event": request.event,
                "time": request.time,
                "id": request.identifier,
                "interaction": request.interaction,
                "campaign": request.campaign,
                "channel": request.channel,
            }
        case RelatedImport():
            given = {
                "relation": request.relation,
                "id": request.identifier,
                "time": request.time,
                "parent-relation": request.parent_relation,
            }
        case ConsentImport():
            given = {"channel": request.channel, "state": request.state, "time": request.time, "topic": request.topic}
        case ChannelImport():
            given = {
                "channel": request.channel,
                "address": request.address,
                "valid": request.valid,
                "suppressed-at": request.suppressed_at,
                "suppression": request.suppression,
            }
        case _:
            given = dict[str, str | None]()
    yield from ((name, value) for name, value in given.items() if value is not None)
