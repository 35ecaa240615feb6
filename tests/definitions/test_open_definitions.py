"""The open definitions: the same members as an independent program found, proven by count and checksum."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.run import RunStatus
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker.loop import Worker
from tests.definitions.conftest import Command, Reports
from tests.definitions.real_data import ABSENT, DATA, listed

HERE = Path(__file__).parent
# Definitions without a moment of their own hold at any time; this one lies after all events.
ANY_TIME = "2020-01-01"

Filled = Callable[[str], str]

# The first test of a data set imports it; on a machine that is shared that may take longer than the usual limit.
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT),
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("definitions"),  # importing is the slow part, and each process imports for itself
]


def definitions() -> dict[str, dict[str, str]]:
    """Give the definitions by id."""
    return {each["id"]: each for each in listed("open.json", "definitions")}


def day_of(name: str) -> str:
    """Give the day a definition is asked for."""
    return (definitions()[name]["as_of"] or ANY_TIME).partition(" ")[0]


@pytest.fixture(scope="session")
def filled(real_databases: Databases, real_engine: Engine, reports: Reports) -> Filled:
    """Write a definition's criteria with the ids of this database where they say `campaign 18` or `segment O10`."""
    return _Filling(real_databases, real_engine, reports).document


class _Filling:
    """Campaigns got their ids when history was imported; a segment is created and calculated by a worker."""

    def __init__(self, databases: Databases, engine: Engine, reports: Reports) -> None:
        self._databases = databases
        self._engine = engine
        self._reports = reports
        self._segment = cache(self._calculated)

    def document(self, name: str) -> str:
        self._reports(definitions()[name]["dataset"])
        criteria = (HERE / f"{name}.json").read_text(encoding="utf-8")
        criteria = re.sub(r"(?<=\")campaign (\d+)(?=\")", lambda found: self._campaign(name, found[1]), criteria)
        return re.sub(r"(?<=\")segment (O\d+)(?=\")", lambda found: self._segment(found[1]), criteria)

    def _campaign(self, name: str, campaign: str) -> str:
        organization_id = self._engine.organizations.find(definitions()[name]["dataset"])
        own: dict[str, object] = {"organization": organization_id, "name": campaign}
        statement = "SELECT campaign_id FROM campaigns WHERE organization_id = :organization AND name = :name"
        with self._databases.app.transaction(organization_id, read_only=True) as transaction:
            return str(transaction.scalar(text(statement), own))

    def _calculated(self, name: str) -> str:
        organization_id = self._engine.organizations.find(definitions()[name]["dataset"])
        context = self._engine.context_for(LOCAL_IDENTITY, organization_id)
        draft = SegmentDraft(name, "", json.loads(self.document(name)))
        segment = self._engine.segments.create(context, draft)
        self._work()
        as_of = datetime.fromisoformat(day_of(name)).replace(tzinfo=UTC)
        run = self._engine.runs.request(context, segment.segment_id, as_of=as_of)
        self._work()
        run = self._engine.runs.get(context, run.run_id)
        assert (run.status, run.member_count) == (RunStatus.SUCCESS, definitions()[name]["expected_count"])
        return str(segment.segment_id)

    def _work(self) -> None:
        worker = Worker(self._databases.worker)
        while worker.work_once():
            pass


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("O*.json")))
def test_members_are_exactly_the_reference(name: str, command: Command, filled: Filled, tmp_path: Path) -> None:
    """Count and md5 of the sorted keys are those of the reference, whatever wrong reading lies near."""
    definition = definitions()[name]
    document = tmp_path / f"{name}.json"
    document.write_text(filled(name), encoding="utf-8")
    answer = command(
        "evaluate", str(document), "--organization", definition["dataset"], "--as-of", day_of(name), "--ids"
    )
    keys = answer.splitlines()
    assert len(keys) == definition["expected_count"]
    assert hashlib.md5("\n".join(keys).encode(), usedforsecurity=False).hexdigest() == definition["expected_md5"]


def test_every_definition_has_its_criteria() -> None:
    """None of the twelve is forgotten."""
    assert {path.stem for path in HERE.glob("O*.json")} == set(definitions())


def test_count_agrees_with_the_members(command: Command, reports: Reports) -> None:
    """`--count` and `--ids` are one predicate (M18)."""
    reports("ifood")
    document = str(HERE / "O09.json")
    answer = command("evaluate", document, "--organization", "ifood", "--as-of", ANY_TIME, "--count", "--json")
    assert json.loads(answer) == {"count": definitions()["O09"]["expected_count"]}
