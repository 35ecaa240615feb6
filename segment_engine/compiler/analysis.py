"""What every node of a tree answers: for how many contacts, and for each. Every distinct condition is asked once.

Source: docs/criteria.md §9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, cast, func, select

from segment_engine.compiler.binding import plain
from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.compiled import scope_of
from segment_engine.compiler.groups import combine, joined
from segment_engine.compiler.scope import Predicate, Scope
from segment_engine.compiler.tables import contacts
from segment_engine.compiler.tree import decided, leaf_of, ranking, root_of
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Condition, Criteria, Group, GroupKind, Label, Node

_BY_RULE, _PUT_IN, _TAKEN_OUT = "by_rule", "put_in", "taken_out"


@dataclass(frozen=True, eq=False)
class Analysis:
    """Criteria whose every node answers.

    Shape: `paths` are the JSON paths of the nodes, `$.root` first, in the order of the document; `where` and `has` are
        parts of their condition. `columns` are computed from data, once for each contact; all answers follow from them.
    """

    criteria: Criteria
    scope: Scope
    columns: tuple[ColumnElement[Any], ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """List the places of the nodes."""
        return tuple(path for path, _ in _walk(self.criteria.root, "$.root"))

    def counts(self) -> Select[Any]:
        """Count in one row: base, members, and of every node i matched_i, true_i, false_i, unknown_i.

        Shape: true, false and unknown are by value and add up to base; matched is after `on_missing`. funnel_j are the
            contacts left after child j of an `all` at the root and all children before it.
            Contacts are counted by the pattern of their answers first. Patterns are few, so that levels and groups
            cost nothing beside the conditions.
        """
        number = func.count(type_=BigInteger()).label("contacts")
        patterns = self._answers_of(number).group_by(*map(plain, range(1, len(self.columns) + 1))).subquery("patterns")
        judged = _judge(self.criteria.root, patterns)

        def counted(holds: Predicate | None = None) -> ColumnElement[int]:
            total = func.sum(patterns.c.contacts)
            return cast(func.coalesce(total if holds is None else total.filter(holds), plain(0)), BigInteger)

        columns: list[ColumnElement[Any]] = [
            counted().label("base"),
            counted(self._member(judged[0], patterns)).label("members"),
        ]
        for place, node in enumerate(judged):
            by_value = (counted(node.true), counted(node.false))
            unknown = counted() - by_value[0] - by_value[1]
            names = ("matched", "true", "false", "unknown")
            values = (counted(node.holds), *by_value, unknown)
            columns += [value.label(f"{name}_{place}") for name, value in zip(names, values, strict=True)]
        left = accumulate(judged[0].children, all_of)
        if self.criteria.root.kind is GroupKind.ALL:
            columns += [counted(holds).label(f"funnel_{place}") for place, holds in enumerate(left)]
        return select(*columns)

    def answers(self) -> Select[Any]:
        """Select a row for each contact: number, member, and of every node i holds_i and missing_i, in no order.

        Shape: missing is unknown by value: a missing value, or a group that only answers for missing values decide.
        """
        number = contacts.c.number
        # Not merged into the outer statement, which names every column many times.
        looked_at = self._answers_of(number).offset(plain(0)).subquery("looked_at")
        judged = _judge(self.criteria.root, looked_at)
        columns: list[ColumnElement[Any]] = [looked_at.c.number, self._member(judged[0], looked_at).label("member")]
        for place, node in enumerate(judged):
            unknown = all_of(opposite(node.true), opposite(node.false))
            columns += [node.holds.label(f"holds_{place}"), unknown.label(f"missing_{place}")]
        return select(*columns)

    def _answers_of(self, *more: ColumnElement[Any]) -> Select[Any]:
        return select(*self.columns, *more).select_from(contacts).where(*self.scope.base())

    def _member(self, root: _Judgment, answers: FromClause) -> Predicate:
        holds: Predicate = answers.c.get(_BY_RULE, root.holds)
        if _PUT_IN not in answers.c:
            return all_of(holds)
        return all_of(any_of(holds, answers.c[_PUT_IN]), opposite(answers.c[_TAKEN_OUT]))


def compile_analysis(
    criteria: Criteria,
    *,
    catalog: Catalog,
    organization_id: int,
    as_of: datetime,
    segment_id: UUID | str | None = None,
    among: Sequence[int] | None = None,
) -> Analysis:
    """Compile criteria so that every node of the tree answers; arguments and errors as for `compile_criteria`.

    Shape: the members are those that the compiled criteria find (M18).
    """
    scope, own = scope_of(criteria, catalog, organization_id, as_of=as_of, segment_id=segment_id, among=among)
    scope = replace(scope, judges=True)
    columns: list[ColumnElement[Any]] = []
    compiled: dict[Condition, Predicate] = {}
    for place, node in enumerate(_conditions(criteria.root)):
        leaf = leaf_of(scope, node)
        compiled[node] = scope.predicate(leaf.holds)
        columns.append(compiled[node].label(f"condition_{place}"))
        if leaf.missing is not None:
            columns.append(scope.predicate(leaf.missing).label(f"no_value_{place}"))
    if criteria.limit is not None:
        everyone = scope.everyone()
        shared = everyone is scope
        root = (
            combine(criteria.root, lambda node: compiled[_bare(node)]) if shared else root_of(everyone, criteria.root)
        )
        columns.append(scope.predicate(ranking(everyone, criteria.limit, root, own)).label(_BY_RULE))
    if own is not None:
        columns += [decided(scope, own, decision).label(decision) for decision in (_PUT_IN, _TAKEN_OUT)]
    return Analysis(criteria, scope, tuple(columns))


@dataclass(frozen=True, eq=False)
class _Judgment:
    """What a node answers: with `on_missing`, and true or false by value; where neither, it is unknown."""

    holds: Predicate
    true: Predicate
    false: Predicate
    children: tuple[Predicate, ...] = ()


def _judge(root: Group, answers: FromClause) -> list[_Judgment]:
    """Work out all nodes from the columns of the distinct conditions, in the order of the document."""
    places = {node: place for place, node in enumerate(_conditions(root))}

    def condition(node: Condition) -> _Judgment:
        place = places[_bare(node)]
        holds, missing = answers.c[f"condition_{place}"], f"no_value_{place}"
        if missing not in answers.c:
            return _Judgment(holds, holds, opposite(holds))
        known = opposite(answers.c[missing])
        return _Judgment(holds, all_of(holds, known), all_of(opposite(holds), known))

    def judge(node: Node) -> list[_Judgment]:
        if not isinstance(node, Group):
            return [condition(node)]
        below = [judge(child) for child in node.of]
        return [_group(node, [nodes[0] for nodes in below]), *(each for nodes in below for each in nodes)]

    return judge(root)


def _group(group: Group, of: list[_Judgment]) -> _Judgment:
    """Combine by three-valued logic: a group is true, or false, whatever the unknown children turn out to be."""
    children = tuple(child.holds for child in of)
    holds = joined(group, list(children))
    true, false_ = [child.true for child in of], [child.false for child in of]
    match group.kind:
        case GroupKind.ALL:
            return _Judgment(holds, all_of(*true), any_of(*false_), children)
        case GroupKind.ANY:
            return _Judgment(holds, any_of(*true), all_of(*false_), children)
        case GroupKind.NONE:
            return _Judgment(holds, all_of(*false_), any_of(*true), children)
        case GroupKind.AT_LEAST:
            too_many = replace(group, k=len(of) - (group.k or 1) + 1)
            return _Judgment(holds, joined(group, true), joined(too_many, false_), children)


def _bare(node: Condition) -> Condition:
    """Take the name and the note off, so that equal conditions are one."""
    return replace(node, label=Label())


def _conditions(root: Group) -> tuple[Condition, ...]:
    """List the distinct conditions of a tree in the order of the document."""
    nodes = (node for _, node in _walk(root, "$.root"))
    return tuple(dict.fromkeys(_bare(node) for node in nodes if not isinstance(node, Group)))


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    if isinstance(node, Group):
        for place, child in enumerate(node.of):
            yield from _walk(child, f"{path}.of[{place}]")
