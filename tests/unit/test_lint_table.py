"""The table of docs/linter.md and the table of the code are one."""

from __future__ import annotations

import pytest

from segment_engine.domain.lint import CODES
from segment_engine.domain.lint.findings import Code
from tests.documents import table

ROWS = {row[0]: row[1:] for row in table("docs/linter.md", "code").rows}


def _level(code: Code) -> str:
    level = (
        code.level.value if code.elsewhere is None else f"{code.level.value} at the root, else {code.elsewhere.value}"
    )
    return f"{level}, informed" if code.informed else level


def test_the_document_lists_every_code_in_the_order_of_the_table() -> None:
    """A code that is not explained is a riddle to whoever reads it."""
    assert list(ROWS) == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_document_says_what_the_code_does(code: str) -> None:
    """Level and meaning are the same in both, and there is an example."""
    level, meaning, example = ROWS[code]
    assert (level, meaning) == (_level(CODES[code]), CODES[code].meaning)
    assert example
