"""What the linter can say: a finding, and the table of its codes. It examines nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error blocks saving as active, a warning needs a tick by the editor, a note only shows."""

    ERROR = "error"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know about criteria that are well formed.

    Shape: `path` is the JSON path of the node (`$.root.of[0]`, `$.root` for the whole); `sentence` says what, with
        figures where they are known, and what to do; `fix` is a change that is always safe, in words, where there is
        one.
    """

    code: str
    level: Level
    path: str
    sentence: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the linter: its level, the level it has elsewhere than at the root, and what it needs and means."""

    level: Level
    meaning: str
    informed: bool = False
    elsewhere: Level | None = None


_ERROR, _WARN, _NOTE = Level.ERROR, Level.WARN, Level.NOTE

# Source: docs/criteria.md §7. The same table, with examples, is docs/linter.md.
CODES: dict[str, Code] = {
    "L-CONTRADICTION": Code(_ERROR, "the whole can never hold, for anyone"),
    "L-DEAD": Code(_WARN, "a part can never hold, so it adds or excludes nobody"),
    "L-TAUTOLOGY": Code(_ERROR, "a part holds for everyone, without all_contacts", elsewhere=_WARN),
    "L-OR-NEG": Code(_ERROR, "two negations of one field joined by or let nearly everyone in"),
    "L-LOOKS-ALL": Code(_WARN, "every known value is covered, but not the missing ones"),
    "L-REDUNDANT": Code(_WARN, "a neighbor says the same already, or more"),
    "L-ONE-CHILD": Code(_NOTE, "a group with one condition"),
    "L-K-EDGE": Code(_NOTE, "at least 1, or at least all of them"),
    "L-NEG-ONLY": Code(_NOTE, "nothing positive: everyone except …"),
    "L-CYCLE": Code(_ERROR, "segments refer to each other in a circle"),
    "L-REF": Code(_ERROR, "a segment, list or campaign is missing, inactive or was never calculated"),
    "L-REF-DEEP": Code(_WARN, "a chain of references is longer than 3"),
    "L-CONSENT-ANY": Code(_WARN, "consent or reachability is only one of several ways in"),
    "L-NOT-SENT": Code(_WARN, "did not open, click or convert includes those who were never sent it"),
    "L-RETENTION": Code(_WARN, "a window reaches further back than the source keeps its rows"),
    "L-FUTURE": Code(_ERROR, "a window lies ahead, where rows are not looked at"),
    "L-ABSOLUTE": Code(_NOTE, "a named day that is past, in a segment that is calculated again and again"),
    "L-FROZEN": Code(_WARN, "no contact can ever enter any more"),
    "L-WINDOW-EDGE": Code(_NOTE, "more than … ago and did not in the last … say the same twice"),
    "L-UNKNOWN-VALUE": Code(_WARN, "a value that the field never had", informed=True),
    "L-CASE": Code(_WARN, "upper and lower case matter, and the value occurs in another case", informed=True),
    "L-FOLD": Code(_NOTE, "letters whose upper and lower case this field does not fold"),
    "L-BLANKS": Code(_WARN, "a value begins or ends with a blank, or looks like a pasted list"),
    "L-SCALE-MONEY": Code(_WARN, "an amount a hundred times outside of what the field holds", informed=True),
    "L-CONSTANT": Code(_WARN, "the field has one value only", informed=True),
    "L-ALWAYS-MISSING": Code(_ERROR, "the field is missing for every contact", informed=True),
    "L-MISSING-SHARE": Code(
        _WARN, "the answer for missing values decides for more than 20 % of the base", informed=True
    ),
    "L-NEARLY-ALL": Code(_WARN, "the whole holds for 99.5 % of the base or more", informed=True),
    "L-NOBODY": Code(_WARN, "the whole holds for nobody at this moment", informed=True),
    "L-SOURCE-STALE": Code(_WARN, "a source is older than agreed", informed=True),
    "L-DRIFT": Code(_ERROR, "a field is gone, or its type changed, since the criteria were saved", informed=True),
    "L-SLOW": Code(_WARN, "a condition is slow", informed=True),
    "L-DUPLICATE": Code(_WARN, "another segment has the same definition", informed=True),
    "L-NEAR-DUPLICATE": Code(_NOTE, "another segment has nearly the same members", informed=True),
    "L-SAMPLE-SEED": Code(_NOTE, "two samples with one seed: the smaller decides"),
    "L-TOP-ZERO": Code(_WARN, "contacts without any row may fill the places of the limit"),
}


def found(code: str, path: str, sentence: str, *, fix: str | None = None, at_root: bool = True) -> Finding:
    """Make a finding with the level of its code."""
    entry = CODES[code]
    level = entry.level if at_root or entry.elsewhere is None else entry.elsewhere
    return Finding(code, level, path, sentence, fix)
