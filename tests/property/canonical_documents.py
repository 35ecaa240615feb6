"""Reads a canonical form back as a document, so that its meaning can be compared with that of the criteria it is of."""

from __future__ import annotations

from typing import cast

from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.folding import fold, fold_ascii
from segment_engine.domain.limits import COUNT

Part = dict[str, object]


def document_of(form: Part, catalog: Catalog) -> Part:
    """Write the document of the canonical root and limit; a folded choice becomes one that folds to it."""
    head: Part = {"format": "segment-criteria", "version": 1, "base": form["base"], "calendar": form["calendar"]}
    root = _node(cast("Part", form["root"]), catalog.fields, catalog)
    limit = form["limit"] if form["limit"] is None else _limit(cast("Part", form["limit"]), catalog)
    return {**head, "root": root, "limit": limit}


def _limit(limit: Part, catalog: Catalog) -> Part:
    order = cast("list[Part]", limit["order_by"])
    return {**limit, "order_by": [_condition(dict(key), dict(catalog.fields), catalog) for key in order]}


def _node(part: Part, fields: object, catalog: Catalog) -> Part:
    for kind in ("all", "any"):
        if kind in part:
            return {"group": kind, "of": [_node(child, fields, catalog) for child in cast("list[Part]", part[kind])]}
    if "at_least" in part:
        children = [_node(child, fields, catalog) for child in cast("list[Part]", part["of"])]
        return {"group": "at_least", "k": part["at_least"], "of": children}
    if "not" in part:
        return {"group": "none", "of": [_node(cast("Part", part["not"]), fields, catalog)]}
    return _condition(dict(part), cast("dict[str, Field]", fields), catalog)


def _condition(part: Part, fields: dict[str, Field], catalog: Catalog) -> Part:
    inside = _properties(part, catalog)
    for key in ("where", "has"):
        if key in part:
            group = _node(cast("Part", part[key]), inside, catalog)
            part[key] = group if "group" in group else {"group": "all", "of": [group]}
    for key in ("first", "then", "left", "right", "aggregate", "event_time", "value"):
        if isinstance(part.get(key), dict):
            part[key] = _condition(dict(cast("Part", part[key])), fields, catalog)
    if part.get("kind") in {"event", "campaign"}:
        part |= {"verb": "did", "count": _count(cast("Part", part["count"]))}
    if part.get("op") == "size":
        part["value"] = _count(cast("Part", part["value"]))
    field = fields.get(str(part.get("field")))
    return part if field is None else _chosen(part, field)


def _properties(part: Part, catalog: Catalog) -> dict[str, Field]:
    known = {key: field for event in catalog.events.values() for key, field in event.fields.items()}
    known |= {key: field for relation in catalog.relations.values() for key, field in relation.fields.items()}
    return known if part.get("kind") != "attribute" else dict(catalog.fields)


def _count(count: Part) -> Part:
    """Bring a count that normalizing moved just outside of what may be typed back by one."""
    if count.get("n") == -1:
        return {"op": "lt", "n": 0}
    return {"op": "gt", "n": COUNT} if count.get("n") == COUNT + 1 else count


def _chosen(part: Part, field: Field) -> Part:
    same = fold_ascii if field.fold_column is None else fold
    if part.get("case") != "fold" or not field.values or field.type not in {FieldType.CHOICE, FieldType.SET}:
        return part
    by_folded = {same(value): value for value in field.values}
    value = part["value"]
    if isinstance(value, list):
        return {**part, "value": [by_folded[str(each)] for each in cast("list[object]", value)]}
    return {**part, "value": by_folded[str(value)]}
