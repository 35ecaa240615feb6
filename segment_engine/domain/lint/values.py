"""Finds values that look mistyped: blanks, pasted lists, letters that do not fold, amounts and words never seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.catalog import TEXTS, Catalog, Field, FieldType
from segment_engine.domain.criteria import Aggregate, Attribute, Case, Literal, LiteralRange, Property, Test
from segment_engine.domain.describe.values import number_text
from segment_engine.domain.folding import BLANKS, fold, fold_ascii
from segment_engine.domain.lint.facts import FieldFacts
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.walk import Spot
from segment_engine.domain.literals import scaled

_LISTED_APART = re.compile(r"[;|\t\n]")
_EXACTLY = frozenset(
    {"equals", "not_equals", "is_any_of", "is_none_of", "includes_any", "includes_none"}
    | {"includes_all", "not_includes_all"}
)
_SHORT = 3
_LONG_LIST = 3
# Cents typed as whole units are a hundred times too much; the largest stored amount is rarely ten times the usual one.
_FAR = 10


@dataclass(frozen=True, slots=True)
class _Asked:
    """A test of one field, or of a figure over it."""

    path: str
    field: Field
    test: Test


def value_findings(spots: Iterator[Spot], catalog: Catalog, fields: Mapping[str, FieldFacts]) -> Iterator[Finding]:
    """Yield what is odd about typed values. `fields` holds what is stored, by key, where it is known."""
    for spot in spots:
        asked = _asked(spot, catalog)
        if asked is None:
            continue
        stored = fields.get(asked.field.key)
        if asked.field.type in {*TEXTS, FieldType.SET}:
            texts = [text for text in _literals(asked.test) if isinstance(text, str)]
            yield from _blanks(asked, texts, stored)
            yield from _letters(asked, texts)
            if stored is not None and stored.values and asked.test.op in _EXACTLY:
                yield from _never_seen(asked, texts, stored.values)
        elif asked.field.type is FieldType.MONEY and stored is not None and not isinstance(spot.node, Aggregate):
            yield from _amounts(asked, stored)


def _asked(spot: Spot, catalog: Catalog) -> _Asked | None:
    match spot.node:
        case Attribute(key, test):
            field = catalog.fields.get(key)
        case Property(key, test):
            field = None if spot.source is None else catalog.property_of(spot.source, key)
        case Aggregate(function, rows, of, test):
            field = aggregate_result(function, None if of is None else catalog.property_of(rows.source, of))
        case _:
            return None
    return None if field is None else _Asked(spot.path, field, test)


def _literals(test: Test) -> tuple[Literal, ...]:
    match test.value:
        case tuple() as listed:
            return listed
        case LiteralRange(start, end):
            return start, end
        case value:
            return (value,) if isinstance(value, Literal) else ()


def _quoted(texts: list[str]) -> str:
    shown = ", ".join(f"“{text}”" for text in texts[:3])
    return shown if len(texts) <= _LONG_LIST else f"{shown} and {len(texts) - 3} more"


# Text ------------------------------------------------------------------------------------------------------------


def _blanks(asked: _Asked, texts: list[str], stored: FieldFacts | None) -> Iterator[Finding]:
    known = (stored.values if stored is not None else None) or frozenset[str]()
    edged = [text for text in texts if text != text.strip(BLANKS) and text not in known]
    if edged:
        sentence = f"{_quoted(edged)} begins or ends with a blank, which counts when it is compared."
        yield found("L-BLANKS", asked.path, f"{sentence} Remove the blank unless the stored values have it too.")
        return
    pasted = [text for text in texts if text not in known and asked.test.op in _EXACTLY and _looks_pasted(text)]
    if pasted:
        sentence = f"{_quoted(pasted)} looks like a list in one value, which is compared as one text."
        yield found("L-BLANKS", asked.path, f"{sentence} Enter the values one by one.")


def _looks_pasted(text: str) -> bool:
    """Tell whether a text is several values; one comma alone also stands in names."""
    if _LISTED_APART.search(text):
        return True
    parts = [part.strip(BLANKS) for part in text.split(",")]
    if len(parts) == 1 or not all(part and len(part.split()) == 1 for part in parts):
        return False
    return len(parts) >= _LONG_LIST or all(len(part) <= _SHORT or part.isupper() for part in parts)


def _letters(asked: _Asked, texts: list[str]) -> Iterator[Finding]:
    if asked.field.fold_column is not None or asked.test.case is not Case.FOLD:
        return
    odd = [text for text in texts if _has_twin(text)]
    if odd:
        sentence = (
            f"In {asked.field.label} only the letters A to Z are the same in upper and lower case, so {_quoted(odd)} "
            "finds other letters only as they are typed. Add the other spelling where it is meant."
        )
        yield found("L-FOLD", asked.path, sentence)


def _has_twin(text: str) -> bool:
    """Tell whether a text has a letter beyond A to Z that exists in upper and lower case."""
    return any(not letter.isascii() and (letter.upper() != letter or letter.lower() != letter) for letter in text)


def _never_seen(asked: _Asked, texts: list[str], values: frozenset[str]) -> Iterator[Finding]:
    exact = asked.test.case is Case.EXACT
    same = fold_ascii if asked.field.fold_column is None else fold
    folded = {fold(value): value for value in sorted(values, reverse=True)}
    seen = values if exact else {same(value) for value in values}
    unseen = [text for text in texts if (text if exact else same(text)) not in seen]
    recased = [text for text in unseen if exact and fold(text) in folded]
    if recased:
        sentence = (
            f"Upper and lower case matter here, and {_quoted(recased)} is stored as "
            f"{_quoted([folded[fold(text)] for text in recased])}. Type it so, or let case not matter."
        )
        yield found("L-CASE", asked.path, sentence, fix="Compare without regard to upper and lower case.")
    others = [text for text in unseen if text not in recased]
    if others and asked.field.type is not FieldType.CHOICE:
        sentence = f"No {asked.field.label} is {_quoted(others)} at this moment."
        yield found("L-UNKNOWN-VALUE", asked.path, f"{sentence} Check the spelling, or keep it for values to come.")


# Amounts ---------------------------------------------------------------------------------------------------------


def _amounts(asked: _Asked, stored: FieldFacts) -> Iterator[Finding]:
    if stored.minimum is None or stored.maximum is None:
        return
    most = max(abs(stored.minimum), abs(stored.maximum))
    for literal in _literals(asked.test):
        if isinstance(literal, str) or not most or abs(scaled(literal, asked.field.scale)) < _FAR * most:
            continue
        largest = number_text(Decimal(most).scaleb(-asked.field.scale), asked.field)
        sentence = (
            f"{number_text(literal, asked.field)} is far outside of what {asked.field.label} holds, which is at most "
            f"{largest}. If the amount was typed in cents, divide it by 100."
        )
        yield found("L-SCALE-MONEY", asked.path, sentence)
        return
