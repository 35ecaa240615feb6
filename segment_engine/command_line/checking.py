"""Commands around checks and causes: check list, add, remove, publish-anyway; run show."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from segment_engine.command_line.opening import Opened, add_organization, opened_engine, segment_named
from segment_engine.command_line.output import Output
from segment_engine.domain.assertions import Assertion, AssertionDraft, AssertionKind, AssertionLevel, words_of
from segment_engine.domain.causes import RunCauses
from segment_engine.domain.check_results import JudgedAssertion
from segment_engine.errors import InputError
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add check list/add/remove/publish-anyway and run show."""
    actions = commands.add_parser("check", help="what people demand of a result").add_subparsers(
        dest="action", required=True
    )
    listing = actions.add_parser("list", parents=[shared], help="the checks of a segment with their last verdict")
    adding = actions.add_parser("add", parents=[shared], help="set up a check; it is asked of every new result")
    removing = actions.add_parser("remove", parents=[shared], help="take a check away; runs keep what it found")
    letting = actions.add_parser(
        "publish-anyway",
        parents=[shared],
        help="calculate again; what withheld the result passes once",
    )
    for parser, act in ((listing, _list), (adding, _add), (removing, _remove), (letting, _publish_anyway)):
        parser.add_argument("segment", help="id or name")
        parser.set_defaults(act=act)
        add_organization(parser)
    _add_options(adding)
    removing.add_argument("check", help="id of the check")
    runs = commands.add_parser("run", help="one run").add_subparsers(dest="action", required=True)
    showing = runs.add_parser("show", parents=[shared], help="one run in full, and why its members changed")
    showing.add_argument("run", help="id of the run")
    showing.set_defaults(act=_show)
    add_organization(showing)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=[each.value for each in AssertionKind])
    parser.add_argument("--block", action="store_true", help="withhold a result that does not pass; otherwise warn")
    parser.add_argument("--lowest", type=int, help="count_between: at least so many")
    parser.add_argument("--highest", type=int, help="count_between: at most so many")
    parser.add_argument("--percent", help="change_at_most: so much more or less than the published result")
    parser.add_argument("--contact", action="append", default=[], help="a key or an e-mail address; may be repeated")
    parser.add_argument("--other", metavar="SEGMENT", help="subset_of, disjoint_from: id or name")
    parser.add_argument("--note", default="", help="why, for those who judge it later")


def _list(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        found = opened.engine.assertions.find(opened.context, segment_named(opened, arguments.segment))
    output.table([_row(each) for each in found.set_up])
    return 0


def _row(each: JudgedAssertion) -> dict[str, object]:
    return {**_check(each.assertion), "verdict": each.verdict, "judged_at": each.judged_at, "found": each.sentence}


def _check(assertion: Assertion) -> dict[str, object]:
    return {
        "check": assertion.assertion_id,
        "kind": assertion.kind,
        "level": assertion.level,
        "demands": words_of(assertion),
        "note": assertion.note,
    }


def _add(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        made = opened.engine.assertions.add(opened.context, segment_id, _draft(opened, arguments))
    output.record(_check(made))
    return 0


def _draft(opened: Opened, arguments: argparse.Namespace) -> AssertionDraft:
    return AssertionDraft(
        AssertionKind(arguments.kind), AssertionLevel.BLOCK if arguments.block else AssertionLevel.WARN,
        arguments.lowest, arguments.highest, _percent(arguments.percent), tuple(arguments.contact),
        segment_named(opened, arguments.other) if arguments.other else None, arguments.note,
    )  # fmt: skip


def _percent(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation as error:
        raise InputError(f"“{text}” is no number. Write a share such as 12.5.") from error


def _remove(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    assertion_id = _id(arguments.check, "check", "List them with `check list`.")
    with opened_engine(settings, arguments.organization) as opened:
        opened.engine.assertions.remove(opened.context, segment_named(opened, arguments.segment), assertion_id)
    output.record({"check": assertion_id, "removed": True})
    return 0


def _publish_anyway(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        run = opened.engine.assertions.publish_anyway(opened.context, segment_named(opened, arguments.segment))
    output.record({"run": run.run_id, "status": run.status})
    return 0


def _show(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    run_id = _id(arguments.run, "run", "List them with `runs`.")
    with opened_engine(settings, arguments.organization) as opened:
        run = opened.engine.runs.get(opened.context, run_id)
        causes = opened.engine.changes.of_run(opened.context, run_id)
    output.record(
        {
            "run": run.run_id,
            "segment": run.segment_id,
            "status": run.status,
            "reason": run.reason,
            "version": run.version,
            "as_of": run.as_of,
            "seconds": run.seconds,
            "members": run.member_count,
            "joined": run.joined_count,
            "left": run.left_count,
            "causes": _causes(causes, as_json=output.as_json),
            "causes_partial": causes is not None and causes.is_partial,
            "sentence": run.trouble,
        }
    )
    return 0


def _causes(found: RunCauses | None, *, as_json: bool) -> list[object]:
    counts = () if found is None else found.counts
    if as_json:
        return [{"cause": each.cause, "joined": each.joined, "left": each.departed} for each in counts]
    return [f"{each.cause.value}: {each.joined:,} joined, {each.departed:,} left" for each in counts]


def _id(text: str, what: str, advice: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError(f"“{text}” is no id of a {what}. {advice}") from error
