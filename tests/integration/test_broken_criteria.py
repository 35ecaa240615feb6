"""A segment whose criteria no longer work: it is named, it can be opened, and nothing else stops."""

from __future__ import annotations

import pytest

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.operators import OPERATORS
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentQuery
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError
from segment_engine.worker.loop import Worker

EVERYONE: dict[str, object] = {
    "format": "segment-criteria", "version": 1, "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}  # fmt: skip
DOUBLE = frozenset({"L-DUPLICATE"})
GONE = {"kind": "attribute", "field": "contact.gone", "op": "is_set"}


def test_one_unreadable_segment_stops_no_page(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """T42 T43 T61 T67: lists read stored figures; the broken one opens with its problem, and its run alone fails."""
    good = engine.segments.create(context, SegmentDraft("Good", "", EVERYONE))
    bad = engine.segments.create(context, SegmentDraft("Bad", "", EVERYONE, accepted_warnings=DOUBLE))
    with databases.migrator.transaction() as transaction:
        for table in ("segment_versions", "runs"):
            transaction.connection.exec_driver_sql(
                f"ALTER TABLE {table} DISABLE TRIGGER USER; "  # noqa: S608 - two names written above
                f"UPDATE {table} SET criteria = jsonb_set(criteria, '{{root,of,0}}', "
                '\'{"kind": "attribute", "field": "contact.gone", "op": "is_set"}\') '
                f"WHERE segment_id = '{bad.segment_id}'; ALTER TABLE {table} ENABLE TRIGGER USER"
            )
    worker = Worker(databases.worker)
    while worker.work_once():
        pass
    statuses = {card.name: card.status.value for card in engine.segments.find(context, SegmentQuery()).items}
    assert statuses == {"Good": "success", "Bad": "failed"}
    opened = engine.segments.get(context, bad.segment_id)
    assert "contact.gone" in (opened.criteria_problem or "")
    (run,) = engine.runs.find(context, bad.segment_id)
    assert run.status is RunStatus.FAILED
    assert "contact.gone" in (run.error_sentence or "")
    assert engine.segments.get(context, good.segment_id).criteria_problem is None


def test_no_patterns_are_offered_and_the_failing_condition_is_named(
    engine: Engine, context: OrganizationContext
) -> None:
    """T37 T38: there is no regular expression to go wrong, and a refusal says which condition it is about."""
    assert not {operator.key for operator in OPERATORS} & {"matches", "regex", "like", "not_like", "not_matches"}
    root: dict[str, object] = {"group": "all", "of": [{"kind": "all_contacts"}, GONE | {"op": "regex", "value": "("}]}
    with pytest.raises(CriteriaError) as refused:
        engine.segments.create(context, SegmentDraft("Pattern", "", EVERYONE | {"root": root}))
    assert {problem.path.split(".of")[1][:3] for problem in refused.value.problems} == {"[1]"}
