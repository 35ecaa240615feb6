"""Commands around members by hand: overrides list, put-in, take-out, end."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from segment_engine.command_line.opening import add_organization, opened_engine, segment_named
from segment_engine.command_line.output import Output
from segment_engine.domain.overrides import Override
from segment_engine.errors import InputError
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add overrides list/put-in/take-out/end."""
    actions = commands.add_parser("overrides", help="members by hand").add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", parents=[shared], help="who was put in or taken out of a segment by hand")
    listing.add_argument("segment", help="id or name")
    listing.add_argument("--ended", action="store_true", help="also the decisions that were ended")
    listing.set_defaults(act=_list)
    put_in = actions.add_parser("put-in", parents=[shared], help="make a contact a member whatever the criteria say")
    take_out = actions.add_parser("take-out", parents=[shared], help="keep a contact out whatever the criteria say")
    for parser in (put_in, take_out):
        parser.add_argument("segment", help="id or name")
        parser.add_argument("key", metavar="CONTACT", help="the contact's key, exactly")
        parser.add_argument("--reason", required=True, help="why, for those who judge it later")
        parser.set_defaults(act=_decide)
    end = actions.add_parser("end", parents=[shared], help="let the criteria decide again")
    end.add_argument("segment", help="id or name")
    end.add_argument("override", help="id of the decision")
    end.set_defaults(act=_end)
    for parser in (listing, put_in, take_out, end):
        add_organization(parser)


def _list(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        found = opened.engine.overrides.find(opened.context, segment_id, with_ended=arguments.ended)
    output.table([_row(each) for each in found])
    return 0


def _decide(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        overrides = opened.engine.overrides
        decide = overrides.put_in if arguments.action == "put-in" else overrides.take_out
        made = decide(opened.context, segment_id, arguments.key, reason=arguments.reason)
    output.record(_row(made))
    return 0


def _end(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    try:
        override_id = UUID(arguments.override)
    except ValueError as error:
        raise InputError(f"“{arguments.override}” is no id of a decision. List them with `overrides list`.") from error
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = segment_named(opened, arguments.segment)
        opened.engine.overrides.end(opened.context, segment_id, override_id)
    output.record({"override": override_id, "ended": True})
    return 0


def _row(each: Override) -> dict[str, object]:
    return {
        "override": each.override_id,
        "contact": each.external_key,
        "decision": each.decision,
        "reason": each.reason,
        "created_at": each.created_at,
        "created_by": each.created_by,
        "ended_at": each.ended_at,
        "ended_by": each.ended_by,
    }
