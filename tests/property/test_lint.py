"""The linter never lies: what it calls impossible finds nobody, what it calls certain finds everyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random

import pytest

from segment_engine.domain.criteria import Attribute, Criteria, Group, GroupKind, Node, OnMissing, Test
from segment_engine.domain.evaluate import ContactRecord, question
from segment_engine.domain.lint import Finding, lint
from segment_engine.domain.lint.walk import Spot, below
from tests.language_catalog import AS_OF, CATALOG
from tests.property.small_people import People
from tests.property.small_questions import Questions

_SEEDS = range(5)
_TREES = 120
# A proof holds as of every later moment too.
_LATER = tuple(AS_OF + timedelta(days=days, hours=hours) for days, hours in ((0, 0), (31, 7), (366, 11)))


@cache
def _people() -> tuple[ContactRecord, ...]:
    people = People(Random(7))  # noqa: S311 - repeatable, no secret
    return tuple(people.contact(key) for key in range(150))


def _answers(node: Node, criteria: Criteria, as_of: datetime) -> list[bool]:
    whole = Criteria(Group(GroupKind.ALL, (node,)), criteria.calendar)
    asks = question(whole, catalog=CATALOG, as_of=as_of)
    return [asks(record) for record in _people()]


def _without(group: Group, path: str, gone: str) -> Group:
    """Leave out one node."""
    kept = tuple(
        _without(child, place, gone) if isinstance(child, Group) else child
        for index, child in enumerate(group.of)
        if (place := f"{path}.of[{index}]") != gone
    )
    return Group(group.kind, kept, group.k)


def _check_empty(finding: Finding, node: Node, criteria: Criteria) -> None:
    for as_of in _LATER:
        assert not any(_answers(node, criteria, as_of)), finding
    if finding.fix is not None:
        _check_superfluous(finding, node, criteria)


def _check_certain(finding: Finding, node: Node, criteria: Criteria) -> None:
    for as_of in _LATER:
        assert all(_answers(node, criteria, as_of)), finding


def _check_superfluous(finding: Finding, _: Node, criteria: Criteria) -> None:
    shorter = _without(criteria.root, "$.root", finding.path)
    for as_of in _LATER:
        assert _answers(shorter, criteria, as_of) == _answers(criteria.root, criteria, as_of), finding


def _check_known(finding: Finding, node: Node, criteria: Criteria) -> None:
    """Whoever is left out has no value of a field that is asked about, or one outside of its list."""
    fields = {spot.node.field for spot in below(Spot(node, "$")) if isinstance(spot.node, Attribute)}
    answers = _answers(node, criteria, AS_OF)
    left_out = [record for record, holds in zip(_people(), answers, strict=True) if not holds]
    listed = {key: CATALOG.fields[key].values for key in fields}
    assert any(
        all(record.values.get(key) is None or (values and record.values[key] not in values) for record in left_out)
        for key, values in listed.items()
    ), finding


_CHECKS: dict[str, Callable[[Finding, Node, Criteria], None]] = {
    "L-CONTRADICTION": _check_empty,
    "L-DEAD": _check_empty,
    "L-TAUTOLOGY": _check_certain,
    "L-REDUNDANT": _check_superfluous,
    "L-LOOKS-ALL": _check_known,
}


def _checked(criteria: Criteria) -> Counter[str]:
    nodes = {spot.path: spot.node for spot in below(Spot(criteria.root, "$.root"))}
    done: Counter[str] = Counter()
    for finding in lint(criteria, CATALOG, as_of=AS_OF):
        if finding.code in _CHECKS and finding.path in nodes:  # what is found of rows shows in the tree around them
            _CHECKS[finding.code](finding, nodes[finding.path], criteria)
            done[finding.code] += 1
    return done


@pytest.mark.parametrize("focus", [1, 2, 4])
def test_what_is_claimed_holds_on_hostile_data(focus: int) -> None:
    """Nobody matches a contradiction, everyone a tautology, and a redundant condition changes nothing (M3, M19)."""
    done: Counter[str] = Counter()
    for seed in _SEEDS:
        questions = Questions(Random(100 * focus + seed), focus)  # noqa: S311 - repeatable, no secret
        for _ in range(_TREES):
            done += _checked(questions.criteria())
    assert set(done) >= set(_CHECKS) - {"L-LOOKS-ALL"}  # a linter that claims nothing would pass without a word


def test_a_tree_as_large_as_possible_is_examined() -> None:
    """Fifty conditions, each compared with each, are answered, and the search ends where they cannot be told apart."""
    ages = tuple(Attribute("contact.age", Test("not_equals", n, None, OnMissing.INCLUDE)) for n in range(25))
    groups = tuple(Group(GroupKind.AT_LEAST, (ages[n], ages[n - 1], ages[n - 2]), k=2) for n in range(8))
    for kind in (GroupKind.ALL, GroupKind.ANY, GroupKind.NONE):
        findings = lint(Criteria(Group(kind, (*ages, *groups))), CATALOG, as_of=AS_OF)
        assert findings
