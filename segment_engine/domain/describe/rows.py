"""Says which rows a condition looks at, and figures over them. The groups that restrict rows are laid out elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.catalog import TEXTS, TIMES, Catalog, Field, FieldType, event_time_field, is_timed
from segment_engine.domain.criteria import (
    Campaign,
    Case,
    Count,
    FieldValue,
    Figure,
    FirstOrLast,
    Group,
    Interactions,
    Offset,
    RelationPath,
    Rows,
    Source,
    Unit,
    ValueExpression,
)
from segment_engine.domain.describe.references import campaign_names, names_text
from segment_engine.domain.describe.times import Clock, length_text, window_text
from segment_engine.domain.describe.values import holds_never, number_of_text

_FUNCTIONS = {"sum": "sum of", "avg": "average", "min": "smallest", "max": "largest"}
_TIME_FUNCTIONS = {"min": "earliest", "max": "latest"}
_ONLY_WHERE = ", only where "

# What a contact did with a campaign, and did not; the braces take the campaign.
_ACTS = {
    "entered": ("entered {}", "did not enter {}"),
    "received": ("received {}", "did not receive {}"),
    "delivered": ("had {} delivered", "did not have {} delivered"),
    "opened": ("opened {}", "did not open {}"),
    "clicked": ("clicked in {}", "did not click in {}"),
    "converted": ("converted after {}", "did not convert after {}"),
    "replied": ("replied to {}", "did not reply to {}"),
    "bounced": ("had {} bounce", "did not have {} bounce"),
    "complained": ("complained about {}", "did not complain about {}"),
    "unsubscribed": ("unsubscribed from {}", "did not unsubscribe from {}"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A group that restricts rows, with the words before it and the one who knows the properties of those rows."""

    lead: str
    group: Group
    speaker: Speaker


Piece = str | Clause


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a sentence is written with: the catalog, the time, and the rows whose properties are spoken of."""

    catalog: Catalog
    clock: Clock
    source: Source | None = None

    def property(self, key: str) -> Field | None:
        """Look up a property of the rows that are spoken of."""
        return None if self.source is None else self.catalog.property_of(self.source, key)

    def clause(self, group: Group, source: Source, lead: str = "") -> Clause:
        """Speak of the rows of a source."""
        return Clause(lead, group, Speaker(self.catalog, self.clock, source))

    def type_of(self, expression: ValueExpression) -> FieldType | None:
        """Tell the type of a value, None where it is no longer known."""
        match expression:
            case FieldValue(key):
                field = self.catalog.fields.get(key)
            case Figure(function, rows, of):
                field = aggregate_result(function, None if of is None else self.catalog.property_of(rows.source, of))
            case FirstOrLast(_, rows):
                field = time_field(rows, self)
        return None if field is None else field.type


def unknown(what: str, key: str) -> str:
    """Write what the catalog does not have any more."""
    return f"(unknown {what} {key})"


def rows_name(rows: Rows, speaker: Speaker) -> str:
    """Write what the rows are: an event, or rows of a relation of the rows of another."""
    match rows.source:
        case str() as key:
            event = speaker.catalog.events.get(key)
            return event.label if event else unknown("event", key)
        case RelationPath(path):
            return " of ".join(_relation_name(key, speaker) for key in reversed(path))
        case Interactions(interaction):
            return f"campaign {interaction}"


def _relation_name(key: str, speaker: Speaker) -> str:
    relation = speaker.catalog.relations.get(key)
    return relation.label if relation else unknown("relation", key)


def time_field(rows: Rows, speaker: Speaker) -> Field | None:
    """Describe when the rows happen; None where that is not known."""
    found = speaker.catalog.rows_of(rows.source)
    return event_time_field(found) if found and is_timed(found) else None


def rows_text(rows: Rows, speaker: Speaker) -> str:
    """Write the window of the rows."""
    words = ""
    if rows.window is not None:
        field = time_field(rows, speaker)
        words = f" {window_text(rows.window, field.type if field else None, speaker.clock)}"
    return f"{words}, also what is still to come" if rows.include_future else words


def where_of(rows: Rows, speaker: Speaker, *, lead: str = _ONLY_WHERE) -> list[Piece]:
    """Give the group that restricts the rows, if there is one."""
    return [] if rows.where is None else [speaker.clause(rows.where, rows.source, lead)]


def rows_pieces(rows: Rows, speaker: Speaker, *, before: str) -> list[Piece]:
    """Write rows with their window and their group after some words."""
    return [f"{before}{rows_text(rows, speaker)}", *where_of(rows, speaker)]


# How many --------------------------------------------------------------------------------------------------------


def count_text(count: Count | None) -> str:
    """Write how often something happened."""
    if count is None:
        return "did not happen"
    never = " (also never)" if holds_never(count) else ""
    return f"happened {_times_text(count)}{never}"


def _times_text(count: Count) -> str:
    if (count.op, count.n) == ("gte", 1):
        return "at least once"
    return f"{number_of_text(count)} time{'' if count.to is None and count.n == 1 else 's'}"


def interaction_pieces(condition: Campaign, speaker: Speaker) -> list[Piece]:
    """Write what a contact did with campaigns, and how often."""
    source = condition.rows.source
    if not isinstance(source, Interactions):
        return rows_pieces(condition.rows, speaker, before=rows_name(condition.rows, speaker))
    did, did_not = _ACTS.get(source.interaction, (f"{source.interaction} {{}}", f"did not {source.interaction} {{}}"))
    names = campaign_names(source.campaigns, speaker.catalog)
    campaigns = f"campaign {names[0]}" if len(names) == 1 else f"any of the campaigns {names_text(names)}"
    campaigns = campaigns if names else "any campaign"
    count = condition.count
    if count is None:
        return rows_pieces(condition.rows, speaker, before=f"they {did_not.format(campaigns)}")
    if condition.counted == "campaigns":
        times = f", {number_of_text(count)} different one{'' if count.to is None and count.n == 1 else 's'}"
    else:
        times = f" {_times_text(count)}"
    never = " (also never)" if holds_never(count) else ""
    return rows_pieces(condition.rows, speaker, before=f"they {did.format(campaigns)}{times}{never}")


# Values ----------------------------------------------------------------------------------------------------------


def figure_pieces(figure: Figure, speaker: Speaker) -> list[Piece]:
    """Write a figure over rows; the first piece is always words."""
    name = rows_name(figure.rows, speaker)
    of = None if figure.of is None else speaker.catalog.property_of(figure.rows.source, figure.of)
    label = of.label if of else unknown("field", figure.of or "")
    if figure.function == "count":
        words = f"number of {name}"
    elif figure.function == "count_distinct":
        alike = " (upper and lower case alike)" if figure.distinct_case is Case.FOLD else ""
        text = of is not None and of.type in TEXTS
        exact = " (upper and lower case differ)" if figure.distinct_case is Case.EXACT and text else ""
        words = f"number of different values of {label}{alike}{exact} of {name}"
    else:
        functions = _TIME_FUNCTIONS if of and of.type in TIMES else _FUNCTIONS
        words = f"{functions.get(figure.function, figure.function)} {label} of {name}"
    return rows_pieces(figure.rows, speaker, before=words)


def expression_pieces(expression: ValueExpression, speaker: Speaker) -> list[Piece]:
    """Write one side of a comparison, or one key of a ranking."""
    match expression:
        case FieldValue(key):
            field = speaker.catalog.fields.get(key)
            return [field.label if field else unknown("field", key)]
        case Figure():
            return figure_pieces(expression, speaker)
        case FirstOrLast(which, rows):
            return rows_pieces(rows, speaker, before=f"the {which} {rows_name(rows, speaker)}")


def offset_text(offset: Offset, right: ValueExpression, speaker: Speaker) -> str:
    """Write plus 7 days; added to an instant, days say their hours."""
    instant = speaker.type_of(right) is FieldType.INSTANT and offset.unit is Unit.DAY
    hours = f" ({length_text(abs(offset.n) * 24, Unit.HOUR)})" if instant else ""
    return f" {'minus' if offset.n < 0 else 'plus'} {length_text(abs(offset.n), offset.unit)}{hours}"


def words_of(pieces: Iterable[Piece]) -> str:
    """Join the words alone, without the groups between them."""
    return "".join(piece for piece in pieces if isinstance(piece, str))
