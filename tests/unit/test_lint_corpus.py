"""The corpus of the linter: every bad tree names the code it must raise, good ones raise nothing above a note."""

from __future__ import annotations

import pytest

from segment_engine.domain.lint import CODES, Level
from tests.lint_cases import LintCase, read_lint_cases

BAD, GOOD = read_lint_cases("bad"), read_lint_cases("good")
_OF_EACH = 40


@pytest.mark.parametrize("case", BAD, ids=str)
def test_a_bad_tree_raises_its_code(case: LintCase) -> None:
    """The code is raised at the node, with its level, a whole sentence and the figures (T16, T19)."""
    findings = case.findings()
    raised = [each for each in findings if each.code == case.raises and each.path == case.at]
    assert raised, findings
    assert all(case.says in each.sentence and each.sentence.endswith((".", "”")) for each in raised), raised
    code = CODES[raised[0].code]
    assert {each.level for each in raised} <= {code.level, code.elsewhere}


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_a_good_tree_raises_notes_at_most(case: LintCase) -> None:
    """Who writes sensible criteria is left alone."""
    assert [each for each in case.findings() if each.level is not Level.NOTE] == []


def test_every_code_has_a_bad_tree() -> None:
    """No code of the table is without an example, and the corpus is large enough."""
    assert {case.raises for case in BAD} == set(CODES)
    assert len(BAD) >= _OF_EACH
    assert len(GOOD) >= _OF_EACH
