"""What happened to a contact, for the reference evaluator: events, campaigns, related rows. It never sees SQL.

Source: docs/criteria.md §4.2, §4.5, §4.9, §4.12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Campaign, Event, EventHas, OnMissing, Related
from segment_engine.domain.evaluate.records import ContactRecord, EventRecord
from segment_engine.domain.evaluate.rows import Row, choose_rows, find_source, first_or_last
from segment_engine.domain.evaluate.standing import Asks
from segment_engine.domain.evaluate.times import Clock
from segment_engine.domain.evaluate.values import count_holds
from segment_engine.errors import Unresolved


def ask_event(node: Event, catalog: Catalog, clock: Clock) -> Asks:
    """Did, or did not, so many times; no rows count as zero (§4.2)."""
    choose = choose_rows(node.rows, find_source(node.rows.source, catalog, clock))
    return _counted(node, lambda record: len(choose(record)))


def ask_campaign(node: Campaign, catalog: Catalog, clock: Clock) -> Asks:
    """Had such interactions, or not, so many times or with so many different campaigns (§4.9)."""
    choose = choose_rows(node.rows, find_source(node.rows.source, catalog, clock))
    if node.counted == "campaigns":
        return _counted(node, lambda record: len(_campaigns(choose(record))))
    return _counted(node, lambda record: len(choose(record)))


def _campaigns(rows: list[Row]) -> set[str]:
    return {row.campaign for row in rows if isinstance(row, EventRecord) and row.campaign is not None}


def _counted(node: Event | Campaign, number: Callable[[ContactRecord], int]) -> Asks:
    count = node.count
    if node.verb == "did_not":
        return lambda record: number(record) == 0
    if count is None:
        return lambda record: number(record) > 0
    return lambda record: count_holds(number(record), count)


def ask_event_has(node: EventHas, catalog: Catalog, clock: Clock) -> Asks:
    """Look at the first or last of the rows, chosen before `has` is asked; missing when there is none (§4.5)."""
    source = find_source(node.rows.source, catalog, clock)
    choose, has = choose_rows(node.rows, source), source.test(node.has)
    pick = first_or_last(node.which, source)
    missing = node.on_missing is OnMissing.INCLUDE

    def answer(record: ContactRecord) -> bool:
        row = pick(choose(record))
        return missing if row is None else has(row)

    return answer


def ask_related(node: Related, catalog: Catalog, clock: Clock) -> Asks:
    """Ask how many of the rows of a path satisfy `where`; `window` and `as_of` choose the rows spoken of (§4.12)."""
    source = find_source(node.rows.source, catalog, clock)
    where = node.rows.where
    choose = choose_rows(replace(node.rows, where=None), source)
    satisfies: Callable[[Row], bool] = (lambda _: True) if where is None else source.test(where)
    decide = _quantifier(node)
    return lambda record: decide([satisfies(row) for row in choose(record)])


def _quantifier(node: Related) -> Callable[[list[bool]], bool]:
    empty, wanted = node.when_empty is True, node.k or 1
    match node.quantifier:
        case "any":
            return any
        case "none":
            return lambda answers: not any(answers)
        case "all":
            return lambda answers: all(answers) if answers else empty
        case "at_least":
            return lambda answers: sum(answers) >= wanted
        case _:
            raise Unresolved(f"The quantifier {node.quantifier} is not known. Edit that condition.")
