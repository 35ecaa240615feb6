"""The release before meets the schema it knows, and more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.previous import MIGRATIONS, PREVIOUS, newer, unpacked
from tests.sources import PROJECT


def test_what_the_release_before_migrated_is_untouched(tmp_path: Path) -> None:
    """F6: every migration of that release stands here byte for byte, and newer ones only follow (`make previous`)."""
    if not unpacked(PREVIOUS.read_text(encoding="utf-8").strip(), tmp_path):
        pytest.skip("this checkout does not hold the whole history")
    before = sorted((tmp_path / MIGRATIONS).glob("*.sql"))
    assert before
    for path in before:
        assert (PROJECT / MIGRATIONS / path.name).read_bytes() == path.read_bytes(), path.name
    assert min(newer(tmp_path), default="9999") > before[-1].name
