"""The words of checks: kinds, levels, verdicts, and the rules of those that nobody has to set up."""

from __future__ import annotations

from pages.words import Look
from segment_engine import AssertionKind, AssertionLevel, AssertionVerdict, ChangeCause

KIND_WORDS: dict[AssertionKind, str] = {
    AssertionKind.COUNT_BETWEEN: "Number of contacts",
    AssertionKind.CHANGE_AT_MOST: "Change since the last result",
    AssertionKind.MUST_INCLUDE: "Contacts who must be in it",
    AssertionKind.MUST_NOT_INCLUDE: "Contacts who must not be in it",
    AssertionKind.SUBSET_OF: "All of them in another segment",
    AssertionKind.DISJOINT_FROM: "None of them in another segment",
}
LEVEL_WORDS: dict[AssertionLevel, str] = {
    AssertionLevel.WARN: "Warns",
    AssertionLevel.BLOCK: "Blocks: the old members stay",
}
VERDICT_LOOKS: dict[AssertionVerdict, Look] = {
    AssertionVerdict.NOT_JUDGED: Look("Not asked yet", "gray", ":material/help:"),
    AssertionVerdict.PASSED: Look("Holds", "green", ":material/verified:"),
    AssertionVerdict.WARNED: Look("Warns", "orange", ":material/report:"),
    AssertionVerdict.FAILED: Look("Withheld a result", "red", ":material/front_hand:"),
}
AUTOMATIC: dict[str, tuple[str, str]] = {
    "empty": ("Nobody", "A result without contacts is not used."),
    "everyone": ("Everybody", "All contacts, from 100 on, though the criteria do not say “all contacts”."),
    "sudden_change": (
        "Sudden change",
        "Five times what is usual and at least a tenth; compared with the same weekday where counts follow the week.",
    ),
    "source_dropped": (
        "Lost rows",
        "A source that it reads lost over a fifth of its rows at its last import.",
    ),
}
CAUSE_WORDS: dict[ChangeCause, str] = {
    ChangeCause.FIRST: "First result",
    ChangeCause.MANUAL: "By hand",
    ChangeCause.CRITERIA: "Criteria edited",
    ChangeCause.TIME: "Time passed",
    ChangeCause.DEPENDENCY: "Segment it reads",
    ChangeCause.DATA: "Data",
}
