"""For monitoring: how urgent it is to look, as an exit code; and the command `watch`, which looks without a worker."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from segment_engine.command_line.opening import Opened, opened_databases
from segment_engine.command_line.output import Output
from segment_engine.databases import WORKER_ROLE, refuse_excess_rights
from segment_engine.domain.troubles import STUCK_MINUTES
from segment_engine.settings import Settings
from segment_engine.use_cases.overview import OverviewReport
from segment_engine.worker.delivering import Post, deliver
from segment_engine.worker.watching import look

LOOK_SOON, LOOK_NOW = 6, 7


@dataclass(frozen=True, slots=True)
class Condition:
    """What decides whether somebody has to look. Units: `longest_wait` in seconds, None when nothing waits."""

    open_alerts: int
    unseen_alerts: int
    suspended_schedules: int
    live_workers: int
    waiting: int
    processing: int
    longest_wait: float | None

    @property
    def exit_code(self) -> int:
        """How urgent it is (docs/alerts.md)."""
        if not self.live_workers or (self.longest_wait or 0) > STUCK_MINUTES * 60:
            return LOOK_NOW
        return LOOK_SOON if self.unseen_alerts or self.suspended_schedules else 0

    def document(self) -> dict[str, object]:
        """Give the figures for JSON."""
        return {
            "alerts": {"open": self.open_alerts, "unacknowledged": self.unseen_alerts},
            "suspended_schedules": self.suspended_schedules,
            "live_workers": self.live_workers,
            "queue": {
                "waiting": self.waiting, "processing": self.processing, "longest_wait_seconds": self.longest_wait,
            },
            "look": {0: "fine", LOOK_SOON: "soon", LOOK_NOW: "now"}[self.exit_code],
        }  # fmt: skip

    def line(self) -> str:
        """Say the same in one line."""
        wait = "" if self.longest_wait is None else f", the longest for {self.longest_wait:.0f} s"
        return (
            f"{self.open_alerts} open alerts ({self.unseen_alerts} not acknowledged), {self.suspended_schedules} "
            f"suspended schedules, {self.live_workers} live workers, {self.waiting} runs wait{wait}"
        )


def condition_of(opened: Opened, report: OverviewReport) -> Condition:
    """Read how things are in one organization."""
    queue = opened.engine.operations.figures(opened.context, limit=0).queue
    alerts = opened.engine.alerts.count(opened.context)
    suspended = report.figures.by_code.get("schedule_suspended", 0)
    return Condition(
        alerts.open, alerts.unseen, suspended, queue.live_workers, queue.waiting, queue.processing, queue.longest_wait
    )


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add watch."""
    watch = commands.add_parser("watch", parents=[shared], help="look for troubles once, without a worker, and tell")
    watch.set_defaults(act=_watch)


def _watch(_arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        refuse_excess_rights(databases.worker, expected=WORKER_ROLE)
        looked = look(databases.worker)
        sent = deliver(databases.worker, Post.of(settings))
    output.record({"looked_at": looked, "delivered": sent.get("delivered", 0), "later": sent.get("later", 0)})
    return 0
