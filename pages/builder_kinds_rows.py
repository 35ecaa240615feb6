"""Draws the kinds that look at rows: what happened, how often, when, in which order; campaigns and related tables."""

from __future__ import annotations

from pages import builder_subjects as subjects
from pages.builder_counts import MOST_TIMES, ask_count
from pages.builder_drawing import Drawing, ask_rows_time
from pages.builder_expressions import NEVER_MISSING
from pages.builder_figures import ask_figure
from pages.builder_spot import Spot, together, word
from pages.builder_subjects import source_of
from pages.builder_test import ask_test, missing_options, operator_kept
from pages.builder_times import ask_span
from pages.builder_tree import Node, fields_of, items_of
from segment_engine import OnMissing

VERBS = {"did": "happened", "did_not": "did not happen"}
WHICH = {"first": "the first", "last": "the last"}
WHICH_TIME = {"first": "first time", "last": "last time"}
FOLLOWED = {"followed_by": "is followed by", "not_followed_by": "is not followed by"}
QUANTIFIERS = {"any": "has any", "none": "has none", "all": "all are like this", "at_least": "has at least"}
INTERACTION_VERBS = {"did": "did", "did_not": "did not"}
COUNTED = {"interactions": "times", "campaigns": "different campaigns"}
SEQUENCE_UNITS = {"minute": "minutes", "hour": "hours", "day": "days (24 hours)"}
DATED_UNITS = {"day": "days"}


def event(drawing: Drawing, node: Node) -> Node:
    """Ask whether, and how often, something happened."""
    spot = drawing.spot(node)
    verb = spot.choice("verb", VERBS, node.get("verb"), width=132)
    with together():
        count = ask_count(spot, node.get("count") or {"op": "gte", "n": 1}, unit="times") if verb == "did" else None
    return node | {"verb": verb, "count": count} | ask_rows_time(drawing, spot, node, source_of(node))


def aggregate(drawing: Drawing, node: Node) -> Node:
    """Ask for a figure over rows."""
    spot, source = drawing.spot(node), source_of(node)
    figure = ask_figure(drawing, spot, node)
    tested = subjects.figure_field(node | figure, drawing.catalog)
    function, of = figure["function"], figure["of"]
    same = function == node.get("function") and of == node.get("of")
    kept = node if same else {key: value for key, value in node.items() if key not in {"case", "on_missing"}}
    answered = kept | figure | {"op": operator_kept(node, tested)}
    if tested is None:
        return answered
    asked = spot.asking(function, of or "")
    test = ask_test(drawing, asked, answered, tested, may_miss=function not in NEVER_MISSING)
    return answered | test | ask_rows_time(drawing, spot, node, source)


def event_time(drawing: Drawing, node: Node) -> Node:
    """Ask when something happened first or last."""
    spot = drawing.spot(node)
    which = spot.choice("which", WHICH_TIME, node.get("which"), width=125)
    tested = subjects.field_of(node, drawing.catalog)
    test = ask_test(drawing, spot, node, tested)
    return node | {"which": which} | test | ask_rows_time(drawing, spot, node, source_of(node))


def event_has(drawing: Drawing, node: Node) -> Node:
    """Ask what the first or last row looks like; the test itself is drawn below, like a filter."""
    spot = drawing.spot(node)
    which = spot.choice("which", WHICH, node.get("which"), width=125)
    when = ask_rows_time(drawing, spot, node, source_of(node))
    missing = missing_options(spot, node.get("on_missing"), OnMissing.EXCLUDE, "this, because it never happened")
    return node | {"which": which, "on_missing": missing} | when


# Sequences ---------------------------------------------------------------------------------------------------------


def sequence(drawing: Drawing, node: Node) -> Node:
    """Ask what came first, what did or did not follow, and within which time."""
    spot = drawing.spot(node)
    first, then = fields_of(node.get("first")), fields_of(node.get("then"))
    dated = subjects.is_dated(source_of(first), drawing.catalog)
    first = first | ask_rows_time(drawing, spot.asking("first"), first, source_of(first), may_look_ahead=False)
    verb = spot.choice("verb", FOLLOWED, node.get("verb"), width=165)
    alike = {key: each.label for key, each in drawing.catalog.events.items() if each.date_only == dated}
    chosen = spot.choice("following event", alike, then.get("event"), width=170)
    then = then if chosen == then.get("event") else {"event": chosen}
    within = _within(spot, node.get("within"), dated=dated)
    later = spot.asking("then", chosen)
    then = then | ask_rows_time(drawing, later, then, source_of(then), may_look_ahead=False)
    return node | {"first": first, "verb": verb, "then": then, "within": within}


def _within(spot: Spot, within: object, *, dated: bool) -> Node | None:
    held = fields_of(within)
    with together():
        bounded = spot.choice(
            "waiting time", {"within": "within", "ever": "at any later time"}, "within" if held else "ever", width=150
        )
        if bounded == "ever":
            return None
        units = DATED_UNITS if dated else SEQUENCE_UNITS
        return ask_span(spot.asking("within"), held or {"unit": "day"}, units=units)


# Campaigns ---------------------------------------------------------------------------------------------------------


def campaign(drawing: Drawing, node: Node) -> Node:
    """Ask what happened to messages, of any campaign or of some."""
    spot = drawing.spot(node)
    verb = spot.choice("verb", INTERACTION_VERBS, node.get("verb"), width=105)
    held = [str(each) for each in items_of(node.get("campaigns"))]
    campaigns = spot.several("campaigns", drawing.choices.campaigns(), held, width=260, placeholder="Any campaign")
    count: Node | None = None
    counted: str | None = None
    if verb == "did":
        with together():
            count = ask_count(spot, node.get("count") or {"op": "gte", "n": 1}, unit="")
            counted = spot.choice("counted", COUNTED, node.get("counted") or "interactions", width=170)
    when = ask_rows_time(drawing, spot, node, source_of(node))
    return node | {"verb": verb, "campaigns": campaigns or None, "count": count, "counted": counted} | when


# Related tables ----------------------------------------------------------------------------------------------------


def related(drawing: Drawing, node: Node) -> Node:
    """Ask how many rows of another table there are; what they are like is drawn below, as a filter."""
    spot = drawing.spot(node)
    quantifier = spot.choice("quantifier", QUANTIFIERS, node.get("quantifier"), width=150)
    answers: Node = {"quantifier": quantifier, "k": None, "when_empty": None}
    if quantifier == "at_least":
        with together():
            answers["k"] = spot.whole("number of rows", node.get("k", 1), lowest=1, highest=MOST_TIMES)
            word("rows")
    if quantifier == "all":
        empty = {"no": "without rows: does not hold", "yes": "without rows: holds"}
        held = "yes" if node.get("when_empty") else "no"
        answers["when_empty"] = spot.choice("answer without rows", empty, held, width=215) == "yes"
    return node | answers | ask_rows_time(drawing, spot, node, source_of(node))
