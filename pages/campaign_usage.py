"""What came of a campaign: sums with rates and what they are shares of, and every day on one axis."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.campaign_charts import FIGURES_BY_DAY, SMALL_BARS
from pages.campaign_words import FIGURE_WORDS, day, rate_in_words, share_of
from pages.parts import table
from pages.words import counted, number
from segment_engine import FIGURES, RATES, Campaign, CampaignMetrics, OrganizationContext

CHART_HEIGHT, BARS_HEIGHT = 260, 54
ROW_HEIGHT = 34
ROWS_SHOWN = 10
TILES = ("sent", "delivered", "opened", "clicked", "converted", "unsubscribed")
DRAWN = ("opened", "clicked", "converted")


def usage(context: OrganizationContext, campaign: Campaign) -> None:
    """Draw the figures, or say that none have come yet."""
    metrics = running_engine().campaigns.metrics(context, campaign.campaign_id)
    if not metrics.days:
        with st.container(border=True):
            st.subheader("What came of it", anchor=False)
            st.caption("No figures have come yet. They appear here day by day once messages go out.")
        return
    _tiles(metrics)
    with st.container(border=True):
        _by_day(metrics)


def _tiles(metrics: CampaignMetrics) -> None:
    with st.grid(len(TILES), min_column_width=140):
        for name in TILES:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(FIGURE_WORDS[name], number(metrics.total.of(name)))
                if name in RATES:
                    st.caption(rate_in_words(metrics.total, name), help=share_of(metrics.total, name))
                else:
                    st.caption(f"since {day(metrics.days[0].day)}")
                st.space("stretch")
                _bars(metrics, name)


def _bars(metrics: CampaignMetrics, name: str) -> None:
    """Draw every day of one figure as a small bar."""
    counts = [each.figures.of(name) for each in metrics.days]
    whens = [day(each.day) for each in metrics.days]
    frame = pd.DataFrame({"when": whens, "count": counts, "place": range(len(counts))})
    alt = f"{FIGURE_WORDS[name]} on each of {counted(len(counts), 'day', 'days')}, at most {max(counts):,}"
    charts.draw(frame, SMALL_BARS, height=BARS_HEIGHT, alt=alt)


def _by_day(metrics: CampaignMetrics) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Day by day", anchor=False, width="content")
        st.space("stretch")
        names = st.pills(
            "Figures", list(FIGURES), default=list(DRAWN), selection_mode="multi", key="campaign.figures",
            format_func=lambda name: FIGURE_WORDS[name], label_visibility="collapsed",
        )  # fmt: skip
    chosen = [name for name in FIGURES if name in names] or list(DRAWN)
    rows = [
        {
            "at": pd.Timestamp(each.day), "when": day(each.day), "count": each.figures.of(name),
            "what": FIGURE_WORDS[name],
        }
        for name in chosen
        for each in metrics.days
    ]  # fmt: skip
    sums = ", ".join(f"{FIGURE_WORDS[name].lower()} {metrics.total.of(name):,}" for name in chosen)
    alt = f"{counted(len(metrics.days), 'day', 'days')} from {day(metrics.days[0].day)}: in all {sums}"
    charts.draw(pd.DataFrame(rows), FIGURES_BY_DAY, height=CHART_HEIGHT, alt=alt)
    rates = " · ".join(f"{FIGURE_WORDS[name]} {rate_in_words(metrics.total, name)}" for name in chosen if name in RATES)
    if rates:
        st.caption(rates)
    with st.expander("All figures as a table", icon=":material/table_rows:"):
        _table(metrics)


def _table(metrics: CampaignMetrics) -> None:
    frame = pd.DataFrame(
        {"Day": [each.day for each in metrics.days]}
        | {FIGURE_WORDS[name]: [each.figures.of(name) for each in metrics.days] for name in FIGURES}
    )
    columns = {FIGURE_WORDS[name]: st.column_config.NumberColumn(format="localized") for name in FIGURES}
    table(
        frame, {"Day": st.column_config.DateColumn(format="D MMM YYYY"), **columns}, key="campaign.days",
        row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"Every figure of {counted(len(metrics.days), 'day', 'days')}",
    )  # fmt: skip
