"""Calls of this room, each with the permission it must ask for and a call with an id that may be unknown."""

from __future__ import annotations

from segment_engine.domain.access import Permission
from segment_engine.domain.campaign import CampaignDraft, CampaignKind, CampaignMove, CampaignQuery
from tests.isolation.calls.shared import Calls

_DRAFT = CampaignDraft(CampaignKind.CAMPAIGN, "Probe")

CALLS: Calls = {
    "campaigns.find": (Permission.CAMPAIGNS_VIEW, lambda e, c, _i: e.campaigns.find(c, CampaignQuery())),
    "campaigns.summary": (
        Permission.CAMPAIGNS_VIEW,
        lambda e, c, _i: e.campaigns.summary(c, CampaignKind.SEQUENCE),
    ),
    "campaigns.get": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.campaigns.get(c, i)),
    "campaigns.offered": (Permission.CAMPAIGNS_VIEW, lambda e, c, _i: e.campaigns.offered(c)),
    "campaigns.chosen": (
        Permission.CAMPAIGNS_VIEW,
        lambda e, c, i: e.campaigns.chosen(c, CampaignDraft(CampaignKind.CAMPAIGN, "Probe", included=(i,))),
    ),
    "campaigns.reach": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.campaigns.reach(c, [i], [], ["email"])),
    "campaigns.check": (
        Permission.CAMPAIGNS_VIEW,
        lambda e, c, i: e.campaigns.check(c, CampaignDraft(CampaignKind.CAMPAIGN, "Probe", included=(i,))),
    ),
    "campaigns.readiness": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.campaigns.readiness(c, i)),
    "campaigns.metrics": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.campaigns.metrics(c, i)),
    "campaigns.audiences": (Permission.CAMPAIGNS_VIEW, lambda e, c, i: e.campaigns.audiences(c, i)),
    "campaigns.gates_of_contact": (
        Permission.MEMBERS_VIEW,
        lambda e, c, i: e.campaigns.gates_of_contact(c, i, 1),
    ),
    "campaigns.create": (
        Permission.CAMPAIGNS_EDIT,
        lambda e, c, i: e.campaigns.create(c, CampaignDraft(CampaignKind.CAMPAIGN, "Probe", included=(i,))),
    ),
    "campaigns.update": (
        Permission.CAMPAIGNS_EDIT,
        lambda e, c, i: e.campaigns.update(c, i, expected_revision=1, draft=_DRAFT),
    ),
    "campaigns.move": (
        Permission.CAMPAIGNS_EDIT,
        lambda e, c, i: e.campaigns.move(c, i, CampaignMove.PAUSE, expected_revision=1),
    ),
    "campaigns.launch": (
        Permission.CAMPAIGNS_EDIT,
        lambda e, c, i: e.campaigns.launch(c, i, expected_revision=1),
    ),
}
