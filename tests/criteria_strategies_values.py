"""Literals and operators with their values for any field, as JSON, with texts other engines mistreat."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from segment_engine.domain.catalog import TEXTS, Field, FieldType
from segment_engine.domain.folding import is_blank
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, Shape, operators_for
from tests.criteria_strategies_times import (
    Document,
    Documents,
    anniversaries,
    between_ago,
    days,
    moments,
    ordered_moments,
    periods,
    spans,
)

HOSTILE_TEXTS = (
    *("Gent", "GENT", "gent", " gent", "%", "_", "\\", "'", '"', "''; drop table contacts; --", "&amp;", "“x”", "{}"),
    *("straße", "STRASSE", "é", "e\u0301", "İ", "i\u0307", "\u0131", "\u017f", "ﬁ", "FI", "\u03a3", "\u03c2", "\u212a"),
    *("a\nb", "a\tb", "\u00a0x", "\u200b", "\ufeffx", "🙂", "\U0010ffff", "\ufffe", "null", "NULL", "0", "01"),
    *("%s", "%(x)s", ":x", "$1", "{{x}}", "${x}", "../..", "=1+1", "\u202eabc", "()", "a,b", "x" * 500),
)
DIGITS = 18


def texts() -> SearchStrategy[str]:
    """Texts that other engines mistreat: patterns, quotes, letters that change their length when folded."""
    free = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t\n"), min_size=1, max_size=30)
    return st.one_of(st.sampled_from(HOSTILE_TEXTS), free.filter(lambda text: not is_blank(text)))


def _decimals(scale: int, digits: int) -> SearchStrategy[str]:
    most = 10 ** (digits - scale) - 1
    whole = st.one_of(st.integers(-50, 50), st.integers(-most, most))
    part = st.text("0123456789", min_size=1, max_size=scale) if scale else st.nothing()
    return st.tuples(whole, st.just("") | part).map(lambda pair: f"{pair[0]}.{pair[1]}" if pair[1] else f"{pair[0]}")


def literals(field: Field, *, digits: int = DIGITS) -> SearchStrategy[str | int]:
    """Literals a field accepts, as JSON."""
    if field.values:
        return st.sampled_from(field.values)
    if field.type in {FieldType.TEXT, FieldType.SET}:
        return texts()
    if field.type is FieldType.INTEGER:
        return st.one_of(st.integers(-5, 100), st.integers(-(2**63), 2**63 - 1))
    return _decimals(field.scale, digits)


# Operators -------------------------------------------------------------------------------------------------------


def _ranges(field: Field, digits: int) -> Documents:
    pairs = st.lists(literals(field, digits=digits), min_size=2, max_size=2)
    if field.type is FieldType.CHOICE:
        pairs = pairs.map(lambda pair: sorted(pair, key=lambda text: field.values.index(str(text))))
    else:
        pairs = pairs.map(lambda pair: sorted(pair, key=Decimal))
    return pairs.map(lambda pair: {"from": pair[0], "to": pair[1]})


@st.composite
def counts(draw: st.DrawFn) -> Document:
    """Draw a comparison of a number of rows, or of the size of a set."""
    op = draw(st.sampled_from(tuple(COUNT_OPERATORS)))
    n = draw(st.one_of(st.integers(0, 4), st.integers(0, 1_000_000)))
    ends = {"from": n, "to": draw(st.integers(n, 1_000_000))} if op.endswith("between") else {"n": n}
    return {"op": op, **ends}


def values(operator: Operator, field: Field, *, digits: int = DIGITS) -> SearchStrategy[object]:
    """Values of an operator that has one."""
    kind, shape = field.type, operator.shape
    if shape in {Shape.MONTHS, Shape.WEEKDAYS}:
        return st.lists(st.integers(1, 12 if shape is Shape.MONTHS else 7), min_size=1, max_size=12)
    shapes: dict[Shape, SearchStrategy[object]] = {
        Shape.DAY: days(),
        Shape.MOMENT: moments(kind),
        Shape.MOMENTS: ordered_moments(kind),
        Shape.SPAN: spans(kind),
        Shape.SPAN_BETWEEN: between_ago(kind),
        Shape.PERIOD: periods(),
        Shape.ANNIVERSARY: anniversaries(),
        Shape.COUNT: counts(),
    }
    if shape in shapes:
        return shapes[shape]
    if shape is Shape.RANGE:
        return _ranges(field, digits)
    single = literals(field, digits=digits)
    return single if shape is Shape.LITERAL else st.lists(single, min_size=1, max_size=min(operator.most, 8))


@st.composite
def asked(
    draw: st.DrawFn, field: Field, *, digits: int = DIGITS, may_miss: bool = True, may_case: bool = True
) -> Document:
    """Draw `op`, `value`, `case` and `on_missing` for a field, the last two sometimes left to their defaults."""
    operator = draw(st.sampled_from(operators_for(field.type, ordered=field.ordered)))
    test: Document = {"op": operator.key}
    if operator.shape is not Shape.NOTHING:
        test["value"] = draw(values(operator, field, digits=digits))
    if may_case and operator.cased and field.type in TEXTS | {FieldType.SET} and draw(st.booleans()):
        test["case"] = draw(st.sampled_from(("fold", "exact")))
    if may_miss and operator.missing is not None and draw(st.booleans()):
        test["on_missing"] = draw(st.sampled_from(("include", "exclude")))
    return test
