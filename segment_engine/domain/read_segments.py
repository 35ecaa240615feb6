"""How it is said that the segments which a segment reads are not in order, with what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class ReadSegments:
    """Names of segments that the criteria read, by what is the matter with them.

    Shape: `outdated` must not be used themselves, because of their freshness; `behind` are not up to date.
    """

    changed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def forbidding(self) -> str:
        """Say why what was made of them must not be used; each name once in the worst way that can be acted on."""
        parts: list[str] = []
        if self.changed:
            parts.append(f"{listed(self.changed)}, which it reads, {_was(self.changed)} edited or changed since.")
        if self.failed:
            parts.append(f"{listed(self.failed)}, which it reads, failed. Correct that first.")
        if self.inactive:
            verb = "is" if len(self.inactive) == 1 else "are"
            names = listed(self.inactive)
            parts.append(f"{names}, which it reads, {verb} not active. Activate it, or take it out of the criteria.")
        told = {*self.changed, *self.failed, *self.inactive}
        outdated = tuple(name for name in self.outdated if name not in told)
        if outdated:
            how, which = _itself(outdated, "out of date"), "that" if len(outdated) == 1 else "those"
            parts.append(f"{listed(outdated)}, which it reads, {how}; calculate {which} first.")
        return " ".join(parts)

    @property
    def warning(self) -> str:
        """Say why what was made of them is to be used with care."""
        names = listed(self.behind) if self.behind else "A segment"
        whose = "their" if len(self.behind) > 1 else "its"
        told = f"{names}, which it reads, {_itself(self.behind, 'not up to date')}."
        return f"{told} Look at {whose} reasons, and calculate what it reads first."


def _was(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _itself(names: Sequence[str], how: str) -> str:
    return f"are {how} themselves" if len(names) > 1 else f"is {how} itself"


def listed(names: Sequence[str]) -> str:
    """Name a few, and count the rest."""
    shown = [f"“{name}”" for name in names[:NAMED_AT_MOST]]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
