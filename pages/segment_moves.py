"""What moved the members with each result, as charts say it: a mark where data were not alone, and a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pages.check_words import CAUSE_WORDS
from segment_engine import CauseCount, ChangeCause, Run, RunCauses, RunId

# Data and time move the members of most results; what people did, and what other segments did, is worth a mark.
MARKED = (ChangeCause.MANUAL, ChangeCause.CRITERIA, ChangeCause.DEPENDENCY)
NOBODY, NOT_KEPT, EITHER = "nobody joined or left", "not kept for this result", "Data or time"


@dataclass(frozen=True)
class Moved:
    """Why the members are not those of the result before.

    Shape: `mark` is the word of the strongest cause that is marked; None where there is none.
    """

    why: str
    why_joined: str
    why_left: str
    mark: str | None = None


def moved(runs: Iterable[Run], found: Sequence[RunCauses]) -> tuple[Moved, ...]:
    """Say it of each run, from the causes that are stored with results."""
    stored = {each.run_id: each for each in found}
    return tuple(_moved(run, stored) for run in runs)


def _moved(run: Run, stored: Mapping[RunId, RunCauses]) -> Moved:
    of_run = stored.get(run.run_id)
    counts = of_run.counts if of_run else ()
    if of_run is None or not counts:
        word = NOT_KEPT if run.joined_count or run.left_count else NOBODY
        return Moved(word, word, word)
    named = [(cause_word(each.cause, of_run), each) for each in counts]
    there = {each.cause for each in counts}
    return Moved(
        "; ".join(f"{word} {_both(each)}" for word, each in named),
        ", ".join(f"{word} {each.joined:,}" for word, each in named if each.joined),
        ", ".join(f"{word} {each.departed:,}" for word, each in named if each.departed),
        next((CAUSE_WORDS[cause] for cause in MARKED if cause in there), None),
    )


def _both(count: CauseCount) -> str:
    parts = (f"+{count.joined:,}" if count.joined else "", f"-{count.departed:,}" if count.departed else "")
    return " ".join(part for part in parts if part)


def cause_word(cause: ChangeCause, run: RunCauses) -> str:
    """Name a cause; where it could not be told whether data or time did it, that is said."""
    return EITHER if run.is_partial and cause is ChangeCause.DATA else CAUSE_WORDS[cause]


def marks_in_words(moves: Sequence[Moved]) -> str:
    """Say which marks a chart has, for who does not see it: nothing where it has none."""
    marked = Counter(each.mark for each in moves if each.mark)
    return "".join(f", {word}: {number}" for word, number in sorted(marked.items()))
