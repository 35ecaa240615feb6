"""The words of administration: roles, what they allow, and settings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.words import counted
from segment_engine import PERMISSIONS, Permission, Role, act_of

ROLE_WORDS: dict[Role, str] = {role: role.value.replace("_", " ").capitalize() for role in Role}
ROLE_MEANS: dict[Role, str] = {
    Role.VIEWER: "Sees segments, counts and campaigns, and no contact.",
    Role.ANALYST: "Builds segments and sees contacts.",
    Role.CAMPAIGN_MANAGER: "Builds segments, exports contacts and launches campaigns.",
    Role.OPS_LEAD: "Repairs segments and data sources, deletes, and reads the audit log.",
    Role.ADMIN: "May do everything, and manages people and settings.",
}
ROLE_COLORS = {
    Role.VIEWER: "gray", Role.ANALYST: "blue", Role.CAMPAIGN_MANAGER: "green", Role.OPS_LEAD: "orange",
    Role.ADMIN: "red",
}  # fmt: skip
WEEK_WORDS = {"monday": "Monday", "sunday": "Sunday", "saturday": "Saturday"}
LEAP_WORDS = {"feb_28": "28 February", "mar_1": "1 March"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SETTING_WORDS = {
    "time_zone": "Time zone",
    "week_starts_on": "A week starts on",
    "fiscal_year_start_month": "The fiscal year starts in",
    "leap_day": "29 February, in common years",
    "stale_after_hours": "Use with care after",
    "unusable_after_hours": "Do not use after",
    "history_days": "Keep changes of members for",
    "runs_kept_days": "Keep runs for",
    "runs_at_once": "Runs at once",
}


def role_column() -> Any:  # noqa: ANN401 - a column of a table, without a public type
    """Make the column of a table that shows a role as a badge."""
    words, colors = [ROLE_WORDS[role] for role in Role], [ROLE_COLORS[role] for role in Role]
    return st.column_config.MultiselectColumn("Role", options=words, color=colors, width=145)


def setting_value(name: str, value: object) -> str:
    """Write the value of a setting as people read it."""
    text = str(value)
    if name == "fiscal_year_start_month":
        return MONTHS[int(text) - 1]
    if name in {"week_starts_on", "leap_day"}:
        return (WEEK_WORDS | LEAP_WORDS).get(text, text)
    unit = name.rpartition("_")[2]
    return counted(int(text), unit[:-1], unit) if unit in {"hours", "days"} else text


def gained_and_lost(before: Role, after: Role) -> tuple[list[str], list[str]]:
    """Say what another role would allow besides, and what no longer."""
    return _acts(PERMISSIONS[after] - PERMISSIONS[before]), _acts(PERMISSIONS[before] - PERMISSIONS[after])


def _acts(permissions: frozenset[Permission]) -> list[str]:
    return [act_of(each) for each in Permission if each in permissions]
