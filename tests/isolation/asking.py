"""More ways to ask for what is another organization's: by its names and keys, and beside something of one's own."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from uuid import UUID

from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.campaign import CampaignDraft, CampaignKind, CampaignQuery
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.imports.mapping import ImportMapping
from tests.isolation.marked_worlds import Marked, criteria, everyone

ByWord = Callable[[Engine, OrganizationContext, Marked, str], object]
Beside = Callable[[Engine, OrganizationContext, Marked, UUID], object]


def _town(word: str) -> dict[str, object]:
    return criteria({"kind": "attribute", "field": "contact.city", "op": "equals", "value": f"{word} town"})


def _score(word: str) -> dict[str, object]:
    return criteria({"kind": "attribute", "field": f"contact.{word}_score", "op": "equals", "value": 7})


def _bought(word: str) -> dict[str, object]:
    return criteria({"kind": "event", "event": f"{word}_bought", "verb": "did"})


def _member(segment_id: UUID) -> dict[str, object]:
    return criteria({"kind": "segment", "op": "in_any", "segments": [str(segment_id)]})


def _listed(list_id: UUID) -> dict[str, object]:
    return criteria({"kind": "list", "op": "in_any", "lists": [str(list_id)]})


def _imported(engine: Engine, context: OrganizationContext, word: str) -> object:
    received = engine.imports.receive(context, BytesIO(f"id,{word}_score\n{word}-1,7\n".encode()), f"{word}.csv")
    mapping = ImportMapping(kind="contacts", source=f"{word} source", roles={"key": "id"})
    report = engine.imports.rehearse(context, engine.imports.plan(context, received.file_id, mapping))
    engine.imports.discard(context, received.file_id)
    return (report.rows_read, report.added, report.updated, report.unchanged, report.rejected)


# A name, key or value that only the other organization has, and one that nobody has, must be answered alike.
BY_WORD: dict[str, ByWord] = {
    "segments.find": lambda e, c, _m, w: e.segments.find(c, SegmentQuery(w)),
    "segments.find quoted": lambda e, c, _m, w: e.segments.find(c, SegmentQuery(f'"{w} everyone"')),
    "segments.find by tag": lambda e, c, _m, w: e.segments.find(c, SegmentQuery(tags=frozenset({f"{w} tag"}))),
    "segments.find by source": lambda e, c, _m, w: e.segments.find(c, SegmentQuery(sources=frozenset({f"{w} source"}))),
    "segments.obstacles": lambda e, c, _m, w: e.segments.obstacles(c, SegmentQuery(w)),
    "segments.id_by_name": lambda e, c, _m, w: e.segments.id_by_name(c, f"{w} everyone"),
    "segments.untag": lambda e, c, m, w: e.segments.untag(c, [m.segment], [f"{w} tag"]),
    "segments.duplicates": lambda e, c, _m, w: e.segments.duplicates(c, _town(w)),
    "segments.lint": lambda e, c, _m, w: e.segments.lint(c, _town(w)),
    "lists.id_by_name": lambda e, c, _m, w: e.lists.id_by_name(c, f"{w} list"),
    "lists.replace": lambda e, c, m, w: e.lists.replace(c, m.listed, [f"{w}-1", f"{w}-2"]),
    "overrides.put_in": lambda e, c, m, w: e.overrides.put_in(c, m.segment, f"{w}-1", reason="asked"),
    "contacts.find by key": lambda e, c, _m, w: e.contacts.find(c, f"{w}-1"),
    "contacts.find by address": lambda e, c, _m, w: e.contacts.find(c, f"{w}-1@example.org"),
    "contacts.find by name": lambda e, c, _m, w: e.contacts.find(c, f"{w} first"),
    "contacts.get": lambda e, c, _m, w: e.contacts.get(c, f"{w}-1"),
    "contacts.memberships": lambda e, c, _m, w: e.contacts.memberships(c, f"{w}-1"),
    "contacts.membership": lambda e, c, m, w: e.contacts.membership(c, f"{w}-1", m.segment),
    "contacts.campaigns": lambda e, c, _m, w: e.contacts.campaigns(c, f"{w}-1"),
    "contacts.segments_of": lambda e, c, _m, w: e.contacts.segments_of(c, f"{w}-1"),
    "details.members": lambda e, c, m, w: e.details.members(c, m.segment, search=w),
    "campaigns.find": lambda e, c, _m, w: e.campaigns.find(c, CampaignQuery(search=w)),
    "campaigns.offered": lambda e, c, _m, w: e.campaigns.offered(c, search=w),
    "offers.values": lambda e, c, _m, w: e.offers.values(c, f"contact.{w}_score"),
    "sources.field_history": lambda e, c, _m, w: e.sources.field_history(c, f"contact.{w}_score"),
    "sources.field_history by alias": lambda e, c, _m, w: e.sources.field_history(c, f"contact.{w}_points"),
    "sources.plan_rename": lambda e, c, _m, w: e.sources.plan_rename(
        c, "contact.alderwood_score", new_key=f"contact.{w}_score"
    ),
    "imports.readers": lambda e, c, _m, w: e.imports.readers(c, f"{w} source"),
    "imports.rehearse": lambda e, c, _m, w: _imported(e, c, w),
    "evaluation.count of a value": lambda e, c, _m, w: e.evaluation.count(c, _town(w)),
    "evaluation.count of a field": lambda e, c, _m, w: e.evaluation.count(c, _score(w)),
    "evaluation.count of an event": lambda e, c, _m, w: e.evaluation.count(c, _bought(w)),
    "evaluation.keys": lambda e, c, _m, w: e.evaluation.keys(c, _town(w)),
    "analysis.preview": lambda e, c, _m, w: e.analysis.preview(c, _town(w)),
    "analysis.counts": lambda e, c, _m, w: e.analysis.counts(c, _town(w)),
    "analysis.explain": lambda e, c, m, w: e.analysis.explain(c, f"{w}-1", segment_id=m.segment),
    "analysis.edit_diff": lambda e, c, m, w: e.analysis.edit_diff(c, m.segment, _town(w)),
    "organizations.context": lambda e, c, _m, w: e.catalog(c, _score(w)),
}

# An id of the other organization beside one's own, in a place where only one's own can mean anything.
BESIDE: dict[str, Beside] = {
    "segments.members at a run": lambda e, c, m, i: e.segments.members(c, m.segment, at_run=i),
    "segments.export at a run": lambda e, c, m, i: list(e.segments.export(c, m.segment, at_run=i)),
    "segments.find by owner": lambda e, c, _m, i: e.segments.find(c, SegmentQuery(owner_ids=frozenset({i}))),
    "segments.set_owner": lambda e, c, m, i: e.segments.set_owner(c, [m.segment], i),
    "segments.duplicates of a member": lambda e, c, _m, i: e.segments.duplicates(c, _member(i)),
    "segments.lint a member": lambda e, c, _m, i: e.segments.lint(c, _member(i)),
    "segments.create a member": lambda e, c, _m, i: e.segments.create(c, SegmentDraft("Reads", "", _member(i))),
    "segments.create listed": lambda e, c, _m, i: e.segments.create(c, SegmentDraft("Reads", "", _listed(i))),
    "analysis.explain at a run": lambda e, c, m, i: e.analysis.explain(c, f"{m.word}-1", at_run=i),
    "analysis.preview a member": lambda e, c, _m, i: e.analysis.preview(c, _member(i)),
    "evaluation.count a member": lambda e, c, _m, i: e.evaluation.count(c, _member(i)),
    "evaluation.count listed": lambda e, c, _m, i: e.evaluation.count(c, _listed(i)),
    "evaluation.sentence a member": lambda e, c, _m, i: e.evaluation.sentence(c, _member(i)),
    "catalog of a member": lambda e, c, _m, i: e.catalog(c, _member(i)),
    "details.restore": lambda e, c, _m, i: e.details.restore(c, i, 1, expected_revision=1),
    "contacts.membership": lambda e, c, m, i: e.contacts.membership(c, f"{m.word}-1", i),
    "contacts.reach_chain": lambda e, c, m, i: e.contacts.reach_chain(c, i, f"{m.word}-1"),
    "campaigns.reach": lambda e, c, m, i: e.campaigns.reach(c, [m.segment], [i], ["email"]),
    "campaigns.create": lambda e, c, m, i: e.campaigns.create(
        c, CampaignDraft(CampaignKind.CAMPAIGN, "Probe", included=(m.segment,), excluded=(i,))
    ),
    "overrides.end": lambda e, c, m, i: e.overrides.end(c, m.segment, i),
    "runs.request of many": lambda e, c, _m, i: e.runs.request_many(c, [i, i]),
    "segments.update": lambda e, c, _m, i: e.segments.update(
        c, i, expected_revision=1, draft=SegmentDraft("Taken", "", everyone())
    ),
}
