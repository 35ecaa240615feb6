"""`make audit`: every pinned package compared with the lists of known faults; says clearly when it could not ask.

Exit codes: 0 nothing known, 1 something is known, 3 not every package could be asked about.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.sources import PROJECT

CLEAN, KNOWN, NOT_ASKED = 0, 1, 3
LISTS: tuple[str, ...] = ("osv", "pypi")
Ask = Callable[[str], str]


def asked(service: str) -> str:
    """Ask one list about every line of requirements.txt, installing nothing; gives its report, or nothing."""
    options = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json", "--timeout=15")
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", f"--vulnerability-service={service}"]
    return subprocess.run([*command, *options], cwd=PROJECT, capture_output=True, check=False, text=True).stdout


def judged(report: str) -> tuple[list[str], list[str]] | None:
    """Read a report: what is known, and which packages the list did not answer for. None when there is no report."""
    try:
        packages: Iterable[Mapping[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return None
    known: list[str] = []
    unanswered: list[str] = []
    for package in packages:
        if "skip_reason" in package:
            unanswered.append(str(package["name"]))
        for fault in package.get("vulns", ()):
            mended = ", ".join(fault["fix_versions"]) or "no release yet"
            known.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    return known, unanswered


def main(ask: Ask = asked) -> int:
    """Ask one list after the other until one has answered for everything."""
    gaps: list[str] = []
    for service in LISTS:
        found = judged(ask(service))
        if found is None:
            gaps.append(f"{service} cannot be reached")
            continue
        known, unanswered = found
        if known:
            print("\n".join([*known, f"{len(known)} known faults. Raise these versions, then run `make lock`."]))
            return KNOWN
        if not unanswered:
            print(f"Nothing is known against any package of requirements.txt, says {service}.")
            return CLEAN
        gaps.append(f"{service} did not answer for {len(unanswered)} packages, {unanswered[0]} among them")
    print(f"Not audited: {'; '.join(gaps)}. Run it again where those lists can be reached.")
    return NOT_ASKED


if __name__ == "__main__":
    sys.exit(main())
