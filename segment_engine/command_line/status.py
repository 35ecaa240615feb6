"""The command `status`: what can be used, why the rest cannot, and what to do next."""

from __future__ import annotations

import argparse
from typing import Any

from segment_engine.command_line.monitoring import condition_of
from segment_engine.command_line.opening import add_organization, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.domain.next_steps import NextStep
from segment_engine.domain.readiness import CODES, Readiness
from segment_engine.domain.segment import SegmentStatus
from segment_engine.settings import Settings
from segment_engine.use_cases.overview import OverviewReport


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add status."""
    status = commands.add_parser("status", parents=[shared], help="what can be used, what cannot, what to do next")
    status.add_argument("--check", action="store_true", help="end with 6 to look soon and with 7 to look now")
    status.set_defaults(act=_status)
    add_organization(status)


def _status(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        report = opened.engine.overview.report(opened.context)
        condition = condition_of(opened, report)
    code = condition.exit_code if arguments.check else 0
    if output.as_json:
        output.document(_document(report) | condition.document())
        return code
    figures = report.figures
    output.record({readiness.value: figures.by_readiness.get(readiness, 0) for readiness in Readiness})
    held = [{"reason": code, "segments": figures.by_code[code]} for code in CODES if figures.by_code.get(code)]
    if held:
        output.line("")
        output.table(held)
    output.line("")
    if not report.steps:
        output.line("Nothing to do.")
    for place, step in enumerate(report.steps, start=1):
        output.line(f"{place}. {step.act} ({step.urgency.value})")
        output.line(f"   {step.why}")
    output.line("")
    output.line(condition.line())
    return code


def _document(report: OverviewReport) -> dict[str, object]:
    figures = report.figures
    return {
        "active": figures.active,
        "readiness": {readiness.value: figures.by_readiness.get(readiness, 0) for readiness in Readiness},
        "status": {status.value: figures.by_status.get(status, 0) for status in SegmentStatus},
        "reasons": {code: figures.by_code.get(code, 0) for code in CODES},
        "out_of_date": figures.stale,
        "unused": figures.unused,
        "review_due": figures.review_due,
        "campaigns_at_risk": report.campaigns_at_risk,
        "late_sources": [source.name for source in report.late],
        "next": [_step(step) for step in report.steps],
    }


def _step(step: NextStep) -> dict[str, object]:
    return {"urgency": step.urgency, "topic": step.topic, "act": step.act, "why": step.why, "about": step.subject_id}
