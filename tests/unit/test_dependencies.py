"""What is installed is what was pinned, hash by hash; and an audit that could not ask never says that all is well."""

from __future__ import annotations

import json
import re

import pytest

from tests import audit
from tests.sources import PROJECT

PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==(?P<version>\S+?)(?: ; .*)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements() -> list[str]:
    """The lines of requirements.txt, each with everything that belongs to it."""
    joined = (PROJECT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_every_requirement_is_pinned_with_hashes() -> None:
    """One version each, at least one hash each, nothing from a URL or a folder."""
    lines = requirements()
    assert len(lines) > 50
    for line in lines:
        pinned, *hashes = line.split(" --hash=")
        assert PINNED.fullmatch(pinned.strip()), line
        assert hashes, line
        assert all(HASH.fullmatch(f"--hash={each.strip()}") for each in hashes), line


def test_everything_asked_for_is_pinned() -> None:
    """Whatever requirements.in names stands in requirements.txt."""
    wanted = re.findall(r"^([A-Za-z0-9._-]+)", (PROJECT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    pinned = {found["name"] for line in requirements() if (found := PINNED.match(line))}
    assert {name.lower().replace("_", "-") for name in wanted} <= pinned


def test_the_installer_checks_the_hashes() -> None:
    """Set-up takes nothing whose hash is not in the file."""
    setup = (PROJECT / ".ci" / "setup").read_text(encoding="utf-8")
    installing = [line for line in setup.splitlines() if "pip install" in line]
    assert installing
    assert all("--require-hashes -r requirements.txt" in line for line in installing)


CLEAN = json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": []}]})
FAULTY = json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]})
UNANSWERED = json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]})


@pytest.mark.parametrize(
    ("reports", "code", "words"),
    [
        ((CLEAN, ""), audit.CLEAN, "Nothing is known"),
        ((FAULTY, ""), audit.KNOWN, "a 1: X-1, mended in 2"),
        (("", CLEAN), audit.CLEAN, "says pypi"),
        (("", FAULTY), audit.KNOWN, "1 known faults"),
        (("", ""), audit.NOT_ASKED, "osv cannot be reached; pypi cannot be reached"),
        (("", UNANSWERED), audit.NOT_ASKED, "did not answer for 1 packages"),
        ((UNANSWERED, UNANSWERED), audit.NOT_ASKED, "Not audited"),
    ],
)
def test_an_audit_says_what_it_knows(
    reports: tuple[str, str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Known faults, none, and not having asked are three different answers."""
    answers: dict[str, str] = dict(zip(audit.LISTS, reports, strict=True))
    assert audit.main(answers.__getitem__) == code
    assert words in capsys.readouterr().out
