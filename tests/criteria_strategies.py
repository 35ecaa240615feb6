"""Valid criteria documents for any catalog: every kind, operator and value shape in scope, with hostile literals."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from segment_engine.domain.aggregates import AVERAGE_DECIMALS, FUNCTIONS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import (
    TEXTS,
    Catalog,
    EventType,
    Field,
    FieldType,
    event_time_field,
    property_of,
)
from segment_engine.domain.folding import is_blank
from segment_engine.domain.limits import CONDITIONS, DOCUMENT_BYTES
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, Shape, operators_for
from tests.criteria_strategies_times import (
    Document,
    Documents,
    anniversaries,
    between_ago,
    days,
    document,
    moments,
    ordered_moments,
    periods,
    spans,
    windows,
)

ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo", "US/Eastern")
HOSTILE_TEXTS = (
    *("Gent", "GENT", "gent", " gent", "%", "_", "\\", "'", '"', "''; drop table contacts; --", "&amp;", "“x”", "{}"),
    *("straße", "STRASSE", "é", "e\u0301", "İ", "i\u0307", "\u0131", "\u017f", "ﬁ", "FI", "\u03a3", "\u03c2", "\u212a"),
    *("a\nb", "a\tb", "\u00a0x", "\u200b", "\ufeffx", "🙂", "\U0010ffff", "\ufffe", "null", "NULL", "0", "01"),
    *("%s", "%(x)s", ":x", "$1", "{{x}}", "${x}", "../..", "=1+1", "\u202eabc", "()", "a,b", "x" * 500),
)
_DIGITS = 18


def texts() -> SearchStrategy[str]:
    """Texts that other engines mistreat: patterns, quotes, letters that change their length when folded."""
    free = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t\n"), min_size=1, max_size=30)
    return st.one_of(st.sampled_from(HOSTILE_TEXTS), free.filter(lambda text: not is_blank(text)))


def _decimals(scale: int, digits: int) -> SearchStrategy[str]:
    most = 10 ** (digits - scale) - 1
    whole = st.one_of(st.integers(-50, 50), st.integers(-most, most))
    part = st.text("0123456789", min_size=1, max_size=scale) if scale else st.nothing()
    return st.tuples(whole, st.just("") | part).map(lambda pair: f"{pair[0]}.{pair[1]}" if pair[1] else f"{pair[0]}")


def literals(field: Field, *, digits: int = _DIGITS) -> SearchStrategy[str | int]:
    """Literals a field accepts, as JSON."""
    if field.type is FieldType.TEXT:
        return texts()
    if field.type is FieldType.CHOICE:
        return st.sampled_from(field.values)
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


def values(operator: Operator, field: Field, *, digits: int = _DIGITS) -> SearchStrategy[object]:
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
    }
    if shape in shapes:
        return shapes[shape]
    if shape is Shape.RANGE:
        return _ranges(field, digits)
    single = literals(field, digits=digits)
    return single if shape is Shape.LITERAL else st.lists(single, min_size=1, max_size=min(operator.most, 8))


@st.composite
def asked(
    draw: st.DrawFn, field: Field, *, digits: int = _DIGITS, may_miss: bool = True, may_case: bool = True
) -> Document:
    """Draw `op`, `value`, `case` and `on_missing` for a field, the last two sometimes left to their defaults."""
    operator = draw(st.sampled_from(operators_for(field.type, ordered=field.ordered)))
    test: Document = {"op": operator.key}
    if operator.shape is not Shape.NOTHING:
        test["value"] = draw(values(operator, field, digits=digits))
    if may_case and operator.cased and field.type in TEXTS and draw(st.booleans()):
        test["case"] = draw(st.sampled_from(("fold", "exact")))
    if may_miss and operator.missing is not None and draw(st.booleans()):
        test["on_missing"] = draw(st.sampled_from(("include", "exclude")))
    return test


# Conditions ------------------------------------------------------------------------------------------------------


@st.composite
def groups(draw: st.DrawFn, leaves: Documents, *, levels: int) -> Document:
    """Draw a group of one to four children, nested at most `levels` deep."""
    nested = st.one_of(leaves, leaves, groups(leaves, levels=levels - 1)) if levels > 1 else leaves
    children = draw(st.lists(nested, min_size=1, max_size=3))
    group: Document = {"group": draw(st.sampled_from(("all", "any", "none", "at_least"))), "of": children}
    if group["group"] == "at_least":
        group["k"] = draw(st.integers(1, len(children)))
    if draw(st.integers(0, 9)) == 0:
        group["note"] = draw(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200))
    return group


def _fields_of(event: EventType) -> tuple[Field, ...]:
    keys = (*event.fields, "@time", "@day", "@weekday", "@hour")
    return tuple(field for key in keys if (field := property_of(event, key)) is not None)


@st.composite
def _tested(draw: st.DrawFn, kind: str, fields: tuple[Field, ...]) -> Document:
    field = draw(st.sampled_from(fields))
    return {"kind": kind, "field": field.key, **draw(asked(field))}


@st.composite
def _rows(draw: st.DrawFn, event: EventType) -> Document:
    rows: Document = {}
    ahead = draw(st.integers(0, 4)) == 0
    if ahead:
        rows["include_future"] = True
    if draw(st.booleans()):
        rows["where"] = draw(groups(_tested("property", _fields_of(event)), levels=2))
    if draw(st.booleans()):
        rows["window"] = draw(windows(event_time_field(event).type, ahead=ahead))
    return rows


@st.composite
def _event(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events.values())))
    verb = draw(st.sampled_from(("did", "did", "did_not")))
    condition: Document = {"kind": "event", "event": event.key, "verb": verb, **draw(_rows(event))}
    if verb == "did" and draw(st.booleans()):
        op = draw(st.sampled_from(tuple(COUNT_OPERATORS)))
        n = draw(st.one_of(st.integers(0, 4), st.integers(0, 1_000_000)))
        ends = {"from": n, "to": draw(st.integers(n, 1_000_000))} if op.endswith("between") else {"n": n}
        condition["count"] = {"op": op, **ends}
    return condition


@st.composite
def _aggregate(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events.values())))
    function = draw(st.sampled_from(FUNCTIONS))
    possible = [None] if function == "count" else _fields_of(event)
    of = draw(st.sampled_from([field for field in possible if aggregate_result(function, field) is not None]))
    result = aggregate_result(function, of)
    assert result is not None
    digits = _DIGITS + (AVERAGE_DECIMALS if function == "avg" else 0)
    test = draw(asked(result, digits=digits, may_miss=function not in NEVER_MISSING, may_case=False))
    condition: Document = {"kind": "aggregate", "from": {"event": event.key}, "function": function}
    if of is not None:
        condition["of"] = of.key
        if function == "count_distinct" and of.type in TEXTS and draw(st.booleans()):
            condition["case"] = draw(st.sampled_from(("fold", "exact")))
    return condition | test | draw(_rows(event))


@st.composite
def _event_time(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events.values())))
    which = draw(st.sampled_from(("first", "last")))
    rows, test = draw(_rows(event)), draw(asked(event_time_field(event)))
    return {"kind": "event_time", "event": event.key, "which": which, **rows, **test}


def conditions(catalog: Catalog) -> Documents:
    """Conditions of every kind in scope."""
    kinds = (_event(catalog), _aggregate(catalog), _event_time(catalog)) if catalog.events else ()
    everyone = document({"kind": st.just("all_contacts")})
    attribute = _tested("attribute", tuple(catalog.fields.values()))
    return st.one_of(attribute, attribute, *kinds, everyone)


def calendars() -> Documents:
    """Calendars, some keys left to their defaults."""
    return st.fixed_dictionaries(
        {},
        optional={
            "time_zone": st.sampled_from(ZONES),
            "week_starts_on": st.sampled_from(("monday", "sunday", "saturday")),
            "fiscal_year_start_month": st.integers(1, 12),
            "leap_day": st.sampled_from(("feb_28", "mar_1")),
        },
    )


def documents(catalog: Catalog, *, levels: int = 3) -> Documents:
    """Whole valid documents over a catalog; their bounds stay within 1900-2200 for an `as_of` of these years."""
    keys: dict[str, SearchStrategy[object]] = {
        "format": st.just("segment-criteria"),
        "version": st.just(1),
        "base": st.just("contacts"),
        "root": groups(conditions(catalog), levels=levels),
    }
    others: dict[str, SearchStrategy[object]] = {"calendar": calendars(), "limit": st.none()}
    whole: Documents = st.fixed_dictionaries(keys, optional=others)
    return whole.filter(_is_within_limits)


def _is_within_limits(whole: Document) -> bool:
    text = json.dumps(whole, ensure_ascii=False)
    return text.count('"kind": "') <= CONDITIONS and len(text.encode()) <= DOCUMENT_BYTES
