"""Valid conditions of every kind for any catalog, and limits, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from segment_engine.domain.aggregates import AVERAGE_DECIMALS, FUNCTIONS, NEVER_MISSING, aggregate_result
from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Catalog, Field, FieldType, event_time_field
from segment_engine.domain.criteria import Interactions, RelationPath, Source
from segment_engine.domain.operators import (
    CHANNELS,
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    CONSENT_STATES,
    MEMBERSHIP_OPERATORS,
    REACHABLE_OPERATORS,
)
from tests.criteria_strategies_rows import own_fields, paths, properties, rows, rows_of
from tests.criteria_strategies_times import Document, Documents, document
from tests.criteria_strategies_values import DIGITS, asked, counts, texts

_WHICH = st.sampled_from(("first", "last"))
_SEEDS = st.text("abcXYZ019._-", min_size=1, max_size=64)
_ELAPSED = ("minute", "hour", "day")


def _written(source: Source) -> Document:
    if isinstance(source, RelationPath):
        return {"path": list(source.path)}
    assert isinstance(source, str)
    return {"event": source}


# Rows ------------------------------------------------------------------------------------------------------------


@st.composite
def _verb(draw: st.DrawFn) -> Document:
    if draw(st.integers(0, 2)) == 0:
        return {"verb": "did_not"}
    return {"verb": "did", "count": draw(counts())} if draw(st.booleans()) else {"verb": "did"}


@st.composite
def _event(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events)))
    return {"kind": "event", "event": event, **draw(_verb()), **draw(rows(catalog, event))}


@st.composite
def _campaign(draw: st.DrawFn, catalog: Catalog) -> Document:
    known = [event.interaction for event in catalog.events.values() if event.interaction is not None]
    interaction = draw(st.sampled_from(known))
    condition: Document = {"kind": "campaign", "interaction": interaction, **draw(_verb())}
    if draw(st.booleans()):
        condition["campaigns"] = draw(_ids(tuple(catalog.campaigns)))
    if condition["verb"] == "did" and draw(st.booleans()):
        condition["counted"] = draw(st.sampled_from(("interactions", "campaigns")))
    return condition | draw(rows(catalog, Interactions(interaction)))


@st.composite
def _event_time(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events.values())))
    chosen, test = draw(rows(catalog, event.key)), draw(asked(event_time_field(event)))
    return {"kind": "event_time", "event": event.key, "which": draw(_WHICH), **chosen, **test}


@st.composite
def _event_has(draw: st.DrawFn, catalog: Catalog) -> Document:
    event = draw(st.sampled_from(tuple(catalog.events)))
    condition: Document = {"kind": "event_has", "event": event, "which": draw(_WHICH), **draw(rows(catalog, event))}
    condition["has"] = draw(properties(catalog, event))
    return condition | draw(_on_missing())


@st.composite
def _sequence(draw: st.DrawFn, catalog: Catalog) -> Document:
    first = draw(st.sampled_from(tuple(catalog.events.values())))
    alike = [event.key for event in catalog.events.values() if event.date_only is first.date_only]
    then = draw(st.sampled_from(alike))
    condition: Document = {
        "kind": "sequence",
        "first": {"event": first.key, **draw(rows(catalog, first.key, past=True))},
        "verb": draw(st.sampled_from(("followed_by", "not_followed_by"))),
        "then": {"event": then, **draw(rows(catalog, then, past=True))},
    }
    if draw(st.booleans()):
        unit = "day" if first.date_only else draw(st.sampled_from(_ELAPSED))
        condition["within"] = {"n": draw(st.integers(1, 100)), "unit": unit}
    return condition


@st.composite
def _related(draw: st.DrawFn, catalog: Catalog) -> Document:
    path = draw(st.sampled_from(paths(catalog)))
    quantifier = draw(st.sampled_from(("any", "none", "all", "at_least")))
    condition: Document = {"kind": "related", **_written(path), "quantifier": quantifier, **draw(rows(catalog, path))}
    if quantifier == "all":
        condition["where"] = draw(properties(catalog, path))
        condition |= {"when_empty": draw(st.booleans())} if draw(st.booleans()) else {}
    if quantifier == "at_least":
        condition["k"] = draw(st.integers(1, 5))
    return condition


# Figures and value expressions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Figure:
    source: Source
    function: str
    of: Field | None
    result: Field


def _figures(catalog: Catalog) -> list[_Figure]:
    found: list[_Figure] = []
    for source in (*catalog.events, *paths(catalog)):
        for function in FUNCTIONS:
            for of in (None,) if function == "count" else own_fields(catalog, source):
                result = aggregate_result(function, of)
                if result is not None:
                    found.append(_Figure(source, function, of, result))
    return found


@st.composite
def _computed(draw: st.DrawFn, catalog: Catalog, figure: _Figure) -> Document:
    computed: Document = {"from": _written(figure.source), "function": figure.function}
    if figure.of is not None:
        computed["of"] = figure.of.key
        if figure.function == "count_distinct" and figure.of.type in TEXTS and draw(st.booleans()):
            computed["case"] = draw(st.sampled_from(("fold", "exact")))
    return computed | draw(rows(catalog, figure.source))


@st.composite
def _aggregate(draw: st.DrawFn, catalog: Catalog) -> Document:
    figure = draw(st.sampled_from(_figures(catalog)))
    digits = DIGITS + (AVERAGE_DECIMALS if figure.function == "avg" else 0)
    may_miss = figure.function not in NEVER_MISSING
    test = draw(asked(figure.result, digits=digits, may_miss=may_miss, may_case=False))
    return {"kind": "aggregate", **draw(_computed(catalog, figure)), **test}


@dataclass(frozen=True)
class _Side:
    """A value expression, and what it gives."""

    field: Field
    written: Documents
    may_miss: bool


def _sides(catalog: Catalog) -> list[_Side]:
    fields = [_Side(field, st.just({"field": key}), may_miss=True) for key, field in catalog.fields.items()]
    figures = [
        _Side(figure.result, _inside("aggregate", _computed(catalog, figure)), figure.function not in NEVER_MISSING)
        for figure in _figures(catalog)
    ]
    times = [
        _Side(event_time_field(rows_of(catalog, key)), _inside("event_time", _happened(catalog, key)), may_miss=True)
        for key in catalog.events
    ]
    return [*fields * 3, *figures, *times * 3]


def _inside(key: str, inner: Documents) -> Documents:
    return document({key: inner})


@st.composite
def _happened(draw: st.DrawFn, catalog: Catalog, event: str) -> Document:
    return {"event": event, "which": draw(_WHICH), **draw(rows(catalog, event))}


def _kind_of(field: Field) -> tuple[object, ...]:
    """Give what two values must share to be compared."""
    kind = FieldType.DECIMAL if field.type is FieldType.INTEGER else field.type
    return kind, field.currency, field.values


@st.composite
def _compare_fields(draw: st.DrawFn, catalog: Catalog) -> Document:
    comparable = frozenset[FieldType]().union(*(types for _, _, types in COMPARE_OPERATORS.values()))
    sides = [side for side in _sides(catalog) if side.field.type in comparable]
    left = draw(st.sampled_from(sides))
    right = draw(st.sampled_from([side for side in sides if _kind_of(side.field) == _kind_of(left.field)]))
    kind = left.field.type
    op = draw(st.sampled_from([op for op, (_, _, types) in COMPARE_OPERATORS.items() if kind in types]))
    condition: Document = {"kind": "compare_fields", "left": draw(left.written), "op": op, "right": draw(right.written)}
    if kind in NUMBERS and draw(st.booleans()):
        condition["times"] = draw(st.sampled_from(("1", "0.50", "3", "0.000001", "999999999999.999999")))
    if kind in TIMES and draw(st.booleans()):
        unit = "day" if kind is FieldType.DATE else draw(st.sampled_from(_ELAPSED))
        condition["offset"] = {"n": draw(st.integers(-100, 100)), "unit": unit}
    if kind is FieldType.TEXT and draw(st.booleans()):
        condition["case"] = draw(st.sampled_from(("fold", "exact")))
    return condition | (draw(_on_missing()) if left.may_miss or right.may_miss else {})


@st.composite
def limits(draw: st.DrawFn, catalog: Catalog) -> Document:
    """Draw the first N by one to three values."""
    sides = [side for side in _sides(catalog) if side.field.type is not FieldType.SET]
    chosen = draw(st.lists(st.sampled_from(sides), min_size=1, max_size=3))
    order = [{"value": draw(side.written), "direction": draw(st.sampled_from(("asc", "desc")))} for side in chosen]
    top_n = draw(st.one_of(st.integers(1, 20), st.integers(1, 1_000_000)))
    return {"top_n": top_n, "ties": draw(st.sampled_from(("cut", "keep"))), "order_by": order}


# Members ---------------------------------------------------------------------------------------------------------


def _ids(known: tuple[str, ...]) -> SearchStrategy[list[str]]:
    some = st.sampled_from(known) if known else st.just(str(UUID(int=1)))
    # Ids in capitals are the same ids.
    return st.lists(st.one_of(some, some.map(str.upper)), min_size=1, max_size=4)


@st.composite
def _on_missing(draw: st.DrawFn) -> Document:
    return {"on_missing": draw(st.sampled_from(("include", "exclude")))} if draw(st.booleans()) else {}


@st.composite
def _segment(draw: st.DrawFn, catalog: Catalog) -> Document:
    op = draw(st.sampled_from(tuple(MEMBERSHIP_OPERATORS)))
    condition: Document = {"kind": "segment", "op": op, "segments": draw(_ids(tuple(catalog.segments)))}
    members = draw(st.sampled_from((None, "last_run", "live")))
    if members is not None:
        condition["members"] = members
    if members != "live" and draw(st.booleans()):
        condition["max_age_hours"] = draw(st.integers(1, 8784))
    return condition


def _others(catalog: Catalog) -> Documents:
    """Kinds whose keys do not depend on each other."""
    operators = st.sampled_from(tuple(MEMBERSHIP_OPERATORS))
    lists = _ids(tuple(catalog.lists))
    states = st.lists(st.sampled_from(CONSENT_STATES), min_size=1, max_size=4)
    percents = st.sampled_from(("0.01", "0.10", "5", "12.5", "99.99", "100"))
    bounds = st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True).map(sorted)
    buckets: Documents = st.tuples(bounds, _SEEDS).map(
        lambda drawn: {"kind": "bucket", "from": drawn[0][0], "to": drawn[0][1], "seed": drawn[1]}
    )
    reachable = st.sampled_from(tuple(REACHABLE_OPERATORS))
    return st.one_of(
        document({"kind": st.just("static_list"), "op": operators, "lists": lists}),
        st.fixed_dictionaries(
            {
                "kind": st.just("consent"),
                "channel": st.sampled_from(CHANNELS),
                "op": st.sampled_from(tuple(CONSENT_OPERATORS)),
                "states": states,
            },
            optional={"topic": st.none() | texts()},
        ),
        document({"kind": st.just("reachable"), "channel": st.sampled_from(CHANNELS), "op": reachable}),
        document({"kind": st.just("sample"), "percent": percents, "seed": _SEEDS}),
        buckets,
        document({"kind": st.just("all_contacts")}),
    )


def kinds(catalog: Catalog) -> list[Documents]:
    """List the kinds a catalog makes possible, besides attribute."""
    found = [_others(catalog), _segment(catalog), _compare_fields(catalog)]
    if catalog.events:
        found += [maker(catalog) for maker in (_event, _event_time, _event_has, _sequence)]
    if any(event.interaction for event in catalog.events.values()):
        found.append(_campaign(catalog))
    if catalog.relations:
        found.append(_related(catalog))
    return [*found, _aggregate(catalog)] if catalog.events or catalog.relations else found
