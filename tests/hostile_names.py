"""Names that try to be more than names: markup, scripts, links, formulas; and an organization full of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from pages import administration, alert_detail, alerts, contacts, operations, segment, source
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from segment_engine.domain.segment import SegmentDraft, SegmentState
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Identity
from segment_engine.worker.loop import Worker
from tests.hostile_recalculation import recalculate
from tests.integration.importing import Importer

# Each holds a mark of its own; wherever the mark can be read, the whole text must be read around it.
PAYLOADS: dict[str, str] = {
    "xq01": "<script>window.canaryX=1//xq01</script>",
    "xq02": "<img src=x onerror=window.canaryX=1>xq02",
    "xq03": "<svg onload=window.canaryX=1>xq03</svg>",
    "xq04": '"><iframe src=javascript:top.canaryX=1>xq04',
    "xq05": "<a href='javascript:window.canaryX=1'>xq05</a>",
    "xq06": "![xq06](https://beacon.example.org/6.png)",
    "xq07": "[xq07](javascript:window.canaryX=1)",
    "xq08": "[xq08](https://beacon.example.org/8)",
    "xq09": "<https://beacon.example.org/xq09>",
    "xq10": "https://beacon.example.org/xq10",
    "xq11": "www.beacon.example.org/xq11",
    "xq12": "**xq12**",
    "xq13": "_xq13_ *xq13*",
    "xq14": "`xq14`",
    "xq15": "~~xq15~~",
    "xq16": "# xq16",
    "xq17": "1. xq17",
    "xq18": "> xq18",
    "xq19": ":red[xq19]",
    "xq20": ":blue-badge[xq20]",
    "xq21": ":material/bolt:xq21",
    "xq22": ":tada:xq22",
    "xq23": "$xq23^2$",
    "xq24": "$$\\sum xq24$$",
    "xq25": ":small[xq25] :rainbow[xq25]",
    "xq26": "xq26 <- -> -- >= ~=",
    "xq27": "{{xq27}}",
    "xq28": "${xq28}",
    "xq29": "%(xq29)s %s",
    "xq30": "{0.class}xq30",
    "xq31": "\u202exq31\u202c",
    "xq32": "&lt;b&gt;xq32&amp;",
    "xq33": "| xq33 | b |",
    "xq34": "[^xq34]: note",
    "xq35": "<details open ontoggle=window.canaryX=1>xq35",
    "xq36": "xq36@beacon.example.org",
    "xq37": "=HYPERLINK(xq37)",
    "xq38": "\\*xq38\\*",
}
LONGEST_TAG = 40
_LONGEST = 195


def packs() -> tuple[str, ...]:
    """Give all of them in as few names as can hold them, each one set apart from the next."""
    found: list[str] = []
    for payload in PAYLOADS.values():
        if found and len(found[-1]) + len(payload) + 3 <= _LONGEST:
            found[-1] += f" ¦ {payload}"
        else:
            found.append(payload)
    return tuple(found)


@dataclass(frozen=True)
class HostileWorld:
    """An organization in which everything that has a name has one of these, and the addresses of its pages."""

    context: OrganizationContext
    segments: tuple[UUID, ...]
    campaigns: tuple[UUID, ...]
    sequences: tuple[UUID, ...]
    sources: tuple[UUID, ...]
    contacts: tuple[str, ...]
    alerts: tuple[UUID, ...]

    def queries(self) -> dict[str, list[dict[str, str]]]:
        """Give, for every page with several faces, what it is asked for: each thing, and each tab of one of them."""
        each_alert = [{operations.TAB: "Alerts", alert_detail.CHOSEN: str(each)} for each in self.alerts]
        lists = [{operations.TAB: "Alerts", alerts.SHOW: shown} for shown in (alerts.PAST, alerts.TOLD)]
        whose = _faces(self.contacts, contacts.KEY, contacts.TAB, contacts.TABS)
        both = [each for pair in zip(self.campaigns, self.sequences, strict=True) for each in pair]
        return {
            "operations": [{operations.TAB: tab} for tab in operations.TABS] + lists + each_alert,
            "administration": [{administration.TAB: tab} for tab in administration.TABS],
            "segment": _faces(self.segments, "id", segment.TAB, segment.TABS),
            "edit": [{"id": str(self.segments[0])}, {}, *({"id": str(each)} for each in self.segments[1:])],
            "campaign": [{"id": str(each)} for each in both],
            "campaign_editor": [{"id": str(self.campaigns[0])}, {}, {"id": str(self.campaigns[-1])}],
            "source": _faces(self.sources, "id", source.TAB, source.TABS),
            "contacts": [{contacts.SEARCH: "a1@example.org"}, {}, *whose],
        }


def _faces(things: Sequence[object], key: str, tab: str, tabs: Iterable[str]) -> list[dict[str, str]]:
    """Ask for every thing and every tab: the tabs one after the other, each of the next thing."""
    named = [*tabs]
    return [
        {key: str(things[turn % len(things)]), tab: named[turn % len(named)]}
        for turn in range(max(len(things), len(named)))
    ]


def make_hostile_world(engine: Engine, databases: Databases, folder: Path) -> HostileWorld:
    """Fill an organization: people, sources, fields, contacts, lists, segments, campaigns, checks, alerts."""
    names = packs()
    organization_id = engine.organizations.create(names[0], time_zone="Europe/Amsterdam")
    engine.organizations.give_seat(organization_id, LOCAL_IDENTITY, Role.ADMIN)
    for number, name in enumerate(names):
        person = Identity("https://people.example.org", f"person-{number}", name)
        engine.organizations.give_seat(organization_id, person, Role.ANALYST)
    context = engine.context_for(LOCAL_IDENTITY, organization_id)
    keys = _deliver(Importer(databases.app, organization_id, folder), names)
    listed = engine.lists.create(context, names[0], list(keys)).list_id
    segments = tuple(_segment(engine, context, name, number, listed) for number, name in enumerate(names))
    for place, made in enumerate(segments):
        engine.segments.tag(
            context, [made], [each for each in list(PAYLOADS.values())[place::8] if len(each) <= LONGEST_TAG]
        )
        engine.views.save(context, names[place], "q=xq", shared=True)
        engine.overrides.take_out(context, made, keys[place], reason=names[place])
    work(databases)
    kinds = (CampaignKind.CAMPAIGN, CampaignKind.SEQUENCE)
    campaigns, sequences = (
        tuple(_campaign(engine, context, kind, name, segments, number) for number, name in enumerate(names))
        for kind in kinds
    )
    _fail_one(databases, organization_id, names)
    alerts_open = recalculate(engine, databases, context, dict(zip(segments, names, strict=True)), keys)
    sources = tuple(each.source_id for each in engine.sources.find(context))
    return HostileWorld(context, segments, campaigns, sequences, sources, keys, alerts_open)


def work(databases: Databases) -> None:
    """Let a worker do everything that waits."""
    worker = Worker(databases.worker)
    while worker.work_once():
        pass


def _table(rows: Sequence[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _deliver(importer: Importer, names: Sequence[str]) -> tuple[str, ...]:
    """Import contacts whose every value is hostile, with hostile headings, from sources of hostile names."""
    heads = list(PAYLOADS.values())[:6]
    rows = [["id", "first_name", "city", "email", *heads]]
    keys = tuple(name.partition(" ¦ ")[0] for name in names)
    for number, (key, name) in enumerate(zip(keys, names, strict=True)):
        rows.append([key, name, f"town {number} {name}", f"a{number}@example.org", *[name] * len(heads)])
    importer.contacts(_table(rows), source=names[0])
    for number, name in enumerate(names[1:], start=1):
        dated = [["id", "at", "total"], *([key, f"2026-01-0{number}T10:00:00Z", "5"] for key in keys)]
        importer.events(_table(dated), source=name, event=f"bought_{number}")
    importer.channels(_table([["id", "channel", "address"], *([key, "email", "a@example.org"] for key in keys)]))
    granted = [["id", "channel", "state", "recorded_at"]]
    importer.consents(_table([*granted, *([key, "email", "granted", "2020-01-01T00:00:00Z"] for key in keys)]))
    return keys


def _segment(engine: Engine, context: OrganizationContext, name: str, number: int, listed: UUID) -> UUID:
    conditions: list[dict[str, object]] = [
        {"kind": "attribute", "field": "contact.city", "op": "not_equals", "value": name},
        {"kind": "static_list", "op": "in_any", "lists": [str(listed)]},
    ]
    root = {"group": "any" if number % 2 else "all", "of": conditions}
    document: dict[str, object] = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}
    draft = SegmentDraft(
        name, name, document, SegmentState.ACTIVE, frozenset({"L-DUPLICATE", "L-EMPTY", "L-UNKNOWN", "L-BLANKS"})
    )
    return engine.segments.create(context, draft).segment_id


def _campaign(
    engine: Engine, context: OrganizationContext, kind: CampaignKind, name: str, segments: Sequence[UUID], number: int
) -> UUID:
    draft = CampaignDraft(kind, name, name, included=(segments[number],))
    made = engine.campaigns.create(context, draft)
    if number % 2 and kind is CampaignKind.CAMPAIGN:
        engine.campaigns.launch(context, made.campaign_id, expected_revision=made.revision)
    return made.campaign_id


def _fail_one(databases: Databases, organization_id: int, names: Sequence[str]) -> None:
    """Let the newest run of one segment have failed with a sentence that quotes a name."""
    statement = (
        "UPDATE runs SET error_sentence = :said WHERE organization_id = :o AND status = 'failed'",
        {"o": organization_id, "said": f"“{names[1]}” is gone. Edit the criteria."},
    )
    with databases.migrator.transaction(organization_id) as transaction:
        transaction.run(text(statement[0]), statement[1])
