"""Whether a campaign can be launched: one judgement, every check with its reason, and the way to its segment."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.campaign_words import VERDICT_LOOKS
from pages.parts import badge, page
from pages.words import Look, counted, plain, readable
from segment_engine import CheckVerdict, LaunchCheck, LaunchReadiness

SUMMARY: dict[CheckVerdict, Look] = {
    CheckVerdict.BLOCK: Look("Cannot be launched", "red", ":material/block:"),
    CheckVerdict.WARNING: Look("Can be launched with care", "orange", ":material/warning:"),
    CheckVerdict.OK: Look("Can be launched", "green", ":material/check_circle:"),
}


def verdict_badge(readiness: LaunchReadiness) -> None:
    """Draw the judgement: word, color and icon."""
    badge(SUMMARY[readiness.verdict])


def summary_of(readiness: LaunchReadiness) -> str:
    """Count the checks by what they mean."""
    blocks, warnings = (len(readiness.of(verdict)) for verdict in (CheckVerdict.BLOCK, CheckVerdict.WARNING))
    fine = len(readiness.of(CheckVerdict.OK))
    parts = [f"{blocks} in the way"] if blocks else []
    parts += [counted(warnings, "warning", "warnings")] if warnings else []
    parts += [f"{fine} fine"] if fine else []
    return ", ".join(parts)


def show_checks(checks: Iterable[LaunchCheck], *, key: str, links: bool = True) -> None:
    """Draw every check as a line: what it means and why; where something is to be done, the way to the segment."""
    for place, check in enumerate(checks):
        with st.container(key=f"{key}.{place}", gap="xsmall"):
            look = VERDICT_LOOKS[check.verdict]
            st.markdown(f":{look.color}-badge[{look.icon} {look.word}] {plain(readable(check.sentence))}")
            if links and check.segment_id is not None and check.verdict is not CheckVerdict.OK:
                st.page_link(
                    page("segment"), label="Open this segment", icon=":material/arrow_forward:", width="content",
                    query_params={"id": str(check.segment_id)},
                )  # fmt: skip
