"""What criteria read: data sources, and other segments. A new import or a new result of these makes members stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.reference_chains import LIVE, memberships
from segment_engine.domain.references import named_ids, references_of
from segment_engine.domain.write import write_criteria

# Conditions that read what no field of the catalog stands for: the kinds of imports that deliver it.
_DELIVERED = {
    "all_contacts": frozenset({"contacts"}),
    "consent": frozenset({"consents"}),
    "reachable": frozenset({"contacts", "consents", "channels"}),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What a document reads.

    Shape: `sources` are names of data sources that own a field, event type or relation in it; `kinds` are kinds of
        imports whose sources are read as a whole (who there is, consents, addresses); `segments` are ids.
    """

    sources: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()

    def joined_with(self, other: Readings) -> Readings:
        """Give what either reads."""
        return Readings(self.sources | other.sources, self.kinds | other.kinds, self.segments | other.segments)


def readings_of(document: object, known: Catalog) -> Readings:
    """List what a document itself reads; what the catalog does not know any more is left out."""
    owners = [
        known.events.get(key) or known.relations.get(key) or known.fields.get(key) for key in references_of(document)
    ]
    words = tuple(_words(document))
    asked = {word for key, word in words if key == "interaction"}
    owners += [event for event in known.events.values() if event.interaction in asked]
    kinds = (_DELIVERED.get(word, frozenset[str]()) for key, word in words if key == "kind")
    sources = frozenset(owner.source for owner in owners if owner is not None and owner.source is not None)
    return Readings(sources, frozenset[str]().union(*kinds), frozenset(named_ids(document).segments))


def readings_of_run(criteria: Criteria, known: Catalog) -> Readings:
    """List what a calculation reads: the criteria themselves, and those that are evaluated live with them."""
    found = readings_of(write_criteria(criteria), known)
    waiting, followed = [criteria], set[str]()
    while waiting:
        for _, condition in memberships(waiting.pop()):
            for each in set(condition.segments if condition.members == LIVE else ()) - followed:
                followed.add(each)
                child = known.segments.get(each)
                if child is not None and child.criteria is not None:
                    waiting.append(child.criteria)
                    found = found.joined_with(readings_of(write_criteria(child.criteria), known))
    return found


def _words(part: object) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for key, value in part.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if key in {"kind", "interaction"} and isinstance(value, str):
                yield str(key), value  # pyright: ignore[reportUnknownArgumentType] - any JSON
            else:
                yield from _words(value)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _words(item)  # pyright: ignore[reportUnknownArgumentType] - any JSON
