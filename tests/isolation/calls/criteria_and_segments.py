"""Segments, their runs and lists, and what criteria are asked."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.segment import SegmentQuery
from tests.isolation.calls.shared import DRAFT, EVERYONE, Calls

# Every public method that takes a context, with the permission it must ask for.
CALLS: Calls = {
    "catalog": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.catalog(c)),
    "segments.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.find(c, SegmentQuery())),
    "segments.summary": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.summary(c)),
    "segments.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.get(c, i)),
    "segments.id_by_name": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.id_by_name(c, "Theirs")),
    "segments.create": (Permission.SEGMENTS_CREATE, lambda e, c, _i: e.segments.create(c, DRAFT)),
    "segments.update": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.segments.update(c, i, expected_revision=1, draft=DRAFT),
    ),
    "segments.activate": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.activate(c, [i])),
    "segments.deactivate": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.segments.deactivate(c, [i])),
    "segments.delete": (Permission.SEGMENTS_DELETE, lambda e, c, i: e.segments.delete(c, [i])),
    "segments.sentence": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.segments.sentence(c, EVERYONE)),
    "segments.sql": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.sql(c, i)),
    "segments.sources": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.sources(c, i)),
    "segments.members": (Permission.MEMBERS_VIEW, lambda e, c, i: e.segments.members(c, i)),
    "segments.export": (Permission.MEMBERS_EXPORT, lambda e, c, i: list(e.segments.export(c, i))),
    "segments.lint": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.lint(c, EVERYONE, segment_id=i)),
    "segments.duplicates": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.duplicates(c, i)),
    "segments.history": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.history(c, i)),
    "segments.standing": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.standing(c, i)),
    "segments.standings": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.segments.standings(c, [i])),
    "runs.request": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.request(c, i)),
    "runs.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.runs.get(c, i)),
    "runs.find": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.runs.find(c, i)),
    "runs.cancel": (Permission.SEGMENTS_RECALCULATE, lambda e, c, i: e.runs.cancel(c, i)),
    "contacts.segments_of": (Permission.MEMBERS_VIEW, lambda e, c, _i: e.contacts.segments_of(c, "nobody")),
    "lists.find": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.lists.find(c)),
    "lists.get": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.lists.get(c, i)),
    "lists.id_by_name": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.lists.id_by_name(c, "Theirs")),
    "lists.create": (Permission.SEGMENTS_EDIT, lambda e, c, _i: e.lists.create(c, "Probe", ["nobody"])),
    "lists.replace": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.lists.replace(c, i, ["nobody"])),
    "lists.delete": (Permission.SEGMENTS_DELETE, lambda e, c, i: e.lists.delete(c, [i])),
    "overrides.find": (Permission.MEMBERS_VIEW, lambda e, c, i: e.overrides.find(c, i)),
    "overrides.put_in": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.overrides.put_in(c, i, "nobody", reason="asked"),
    ),
    "overrides.take_out": (
        Permission.SEGMENTS_EDIT,
        lambda e, c, i: e.overrides.take_out(c, i, "nobody", reason="asked"),
    ),
    "overrides.end": (Permission.SEGMENTS_EDIT, lambda e, c, i: e.overrides.end(c, i, i)),
    "offers.segments": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.segments(c)),
    "offers.lists": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.lists(c)),
    "offers.campaigns": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.campaigns(c)),
    "offers.topics": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.topics(c)),
    "offers.values": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.offers.values(c, "contact.none")),
    "analysis.preview": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.preview(c, EVERYONE, segment_id=i)),
    "analysis.counts": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.counts(c, EVERYONE, segment_id=i)),
    "analysis.explain": (Permission.MEMBERS_VIEW, lambda e, c, i: e.analysis.explain(c, "nobody", segment_id=i)),
    "analysis.edit_diff": (Permission.SEGMENTS_VIEW, lambda e, c, i: e.analysis.edit_diff(c, i, EVERYONE)),
    "evaluation.count": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.count(c, EVERYONE)),
    "evaluation.keys": (Permission.MEMBERS_VIEW, lambda e, c, _i: list(e.evaluation.keys(c, EVERYONE))),
    "evaluation.sql": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.sql(c, EVERYONE)),
    "evaluation.sentence": (Permission.SEGMENTS_VIEW, lambda e, c, _i: e.evaluation.sentence(c, EVERYONE)),
}
