"""How a schedule is spoken of: its standing as a badge, and when it is next, with what it waits for."""

from __future__ import annotations

from pages.words import Look, ago, exact
from segment_engine import OrganizationContext, ScheduledSegment, ScheduleStanding

SCHEDULE_LOOKS: dict[ScheduleStanding, Look] = {
    ScheduleStanding.NONE: Look("By hand only", "gray", ":material/back_hand:"),
    ScheduleStanding.SUSPENDED: Look("Suspended", "red", ":material/block:"),
    ScheduleStanding.NOT_ACTIVE: Look("Not active", "gray", ":material/toggle_off:"),
    ScheduleStanding.PAUSED: Look("Paused", "orange", ":material/pause_circle:"),
    ScheduleStanding.OVERDUE: Look("Overdue", "orange", ":material/alarm:"),
    ScheduleStanding.DUE: Look("Due", "blue", ":material/hourglass_top:"),
    ScheduleStanding.WAITING: Look("Scheduled", "green", ":material/event_repeat:"),
    ScheduleStanding.LISTENING: Look("Waits for data", "green", ":material/sensors:"),
}

# The same where they are counted: “18 scheduled, 3 waiting for data”.
COUNTED: dict[ScheduleStanding, str] = {
    ScheduleStanding.SUSPENDED: "suspended",
    ScheduleStanding.OVERDUE: "overdue",
    ScheduleStanding.DUE: "due",
    ScheduleStanding.WAITING: "scheduled",
    ScheduleStanding.LISTENING: "waiting for data",
    ScheduleStanding.PAUSED: "paused",
    ScheduleStanding.NOT_ACTIVE: "not active",
}


def sentence(scheduled: ScheduledSegment) -> str:
    """Say when a segment is calculated."""
    return "Calculated by hand only" if scheduled.schedule is None else scheduled.schedule.sentence


def outlook(scheduled: ScheduledSegment, context: OrganizationContext) -> str:
    """Say when the schedule is next, or why it is not, and what would change that."""
    next_time = exact(scheduled.next_due_at, context)
    came = f"What it reads changed {ago(scheduled.due_since, now=scheduled.now)}. " if scheduled.due_since else ""
    would = f"It would be due {next_time}. " if scheduled.next_due_at else ""
    return {
        ScheduleStanding.NONE: "Nothing calculates it by itself: its members are as old as the last request.",
        ScheduleStanding.SUSPENDED: (
            f"{scheduled.suspended_because} Nothing calculates it by itself until a calculation succeeds, its criteria "
            "are edited, or somebody resumes it."
        ),
        ScheduleStanding.NOT_ACTIVE: "The schedule is kept only while the segment is active.",
        ScheduleStanding.PAUSED: (
            f"All schedules of the organization are paused. {would}What becomes due meanwhile is made up for once."
        ),
        ScheduleStanding.OVERDUE: f"It was due {next_time}, and no worker has taken it up yet.",
        ScheduleStanding.DUE: f"{came}It is due now; a worker takes it up within seconds.",
        ScheduleStanding.WAITING: f"{came}Next: {next_time}",
        ScheduleStanding.LISTENING: "It follows a minute after its data are imported, or a segment it reads changes.",
    }[scheduled.standing]
