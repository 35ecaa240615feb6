"""Commands around schedules: schedule list, show, set, remove, pause and resume."""

from __future__ import annotations

import argparse
from datetime import time
from typing import Any

from segment_engine.command_line.opening import Opened, add_organization, opened_engine, segment_named
from segment_engine.command_line.output import Output
from segment_engine.domain.schedules import WEEKDAYS, Schedule, ScheduledSegment, ScheduleKind
from segment_engine.errors import InputError
from segment_engine.settings import Settings

_UNITS = {"m": 1, "h": 60, "d": 1440}


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add schedule list/show/set/remove/pause/resume."""
    actions = commands.add_parser("schedule", help="when segments are calculated").add_subparsers(
        dest="action", required=True
    )
    listing = actions.add_parser("list", parents=[shared], help="every schedule, with when it is due or why it is not")
    listing.set_defaults(act=_list)
    show = actions.add_parser("show", parents=[shared], help="the schedule of one segment")
    show.set_defaults(act=_show)
    setting = actions.add_parser("set", parents=[shared], help="calculate a segment by itself from now on")
    setting.set_defaults(act=_set)
    remove = actions.add_parser("remove", parents=[shared], help="calculate a segment by hand only")
    remove.set_defaults(act=_remove)
    pause = actions.add_parser("pause", parents=[shared], help="let no schedule of the organization start anything")
    pause.set_defaults(act=_pause)
    resume = actions.add_parser("resume", parents=[shared], help="keep all schedules again, or a suspended one")
    resume.set_defaults(act=_resume)
    resume.add_argument("segment", nargs="?", help="id or name of a segment whose schedule is suspended")
    for parser in (show, setting, remove):
        parser.add_argument("segment", help="id or name")
    _add_times(setting)
    for parser in (listing, show, setting, remove, pause, resume):
        add_organization(parser)


def _add_times(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--every", metavar="TIME", help="such as 30m, 6h or 2d; at least 5m, at most 30d")
    which.add_argument("--daily", metavar="HH:MM", help="every day at this local time")
    which.add_argument("--weekly", nargs=2, metavar=("DAY", "HH:MM"), help="such as monday 07:00")
    which.add_argument("--on-change", action="store_true", help="whenever something that it reads has changed")
    parser.add_argument("--zone", help="time zone of the local time; default: the organization's")


def _list(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        report = opened.engine.schedules.report(opened.context)
    rows = [_row(each) for each in report.scheduled]
    if output.as_json:
        pause = None if report.pause is None else {"since": report.pause.since, "by": report.pause.by}
        output.document({"paused": pause, "schedules": rows})
        return 0
    if report.pause is not None:
        output.line(f"All schedules are paused since {report.pause.since.isoformat(sep=' ', timespec='seconds')}.")
    output.table([{name: row[name] for name in ("segment", "standing", "schedule", "due")} for row in rows])
    return 0


def _show(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        output.record(_row(_held(opened, arguments)))
    return 0


def _set(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        wanted = _wanted(arguments, arguments.zone or opened.context.calendar.time_zone)
        held = _held(opened, arguments)
        kept = opened.engine.schedules.set(
            opened.context, held.segment_id, wanted, expected_revision=held.revision
        )  # fmt: skip
    output.record(_row(kept))
    return 0


def _remove(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        held = _held(opened, arguments)
        kept = opened.engine.schedules.remove(opened.context, held.segment_id, expected_revision=held.revision)
    output.record(_row(kept))
    return 0


def _pause(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        pause = opened.engine.schedules.pause_all(opened.context)
    output.record({"paused": pause is not None, "since": pause and pause.since, "by": pause and pause.by})
    return 0


def _resume(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        if arguments.segment is None:
            pause = opened.engine.schedules.resume_all(opened.context)
            output.record({"paused": pause is not None, "since": None, "by": None})
            return 0
        opened.engine.schedules.resume(opened.context, [segment_named(opened, arguments.segment)])
        output.record(_row(_held(opened, arguments)))
    return 0


def _held(opened: Opened, arguments: argparse.Namespace) -> ScheduledSegment:
    return opened.engine.schedules.get(opened.context, segment_named(opened, arguments.segment))


def _wanted(arguments: argparse.Namespace, zone: str) -> Schedule:
    """Read the schedule that the options ask for. Raises: InputError."""
    if arguments.on_change:
        return Schedule(ScheduleKind.SOURCE)
    if arguments.every is not None:
        return Schedule(ScheduleKind.EVERY, every_minutes=_minutes(arguments.every))
    if arguments.daily is not None:
        return Schedule(ScheduleKind.DAILY, at_time=_time(arguments.daily), time_zone=zone)
    day, at_time = arguments.weekly
    if day.capitalize() not in WEEKDAYS:
        raise InputError(f"“{day}” is no weekday. Write one such as monday.")
    weekday = WEEKDAYS.index(day.capitalize()) + 1
    return Schedule(ScheduleKind.WEEKLY, at_time=_time(at_time), weekday=weekday, time_zone=zone)


def _minutes(written: str) -> int:
    amount, unit = written[:-1], written[-1:]
    if not (amount.isascii() and amount.isdigit()) or unit not in _UNITS:
        raise InputError(f"“{written}” is no stretch of time. Write one such as 30m, 6h or 2d.")
    return int(amount) * _UNITS[unit]


def _time(written: str) -> time:
    try:
        return time.fromisoformat(written)
    except ValueError as error:
        raise InputError(f"“{written}” is no time of day. Write one such as 06:30.") from error


def _row(each: ScheduledSegment) -> dict[str, object]:
    return {
        "segment": each.name,
        "segment_id": each.segment_id,
        "schedule": None if each.schedule is None else each.schedule.sentence,
        "standing": each.standing,
        "due": each.next_due_at,
        "due_before": each.last_due_at,
        "changed_since": each.due_since,
        "suspended_at": each.suspended_at,
        "suspended_because": each.suspended_because,
        "failed_in_row": each.failed_in_row,
        "revision": each.revision,
    }
