"""Groups, and the rows conditions look at, as JSON: of events, of campaign history and of related tables."""

from __future__ import annotations

from hypothesis import strategies as st

from segment_engine.domain.catalog import Catalog, Field, RowType, event_time_field, is_timed
from segment_engine.domain.criteria import RelationPath, Source
from tests.criteria_strategies_times import Document, Documents, windows
from tests.criteria_strategies_values import asked

_OFFERED = ("@time", "@day", "@weekday", "@hour")


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


def paths(catalog: Catalog) -> tuple[RelationPath, ...]:
    """List the paths of one and of two relations."""
    first = [relation.key for relation in catalog.relations.values() if relation.parent is None]
    second = [(relation.parent, relation.key) for relation in catalog.relations.values() if relation.parent in first]
    return (*(RelationPath((key,)) for key in first), *(RelationPath((str(one), two)) for one, two in second))


def rows_of(catalog: Catalog, source: Source) -> RowType:
    """Give what the rows of a source are."""
    rows = catalog.rows_of(source)
    assert rows is not None
    return rows


def own_fields(catalog: Catalog, source: Source) -> tuple[Field, ...]:
    """List the values of the rows of a source: those a figure can be computed of."""
    keys = (*rows_of(catalog, source).fields, *_OFFERED)
    return tuple(field for key in keys if (field := catalog.property_of(source, key)) is not None)


def all_fields(catalog: Catalog, source: Source) -> tuple[Field, ...]:
    """List what the rows of a source may be asked for, also in the relation above."""
    own = own_fields(catalog, source)
    if not isinstance(source, RelationPath):
        return own
    above = (field for step in source.path[:-1] for field in catalog.relations[step].fields.values())
    return (*above, *own)


@st.composite
def tested(draw: st.DrawFn, kind: str, fields: tuple[Field, ...]) -> Document:
    """Draw an attribute or a property condition."""
    field = draw(st.sampled_from(fields))
    return {"kind": kind, "field": field.key, **draw(asked(field))}


def properties(catalog: Catalog, source: Source) -> Documents:
    """Draw a group of property conditions."""
    return groups(tested("property", all_fields(catalog, source)), levels=2)


@st.composite
def rows(draw: st.DrawFn, catalog: Catalog, source: Source, *, past: bool = False) -> Document:
    """Draw `where`, `window` and `include_future`; only rows of the past where `past` says so."""
    found = rows_of(catalog, source)
    chosen: Document = {}
    ahead = not past and is_timed(found) and draw(st.integers(0, 4)) == 0
    if ahead:
        chosen["include_future"] = True
    if draw(st.booleans()):
        chosen["where"] = draw(properties(catalog, source))
    if is_timed(found) and draw(st.booleans()):
        chosen["window"] = draw(windows(event_time_field(found).type, ahead=ahead))
    return chosen
