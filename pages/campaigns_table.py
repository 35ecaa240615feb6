"""The table of campaigns or sequences: how each stands, whom it was meant for, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.campaign_words import CAMPAIGN_LOOKS, CHANNEL_WORDS, KIND_WORDS
from pages.parts import open_clicked, table
from pages.standing import READINESS_LOOKS
from pages.words import counted
from segment_engine import RATES, CampaignCard, CampaignKind, Figures

ROW_HEIGHT = 40
_CLICK = "campaigns.open"
SHOWN_RATES = {"opened": 72, "clicked": 72, "converted": 84}
"""The rates in the table, each with the width of its column."""


def show_table(items: Sequence[CampaignCard], kind: CampaignKind) -> None:
    """Draw a row a campaign; its button opens it."""
    words = KIND_WORDS[kind]
    readiness = [[READINESS_LOOKS[item.readiness].word] if item.readiness else None for item in items]
    frame = pd.DataFrame(
        {
            "open": ["Open"] * len(items),
            "name": [item.name for item in items],
            "state": [[CAMPAIGN_LOOKS[item.state].word] for item in items],
            "readiness": readiness,
            "channel": [CHANNEL_WORDS[item.channel] for item in items],
            "starts": [item.starts_on for item in items],
            "ends": [item.ends_on for item in items],
            "audience": pd.Series([item.audience for item in items], dtype="Int64"),
            **{name: [_share(item.figures, name) for item in items] for name in SHOWN_RATES},
        }
    )
    table(
        frame, _columns(items, words.one),
        # A click is told by the number of its row: with other rows, it has to be another table.
        key=f"campaigns.{hash(tuple(item.campaign_id for item in items))}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(items), words.one, words.many)} with state, readiness of the audience, dates and rates",
    )  # fmt: skip


def _share(figures: Figures, name: str) -> float | None:
    whole = figures.of(RATES[name])
    return 100 * figures.of(name) / whole if whole else None


def _columns(items: Sequence[CampaignCard], one: str) -> dict[str, Any]:
    columns = st.column_config
    states, readiness = tuple(CAMPAIGN_LOOKS.values()), tuple(READINESS_LOOKS.values())
    return {
        "open": columns.ButtonColumn(
            "", type="tertiary", width=55, key=_CLICK, on_click=open_clicked,
            args=("campaign", _CLICK, tuple(item.campaign_id for item in items)),
        ),
        "name": columns.TextColumn(one.capitalize(), width=215),
        "state": columns.MultiselectColumn(
            "State", options=[look.word for look in states], color=[look.color for look in states], width=95
        ),
        "readiness": columns.MultiselectColumn(
            "Segments", options=[look.word for look in readiness], color=[look.color for look in readiness],
            width=115, help="The worst of its segments; nothing where it does not matter any more",
        ),
        "channel": columns.TextColumn("Channel", width=68),
        "starts": columns.DateColumn("Starts", format="D MMM YYYY", width=92),
        "ends": columns.DateColumn("Ends", format="D MMM YYYY", width=92),
        "audience": columns.NumberColumn("Audience", format="localized", width=80, help="Frozen at the last launch"),
        **{
            name: columns.NumberColumn(
                name.capitalize(), format="%.1f%%", width=width, help=f"Share of those {RATES[name]}"
            )
            for name, width in SHOWN_RATES.items()
        },
    }  # fmt: skip
