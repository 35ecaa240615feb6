"""When time alone changes the answers for one contact: the tree is asked again at every instant that may matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Condition, Criteria, Group, GroupKind, Node
from segment_engine.domain.evaluate.members import question
from segment_engine.domain.evaluate.records import ContactRecord, Population
from segment_engine.domain.explanation.needs import leaves, rows_of, source_keys
from segment_engine.domain.flips.watch import Watch
from segment_engine.errors import LimitExceeded, Unresolved

# Rows looked at in all. An explanation answers while a person waits; what lies further ahead than this is left open.
MOST_LOOKS = 60_000
_COST_OF_ASKING = 40
ROOT = "$.root"


@dataclass(frozen=True, slots=True)
class Change:
    """The first change of an answer by time alone: when (UTC), to what, and why."""

    at: datetime
    holds: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What time alone will change.

    Shape: `changes` maps the path of a condition, or of the root, to its first change. `until` is how far was looked,
        None for as far as there is anything to see. `unforeseen` are conditions nothing can be said of, so that
        nothing is said of the root either.
    """

    changes: Mapping[str, Change]
    until: datetime | None = None
    unforeseen: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Looking:
    """One look ahead: what every condition answers so far, and what was found."""

    criteria: Criteria
    catalog: Catalog
    population: Population
    records: Mapping[str, ContactRecord]
    answers: dict[str, bool]
    looks: int = MOST_LOOKS
    changes: dict[str, Change] = field(default_factory=dict[str, Change])

    def ask(self, path: str, leaf: Condition, at: datetime) -> bool:
        """Ask one condition as of an instant. Raises: Unresolved, LimitExceeded."""
        record = self.records[path]
        self.looks -= _COST_OF_ASKING + len(record.events) + len(record.related)
        alone = Criteria(Group(GroupKind.ALL, (leaf,)), self.criteria.calendar)
        return question(alone, catalog=self.catalog, as_of=at, population=self.population)(record)


def look_ahead(
    criteria: Criteria, record: ContactRecord, *, catalog: Catalog, as_of: datetime, holds: Mapping[str, bool],
    unknowable: frozenset[str] = frozenset(), population: Population | None = None,
) -> Ahead:  # fmt: skip
    """Find when time alone first changes the answer of each condition and of the tree, with unchanged data.

    Shape:  `holds` are the answers as of `as_of` by path. `unknowable` are conditions whose data is not all here. A
            condition for which the evaluator does not give the answer in `holds` is not foreseen: better nothing than
            a guess.
    """
    tree = dict(leaves(criteria.root))
    watch = Watch(catalog, criteria.calendar, as_of)
    everyone = population or Population({})
    looking = _Looking(
        criteria, catalog, everyone, {path: _only(leaf, record, catalog) for path, leaf in tree.items()}, dict(holds)
    )
    unforeseen = unknowable | {
        path for path in tree if path not in unknowable and not _agrees(looking, tree, path, as_of)
    }
    agenda = sorted(
        (passing.at, path, passing.reason)
        for path, leaf in tree.items()
        if path not in unforeseen
        for passing in watch.passings(leaf, looking.records[path])
    )
    until = _walk(looking, tree, agenda)
    if unforeseen:
        looking.changes.pop(ROOT, None)
    return Ahead(looking.changes, until, frozenset(unforeseen))


def _agrees(looking: _Looking, tree: Mapping[str, Condition], path: str, as_of: datetime) -> bool:
    try:
        return looking.ask(path, tree[path], as_of) is looking.answers[path]
    except (Unresolved, LimitExceeded):
        return False


def _walk(looking: _Looking, tree: Mapping[str, Condition], agenda: list[tuple[datetime, str, str]]) -> datetime | None:
    """Go through the instants in order until the root and all conditions have changed, or looking costs too much."""
    moving = {path for _, path, _ in agenda}
    turn = 0
    while turn < len(agenda):
        at = agenda[turn][0]
        together: dict[str, str] = {}
        while turn < len(agenda) and agenda[turn][0] == at:
            together.setdefault(agenda[turn][1], agenda[turn][2])
            turn += 1
        if looking.looks <= 0:
            return at
        try:
            answers = {path: looking.ask(path, tree[path], at) for path in together}
        except (Unresolved, LimitExceeded):
            return at  # from here on a run would fail, or a bound leaves the calendar
        _turn(looking, at, answers, together)
        if looking.changes.keys() >= moving | {ROOT}:
            return None
    return None


def _turn(looking: _Looking, at: datetime, answers: Mapping[str, bool], reasons: Mapping[str, str]) -> None:
    """Take over the answers of one instant; the root turns only if it differs after all of them."""
    before = holds_of(looking.criteria.root, looking.answers)
    turned = [path for path, holds in answers.items() if holds is not looking.answers[path]]
    for path in turned:
        looking.answers[path] = answers[path]
        looking.changes.setdefault(path, Change(at, answers[path], reasons[path]))
    after = holds_of(looking.criteria.root, looking.answers)
    if before is not after:
        looking.changes.setdefault(ROOT, Change(at, after, reasons[turned[0]]))


def holds_of(node: Node, answers: Mapping[str, bool], path: str = ROOT) -> bool:
    """Combine the answers of conditions, by path, the way the groups say."""
    if not isinstance(node, Group):
        return answers[path]
    children = [holds_of(child, answers, f"{path}.of[{place}]") for place, child in enumerate(node.of)]
    match node.kind:
        case GroupKind.ALL:
            return all(children)
        case GroupKind.ANY:
            return any(children)
        case GroupKind.NONE:
            return not any(children)
        case GroupKind.AT_LEAST:
            return sum(children) >= (node.k or 1)


def _only(leaf: Condition, record: ContactRecord, catalog: Catalog) -> ContactRecord:
    """Leave out the rows a condition does not read; live members are recognised by the record itself, so it stays."""
    sources = [rows.source for rows in rows_of(leaf)]
    if not sources:
        return record
    kinds = {key for source in sources for key in source_keys(source, catalog)}
    return replace(
        record,
        events=tuple(row for row in record.events if row.type in kinds),
        related=tuple(row for row in record.related if row.relation in kinds),
    )
