"""What came of the campaigns that included a segment: rates over time, and beside all campaigns and other segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages import charts
from pages.parts import table
from pages.segment_charts import ENGAGEMENT
from pages.words import NOTHING, counted, number, percent
from segment_engine import FEW_DELIVERIES, Engagement, Figures, OrganizationContext, Segment

METRIC = "segment.metric"
ROW_HEIGHT = 36
ROWS_SHOWN = 8
OWN, EVERY = "With this segment", "All campaigns"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate people compare: what is counted, and of what."""

    word: str
    of: str
    part: Callable[[Figures], int]
    whole: Callable[[Figures], int]

    def value(self, figures: Figures) -> float | None:
        """Give the rate, None without a denominator."""
        whole = self.whole(figures)
        return self.part(figures) / whole if whole else None

    def text(self, figures: Figures) -> str:
        """Write the rate, or a dash."""
        whole = self.whole(figures)
        return percent(self.part(figures), whole) if whole else NOTHING


RATES = {
    rate.word: rate
    for rate in (
        Rate("Opened", "delivered", lambda each: each.opened, lambda each: each.delivered),
        Rate("Clicked", "delivered", lambda each: each.clicked, lambda each: each.delivered),
        Rate("Converted", "delivered", lambda each: each.converted, lambda each: each.delivered),
        Rate("Unsubscribed", "delivered", lambda each: each.unsubscribed, lambda each: each.delivered),
        Rate("Delivered", "sent", lambda each: each.delivered, lambda each: each.sent),
    )
}


def engagement(context: OrganizationContext, segment: Segment) -> None:
    """Draw rates as figures, over time and beside other segments."""
    with st.container(border=True):
        st.subheader("What came of it", anchor=False)
        found = running_engine().details.engagement(context, segment.segment_id)
        if not found.campaigns:
            st.caption("No campaign that included this segment has reported anything yet.")
            return
        campaigns = counted(found.campaigns, "campaign", "campaigns")
        st.caption(
            f"{campaigns} that included it, {number(found.own.delivered)} deliveries. A campaign with several segments "
            "counts whole: channels report by campaign, not by segment. The small figures compare with all campaigns."
        )
        _tiles(found)
        _over_time(found)
        _beside_others(segment, found)


def _tiles(found: Engagement) -> None:
    with st.grid(5, min_column_width=130):
        for rate in RATES.values():
            own, every = rate.value(found.own), rate.value(found.every)
            beside = None if own is None or every is None else f"{100 * (own - every):+.1f} points"
            st.metric(
                rate.word, rate.text(found.own), beside, delta_color="off", border=True, delta_arrow="off",
                help=f"{number(rate.part(found.own))} of {number(rate.whole(found.own))} {rate.of}; all campaigns: "
                f"{number(rate.part(found.every))} of {number(rate.whole(found.every))}",
            )  # fmt: skip


def _over_time(found: Engagement) -> None:
    chosen = st.pills(
        "Rate over time", list(RATES), default="Opened", key=METRIC, required=True, label_visibility="collapsed"
    )
    rate = RATES[chosen or "Opened"]
    rows = [
        _point(rate, week.starts_on.isoformat(), whose, figures)
        for week in found.weeks
        for whose, figures in ((OWN, week.own), (EVERY, week.every))
        if rate.value(figures) is not None
    ]
    alt = (
        f"{rate.word} of {rate.of} by week over {counted(len(found.weeks), 'week', 'weeks')}: with this segment "
        f"{rate.text(found.own)} in all, all campaigns {rate.text(found.every)}"
    )
    charts.draw(pd.DataFrame(rows), ENGAGEMENT, height=220, alt=alt)
    st.caption(f"{rate.word} of {rate.of}, by week. Hollow points rest on fewer than {FEW_DELIVERIES} deliveries.")


def _point(rate: Rate, day: str, whose: str, figures: Figures) -> dict[str, object]:
    part, whole = rate.part(figures), rate.whole(figures)
    return {
        "at": datetime.fromisoformat(day), "when": day, "whose": whose, "rate": part / whole, "few": figures.few,
        "exact": f"{rate.text(figures)}: {part:,} of {whole:,} {rate.of}",
        "note": "few deliveries: chance plays a large part" if figures.few else "–",
    }  # fmt: skip


def _beside_others(segment: Segment, found: Engagement) -> None:
    """Draw this segment, all campaigns, then the other segments with the most deliveries."""
    rows = [(segment.name, found.campaigns, found.own), (EVERY, None, found.every)]
    rows += [(each.name, each.campaigns, each.figures) for each in found.others]
    frame = pd.DataFrame(
        {
            "Whose": [name for name, _, _ in rows],
            "Campaigns": pd.Series([count for _, count, _ in rows], dtype="Int64"),
            "Deliveries": [figures.delivered for _, _, figures in rows],
        }
        | {f"{rate.word} of {rate.of}": [rate.value(figures) for _, _, figures in rows] for rate in RATES.values()}
        | {"Note": ["few deliveries" if figures.few else "" for _, _, figures in rows]}
    )
    looks = st.column_config
    columns = {f"{rate.word} of {rate.of}": looks.NumberColumn(format="percent", width=120) for rate in RATES.values()}
    columns |= {name: looks.NumberColumn(format="localized", width=95) for name in ("Campaigns", "Deliveries")}
    with st.expander("Beside other segments", icon=":material/compare_arrows:"):
        table(
            frame, columns | {"Whose": looks.TextColumn(width=240)}, key="segment.engagement", row_height=ROW_HEIGHT,
            rows_shown=ROWS_SHOWN, alt=f"Rates of this segment beside {counted(len(found.others), 'other', 'others')}",
        )  # fmt: skip
