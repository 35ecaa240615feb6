"""Readiness looks the same on every page: one badge with its worst reason."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.standing import AXIS_WORDS, CODE_WORDS, READINESS_LOOKS
from segment_engine import Axis, Readiness
from segment_engine.domain.readiness import CODES
from tests.pages.conftest import words


def draw_two() -> None:
    """Draw a segment with reasons on two axes, and one without any."""
    from pages.standing import readiness_badge  # noqa: PLC0415 - AppTest runs this text as a script
    from segment_engine.domain.readiness import Facts, standing_of  # noqa: PLC0415 - as above

    facts = Facts(("last_run_failed", "stale_age"), failure="There is no field *x*. Edit it.", hours=30.0)
    readiness_badge(standing_of(facts))
    readiness_badge(standing_of(Facts(())))


def test_a_judgement_is_a_badge() -> None:
    """The badge says the word."""
    page = AppTest.from_function(draw_two).run()
    assert not page.exception
    shown = words(page)
    assert "Do not use" in shown
    assert "Ready" in shown


def test_every_word_has_a_look() -> None:
    """Every readiness, axis and code has a word of its own; readiness is told by word and icon, not by color alone."""
    assert set(READINESS_LOOKS) == set(Readiness)
    assert set(AXIS_WORDS) == set(Axis)
    assert list(CODE_WORDS) == list(CODES)
    assert len(set(CODE_WORDS.values())) == len(CODES)
    assert len({(look.word, look.icon) for look in READINESS_LOOKS.values()}) == len(Readiness)
