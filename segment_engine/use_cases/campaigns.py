"""Campaigns and sequences: everything one can do with them."""

from __future__ import annotations

from segment_engine.use_cases.campaign_launching import CampaignLaunching
from segment_engine.use_cases.campaign_reading import CampaignReading
from segment_engine.use_cases.campaign_saving import CampaignSaving


class Campaigns(CampaignReading, CampaignSaving, CampaignLaunching):
    """Reading, saving and launching. A sequence is a campaign that contacts enter one by one; its kind tells."""
