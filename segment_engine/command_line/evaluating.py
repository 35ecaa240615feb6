"""The command `evaluate`: criteria from a file, nothing saved."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from segment_engine.command_line.opening import add_organization, moment, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.errors import InputError
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add evaluate."""
    parser = commands.add_parser("evaluate", parents=[shared], help="evaluate a criteria document; nothing is saved")
    parser.add_argument("criteria", metavar="CRITERIA.json", help="a file, or - for standard input")
    add_organization(parser)
    parser.add_argument("--as-of", metavar="MOMENT", help="a day, or an instant with Z or an offset (default: now)")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--count", action="store_true", help="how many contacts")
    wanted.add_argument("--ids", action="store_true", help="the contacts' own keys, sorted, one a line")
    wanted.add_argument("--sql", action="store_true", help="the statement and its parameters")
    wanted.add_argument("--sentence", action="store_true", help="the criteria in plain English")
    parser.set_defaults(act=_evaluate)


def read_document(name: str) -> bytes:
    """Read a criteria document from a file or, for `-`, from standard input. Raises: InputError."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"The file {name} cannot be read: {error.strerror}. Check the path.") from error


def _evaluate(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        context, evaluation = opened.context, opened.engine.evaluation
        as_of = moment(arguments.as_of, context) if arguments.as_of else None
        if arguments.count:
            count = evaluation.count(context, document, as_of=as_of)
            output.document({"count": count}) if output.as_json else output.line(str(count))
        elif arguments.ids:
            keys = evaluation.keys(context, document, as_of=as_of)
            if output.as_json:
                output.document({"ids": list(keys)})
            else:
                sys.stdout.writelines(f"{key}\n" for key in keys)
        elif arguments.sql:
            sql = evaluation.sql(context, document, as_of=as_of)
            output.document(
                {"sql": sql.text, "parameters": {name: str(value) for name, value in sql.parameters.items()}}
            ) if (output.as_json) else output.line(
                sql.text + "".join(f"\n-- {name} = {value!r}" for name, value in sql.parameters.items())
            )
        else:
            sentence = evaluation.sentence(context, document, as_of=as_of)
            output.document({"sentence": sentence.text}) if output.as_json else output.line(sentence.text)
    return 0
