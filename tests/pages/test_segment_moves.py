"""The chart of members over time: marks where more than data moved them, and why at every point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from pages.check_words import CAUSE_WORDS
from pages.segment_charts import CAUSE_COLORS, MARK_SHAPES, members_chart
from pages.segment_moves import MARKED, NOBODY, NOT_KEPT
from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from tests.integration.importing import Importer
from tests.pages.conftest import IN_UTRECHT, Create, Visit, document

Work = Callable[[], None]
IN_GENT = document({"kind": "attribute", "field": "contact.city", "op": "equals", "value": "Gent"})
TO_GENT = "id,name,city,tier,score,email\n0004,Di,Gent,bronze,,di@example.org\n"


@pytest.fixture
def segment_id(contacts: Importer, create: Create, work: Work) -> UUID:
    """A segment of two contacts, calculated."""
    assert contacts
    made = create("Moving", IN_UTRECHT)
    work()
    return made


def charts_of(page: AppTest) -> tuple[Any, Any]:
    """Give the chart of the members over time, and the one of who joined and left below it."""
    assert not page.exception
    found: list[Any] = [each.proto for each in page.get("vega_lite_chart")]
    first = next(place for place, each in enumerate(found) if each.alt.startswith("Members from"))
    return found[first], found[first + 1]


def rows_of(chart: Any) -> dict[str, list[Any]]:
    """Give the columns a chart is drawn from."""
    frame: Any = convert_arrow_bytes_to_pandas_df(chart.data.data or chart.datasets[0].data.data)
    return {str(name): list(frame[name]) for name in frame}


def test_marks_are_told_apart_by_their_shape() -> None:
    """No color has to be told apart: each cause has a shape of its own, and the legend names those there are."""
    assert list(MARK_SHAPES) == [CAUSE_WORDS[cause] for cause in MARKED]
    assert len(set(MARK_SHAPES.values())) == len(MARK_SHAPES)
    drawn = members_chart(("By hand", "Segment it reads"))["layer"][-1]["encoding"]
    assert drawn["shape"]["scale"]["domain"] == drawn["color"]["scale"]["domain"] == ["By hand", "Segment it reads"]
    assert drawn["color"]["scale"]["range"] == [CAUSE_COLORS["By hand"], CAUSE_COLORS["Segment it reads"]]
    assert len(members_chart(())["layer"]) == len(members_chart(("By hand",))["layer"]) - 1


@pytest.fixture
def moving(contacts: Importer, segment_id: UUID, engine: Engine, context: OrganizationContext, work: Work) -> UUID:
    """The same after a decision by hand, an edit, an import, and a result with which nobody moved."""
    engine.overrides.take_out(context, segment_id, "0001", reason="Asked")
    work()
    held = engine.segments.get(context, segment_id)
    draft = SegmentDraft("Moving", "", IN_GENT, accepted_warnings=frozenset({"L-DUPLICATE"}))
    engine.segments.update(context, segment_id, expected_revision=held.revision, draft=draft)
    work()
    contacts.contacts(TO_GENT)
    for _ in range(2):
        engine.runs.request(context, segment_id)
        work()
    return segment_id


def test_the_chart_says_why_the_members_moved(
    visit: Visit, moving: UUID, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """By hand and by an edit are marked, data are not; every point tells who joined and left by cause."""
    before = len(engine.runs.find(context, moving))
    line, bars = charts_of(visit("segment", id=str(moving)))
    assert len(engine.runs.find(context, moving)) == before
    assert line.alt == "Members from 2 to 2 over 5 runs, By hand: 1, Criteria edited: 1"
    rows = rows_of(line)
    assert rows["why"] == [
        "First result +2", "By hand -1", "Criteria edited +1 -1", "Data +1", NOBODY,
    ]  # fmt: skip
    marks = [each if isinstance(each, str) else None for each in rows["moved"]]
    assert marks == [None, "By hand", "Criteria edited", None, None]
    stacked = rows_of(bars)
    told = zip(stacked["kind"], stacked["why"], stacked["count"], strict=True)
    assert [(kind, why) for kind, why, count in told if count] == [
        ("joined", "Criteria edited 1"), ("joined", "Data 1"), ("left", "By hand 1"), ("left", "Criteria edited 1"),
    ]  # fmt: skip
    assert '"By hand", "Criteria edited"' in line.spec
    with databases.migrator.transaction() as transaction:  # as results of an older version are
        transaction.run(text("DELETE FROM run_causes"))
    line, _ = charts_of(visit("segment", id=str(moving)))
    assert line.alt == "Members from 2 to 2 over 5 runs"
    assert set(rows_of(line)["why"]) == {NOT_KEPT, NOBODY}
