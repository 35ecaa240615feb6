"""Reads `tests/cases/*.json`: a question, a few contacts, who matches, and hand-written SQL as a third opinion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict, cast

from segment_engine.domain.catalog import Field, FieldType
from segment_engine.domain.evaluate import ContactRecord, EventRecord
from segment_engine.domain.evaluate.values import Stored
from tests.property.hostile_data import CATALOG

FOLDER = Path(__file__).parent / "cases"
_Values = dict[str, "str | int | bool"]


class _Event(TypedDict):
    contact: int
    type: str
    time: str
    values: _Values


class _Case(TypedDict):
    name: str
    promise: str
    covers: list[str]
    as_of: str
    criteria: dict[str, object]
    contacts: dict[str, _Values]
    events: list[_Event]
    expected: list[int]
    check: str


@dataclass(frozen=True)
class Case:
    """One case.

    Shape: `records` and `expected` by contact number; `check` is a whole SELECT of contact numbers that takes
        `:organization_id`. Every key of the catalog of `tests/property/hostile_data.py` may be used.
    """

    name: str
    promise: str
    covers: tuple[str, ...]
    as_of: datetime
    criteria: dict[str, object]
    records: dict[int, ContactRecord]
    expected: tuple[int, ...]
    check: str

    def __str__(self) -> str:
        return " ".join((*self.covers, self.name))


def read_cases() -> tuple[Case, ...]:
    """Read every case of every file, in the order of their names."""
    return tuple(
        _case(entry)
        for path in sorted(FOLDER.glob("*.json"))
        for entry in cast("list[_Case]", json.loads(path.read_text(encoding="utf-8")))
    )


def _case(entry: _Case) -> Case:
    records = {
        int(number): ContactRecord(
            _values(CATALOG.fields, values),
            tuple(
                _event(place, event)
                for place, event in enumerate(entry["events"], start=1)
                if event["contact"] == int(number)
            ),
        )
        for number, values in entry["contacts"].items()
    }
    return Case(
        entry["name"],
        entry["promise"],
        tuple(entry["covers"]),
        datetime.fromisoformat(entry["as_of"]),
        entry["criteria"],
        records,
        tuple(entry["expected"]),
        entry["check"],
    )


def _event(number: int, event: _Event) -> EventRecord:
    fields = CATALOG.events[event["type"]].fields
    values = _values(fields, event["values"])
    return EventRecord(event["type"], number, datetime.fromisoformat(event["time"]), values)


def _values(fields: Mapping[str, Field], values: _Values) -> dict[str, Stored | None]:
    return {key: _held(fields[key], value) for key, value in values.items()}


def _held(field: Field, value: str | int | bool) -> Stored:  # noqa: FBT001 - a truth value may be what is held
    if field.type is FieldType.DATE:
        return date.fromisoformat(str(value))
    if field.type is FieldType.INSTANT:
        return datetime.fromisoformat(str(value))
    return value
