"""The command line: reads words, asks the engine, prints. Exit codes are promises (docs/operations.md).

0 done · 1 refused or failed, with a sentence on standard error · 2 wrong usage · 3 the run did not succeed ·
4 the database cannot be reached, try again later · 5 no such thing · 6 look soon, 7 look now (status --check)
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence

from segment_engine.command_line import (
    administration,
    analysing,
    auditing,
    by_hand,
    checking,
    evaluating,
    importing,
    lists,
    monitoring,
    people,
    schedules,
    segments,
    status,
)
from segment_engine.command_line.output import Output
from segment_engine.errors import CriteriaError, Incident, NotFound, SegmentEngineError, Unavailable
from segment_engine.logs import bound, configure_logs, note_incident
from segment_engine.settings import load_settings

EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_RUN_FAILED, EXIT_UNAVAILABLE, EXIT_NOT_FOUND = range(6)
EXIT_LOOK_SOON, EXIT_LOOK_NOW = monitoring.LOOK_SOON, monitoring.LOOK_NOW


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parsed = build_parser().parse_args(arguments)
    output = Output(as_json=parsed.json)
    configure_logs()
    logging.getLogger().setLevel(logging.INFO)
    # The demo holds a segment that fails on purpose; a warning about it would only alarm.
    levels = {"worker": logging.INFO, "demo": logging.ERROR}
    logging.getLogger("segment_engine").setLevel(levels.get(parsed.command, logging.WARNING))
    try:
        settings = load_settings()
        configure_logs(settings.log_format, known_secrets=settings.passwords())
        with bound(command=parsed.command):
            return parsed.act(parsed, settings, output)
    except SegmentEngineError as error:
        _complain(error, as_json=parsed.json)
        if isinstance(error, Unavailable):
            return EXIT_UNAVAILABLE
        return EXIT_NOT_FOUND if isinstance(error, NotFound) else EXIT_REFUSED
    except BrokenPipeError:
        # The reader (head, say) had enough; nothing is wrong, but nothing more may be written either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except KeyboardInterrupt:
        return 130
    except Exception as problem:  # noqa: BLE001 - nothing is lost: the log has it in full, the person has its number
        incident = note_incident(problem, f"the command {parsed.command}")
        _complain(Incident(incident, unchanged=False), as_json=parsed.json)
        return EXIT_REFUSED


def build_parser() -> argparse.ArgumentParser:
    """Describe every command."""
    parser = argparse.ArgumentParser(prog="python -m segment_engine", description="Contact segments you can believe.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    rooms = (
        administration, status, importing, lists, segments, schedules, by_hand, checking, evaluating,
        analysing, people, auditing, monitoring,
    )  # fmt: skip
    for room in rooms:
        room.add_commands(commands, shared)
    return parser


def _complain(error: SegmentEngineError, *, as_json: bool) -> None:
    if as_json:
        body: dict[str, object] = {"error": error.code, "sentence": str(error)}
        if isinstance(error, CriteriaError):
            body["problems"] = [
                {"path": problem.path, "code": problem.code, "sentence": problem.sentence} for problem in error.problems
            ]
        print(json.dumps(body, ensure_ascii=False), file=sys.stderr)  # noqa: T201 - a command line prints
    elif isinstance(error, CriteriaError):
        for problem in error.problems:
            print(f"{problem.path}: {problem.sentence} ({problem.code})", file=sys.stderr)  # noqa: T201 - as above
    else:
        print(str(error), file=sys.stderr)  # noqa: T201 - as above
