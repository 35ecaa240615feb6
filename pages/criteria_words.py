"""One node of a criteria document in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from pages.builder_tree import bare, children, fields_of, is_group
from segment_engine import Calendar, Catalog, GroupKind, describe, parse_criteria
from segment_engine.errors import SegmentEngineError

_FRAME = "Contacts where "
_BOUNDS = re.compile(r" \((?:from|before|until|since|on or after|after) [^()“”]*\)")
JOINS = {
    GroupKind.ALL.value: "All of these hold", GroupKind.ANY.value: "Any of these holds",
    GroupKind.NONE.value: "None of these holds",
}  # fmt: skip


def node_words(node: dict[str, Any], catalog: Catalog, calendar: Calendar) -> str:
    """Say a condition, or a whole group in one line; empty while it is not complete."""
    root = {"group": "all", "of": [bare(node)]}
    document = {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}
    try:
        criteria = parse_criteria(document, catalog, calendar=calendar)
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        lines = describe(criteria, catalog, as_of=now).lines
    except SegmentEngineError:
        return ""
    # The bounds of relative times stand in the sentence of the whole; here they would hide the rest.
    return without_bounds(" ".join(line.text for line in lines).removeprefix(_FRAME))


def without_bounds(text: str) -> str:
    """Leave the bounds of relative times out of a line: to know what is meant, “in the last 30 days” is enough."""
    return _BOUNDS.sub("", text)


def group_words(group: dict[str, Any]) -> str:
    """Say how a group joins its children."""
    return JOINS.get(str(group.get("group")), f"At least {group.get('k')} of these hold")


def nodes_by_path(document: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give number and node of every path of a tree, from the top: `$.root.of[0].of[1]` is 1.2."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}

    def walk(node: dict[str, Any], path: str, number: str) -> None:
        found[path] = (number, node)
        for place, child in enumerate(children(node) if is_group(node) else []):
            walk(child, f"{path}.of[{place}]", f"{number}.{place + 1}".lstrip("."))

    walk(fields_of(document.get("root")), "$.root", "")
    return found
