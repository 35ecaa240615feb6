"""What does not work about the event type or related table a file is for: its key, its owner, its times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segment_engine.domain.catalog import Catalog, FieldType, Relation
from segment_engine.domain.operators import CHANNELS, INTERACTIONS
from segment_engine.imports.columns import NAME
from segment_engine.imports.mapping import ImportMapping, MappingProblem
from segment_engine.imports.request import DeclaredType

_FORM = "Write small letters, digits and _, beginning with a letter"


def problems_of_rows(
    mapping: ImportMapping, catalog: Catalog, times: Mapping[str, DeclaredType]
) -> list[MappingProblem]:
    """Find everything that speaks against the words of this kind of file; `times` are the types of columns of times."""
    found: Iterator[str] = iter(())
    match mapping.kind:
        case "events":
            found = _events(mapping, catalog, mapping.event, times)
        case "history":
            found = _history(mapping, catalog, times)
        case "related":
            found = _related(mapping, catalog, times)
        case "channels":
            found = _channels(mapping)
        case _:
            pass
    return [MappingProblem("", sentence) for sentence in found]


def _events(mapping: ImportMapping, catalog: Catalog, key: str, times: Mapping[str, DeclaredType]) -> Iterator[str]:
    if not NAME.fullmatch(key) or key == "contact" or key in catalog.relations:
        shown = f"“{key}” cannot be a key of events. " if key else "The events need a key. "
        yield f"{shown}{_FORM} (not contact, nor the key of a related table), for example order_placed."
        return
    known = catalog.events.get(key)
    if known is None:
        return
    if known.source != mapping.source:
        yield (
            f"Events {key} belong to the data source “{known.source}”, so “{mapping.source}” cannot add any. Choose "
            "that source, or give these events another key."
        )
    if known.interaction != (mapping.interaction or None):
        are = "no campaign history" if known.interaction is None else f"the campaign history “{known.interaction}”"
        yield f"Events {key} are {are}, and stay so. Choose another key, or import them as what they are."
    if known.date_only and _holds_times(mapping, times):
        yield f"Events {key} have dates only, but the column of the time holds times of day. Read it as a date."


def _history(mapping: ImportMapping, catalog: Catalog, times: Mapping[str, DeclaredType]) -> Iterator[str]:
    if mapping.interaction not in INTERACTIONS:
        yield f"Choose what happened: {', '.join(INTERACTIONS)}."
        return
    if mapping.channel not in CHANNELS:
        yield f"Choose the channel of campaigns that are new: {', '.join(CHANNELS)}."
    key = mapping.event or f"campaign_{mapping.interaction}"
    twin = next((each.key for each in catalog.events.values() if each.interaction == mapping.interaction), key)
    if twin != key:
        yield f"The campaign history “{mapping.interaction}” is kept as events {twin} already. Use that key."
        return
    yield from _events(mapping, catalog, key, times)


def _related(mapping: ImportMapping, catalog: Catalog, times: Mapping[str, DeclaredType]) -> Iterator[str]:
    key = mapping.relation
    if not NAME.fullmatch(key) or key == "contact" or key in catalog.events:
        shown = f"“{key}” cannot be the key of a related table. " if key else "The related table needs a key. "
        yield f"{shown}{_FORM} (not contact, nor the key of events), for example orders."
        return
    if mapping.parent_relation:
        yield from _parent(mapping.parent_relation, catalog)
    known = catalog.relations.get(key)
    if known is not None:
        yield from _known_relation(mapping, known, times)


def _parent(key: str, catalog: Catalog) -> Iterator[str]:
    parent = catalog.relations.get(key)
    if parent is None:
        yield f"There is no related table {key}. Import it before the rows that belong to it."
    elif parent.parent is not None:
        yield f"Rows of {key} belong to rows of {parent.parent} themselves, and at most two steps lead from a contact."


def _known_relation(mapping: ImportMapping, known: Relation, times: Mapping[str, DeclaredType]) -> Iterator[str]:
    if known.source != mapping.source:
        yield (
            f"Rows of {known.key} belong to the data source “{known.source}”, so “{mapping.source}” cannot add any. "
            "Choose that source, or give these rows another key."
        )
    if (known.parent or "") != mapping.parent_relation:
        owners = "contacts" if known.parent is None else f"rows of {known.parent}"
        yield f"Rows of {known.key} belong to {owners}, and stay so."
    if (known.time is None) != ("time" not in mapping.roles):
        have = "no time" if known.time is None else "a time"
        yield f"Rows of {known.key} have {have}, and stay so."
    elif known.date_only and _holds_times(mapping, times):
        yield f"Rows of {known.key} have dates only, but the column of the time holds times of day. Read it as a date."


def _channels(mapping: ImportMapping) -> Iterator[str]:
    roles = mapping.roles
    if not roles.keys() & {"address", "valid", "suppressed_at", "suppression"}:
        yield "Choose at least one of the columns address, valid, or suppressed at with suppression."
    if ("suppressed_at" in roles) != ("suppression" in roles):
        yield "A suppression needs two columns: when it began and which one it is. Choose both, or neither."


def _holds_times(mapping: ImportMapping, times: Mapping[str, DeclaredType]) -> bool:
    declared = times.get(mapping.roles.get("time", ""))
    return declared is not None and declared.type is FieldType.INSTANT
