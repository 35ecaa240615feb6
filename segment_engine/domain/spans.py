"""Stretches of time as people say them."""

from __future__ import annotations


def span(hours: float) -> str:
    """Write a stretch of time as people say it: minutes, hours, and days from two of them on."""
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    whole = round(hours)
    if whole < 48:  # noqa: PLR2004 - two days
        return f"{whole} hour{'' if whole == 1 else 's'}"
    return f"{round(hours / 24):,} days"
