"""Commands around segments: create, list, show, delete, recalculate, runs, members."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from segment_engine.command_line.evaluating import read_document
from segment_engine.command_line.opening import add_organization, moment, opened_engine, segment_named
from segment_engine.command_line.output import Output
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.run import Run, RunStatus
from segment_engine.domain.segment import SegmentDraft, SegmentQuery, SegmentSort, SegmentState, SegmentStatus
from segment_engine.export import FORMATS, export_members
from segment_engine.settings import Settings

LONGEST_WAIT_SECONDS = 3600
LOOK_SECONDS = 0.2
RUN_FAILED = 3


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add segments create/list/show/delete, recalculate, runs and members."""
    actions = commands.add_parser("segments", help="segments").add_subparsers(dest="action", required=True)
    _add_create(actions, shared)
    listing = actions.add_parser("list", parents=[shared], help="list segments")
    listing.add_argument("--search", default="")
    listing.add_argument("--status", action="append", default=[], choices=[status.value for status in SegmentStatus])
    listing.add_argument("--ready", action="append", default=[], choices=[each.value for each in Readiness])
    listing.set_defaults(act=_list)
    for name, act, help_text in (
        ("show", _show, "one segment in full"),
        ("delete", _delete, "delete a segment that nothing uses; contacts stay"),
    ):
        parser = actions.add_parser(name, parents=[shared], help=help_text)
        parser.add_argument("segment", help="id or name")
        parser.set_defaults(act=act)
        add_organization(parser)
    add_organization(listing)

    recalculate = commands.add_parser("recalculate", parents=[shared], help="request a run")
    recalculate.add_argument("segment", help="id or name")
    recalculate.add_argument("--wait", action="store_true", help="wait for its end; exit code 3 unless it succeeds")
    which = recalculate.add_mutually_exclusive_group()
    which.add_argument("--as-of", metavar="MOMENT", help="a day, or an instant with Z or an offset")
    which.add_argument("--read-first", action="store_true", help="before it, what it reads, where that is outdated")
    recalculate.set_defaults(act=_recalculate)
    runs = commands.add_parser("runs", parents=[shared], help="the runs of a segment, newest first")
    runs.add_argument("segment", help="id or name")
    runs.add_argument("--limit", type=int, default=20)
    runs.set_defaults(act=_runs)
    members = commands.add_parser("members", parents=[shared], help="write the members to a file")
    members.add_argument("segment", help="id or name")
    members.add_argument("--format", choices=FORMATS, default="csv")
    members.add_argument("--output", metavar="FILE", help="default: standard output (csv only)")
    members.add_argument("--at-run", metavar="RUN", help="as they were when this run succeeded")
    members.set_defaults(act=_members)
    for parser in (recalculate, runs, members):
        add_organization(parser)


def _add_create(actions: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - as above
    create = actions.add_parser("create", parents=[shared], help="save a segment and queue its first run")
    create.add_argument("name")
    create.add_argument("criteria", metavar="CRITERIA.json", help="a file, or - for standard input")
    create.add_argument("--description", default="")
    create.add_argument("--accept", metavar="CODE", action="append", default=[], help="accept a warning by its code")
    create.add_argument("--draft", action="store_true", help="save it as a draft, whatever the linter says")
    create.set_defaults(act=_create)
    add_organization(create)


def _create(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        state = SegmentState.DRAFT if arguments.draft else SegmentState.ACTIVE
        draft = SegmentDraft(arguments.name, arguments.description, document, state, frozenset(arguments.accept))
        segment = opened.engine.segments.create(opened.context, draft)
    output.record({"segment": segment.segment_id, "name": segment.name, "status": segment.status})
    return 0


def _list(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    statuses = frozenset(SegmentStatus(status) for status in arguments.status)
    readiness = frozenset(Readiness(each) for each in arguments.ready)
    rows: list[dict[str, object]] = []
    with opened_engine(settings, arguments.organization) as opened:
        page = 1
        while True:
            query = SegmentQuery(
                arguments.search,
                statuses,
                readiness=readiness,
                sort=SegmentSort.NAME,
                descending=False,
                page=page,
                size=100,
            )
            found = opened.engine.segments.find(opened.context, query)
            rows.extend(
                {
                    "segment": card.segment_id,
                    "name": card.name,
                    "state": card.state,
                    "status": card.status,
                    "readiness": card.standing.readiness,
                    "reasons": [reason.code for reason in card.standing.reasons],
                    "members": card.member_count,
                    "last_calculated_at": card.last_calculated_at,
                }
                for card in found.items
            )
            if page >= found.pages:
                break
            page += 1
    output.table(rows)
    return 0


def _show(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment = opened.engine.segments.get(opened.context, segment_named(opened, arguments.segment))
        standing = opened.engine.segments.standing(opened.context, segment.segment_id)
        sentence = (
            segment.criteria_problem
            or opened.engine.segments.sentence(opened.context, segment.document, segment_id=segment.segment_id).text
        )
    output.record(
        {
            "segment": segment.segment_id,
            "name": segment.name,
            "description": segment.description,
            "state": segment.state,
            "status": segment.status,
            "readiness": standing.readiness,
            "freshness": standing.freshness,
            "checks": standing.checks,
            "reasons": list(standing.reasons) if output.as_json else [reason.sentence for reason in standing.reasons],
            "version": segment.version,
            "members": segment.member_count,
            "last_calculated_at": segment.last_calculated_at,
            "published_version": segment.published_version,
            "used_by_campaigns": list(segment.campaigns),
            "sentence": sentence,
            "criteria": segment.document if output.as_json else json.dumps(segment.document, ensure_ascii=False),
        }
    )
    return 0


def _delete(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        verdicts = opened.engine.segments.delete(opened.context, [segment_named(opened, arguments.segment)])
    output.table([{"segment": verdict.name, "deleted": verdict.done, "reason": verdict.reason} for verdict in verdicts])
    return 0 if all(verdict.done for verdict in verdicts) else 1


def _recalculate(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        as_of = moment(arguments.as_of, opened.context) if arguments.as_of else None
        segment_id = segment_named(opened, arguments.segment)
        run = opened.engine.runs.request(opened.context, segment_id, as_of=as_of, read_first=arguments.read_first)
        waited_until = time.monotonic() + LONGEST_WAIT_SECONDS
        while arguments.wait and run.active and time.monotonic() < waited_until:
            time.sleep(LOOK_SECONDS)
            run = opened.engine.runs.get(opened.context, run.run_id)
    output.record(_run(run))
    return RUN_FAILED if arguments.wait and run.status is not RunStatus.SUCCESS else 0


def _runs(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        found = opened.engine.runs.find(opened.context, segment_id, limit=arguments.limit)
    output.table([_run(run) for run in found])
    return 0


def _run(run: Run) -> dict[str, object]:
    return {
        "run": run.run_id,
        "status": run.status,
        "version": run.version,
        "as_of": run.as_of,
        "seconds": run.seconds,
        "members": run.member_count,
        "joined": run.joined_count,
        "left": run.left_count,
        "sentence": run.trouble,
        "failing": None if run.failing is None else run.failing.path,
    }


def _members(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        written = export_members(
            opened.engine, opened.context, segment_id, form=arguments.format,
            target=Path(arguments.output) if arguments.output else None,
            at_run=UUID(arguments.at_run) if arguments.at_run else None,
        )  # fmt: skip
    if arguments.output:
        output.record({"file": arguments.output, "members": written})
    return 0
