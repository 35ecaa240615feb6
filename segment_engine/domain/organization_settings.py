"""The settings of an organization: how it counts days, when results are old, and how long history is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from zoneinfo import available_timezones

from segment_engine.errors import InputError

WEEK_STARTS = ("monday", "sunday", "saturday")
LEAP_DAYS = ("feb_28", "mar_1")
# The lowest and the highest that may be set, both included; the schema has the same.
HOURS = (1, 24 * 366)
DAYS = (7, 3660)
RUNS_AT_ONCE = (1, 100)


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """What an administrator may set.

    Shape: `week_starts_on` and `leap_day` as in a calendar. Units: hours, days, and runs that are computed at once.
    """

    time_zone: str
    week_starts_on: str
    fiscal_year_start_month: int
    leap_day: str
    stale_after_hours: int
    unusable_after_hours: int
    history_days: int
    runs_kept_days: int
    runs_at_once: int


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """The settings as they are, and which revision that is."""

    settings: OrganizationSettings
    revision: int


@dataclass(frozen=True, slots=True)
class SettingsFigures:
    """What settings mean for what there is.

    Units: segments with `stale_age` and `too_old` as a reason, and those ready to use; ended runs older than
        `runs_kept_days`; schedules whose times are meant in another zone.
    """

    ready: int
    stale: int
    too_old: int
    runs_to_sweep: int
    schedules_in_other_zones: int


@dataclass(frozen=True, slots=True)
class SettingsRehearsal:
    """What other settings would change: from which value to which, and the figures now and then."""

    changed: Mapping[str, tuple[object, object]]
    now: SettingsFigures
    then: SettingsFigures


def changes(before: OrganizationSettings, after: OrganizationSettings) -> dict[str, tuple[object, object]]:
    """Give what differs, by name, with both values."""
    pairs = {each.name: (getattr(before, each.name), getattr(after, each.name)) for each in fields(before)}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def checked_settings(wanted: OrganizationSettings) -> OrganizationSettings:
    """Give settings that can be used. Raises: InputError with everything that is wrong."""
    problems = [problem for problem in (*_calendar_problems(wanted), *_number_problems(wanted)) if problem]
    if problems:
        raise InputError(" ".join(problems))
    return wanted


def _calendar_problems(wanted: OrganizationSettings) -> tuple[str | None, ...]:
    zone = wanted.time_zone in available_timezones()
    return (
        None if zone else f"“{wanted.time_zone}” is not a time zone. Use a name such as Europe/Amsterdam or UTC.",
        None if wanted.week_starts_on in WEEK_STARTS else "A week starts on monday, sunday or saturday.",
        None if wanted.leap_day in LEAP_DAYS else "29 February is feb_28 or mar_1 in common years.",
        _between(wanted.fiscal_year_start_month, 1, 12, "The fiscal year starts in a month from {} to {}."),
    )


def _number_problems(wanted: OrganizationSettings) -> tuple[str | None, ...]:
    in_order = wanted.stale_after_hours < wanted.unusable_after_hours
    return (
        _between(wanted.stale_after_hours, *HOURS, "Results can be old after {} to {} hours."),
        _between(wanted.unusable_after_hours, *HOURS, "Results can be too old to use after {} to {} hours."),
        None if in_order else "Results must be old before they are too old to use: choose fewer hours for the first.",
        _between(wanted.history_days, *DAYS, "Changes of members can be kept for {} to {} days."),
        _between(wanted.runs_kept_days, *DAYS, "Runs can be kept for {} to {} days."),
        _between(wanted.runs_at_once, *RUNS_AT_ONCE, "Between {} and {} runs can be computed at once."),
    )


def _between(value: int, lowest: int, highest: int, sentence: str) -> str | None:
    return None if lowest <= value <= highest else sentence.format(f"{lowest:,}", f"{highest:,}")
