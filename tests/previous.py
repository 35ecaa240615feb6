"""`make previous`: the application of the release before on the schema of this one, by its own tests (F6).

While an installation is upgraded, processes of the old release still run: a new schema must let them. The release is
the commit in tests/released/previous.txt; write the next one there when a release is made. Exit code: that of its
tests, 3 when this checkout does not have that commit.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.sources import PROJECT

PREVIOUS = Path(__file__).parent / "released" / "previous.txt"
MIGRATIONS = Path("segment_engine") / "db" / "migrations"
NO_SUCH_COMMIT = 3
# What touches the tables that both releases write: runs, segments, lists, imports, launches, rights.
TESTS = (
    "tests/integration/test_runs.py",
    "tests/integration/test_segments.py",
    "tests/integration/test_segment_lists.py",
    "tests/integration/test_overrides.py",
    "tests/integration/test_lists.py",
    "tests/integration/test_imports_contacts.py",
    "tests/integration/test_imports_events.py",
    "tests/integration/test_campaign_launch.py",
    "tests/integration/test_operations.py",
    "tests/integration/test_readiness.py",
    "tests/isolation/test_permissions.py",
)


def unpacked(commit: str, folder: Path) -> bool:
    """Put the files of a commit into a folder; False when there is no such commit here."""
    packed = subprocess.run(["git", "archive", commit], cwd=PROJECT, capture_output=True, check=False)
    if packed.returncode:
        return False
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return True


def newer(folder: Path) -> list[str]:
    """Copy the migrations the release did not know yet, and name them."""
    known = {path.name for path in (folder / MIGRATIONS).glob("*.sql")}
    added = [path for path in sorted((PROJECT / MIGRATIONS).glob("*.sql")) if path.name not in known]
    for path in added:
        shutil.copy(path, folder / MIGRATIONS / path.name)
    return [path.name for path in added]


def main() -> int:
    """Run the tests of the release before on the schema of now."""
    commit = PREVIOUS.read_text(encoding="utf-8").strip()
    with tempfile.TemporaryDirectory(prefix="previous-") as directory:
        folder = Path(directory)
        if not unpacked(commit, folder):
            print(f"This checkout does not have the commit {commit} of the release before. Fetch the whole history.")
            return NO_SUCH_COMMIT
        print(f"Release {commit[:12]} on a schema with {', '.join(newer(folder)) or 'nothing new'}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *TESTS]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
