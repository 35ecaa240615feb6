"""Clocks of a machine that are wrong: a day ahead, a day behind, or jumping between the two at every look."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle

DAY = 86_400.0
# By name: how far the clock is off, look after look. Units: seconds.
CLOCKS: dict[str, tuple[float, ...]] = {"ahead": (DAY,), "behind": (-DAY,), "jumping": (DAY, -DAY, 0.0, -DAY / 2)}


def go_wrong(name: str) -> None:
    """Make every clock that tells the time of day wrong, for the whole process and for good.

    Shape: `time.time`, `time_ns`, `localtime`, `gmtime`, and `now`, `utcnow` and `today` of dates, wherever they were
        imported to. What only counts seconds cannot jump on a real machine, and goes on.
    """
    off = cycle(CLOCKS[name])
    _replace(time.time, _wrong_time(time.time, off))
    _replace(time.time_ns, _wrong_nanoseconds(time.time_ns, off))
    _replace(time.localtime, _wrong_fields(time.localtime, off))
    _replace(time.gmtime, _wrong_fields(time.gmtime, off))
    _replace(dt.datetime, _wrong_datetime(off))


def _wrong_time(real: Callable[[], float], off: Iterator[float]) -> Callable[[], float]:
    return lambda: real() + next(off)


def _wrong_nanoseconds(real: Callable[[], int], off: Iterator[float]) -> Callable[[], int]:
    return lambda: real() + int(next(off)) * 10**9


def _wrong_fields(
    real: Callable[[float | None], time.struct_time], off: Iterator[float]
) -> Callable[[float | None], time.struct_time]:
    right = time.time
    return lambda seconds=None: real(right() + next(off) if seconds is None else seconds)


def _wrong_datetime(off: Iterator[float]) -> type[dt.datetime]:
    real = dt.datetime

    class Everywhere(type):
        """Values that were made elsewhere, by the driver for instance, are of this type as well."""

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

    class Wrong(real, metaclass=Everywhere):
        """A point in time that is made from a clock that is wrong."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            """Give the wrong time."""
            return real.now(tz) + dt.timedelta(seconds=next(off))

        @classmethod
        def utcnow(cls) -> dt.datetime:
            """Give the wrong time."""
            return cls.now(dt.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> dt.datetime:
            """Give the wrong time."""
            return cls.now()

    return Wrong


def _replace(real: object, wrong: object) -> None:
    """Put the wrong one wherever the real one is known by a name of a module."""
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if value is real:
                setattr(module, name, wrong)
