"""When things happen in a year of trade: busier weekends and Decembers, quiet nights, and slow growth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from segment_engine.demo.columns import Share, Whole

DAYS = 365
MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
_HOUR = 3_600 * MICROSECONDS
_MONTHS = (0.95, 0.85, 0.95, 1.0, 1.0, 0.95, 0.85, 0.85, 1.0, 1.05, 1.45, 1.5)
_WEEKDAYS = (0.95, 0.9, 0.92, 0.98, 1.05, 1.1, 1.2)
# By hour in UTC; the shop's contacts live one or two hours east of it.
_HOURS = (3, 1, 1, 1, 2, 5, 12, 22, 32, 38, 40, 42, 44, 40, 38, 38, 42, 50, 62, 70, 66, 48, 26, 10)
_GROWTH = 0.3


@dataclass(frozen=True, slots=True)
class Year:
    """The 365 days before a moment, as the share of all trade that lies before each hour.

    Shape: `edges` are the hours, `shares` rise from 0 to 1 along them.
    Units: microseconds since 1970 in UTC.
    """

    edges: Share
    shares: Share

    def moments(self, shares: Share) -> Whole:
        """Turn evenly drawn shares into moments that follow the rhythm of the year."""
        return np.interp(shares, self.shares, self.edges).astype(np.int64)

    def share_before(self, moments: Whole) -> Share:
        """Tell how much of the year's trade lies before each moment: 0 before the year, 1 after it."""
        return np.interp(moments.astype(np.float64), self.edges, self.shares)


def microseconds(moment: datetime) -> int:
    """Count a moment. Units: microseconds since 1970 in UTC."""
    return round(moment.timestamp()) * MICROSECONDS


def year_until(today: datetime) -> Year:
    """Lay the rhythm over the 365 days that end at `today`."""
    last = microseconds(today)
    edges = last - DAYS * DAY + np.arange(DAYS * 24 + 1, dtype=np.int64) * _HOUR
    first = today - timedelta(days=DAYS)
    weights = [_weight(first + timedelta(hours=hour), hour / (DAYS * 24)) for hour in range(DAYS * 24)]
    shares = np.concatenate(([0.0], np.cumsum(weights)))
    return Year(edges.astype(np.float64), shares / shares[-1])


def _weight(hour: datetime, passed: float) -> float:
    return _MONTHS[hour.month - 1] * _WEEKDAYS[hour.weekday()] * _HOURS[hour.hour] * (1 + _GROWTH * passed)
