"""The table of docs/linter.md and the table of the code are one."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_engine.domain.lint import CODES
from segment_engine.domain.lint_findings import Code

_DOCUMENT = Path(__file__).parents[2] / "docs" / "linter.md"


def _rows() -> dict[str, tuple[str, str, str]]:
    lines = _DOCUMENT.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| L-")]
    return {code: (level, meaning, example) for code, level, meaning, example in cells}


def _level(code: Code) -> str:
    level = (
        code.level.value if code.elsewhere is None else f"{code.level.value} at the root, else {code.elsewhere.value}"
    )
    return f"{level}, informed" if code.informed else level


def test_the_document_lists_every_code_in_the_order_of_the_table() -> None:
    """A code that is not explained is a riddle to whoever reads it."""
    assert list(_rows()) == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_document_says_what_the_code_does(code: str) -> None:
    """Level and meaning are the same in both, and there is an example."""
    level, meaning, example = _rows()[code]
    assert level == _level(CODES[code])
    assert meaning == CODES[code].meaning
    assert example
