"""Reads dates and instants. Written zones are honored; times without one are read in the zone of the import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from segment_engine.domain.folding import BLANKS
from segment_engine.domain.limits import EARLIEST_DAY, LATEST_DAY
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, ArrowInvalid, by_distinct, only_where, pa, pc
from segment_engine.imports.values import Converted, as_text, converted

ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})"
ISO_INSTANT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_CLOCK}{_ZONE}?$"
_ZONED = _ZONE + "$"

_MICROSECONDS = pa.timestamp("us")
_UTC = pa.timestamp("us", tz="UTC")
_DAY = 86_400_000_000
_MINUTE = 60_000_000
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - counts wall-clock time
_FIRST_DAY = (EARLIEST_DAY - date(1970, 1, 1)).days
_LAST_DAY = (LATEST_DAY - date(1970, 1, 1)).days


def to_date(array: Array, *, pattern: str | None) -> Converted:
    """Turn a column into dates of the years 1900 to 2200.

    Raises: InputError when the column holds instants with a zone, because their date would depend on a choice.
    """
    kind = array.type
    if pa.types.is_date(kind):
        dates = array.cast(pa.date32())
    elif pa.types.is_timestamp(kind):
        dates = _midnights(array)
    else:
        texts = pc.utf8_trim(as_text(array), characters=BLANKS)
        dates = _read(texts, ISO_DATE, pa.date32(), date.fromisoformat) if pattern is None else _dates(texts, pattern)
    days = dates.cast(pa.int32())
    inside = pc.and_(pc.greater_equal(days, _FIRST_DAY), pc.less(days, _LAST_DAY))
    return converted(only_where(inside, dates), array)


def to_instant(array: Array, *, pattern: str | None, zone: ZoneInfo) -> Converted:
    """Turn a column into instants of the years 1900 to 2200, written in UTC without a zone."""
    kind = array.type
    if pa.types.is_date(kind):
        found = in_utc(array.cast(pa.date32()).cast(_MICROSECONDS), zone)
    elif pa.types.is_timestamp(kind):
        found = _microseconds(array)
        found = in_utc(found, zone) if kind.tz is None else found
    else:
        texts = pc.utf8_trim(as_text(array), characters=BLANKS)
        found = _read_iso(texts, zone) if pattern is None else _instants(texts, pattern, zone)
    moments = found.cast(pa.int64())
    inside = pc.and_(pc.greater_equal(moments, _FIRST_DAY * _DAY), pc.less(moments, _LAST_DAY * _DAY))
    return converted(only_where(inside, found), array)


def _dates(texts: Array, pattern: str) -> Array:
    def read(text: str) -> date:
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a date has no zone

    return by_distinct(texts, _reader(read), pa.date32())


def _instants(texts: Array, pattern: str, zone: ZoneInfo) -> Array:
    def read(text: str) -> datetime:
        return _utc_wall(datetime.strptime(text, pattern), zone)  # noqa: DTZ007 - placed in the zone right here

    return by_distinct(texts, _reader(read), _MICROSECONDS)


def _reader(read: Callable[[str], object]) -> Callable[[str], object]:
    def attempt(text: str) -> object:
        try:
            return read(text)
        except (ValueError, OverflowError):
            return None

    return attempt


def _read(texts: Array, pattern: str, kind: object, read: Callable[[str], object]) -> Array:
    matching = only_where(pc.match_substring_regex(texts, pattern), texts)
    try:
        return matching.cast(kind)
    except ArrowInvalid:
        return by_distinct(matching, _reader(read), kind)  # one of them is no real date, such as 30 February


def _read_iso(texts: Array, zone: ZoneInfo) -> Array:
    matching = only_where(pc.match_substring_regex(texts, ISO_INSTANT), texts)
    zoned = pc.match_substring_regex(matching, _ZONED)
    if not pc.any(zoned).as_py():
        return in_utc(_read(matching, "", _MICROSECONDS, datetime.fromisoformat), zone)
    with_zone = _read(only_where(zoned, matching), "", _UTC, datetime.fromisoformat)
    without = _read(only_where(pc.invert(zoned), matching), "", _MICROSECONDS, datetime.fromisoformat)
    return pc.coalesce(with_zone.cast(pa.int64()).cast(_MICROSECONDS), in_utc(without, zone))


def _microseconds(array: Array) -> Array:
    """Bring a timestamp to microseconds; what lies outside the years is dropped first, so that nothing overflows."""
    unit = _PER_SECOND[array.type.unit]
    raw = array.cast(pa.int64())
    slack = 2 * 86_400 * unit
    low, high = _FIRST_DAY * 86_400 * unit - slack, _LAST_DAY * 86_400 * unit + slack
    if unit == _PER_SECOND["ns"]:
        low, high = max(low, -(2**63)), min(high, 2**63 - 1)
    raw = only_where(pc.and_(pc.greater_equal(raw, low), pc.less_equal(raw, high)), raw)
    return raw.cast(pa.timestamp(array.type.unit)).cast(_MICROSECONDS, safe=False)


def _midnights(array: Array) -> Array:
    if array.type.tz is not None:
        raise InputError(
            "A column declared as date holds instants with a time zone. Declare it as instant, or write dates."
        )
    moments = _microseconds(array)
    dates = moments.cast(pa.date32(), safe=False)
    return only_where(pc.equal(dates.cast(_MICROSECONDS), moments), dates)


def in_utc(walls: Array, zone: ZoneInfo) -> Array:
    """Place wall-clock times in a zone.

    Source: PEP 495 with fold=0: a skipped time moves later by the gap, a repeated one means the first.
    """
    if zone.key == "UTC" or walls.null_count == len(walls):
        return walls
    moments = np.asarray(walls.cast(pa.int64()).fill_null(0).to_numpy())
    # Offsets change at whole minutes, and a file holds far fewer different minutes than rows.
    minutes, place = np.unique(moments // _MINUTE, return_inverse=True)
    offsets = np.array([_offset(int(minute), zone) for minute in minutes], dtype=np.int64)
    return pa.array(moments - offsets[place], mask=np.asarray(walls.is_null().to_numpy(zero_copy_only=False))).cast(
        _MICROSECONDS
    )


def _offset(minute: int, zone: ZoneInfo) -> int:
    wall = _EPOCH + timedelta(minutes=minute)
    return (wall.replace(tzinfo=zone).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _utc_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    placed = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    return placed.astimezone(UTC).replace(tzinfo=None)
