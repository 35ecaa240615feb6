"""Conversion of columns: exact, or missing and marked. No database."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_engine.domain.folding import BLANKS, fold
from segment_engine.errors import InputError
from segment_engine.imports.arrow import pa
from segment_engine.imports.times import to_date, to_instant
from segment_engine.imports.values import (
    Converted,
    as_text,
    folded,
    to_boolean,
    to_scaled,
    to_text,
    without_missing,
)

UTC_ZONE = ZoneInfo("UTC")


def outcome(result: Converted) -> list[Any]:
    """Give the values, with `bad` where one was there but did not convert."""
    pairs = zip(result.values.to_pylist(), result.bad.to_pylist(), strict=True)
    return ["bad" if bad else value for value, bad in pairs]


def test_numbers_are_exact_or_missing() -> None:
    """Nothing is rounded: more decimals than the scale do not convert, zeros behind them do."""
    texts = ["1", "-2.50", "+3.1", "007", "1.234", "1.2300", " 4 ", "5.", None, "x", "1e5", "0x1F", "1,5", "--1", ".5"]
    expected = [100, -250, 310, 700, "bad", 123, 400, 500, None, "bad", "bad", "bad", "bad", "bad", "bad"]
    assert outcome(to_scaled(pa.array(texts), 2)) == expected


def test_numbers_keep_to_18_digits() -> None:
    """What the database could not hold or compare exactly is refused, not cut."""
    most = "9" * 18
    assert outcome(to_scaled(pa.array([most, f"-{most}", "1" + most]), 0)) == [int(most), -int(most), "bad"]
    assert outcome(to_scaled(pa.array(["9" * 16 + ".99", "1" + "0" * 16]), 2)) == [int(most), "bad"]


@given(st.lists(st.decimals(min_value=-(10**12), max_value=10**12, places=3) | st.none(), max_size=20))
def test_decimal_columns_of_any_slice(values: list[Decimal | None]) -> None:
    """The integers read from the 128-bit words are those of the decimals, also in the middle of an array."""
    array = pa.array([None, *values, None], pa.decimal128(18, 3)).slice(1, len(values))
    expected = [None if value is None else int(value * 1000) for value in values]
    assert outcome(to_scaled(array, 3)) == expected
    if all(value is None or value == round(value, 1) for value in values):
        assert outcome(to_scaled(array, 1)) == [None if value is None else int(value * 10) for value in values]


def test_floats_become_what_they_print() -> None:
    """The shortest exact form counts; what is not finite does not convert."""
    values = [0.1, 1e-7, 12346.0, 1e16, float("nan"), float("inf"), None, -2.5]
    assert outcome(to_scaled(pa.array(values), 1)) == [1, "bad", 123460, 10**17, "bad", "bad", None, -25]
    assert outcome(to_scaled(pa.array([0.1, 1e-7]), 7)) == [1_000_000, 1]
    assert outcome(to_scaled(pa.array([0.1], pa.float32()), 1)) == [1]


def test_integers_of_every_width() -> None:
    """Each Arrow integer arrives unchanged; an unsigned one beyond 63 bits does not convert."""
    for kind in (pa.int8(), pa.int64(), pa.uint8(), pa.uint32()):
        assert outcome(to_scaled(pa.array([0, 100, None], kind), 0)) == [0, 100, None]
    assert outcome(to_scaled(pa.array([1, 2**63], pa.uint64()), 0)) == [1, "bad"]
    assert outcome(to_scaled(pa.array([-(2**63), 2**63 - 1], pa.int64()), 0)) == [-(2**63), 2**63 - 1]
    assert outcome(to_scaled(pa.array([3, None], pa.int16()), 2)) == [300, None]


def test_texts_are_stored_untouched() -> None:
    """Spaces around a text stay; NUL and more than 10,000 characters do not convert."""
    texts = [" a ", "x\0y", "z" * 10_001, "é" * 10_000, None]
    assert outcome(to_text(pa.array(texts))) == [" a ", "bad", "bad", "é" * 10_000, None]


def test_blank_texts_and_markers_are_missing() -> None:
    """Exactly the blanks of the criteria language count as nothing, and the markers as given."""
    texts = pa.array(["", BLANKS, "\u200b", "unknown", "Unknown", " unknown", None])
    assert without_missing(texts, ("unknown",)).to_pylist() == [None, None, "\u200b", None, "Unknown", " unknown", None]
    assert without_missing(pa.array([-1, 5, None]), ("-1",)).to_pylist() == [None, 5, None]


def test_booleans_of_a_declared_column() -> None:
    """A declared boolean may be written in the usual ways; anything else does not convert."""
    assert outcome(to_boolean(pa.array(["TRUE", "no", "1", "0", "2", None]))) == [True, False, True, False, "bad", None]
    assert outcome(to_boolean(pa.array([1, 0, 7]))) == [True, False, "bad"]
    assert outcome(to_boolean(pa.array([True, None]))) == [True, None]


@given(st.lists(st.text() | st.none(), max_size=20))
def test_folding_is_that_of_the_language(texts: list[str | None]) -> None:
    """The folded twin is `fold(x)` for every text, however it is computed."""
    assert folded(pa.array(texts, pa.string())).to_pylist() == [None if text is None else fold(text) for text in texts]


def test_dates_are_real_and_within_the_years() -> None:
    """ISO dates of 1900 to 2200; 30 February is no date in any notation."""
    texts = ["2020-02-29", "2020-02-30", "1899-12-31", "1900-01-01", "2200-12-31", "2201-01-01", "29.02.2020", None]
    expected = [date(2020, 2, 29), "bad", "bad", date(1900, 1, 1), date(2200, 12, 31), "bad", "bad", None]
    assert outcome(to_date(pa.array(texts), pattern=None)) == expected
    german = to_date(pa.array(["29.02.2020", "30.02.2020", "2020-02-29"]), pattern="%d.%m.%Y")
    assert outcome(german) == [date(2020, 2, 29), "bad", "bad"]


def test_dates_from_timestamps() -> None:
    """A timestamp is a date at midnight only; with a zone the date would depend on a choice."""
    stamps = [datetime(2020, 1, 1), datetime(2020, 1, 1, 12), None]  # noqa: DTZ001 - a file without zones
    assert outcome(to_date(pa.array(stamps), pattern=None)) == [date(2020, 1, 1), "bad", None]
    with pytest.raises(InputError, match="instant"):
        to_date(pa.array(stamps, pa.timestamp("us", tz="Europe/Paris")), pattern=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29 12:00", "2026-03-29T10:00:00"),
        ("2026-03-29T02:30:00.5", "2026-03-29T01:30:00.500000"),  # skipped: later by the gap (V4)
        ("2026-10-25 02:30", "2026-10-25T00:30:00"),  # twice: the first (V5)
        ("2026-03-29T12:00:00Z", "2026-03-29T12:00:00"),
        ("2026-03-29 12:00:00+0530", "2026-03-29T06:30:00"),
        ("2026-03-29 12:00:00-05:00", "2026-03-29T17:00:00"),
        ("2026-02-30 12:00", "bad"),
        ("2026-03-29", "bad"),
        ("12:00", "bad"),
        ("9999-01-01 00:00", "bad"),
    ],
)
def test_instants_in_their_zone(text: str, expected: str) -> None:
    """A written offset is honored; a wall time is placed in the zone by PEP 495, first fold."""
    # Beside a good value, so that one bad value never takes others with it.
    values = pa.array([text, "2026-01-01T00:00:00Z", None])
    [found, other, none] = outcome(to_instant(values, pattern=None, zone=ZoneInfo("Europe/Amsterdam")))
    assert (found if isinstance(found, str) else found.isoformat()) == expected
    assert (other.isoformat(), none) == ("2026-01-01T00:00:00", None)


@given(st.lists(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1)), min_size=1))  # noqa: DTZ001 - wall times
def test_every_wall_time_is_placed_like_python_does(walls: list[datetime]) -> None:
    """The table of offsets by minute gives what zoneinfo gives for each time."""
    zone = ZoneInfo("America/New_York")
    result = to_instant(pa.array(walls, pa.timestamp("us")), pattern=None, zone=zone)
    expected = [wall.replace(tzinfo=zone).astimezone(UTC_ZONE).replace(tzinfo=None) for wall in walls]
    assert outcome(result) == expected


def test_timestamps_of_every_unit() -> None:
    """Seconds to nanoseconds arrive alike; a count that would overflow is out of range, not wrapped around."""
    for unit, second in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        stamps = pa.array([86_400 * second, None, -(2**63) + 1], pa.timestamp(unit))
        [found, none, far] = outcome(to_instant(stamps, pattern=None, zone=UTC_ZONE))
        assert (found.isoformat(), none, far) == ("1970-01-02T00:00:00", None, "bad")
    zoned = pa.array([0], pa.timestamp("s", tz="Asia/Tokyo"))
    assert outcome(to_instant(zoned, pattern=None, zone=ZoneInfo("Asia/Tokyo")))[0].isoformat() == "1970-01-01T00:00:00"


def test_instants_in_a_declared_format() -> None:
    """A format that is not ISO is read as declared, in the zone of the import."""
    values = pa.array(["1/12/2010 8:26", "2010-12-01T08:26:00Z", None])
    result = outcome(to_instant(values, pattern="%d/%m/%Y %H:%M", zone=ZoneInfo("Europe/Paris")))
    assert [result[0].isoformat(), *result[1:]] == ["2010-12-01T07:26:00", "bad", None]


def test_values_as_text() -> None:
    """Keys made of numbers are their decimal digits; no float brings an exponent."""
    assert as_text(pa.array([7, -12], pa.int32())).to_pylist() == ["7", "-12"]
    assert as_text(pa.array([1e22, 1.5])).to_pylist() == ["1" + "0" * 22, "1.5"]
    assert as_text(pa.array([Decimal("0.0000001")], pa.decimal128(10, 7))).to_pylist() == ["0.0000001"]
