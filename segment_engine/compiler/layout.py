"""Lines and indents for a statement that a person reads. Values are bound, so moving blanks cannot change one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import indent

_WIDTH = 100
_STEP = "    "
_PIECE = re.compile(r"/\*.*?\*/|'(?:[^']|'')*'|[()]|,|[^\s(),']+", re.DOTALL)
_CLAUSES = frozenset({"WITH", "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION"})
_CONDITIONS = ("WHERE", "HAVING", "JOIN", "LEFT")

# What SQLAlchemy writes at length, and how a person would write it.
_REWRITES = (
    (re.compile(r"\b(\w+)\.(\w+) AS \2\b"), r"\1.\2"),
    (re.compile(r"\bSELECT (\w+)\.(\w+)(\s+)FROM \1(?=\)|\s+UNION|\s*$)"), r"SELECT \2 FROM \1"),
    (re.compile(r"\barray\("), "ARRAY("),
    (re.compile(r"\bTIMESTAMP WITH TIME ZONE\b"), "TIMESTAMPTZ"),
    (re.compile(r"\bLEFT OUTER JOIN\b"), "LEFT JOIN"),
)


@dataclass(frozen=True)
class _Part:
    """A word, or what stands between parentheses (`inner`); `spaced` tells whether a blank stood before it."""

    text: str
    spaced: bool
    inner: tuple[_Part, ...] | None = None


def laid_out(statement: str) -> str:
    """Break a statement into lines; the words and their order stay."""
    for pattern, written in _REWRITES:
        statement = pattern.sub(written, statement)
    return _body(_read(list(_pieces(statement))))


def _pieces(statement: str) -> Iterator[tuple[str, bool]]:
    for piece in _PIECE.finditer(statement):
        yield piece[0], statement[piece.start() - 1].isspace() if piece.start() else False


def _read(pieces: list[tuple[str, bool]]) -> tuple[_Part, ...]:
    """Read what stands between parentheses as one part."""
    levels: list[tuple[list[_Part], bool]] = [([], False)]
    for text, spaced in pieces:
        if text == "(":
            levels.append(([], spaced))
        elif text == ")":
            inner, before = levels.pop()
            levels[-1][0].append(_Part("", before, _unwrapped(inner)))
        else:
            levels[-1][0].append(_Part(text, spaced))
    return tuple(levels[0][0])


def _unwrapped(inner: list[_Part]) -> tuple[_Part, ...]:
    """Take needless parentheses off: a pair directly inside a pair."""
    only = inner[0].inner if len(inner) == 1 else None
    return tuple(inner) if only is None else only


def _line(parts: Sequence[_Part]) -> str:
    """Write parts in one line."""
    texts = [part.text if part.inner is None else f"({_line(part.inner)})" for part in parts]
    return _joined(parts, texts)


def _joined(parts: Sequence[_Part], texts: Sequence[str]) -> str:
    blanks = [" " if part.spaced and place else "" for place, part in enumerate(parts)]
    return "".join(blank + text for blank, text in zip(blanks, texts, strict=True))


def _body(parts: Sequence[_Part]) -> str:
    """Write a statement, each clause on a line of its own."""
    starts = [place for place in range(len(parts)) if place == 0 or _starts_clause(parts, place)]
    ends = [*starts[1:], len(parts)]
    return "\n".join(_clause(parts[start:end]) for start, end in zip(starts, ends, strict=True))


def _starts_clause(parts: Sequence[_Part], place: int) -> bool:
    word, before = parts[place].text, parts[place - 1].text
    return word in _CLAUSES or word == "LEFT" or (word == "JOIN" and before != "LEFT") or before.startswith("/*")


def _clause(parts: Sequence[_Part]) -> str:
    word = parts[0].text
    if word == "SELECT" and len(_line(parts)) > _WIDTH:
        first, *others = _split_list(parts)
        return "\n".join([_text(first), *(indent(_text(other), _STEP) for other in others)])
    if word not in _CONDITIONS or not _is_long(parts):
        return _text(parts)
    first, *others = _split(parts)
    return "\n".join([_text(first), *(indent(_text(other), _STEP) for other in others)])


def _text(parts: Sequence[_Part]) -> str:
    """Write parts in one line, or with the lines that parentheses need."""
    if not _is_long(parts):
        return _line(parts)
    texts = [part.text if part.inner is None else _bracket(part.inner) for part in parts]
    return _joined(parts, texts)


def _bracket(inner: Sequence[_Part]) -> str:
    if not _is_long(inner) and not _is_statement(inner):
        return f"({_line(inner)})"
    if _is_statement(inner):
        return f"({_line(inner)})" if _is_short(inner) else f"(\n{indent(_body(inner), _STEP)}\n)"
    pieces = _split(inner)
    if len(pieces) == 1 and pieces[0][0].text != "NOT":
        return f"({_text(inner)})"
    return "(\n" + indent("\n".join(map(_text, pieces)), _STEP) + "\n)"


def _split(parts: Sequence[_Part]) -> list[Sequence[_Part]]:
    """Cut before every AND and OR that joins conditions; the AND of BETWEEN joins two ends."""
    cuts, between = [0], False
    for place, part in enumerate(parts):
        if part.text == "BETWEEN":
            between = True
        elif part.text in {"AND", "OR"}:
            cuts += [] if between and part.text == "AND" else [place]
            between = False
    return [parts[start:end] for start, end in zip(cuts, [*cuts[1:], len(parts)], strict=True)]


def _split_list(parts: Sequence[_Part]) -> list[Sequence[_Part]]:
    """Cut after every comma."""
    cuts = [0, *(place + 1 for place, part in enumerate(parts) if part.text == ",")]
    return [parts[start:end] for start, end in zip(cuts, [*cuts[1:], len(parts)], strict=True)]


def _is_statement(parts: Sequence[_Part]) -> bool:
    return bool(parts) and (parts[0].text == "SELECT" or parts[0].text.startswith("/*"))


def _is_short(parts: Sequence[_Part]) -> bool:
    """Tell whether a statement only names what is found elsewhere."""
    plain = not any(part.inner is not None or part.text in {"WHERE", "JOIN", "UNION"} for part in parts)
    return plain and len(_line(parts)) <= _WIDTH


def _is_long(parts: Sequence[_Part]) -> bool:
    """Tell whether parts need more than one line: they are too long, or a statement stands among them."""
    if len(_line(parts)) > _WIDTH:
        return True
    inner = [part.inner for part in parts if part.inner]
    return any(_is_long(each) or (_is_statement(each) and not _is_short(each)) for each in inner)
