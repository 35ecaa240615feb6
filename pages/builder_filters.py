"""The filters of conditions: which rows count, and what a row has to look like. Where they stand and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from pages.builder_subjects import source_of
from pages.builder_tree import Node, Place, at, children, fields_of
from segment_engine import Catalog, Source


@dataclass(frozen=True, slots=True)
class Filter:
    """One place for a filter.

    Shape: `act` is the entry of the menu that begins it, `words` what stands above it, `group` None as long as there is
        none. A filter that is `needed` is drawn also when it is empty.
    """

    place: Place
    source: Source
    words: str
    act: str
    group: Node | None
    needed: bool = False

    @property
    def shown(self) -> bool:
        """Whether it is drawn."""
        return self.group is not None and (self.needed or bool(children(self.group)))


def filters_of(node: Node, catalog: Catalog) -> list[Filter]:
    """List the filters a condition has or could have; none for rows that are not in the catalog."""
    return [each for each in _of_kind(node) if catalog.rows_of(each.source) is not None]


def _of_kind(node: Node) -> list[Filter]:
    match node.get("kind"):
        case "event" | "aggregate" | "event_time" | "campaign":
            return _one(node, ("where",), "Only rows where", "Count only some rows")
        case "related":
            words = "All of them:" if node.get("quantifier") == "all" else "Only rows where"
            return _one(node, ("where",), words, "Say what the rows are like", needed=node.get("quantifier") == "all")
        case "event_has":
            looks = _one(node, ("has",), "It looks like this", "Say what it looks like", needed=True)
            return _one(node, ("where",), "Chosen among rows where", "Choose among some rows only") + looks
        case "sequence":
            first = _one(node, ("first", "where"), "Only first events where", "Count only some first events")
            return first + _one(node, ("then", "where"), "Only later events where", "Count only some later events")
        case "compare_fields":
            return _of_expression(node, ("left",), "left value") + _of_expression(node, ("right",), "right value")
        case _:
            return []


def _of_expression(node: Node, place: Place, name: str) -> list[Filter]:
    held = fields_of(at(node, place))
    form = next((each for each in ("aggregate", "event_time") if each in held), None)
    if form is None:
        return []
    words = f"For the {name}, only rows where"
    return _one(node, (*place, form, "where"), words, f"Count only some rows for the {name}")


def filters_of_limit(limit: Node, catalog: Catalog) -> list[Filter]:
    """List the filters of the values a limit ranks by."""
    found: list[Filter] = []
    for place in range(len(limit.get("order_by") or [])):
        found += _of_expression(limit, ("order_by", place, "value"), f"order {place + 1}")
    return [each for each in found if catalog.rows_of(each.source) is not None]


def _one(node: Node, place: Place, words: str, act: str, *, needed: bool = False) -> list[Filter]:
    source = source_of(at(node, place[:-1]))
    if source is None:
        return []
    group = fields_of(at(node, place)) or None
    return [Filter(place, source, words, act, group, needed)]
