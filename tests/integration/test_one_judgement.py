"""Whether a segment may be used is judged by one function, wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_engine.databases import Databases
from segment_engine.db import standing
from segment_engine.domain.campaign import CampaignDraft, CampaignKind
from segment_engine.domain.checks import Checks
from segment_engine.domain.readiness import Axis, Facts, Freshness, Readiness, Reason, Standing
from segment_engine.domain.segment import SegmentQuery
from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.reference_worlds import EVERYONE, calculate
from tests.integration.test_command_line import Run, files, loaded, run

__all__ = ("files", "loaded", "run")  # fixtures


def test_list_detail_campaign_and_command_line_ask_one_function(
    loaded: Run, files: Path, engine: Engine, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that one function says is what all four show: an answer nobody else could give is seen everywhere (E22)."""
    (files / "all.json").write_text(json.dumps(EVERYONE))
    assert loaded("segments", "create", "All", files / "all.json")[0] == 0
    calculate(databases)
    context = engine.context_for(LOCAL_IDENTITY)
    segment_id = engine.segments.id_by_name(context, "All")
    campaign = engine.campaigns.create(context, CampaignDraft(CampaignKind.CAMPAIGN, "Spring", included=(segment_id,)))
    reason = Reason(Axis.CHECKS, "sudden_change", Readiness.USE_WITH_CARE, "The moon is made of cheese.")
    odd = Standing(Readiness.USE_WITH_CARE, Freshness.STALE_AGE, Checks.WARNED, (reason,))
    asked: list[Facts] = []

    def judge(facts: Facts) -> Standing:
        asked.append(facts)
        return odd

    monkeypatch.setattr(standing, "standing_of", judge)
    assert engine.segments.find(context, SegmentQuery()).items[0].standing == odd
    assert engine.segments.standing(context, segment_id) == odd
    assert engine.campaigns.get(context, campaign.campaign_id).segments[0].standing == odd
    launch = engine.campaigns.readiness(context, campaign.campaign_id)
    assert any(reason.sentence in check.sentence for check in launch.checks)
    shown = json.loads(loaded("segments", "show", "All", "--json")[1])
    assert (shown["readiness"], shown["freshness"]) == ("use_with_care", "stale_age")
    assert reason.sentence in json.dumps(shown["reasons"])
    listed = json.loads(loaded("segments", "list", "--json")[1])
    assert listed[0]["reasons"] == ["sudden_change"]
    assert len(asked) >= 6
