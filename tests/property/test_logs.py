"""The log cannot be forged: whatever a value holds, a record stays one line, without secrets, and says what it says."""

from __future__ import annotations

import io
import json
import logging
import re
import string
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segment_engine import logs
from segment_engine.logs import MASK, JsonLines, TextLines, bound, configure_logs, masked, note_incident
from tests.sources import PROJECT

FORGED = "fine\r\n2026-11-22T10:00:00.000+00:00 ERROR segment_engine all members deleted\x1b[2K\u2028\u202e"
BENEATH = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ANY_TEXT: st.SearchStrategy[str] = st.text(max_size=60) | st.text(
    st.sampled_from("\r\n\t\0\x1b[31m\x7f\x9b\u2028\u202e\ud800 ={}\"'a"), max_size=30
)
WORDS = st.text(string.ascii_letters + string.digits + "!$%*+-._~", min_size=8, max_size=24)


def record(message: object, *values: object, trace: BaseException | None = None, **fields: object) -> logging.LogRecord:
    """Make a record as a logger does."""
    info = (type(trace), trace, trace.__traceback__) if trace else None
    made = logging.LogRecord("segment_engine.x", logging.ERROR, __file__, 1, message, values, info)
    vars(made).update(fields)
    return made


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example(FORGED, FORGED, FORGED)
@example("x" * 1_000_000, "=" * 100_000, "password=" * 50_000)
def test_a_record_is_one_line_of_json(message: str, value: str, raised: str) -> None:
    """Line ends, terminal codes, marks of direction, lone surrogates and huge texts stay inside their values (D9)."""
    line = JsonLines().format(record(f"{message}%s", value, trace=ValueError(raised), given=value))
    read = json.loads(line)
    assert len(line.splitlines()) == 1
    assert BENEATH.search(line) is None
    assert line.isascii()
    assert (read["level"], read["logger"]) == ("error", "segment_engine.x")
    assert len(line) < 200_000
    if len(value) < 100 and masked(value) == value:
        assert read["given"] == value


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example(FORGED, FORGED, FORGED)
def test_only_a_record_begins_a_line_of_text(message: str, value: str, raised: str) -> None:
    """In the form for people a traceback follows, indented; no value reaches the beginning of a line (D9)."""
    first, *others = TextLines().format(record("%s", message, trace=ValueError(raised), given=value)).split("\n")
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00 ERROR segment_engine\.x ", first)
    assert all(line.startswith("    ") for line in others)
    assert all(BENEATH.search(line) is None for line in (first, *others))


WAYS = (
    "postgresql+psycopg://owner:{}@db.example.org:5432/segments failed", "password={}", "PGPASSWORD={} psql",
    "cookie_secret = '{}'", '{{"client_secret": "{}"}}', "Authorization: Bearer {}", "api_key: {}", "id_token={}&x=1",
    "code_verifier={}", "connection to host=db password={} port=5432 failed",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None)
@given(secret=WORDS)
def test_a_secret_is_masked_however_it_is_written(way: str, secret: str) -> None:
    """Passwords, tokens and keys never stand in a line: in the message, in a value or in what was raised (D9)."""
    text = way.format(secret)
    for form in (JsonLines(), TextLines()):
        line = form.format(record(text, given=text, trace=ValueError(text), db_password=secret))
        assert secret not in line
        assert MASK in line


def test_the_masks_have_teeth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the masks the same lines give the secret away, so the test above would see it."""
    monkeypatch.setattr(logs, "_MASKED", ())
    told = [way.format("s3cret-word") in JsonLines().format(record(way.format("s3cret-word"))).replace('\\"', '"')
            for way in WAYS]  # fmt: skip
    assert all(told)


@contextmanager
def written(*known: str) -> Generator[io.StringIO]:
    """Collect what is written in this block, in JSON because this is no terminal."""
    target, before = io.StringIO(), [*logging.getLogger().handlers]
    logging.getLogger().handlers.clear()
    configure_logs(known_secrets=known, stream=target)
    try:
        yield target
    finally:
        logging.getLogger().handlers[:] = before
        logs._KNOWN.difference_update(known)


def test_a_line_says_what_it_belongs_to() -> None:
    """The run, the visit and the number of an incident are fields, and a known secret is masked without any sign."""
    with written("correct horse") as target, bound(run="r1"), bound(visit="v1"):
        incident = note_incident(ValueError("correct horse"), "a test")
        logging.getLogger("segment_engine.y").warning("correct horse %s", object, extra={"attempt": 2})
    first, second = map(json.loads, target.getvalue().splitlines())
    assert (first["incident"], first["run"], first["visit"]) == (incident, "r1", "v1")
    assert incident in first["message"]
    assert "ValueError" in first["trace"]
    assert (second["attempt"], second["message"]) == (2, f"{MASK} {object}")
    assert "correct horse" not in target.getvalue()


def test_a_value_that_cannot_be_written_costs_no_record() -> None:
    """Wrong places in a message and objects that raise when asked for their text are survived."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

    with written() as target:
        logging.getLogger("segment_engine.z").error("%d of %d", "x", extra={"thing": Broken()})
    assert json.loads(target.getvalue())["thing"] == "a Broken that cannot be written"


def test_the_form_follows_the_place_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets text, everything else JSON; the setting decides otherwise; a second call replaces the first."""
    before = [*logging.getLogger().handlers]
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    try:
        configure_logs()
        logging.getLogger("segment_engine.w").error("one")
        configure_logs(logs.LogFormat.JSON)
        logging.getLogger("segment_engine.w").error("two")
    finally:
        logging.getLogger().handlers[:] = before
    first, second = terminal.getvalue().splitlines()
    assert first.endswith("ERROR segment_engine.w one")
    assert json.loads(second)["message"] == "two"


def test_the_fields_are_described() -> None:
    """docs/operations.md names every field that a record can always have."""
    described = PROJECT.joinpath("docs/operations.md").read_text("utf-8").partition("| field of the log |")[2]
    fields = re.findall(r"^\| `(\w+)` \|", described.partition("\n\n")[0], flags=re.MULTILINE)
    with written() as target, bound(command="doctor"):
        note_incident(ValueError("x"), "a test")
    assert sorted(fields) == sorted(json.loads(target.getvalue()))
