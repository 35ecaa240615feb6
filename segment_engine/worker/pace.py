"""How fast a worker does what it repeats."""

from __future__ import annotations

from dataclasses import dataclass

POLL_SECONDS = 2.0
BACK_OFF_SECONDS = (1.0, 5.0, 20.0)


@dataclass(frozen=True)
class Pace:
    """How a worker keeps its runs. Units: seconds; `again` is the pause before an end is written once more.

    Shape: `silence` is how long nothing may be heard beyond what the server allows a statement; then the line is dead.
    """

    lease: float = 30
    heartbeat: float = 10.0
    poll: float = POLL_SECONDS
    seen: float = 10.0
    back_off: tuple[float, ...] = BACK_OFF_SECONDS
    again: float = 1.0
    silence: float = 60.0
