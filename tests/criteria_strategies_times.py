"""Moments, spans, periods and windows of valid criteria documents, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from segment_engine.domain.catalog import FieldType

Document = dict[str, object]
Documents = SearchStrategy[Document]

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_DAY_UNITS = ("day", "week", "month", "quarter", "year")
_UNITS = ("minute", "hour", *_DAY_UNITS)
_PERIODS = (*_DAY_UNITS, "fiscal_quarter", "fiscal_year")

# Bounds must stay within 1900-2200 for an as_of near today, so that a document can also be evaluated.
_MANY = st.one_of(st.integers(1, 60), st.just(100))


def _units(kind: FieldType) -> SearchStrategy[str]:
    return st.sampled_from(_DAY_UNITS if kind is FieldType.DATE else _UNITS)


def document(entries: Mapping[str, SearchStrategy[object]]) -> Documents:
    """Objects with all of these keys."""
    return st.fixed_dictionaries(dict(entries))


def days() -> Documents:
    """Days by date or counted from today."""
    near = st.dates(date(2024, 1, 1), date(2027, 12, 31))
    named = document({"day": st.one_of(near, st.dates(_FIRST_DAY, _LAST_DAY)).map(date.isoformat)})
    relative = document({"n": st.integers(-60, 60), "unit": st.sampled_from(_DAY_UNITS)})
    return named | document({"today": relative})


def _instants() -> Documents:
    zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    first, last = datetime(1900, 1, 3), datetime(2200, 12, 29)  # noqa: DTZ001 - hypothesis adds the zone
    near = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=zones)  # noqa: DTZ001 - as above
    typed = st.one_of(near, st.datetimes(first, last, timezones=zones)).map(datetime.isoformat)
    utc = near.map(lambda instant: instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
    relative = document({"n": st.integers(-60, 60), "unit": st.sampled_from(_UNITS)})
    return document({"instant": typed | utc}) | document({"now": relative})


def moments(kind: FieldType) -> Documents:
    """Moments that suit a date or an instant."""
    return days() if kind is FieldType.DATE else days() | _instants()


def spans(kind: FieldType) -> Documents:
    """Lengths of time."""
    return document({"n": _MANY, "unit": _units(kind)})


def between_ago(kind: FieldType) -> Documents:
    """Two lengths of time, the longer first."""
    pairs = st.lists(st.integers(0, 100), min_size=2, max_size=2, unique=True).map(sorted)
    return st.tuples(pairs, _units(kind)).map(lambda both: {"from": both[0][1], "to": both[0][0], "unit": both[1]})


def periods(latest: int = 60) -> Documents:
    """Whole calendar periods."""
    return document({"unit": st.sampled_from(_PERIODS), "offset": st.integers(-60, latest)})


def ordered_moments(kind: FieldType) -> Documents:
    """Two ends; absolute days are put in order, and an absolute end never meets an absolute instant out of order."""
    named = st.lists(st.dates(_FIRST_DAY, _LAST_DAY), min_size=2, max_size=2).map(sorted)
    absolute: Documents = named.map(
        lambda pair: {"from": {"day": pair[0].isoformat()}, "to": {"day": pair[1].isoformat()}}
    )
    relative = moments(kind).filter(lambda moment: "today" in moment or "now" in moment)
    return absolute | document({"from": moments(kind), "to": relative})


def windows(kind: FieldType, *, ahead: bool) -> Documents:
    """Windows over dates or instants; those that lie ahead only where rows still to come are seen."""
    one_sided: Documents = moments(kind).map(lambda moment: {"from": moment, "to": None})
    until: Documents = moments(kind).map(lambda moment: {"to": moment})
    forms: list[Documents] = [
        document({"in_last": spans(kind)}),
        document({"between_ago": between_ago(kind)}),
        document({"in_period": periods(60 if ahead else 0)}),
        document({"range": one_sided | until | ordered_moments(kind)}),
        document({"any_time": st.just(value=True)}),
    ]
    return st.one_of(*forms, *([document({"in_next": spans(kind)})] if ahead else []))


def anniversaries() -> Documents:
    """Days around today, together at most a year."""
    far = st.tuples(st.integers(0, 364), st.integers(0, 364)).filter(lambda pair: sum(pair) <= 364)
    pairs = st.one_of(st.tuples(st.integers(0, 10), st.integers(0, 10)), far)
    days_alone: Documents = pairs.map(lambda pair: {"before": pair[0], "after": pair[1]})
    with_years = st.tuples(days_alone, st.integers(0, 40)).map(lambda both: {**both[0], "min_years": both[1]})
    return days_alone | with_years
