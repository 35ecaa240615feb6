"""Every place where the engine takes text: those that take many at once, and those that take one."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import time
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from unicodedata import category

from segment_engine.domain.access import Role
from segment_engine.domain.alert_rules import Channel, RuleDraft
from segment_engine.domain.alerts import AlertKind
from segment_engine.domain.assertions import AssertionDraft, AssertionKind
from segment_engine.domain.audit import AuditQuery
from segment_engine.domain.campaign import CampaignDraft, CampaignKind, CampaignQuery
from segment_engine.domain.schedules import Schedule, ScheduleKind
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.errors import Incident, SegmentEngineError, Unavailable
from segment_engine.imports.mapping import ImportMapping
from tests.integration.importing import Importer
from tests.isolation.conftest import Worlds
from tests.isolation.marked_worlds import criteria, everyone

One = Callable[[Worlds, str], object]
Many = Callable[[Worlds, Sequence[str], Path], None]


def harmless(ask: Callable[[], object]) -> bool:
    """Ask, and tell whether that was answered, or refused in a sentence; never with an incident or a closed door."""
    try:
        ask()
    except (Incident, Unavailable):
        return False
    except SegmentEngineError:
        return True
    return True


# Many at once ------------------------------------------------------------------------------------------------------


def _together(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def _typed(texts: Sequence[str]) -> list[str]:
    """Leave out what criteria refuse to take as text at all: control characters."""
    return [text for text in texts if not any(category(letter) == "Cc" for letter in text)]


def _counted(worlds: Worlds, of: Sequence[Mapping[str, object]]) -> None:
    document: dict[str, object] = {**criteria({}), "root": {"group": "any", "of": [*of]}}
    worlds.engine.evaluation.count(worlds.ours.context, document)


def _compared(operator: str, field: str) -> Many:
    def ask(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
        for some in _together(_typed(texts), 50):
            _counted(worlds, [{"kind": "attribute", "field": field, "op": operator, "value": text} for text in some])

    return ask


def _listed(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
    for some in _together(_typed(texts), 400):
        _counted(worlds, [{"kind": "attribute", "field": "contact.city", "op": "is_any_of", "value": [*some]}])


def _keys(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
    made = worlds.engine.lists.replace(worlds.ours.context, worlds.ours.listed, texts)
    assert made.report.read == len(texts)


def _tags(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
    acts, segment = worlds.engine.segments, [worlds.ours.segment]
    for some in _together([text[:40] for text in texts], 15):
        if harmless(partial(acts.tag, worlds.ours.context, segment, some)):
            harmless(partial(acts.find, worlds.ours.context, SegmentQuery(tags=frozenset(some))))
            harmless(partial(acts.untag, worlds.ours.context, segment, some))


def _cells(worlds: Worlds, texts: Sequence[str], folder: Path) -> None:
    """Import every text as a key and as a value, and read each of them back as it was."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(("id", "city", "first_name", "email"))
    for text in texts:
        writer.writerow((f"k{text}", text, text, text))
    importer = Importer(worlds.databases.app, worlds.ours.organization_id, folder)
    report = importer.contacts(written.getvalue(), source="alderwood source")
    assert report.rows_read == len(texts)
    stored = importer.rows("SELECT external_key, city FROM contacts WHERE organization_id = :o")
    by_key = {row["external_key"]: row["city"] for row in stored}
    for text in texts:
        assert by_key[f"k{text}"] == text, text


def _headers(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
    imports, context = worlds.engine.imports, worlds.ours.context
    for some in _together(texts, 100):
        written = StringIO()
        writer = csv.writer(written)
        writer.writerow(("id", *some))
        writer.writerow(("1", *some))
        received = imports.receive(context, BytesIO(written.getvalue().encode()), f"{some[0]}.csv")
        mapping = ImportMapping(kind="contacts", source=some[0], roles={"key": "id"})
        for ask in (imports.survey, imports.remembered):
            assert harmless(partial(ask, context, received.file_id)), some
        assert harmless(partial(imports.plan, context, received.file_id, mapping)), some
        imports.discard(context, received.file_id)


def _unknown(worlds: Worlds, texts: Sequence[str], _folder: Path) -> None:
    """Name every text as a field, an event, an operator and a zone: refused each time, with no statement about it."""
    for some in _together(texts, 25):
        conditions = [
            condition
            for text in some
            for condition in (
                {"kind": "attribute", "field": text, "op": "equals", "value": "x"},
                {"kind": "attribute", "field": "contact.city", "op": text, "value": "x"},
            )
        ]
        assert harmless(partial(_counted, worlds, conditions))


MANY: dict[str, Many] = {
    "equals": _compared("equals", "contact.city"),
    "contains": _compared("contains", "contact.city"),
    "starts with": _compared("starts_with", "contact.first_name"),
    "one of a list": _listed,
    "keys of a list": _keys,
    "tags": _tags,
    "cells of a file": _cells,
    "headers of a file": _headers,
    "fields and operators": _unknown,
}


# One at a time -----------------------------------------------------------------------------------------------------


def _described(worlds: Worlds, text: str) -> None:
    context, segments = worlds.ours.context, worlds.engine.segments
    revision = segments.get(context, worlds.ours.segment).revision
    kept = segments.describe(
        context, worlds.ours.segment, expected_revision=revision, tags=(), owner_id=None, notes=text, review_on=None
    )
    assert kept.notes == text.strip()


def _named(worlds: Worlds, text: str) -> None:
    context, segments = worlds.ours.context, worlds.engine.segments
    draft = SegmentDraft(text, text, everyone(), accepted_warnings=frozenset({"L-DUPLICATE"}))
    made = segments.create(context, draft)
    assert segments.get(context, made.segment_id).name == " ".join(text.split())
    assert segments.id_by_name(context, " ".join(text.split())) == made.segment_id
    segments.delete(context, [made.segment_id])


def _decided(worlds: Worlds, text: str) -> None:
    overrides, context = worlds.engine.overrides, worlds.ours.context
    made = overrides.take_out(context, worlds.ours.segment, f"{worlds.ours.word}-1", reason=text)
    overrides.end(context, worlds.ours.segment, made.override_id)


def _noted(worlds: Worlds, text: str) -> None:
    """Set a check up with a note, and read the note back as it was."""
    checks, context, segment = worlds.engine.assertions, worlds.ours.context, worlds.ours.segment
    made = checks.add(context, segment, AssertionDraft(AssertionKind.COUNT_BETWEEN, lowest=1, note=text))
    every = [each.assertion for each in checks.find(context, segment).set_up]
    checks.remove(context, segment, made.assertion_id)
    assert [each.note for each in every if each.assertion_id == made.assertion_id] == [text]


def _demanded(worlds: Worlds, text: str) -> None:
    checks, context, segment = worlds.engine.assertions, worlds.ours.context, worlds.ours.segment
    made = checks.add(context, segment, AssertionDraft(AssertionKind.MUST_INCLUDE, contacts=(text,)))
    checks.remove(context, segment, made.assertion_id)


def _told(worlds: Worlds, text: str, *, channel: Channel, form: str) -> None:
    """Tell somebody of alerts, at an address that is refused or kept as it was."""
    room, context = worlds.engine.alerts, worlds.ours.context
    made = room.add_rule(context, RuleDraft(frozenset({AlertKind.RUN_FAILED}), channel, form.format(text))).rule
    kept = next(each for each in room.rules(context) if each.rule_id == made.rule_id)
    room.remove_rule(context, made.rule_id)
    assert kept.draft.target == form.format(text).strip()


def _zoned(worlds: Worlds, text: str) -> None:
    """Schedule a segment in a time zone of that name, and make one with it."""
    room, context = worlds.engine.schedules, worlds.ours.context
    wanted = Schedule(ScheduleKind.DAILY, at_time=time(6), time_zone=text)
    draft = SegmentDraft(text, "", everyone(), accepted_warnings=frozenset({"L-DUPLICATE"}))
    with suppress(SegmentEngineError):
        worlds.engine.segments.create(context, draft, schedule=wanted)
    revision = room.get(context, worlds.ours.segment).revision
    room.set(context, worlds.ours.segment, wanted, expected_revision=revision)


ONE: dict[str, One] = {
    "name and description": _named,
    "notes": _described,
    "reason": _decided,
    "name of a view": lambda w, text: w.engine.views.save(w.ours.context, text, text),
    "name of a campaign": lambda w, text: w.engine.campaigns.create(
        w.ours.context, CampaignDraft(CampaignKind.CAMPAIGN, text, text)
    ),
    "name of a list": lambda w, text: w.engine.lists.create(w.ours.context, text, [text]),
    "name of an organization": lambda w, text: w.engine.organizations.create(text, time_zone=text),
    "search of segments": lambda w, text: w.engine.segments.find(w.ours.context, SegmentQuery(text)),
    "source of segments": lambda w, text: w.engine.segments.find(
        w.ours.context, SegmentQuery(sources=frozenset({text}))
    ),
    "search of campaigns": lambda w, text: w.engine.campaigns.find(w.ours.context, CampaignQuery(search=text)),
    "search of offers": lambda w, text: w.engine.campaigns.offered(w.ours.context, search=text),
    "search of contacts": lambda w, text: w.engine.contacts.find(w.ours.context, text),
    "search of members": lambda w, text: w.engine.details.members(w.ours.context, w.ours.segment, search=text),
    "search of the audit log": lambda w, text: w.engine.audit.find(
        w.ours.context, AuditQuery(text=text, actions=(text,), object_kind=text, object_id=text)
    ),
    "name of a segment asked for": lambda w, text: w.engine.segments.id_by_name(w.ours.context, text),
    "name of a list asked for": lambda w, text: w.engine.lists.id_by_name(w.ours.context, text),
    "key of a contact": lambda w, text: w.engine.contacts.get(w.ours.context, text),
    "key of an explained contact": lambda w, text: w.engine.analysis.explain(
        w.ours.context, text, segment_id=w.ours.segment
    ),
    "key of a field": lambda w, text: w.engine.offers.values(w.ours.context, text),
    "history of a field": lambda w, text: w.engine.sources.field_history(w.ours.context, text),
    "new key of a field": lambda w, text: w.engine.sources.plan_rename(
        w.ours.context, f"contact.{w.ours.word}_score", new_key=text
    ),
    "readers of a source": lambda w, text: w.engine.imports.readers(w.ours.context, text),
    "note of a check": _noted,
    "contact that a check names": _demanded,
    "address that is told of alerts": partial(_told, channel=Channel.EMAIL, form="{}@example.org"),
    "webhook that is told of alerts": partial(_told, channel=Channel.WEBHOOK, form="https://hooks.example.org/{}"),
    "time zone of a schedule": _zoned,
    "address of an invitation": lambda w, text: w.engine.people.invite(
        w.ours.context, f"{text}@example.org", Role.VIEWER
    ),
}
