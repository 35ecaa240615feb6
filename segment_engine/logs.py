"""The log: a record is one line that nothing in it can forge, without secrets, and with what it belongs to beside it.

Whoever writes to it uses `logging.getLogger(__name__)` as everywhere; ids go in `extra=` or through `bound`.
"""

from __future__ import annotations

import json
import logging
import math
import re
import secrets
import sys
import unicodedata
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

MASK = "********"
LONGEST_MESSAGE = 4_000
LONGEST_VALUE = 500
LONGEST_TRACE = 20_000
LONGEST_READ = 200_000  # what lies beyond is not even looked at
INCIDENT_BYTES = 4
_SHORTEST_SECRET = 6  # a shorter one would be found in ordinary words

_SECRET_NAME = re.compile(
    r"(?i)password|passwd|pwd|secret|token|api_?-?key|authorization|cookie|code_verifier|credential"
)
_MASKED = (
    # The password of an address, up to its last at sign.
    (re.compile(r"(://[^\s:/@]*):[^\s/]*@"), rf"\1:{MASK}@"),
    # Headers, whose value has two words.
    (re.compile(r"(?i)(\bauthorization[\"']?\s*[:=]\s*[\"']?\w+|\bbearer)\s+[^\s\"',]+"), rf"\1 {MASK}"),
    # A signed token, wherever it stands.
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)*"), MASK),
    # name=value, name: value and "name": "value".
    (
        re.compile(
            r"""(?ix) ( \b [\w-]* (?: password | passwd | pwd | secret | token | api_?-?key | cookie | code_verifier )
            [\w-]* ["']? \s* [:=] \s* ) (?: "[^"]*" | '[^']*' | [^\s,;&"']+ )"""
        ),
        rf"\1{MASK}",
    ),
)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BOUND: ContextVar[Mapping[str, object] | None] = ContextVar("log fields", default=None)
_KNOWN: set[str] = set()


class LogFormat(StrEnum):
    """How records are written: for a person who watches, or for a program that collects."""

    TEXT = "text"
    JSON = "json"


def configure_logs(
    form: LogFormat | None = None, *, known_secrets: tuple[str, ...] = (), stream: TextIO | None = None
) -> None:
    """Write every record of this process in one way; without a form, text to a terminal and JSON to everything else.

    Shape: handlers that libraries have set up themselves keep their place and get our format. A secret that is
        named here is masked wherever it stands.
    """
    target = stream or sys.stderr
    chosen = form or (LogFormat.TEXT if target.isatty() else LogFormat.JSON)
    formatter = JsonLines() if chosen is LogFormat.JSON else TextLines()
    _KNOWN.update(secret for secret in known_secrets if len(secret) >= _SHORTEST_SECRET)
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if getattr(handler, "of_segment_engine", False):
            root.removeHandler(handler)
    ours = logging.StreamHandler(target)
    ours.of_segment_engine = True  # pyright: ignore[reportAttributeAccessIssue] -- a mark, to find it again
    root.addHandler(ours)
    named = [logging.getLogger(name) for name in [*logging.Logger.manager.loggerDict]]
    for logger in (root, *named):
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:
                handler.setFormatter(formatter)


@contextmanager
def bound(**fields: object) -> Generator[None]:
    """Put these fields on every record written inside: the run, the visit, the command."""
    token = _BOUND.set({**(_BOUND.get() or {}), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)


def note_incident(problem: BaseException, where: str) -> str:
    """Log what nobody foresaw, in full and under a number; the number is all that a person is shown."""
    incident = secrets.token_hex(INCIDENT_BYTES)
    logging.getLogger(__name__).error(
        "incident %s in %s", incident, where, extra={"incident": incident}, exc_info=problem
    )
    return incident


def masked(text: str) -> str:
    """Replace what looks like a secret, or is known to be one, by asterisks."""
    for secret in _KNOWN:
        text = text.replace(secret, MASK)
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return text


def _shortened(text: str, most: int) -> str:
    """Keep the beginning and the end, where a message and a traceback say most."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … {len(text) - 2 * half} characters left out … {text[-half:]}"


def _safe(text: str, most: int) -> str:
    read = text if len(text) <= LONGEST_READ else text[: LONGEST_READ // 2] + text[-LONGEST_READ // 2 :]
    return _shortened(masked(read), most)


def _message(record: logging.LogRecord) -> str:
    try:
        return _safe(record.getMessage(), LONGEST_MESSAGE)
    except Exception:  # noqa: BLE001 - a value that cannot be written must not cost the record
        return _safe(str(record.msg), LONGEST_MESSAGE)


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return _safe(logging.Formatter().formatException(record.exc_info), LONGEST_TRACE)
    return ""


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Give what was bound and what the record brings along itself, as plain values."""
    found = {**(_BOUND.get() or {}), **{key: value for key, value in vars(record).items() if key not in _OWN}}
    return {key: _value(key, value) for key, value in found.items() if value is not None}


def _value(key: str, value: object) -> object:
    if _SECRET_NAME.search(key):
        return MASK
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    try:
        return _safe(str(value), LONGEST_VALUE)
    except Exception:  # noqa: BLE001 - as above: the rest of the record is worth more
        return f"a {type(value).__name__} that cannot be written"


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonLines(logging.Formatter):
    """One JSON object a record, in ASCII: no line end, control sign or mark of direction can stand in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record. Shape: at, level, logger, message; the fields; `trace` when something was raised."""
        line: dict[str, object] = {
            **_fields(record), "at": _at(record), "level": record.levelname.lower(), "logger": record.name,
            "message": _message(record),
        }  # fmt: skip
        trace = _trace(record)
        if trace:
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True).replace("\x7f", "\\u007f")


class TextLines(logging.Formatter):
    """A line to read; what belongs to it stands indented below, so that only a record begins a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record. Shape: time, level, logger, message, then field=value; a traceback below."""
        fields = "".join(f" {key}={value}" for key, value in _fields(record).items())
        head = f"{_at(record)} {record.levelname} {record.name} {_message(record)}{fields}"
        below = [f"    {_visible(line)}" for line in _trace(record).splitlines()]
        return "\n".join([_visible(head), *below])


def _visible(text: str) -> str:
    """Write signs that move a cursor, end a line or turn the direction as their escapes."""
    return "".join(
        sign if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else ascii(sign)[1:-1] for sign in text
    )
