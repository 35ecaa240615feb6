"""Find a Chromium for the browser tests, or install one.

`python tests/browser/install_browser.py` prints its path, or one sentence and exit code 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_PROGRAMS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
NOT_FOUND = (
    "No browser for the tests was found, and none could be installed. Install Chromium (Debian: apt install chromium; "
    "macOS: brew install --cask chromium) or Google Chrome, then run make again."
)


def find_browser() -> str | None:
    """Give the path of a Chromium that starts on this computer, None when there is none."""
    on_path = (shutil.which(program) for program in PROGRAMS)
    for candidate in (*on_path, *MACOS_PROGRAMS, _of_playwright()):
        if candidate is not None and _starts(candidate):
            return candidate
    return None


def arguments() -> list[str]:
    """Give what Chromium must be told here: as root it refuses its own sandbox; containers have a small /dev/shm."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*sandbox, "--disable-dev-shm-usage"]


def install_browser() -> str | None:
    """Give the path of a usable Chromium, installing one where there is none; None when that fails too."""
    found = find_browser()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update")
        _run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "chromium")
        found = find_browser()
    if found is None:
        _run(sys.executable, "-m", "playwright", "install", "chromium")
        found = find_browser()
    return found


def _of_playwright() -> str | None:
    """Ask Playwright where its own Chromium is or would be."""
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 -- slow to load, and mostly not needed

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if Path(path).is_file() else None


def _starts(program: str) -> bool:
    """Try it: a browser may be there and lack the libraries it needs."""
    try:
        answer = subprocess.run(
            (program, "--version"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _run(*command: str) -> None:
    """Run an installer; its words go to the terminal, and whether it helped is seen by looking again."""
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)


def main() -> int:
    """Print where the browser is."""
    found = install_browser()
    print(found or NOT_FOUND, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
