"""What all rows of one drawing share, and the controls that several kinds of condition have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from streamlit.delta_generator import DeltaGenerator

from pages import builder_subjects as subjects
from pages.builder_choices import Choices
from pages.builder_spot import Spot, together
from pages.builder_subjects import Subject
from pages.builder_times import ask_window, looks_ahead
from pages.builder_tree import KEY, Node
from segment_engine import Calendar, Catalog, Source

Change = Callable[[Callable[[Node], Node]], None]


@dataclass(frozen=True)
class Drawing:
    """What all rows of one drawing share.

    Shape: `slots` collects, by the key of a node, the place where its problems are written once they are known, and
        `figures` the place of its count.
    """

    catalog: Catalog
    calendar: Calendar
    numbers: Mapping[str, str]
    subjects: Mapping[str, Subject]
    change: Change
    choices: Choices = field(default_factory=Choices)
    slots: dict[str, DeltaGenerator] = field(default_factory=dict[str, DeltaGenerator])
    figures: dict[str, DeltaGenerator] = field(default_factory=dict[str, DeltaGenerator])

    def place(self, node: Node) -> Spot:
        """Name the place of a node, whatever it is about."""
        number = self.numbers.get(node[KEY], "")
        return Spot(f"Condition {number}" if number[:1].isdigit() else number.capitalize(), node[KEY])

    def spot(self, node: Node) -> Spot:
        """Name the place of a node for controls that belong to what it is about."""
        return self.place(node).asking(subjects.subject_of(node))


def ask_rows_time(
    drawing: Drawing, spot: Spot, rows: Node, source: Source | None, *, may_look_ahead: bool = True
) -> Node:
    """Ask which rows count by their time; those still to come only where the period lies ahead."""
    if not subjects.has_time(source, drawing.catalog):
        return {"window": None, "include_future": None}
    held = rows.get("window")
    dates_only = subjects.is_dated(source, drawing.catalog)
    with together():
        window = ask_window(
            spot.asking("window"), held, drawing.calendar, dates_only=dates_only, may_look_ahead=may_look_ahead
        )
    if not may_look_ahead:
        return {"window": window}
    ahead = True if looks_ahead(window) else rows.get("include_future") if not looks_ahead(held) else None
    return {"window": window, "include_future": ahead or None}
