"""Commands that bring data in: import contacts, events, related, consents, channels."""

from __future__ import annotations

import argparse
from typing import Any

from segment_engine.command_line.opening import add_organization, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.domain.access import Permission, require
from segment_engine.imports import command
from segment_engine.imports.conduct import Conduct
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add one command for every kind of import."""
    kinds = commands.add_parser("import", help="data from CSV or Parquet files").add_subparsers(
        dest="kind", required=True
    )
    for kind, what in command.KINDS.items():
        parser = kinds.add_parser(kind, parents=[shared], help=f"import {what}")
        add_organization(parser)
        command.add_arguments(parser, kind)
        parser.set_defaults(act=_import)


def _import(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        require(opened.context, Permission.SOURCES_MANAGE)
        conduct = Conduct(person_id=opened.context.person_id, request_id=opened.context.request_id)
        report = command.run(arguments, opened.databases.app, opened.context.organization_id, arguments.kind, conduct)
    if output.as_json:
        output.document(report.document())
    else:
        for line in command.lines(report):
            output.line(line)
    return 0
