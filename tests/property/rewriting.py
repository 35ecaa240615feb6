"""Rewrites criteria at random without changing what they mean, by the laws of docs/criteria.md §8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.criteria import (
    Attribute,
    Campaign,
    Count,
    Criteria,
    Event,
    EventHas,
    Group,
    GroupKind,
    Label,
    Node,
    OnMissing,
    Property,
    Related,
    Rows,
    Source,
    Test,
)
from segment_engine.domain.operators import find_operator

_LISTED = {"equals": "is_any_of", "not_equals": "is_none_of", "contains": "contains_any_of"}
_SAME_COUNT: dict[str, Callable[[Count], Count]] = {
    "gt": lambda count: Count("gte", count.n + 1),
    "gte": lambda count: Count("gt", count.n - 1) if count.n else count,
    "lt": lambda count: Count("lte", count.n - 1) if count.n else count,
    "lte": lambda count: Count("lt", count.n + 1),
    "eq": lambda count: Count("between", count.n, count.n),
    "ne": lambda count: Count("not_between", count.n, count.n),
    "between": lambda count: Count("lte", count.to or 0) if count.n == 0 else count,
    "not_between": lambda count: Count("gt", count.to or 0) if count.n == 0 else count,
}


class Rewriter:
    """Draws equal trees. `source` names the rows whose properties are asked, while inside `where` or `has`."""

    def __init__(self, rng: Random, catalog: Catalog) -> None:
        self.rng = rng
        self.catalog = catalog
        self.source: Source | None = None

    def criteria(self, criteria: Criteria) -> Criteria:
        """Rewrite a document; its calendar and limit stay."""
        return replace(criteria, root=self._root(criteria.root))

    def _root(self, group: Group) -> Group:
        rewritten = self._node(group)
        return rewritten if isinstance(rewritten, Group) else Group(GroupKind.ALL, (rewritten,))

    def _node(self, node: Node) -> Node:
        inner = self._group(node) if isinstance(node, Group) else self._condition(node)
        rest = self.rng.random()
        if rest < 0.15:
            return Group(GroupKind.NONE, (Group(GroupKind.NONE, (inner,)),))
        if rest < 0.3:
            return Group(self.rng.choice((GroupKind.ALL, GroupKind.ANY, GroupKind.AT_LEAST)), (inner,), k=1)
        label = Label(f"n{self.rng.randrange(10**6)}", "a note") if rest < 0.5 else Label()
        return replace(inner, label=label)

    # Groups --------------------------------------------------------------------------------------------------

    def _group(self, group: Group) -> Group:
        children = [self._node(child) for child in group.of]
        self.rng.shuffle(children)
        if group.kind is not GroupKind.AT_LEAST and self.rng.random() < 0.3:
            children.append(self.rng.choice(children))
        if group.kind in {GroupKind.ALL, GroupKind.ANY} and len(children) > 2 and self.rng.random() < 0.5:
            children = [Group(group.kind, tuple(children[:2])), *children[2:]]
        return self._other_kind(replace(group, of=tuple(children)))

    def _other_kind(self, group: Group) -> Group:
        children, negated = group.of, tuple(Group(GroupKind.NONE, (child,)) for child in group.of)
        if self.rng.random() < 0.5:
            return group
        match group.kind:
            case GroupKind.ALL:
                return self.rng.choice(
                    (Group(GroupKind.NONE, negated), Group(GroupKind.AT_LEAST, children, k=len(children)))
                )
            case GroupKind.ANY:
                refused = Group(GroupKind.NONE, (Group(GroupKind.ALL, negated),))
                return self.rng.choice((refused, Group(GroupKind.AT_LEAST, children, k=1)))
            case GroupKind.NONE:
                return Group(GroupKind.ALL, negated)
            case GroupKind.AT_LEAST:
                turned = Group(GroupKind.AT_LEAST, negated, k=len(children) - (group.k or 1) + 1)
                return Group(GroupKind.NONE, (turned,))

    # Conditions ----------------------------------------------------------------------------------------------

    def _condition(self, node: Node) -> Node:
        match node:
            case Attribute() | Property():
                return self._tested(node)
            case Event() | Campaign():
                return self._counted(replace(node, rows=self._rows(node.rows)))
            case EventHas():
                return replace(node, rows=self._rows(node.rows), has=self._inside(node.rows.source, node.has))
            case Related() if node.quantifier in {"any", "none"} and self.rng.random() < 0.5:
                other = {"any": "none", "none": "any"}[node.quantifier]
                return Group(GroupKind.NONE, (replace(node, quantifier=other, rows=self._rows(node.rows)),))
            case _:
                return node

    def _inside(self, source: Source, group: Group) -> Group:
        outer, self.source = self.source, source
        rewritten = self._root(group)
        self.source = outer
        return rewritten

    def _rows(self, rows: Rows) -> Rows:
        return rows if rows.where is None else replace(rows, where=self._inside(rows.source, rows.where))

    def _counted(self, node: Event | Campaign) -> Node:
        count = node.count or (Count("eq", 0) if node.verb == "did_not" else Count("ne", 0))
        same = _SAME_COUNT[count.op](count)
        return replace(node, verb="did", count=same if self.rng.random() < 0.7 else count)

    def _tested(self, node: Attribute | Property) -> Node:
        found = (
            self.catalog.fields.get(node.field)
            if self.source is None
            else self.catalog.property_of(self.source, node.field)
        )
        assert found is not None
        spelled = replace(node, test=self._spelled(node.test))
        return self._opposite(spelled, found) if self.rng.random() < 0.4 else spelled

    def _spelled(self, test: Test) -> Test:
        if isinstance(test.value, Count):
            return replace(test, value=_SAME_COUNT[test.value.op](test.value))
        if isinstance(test.value, tuple):
            listed = [*test.value, self.rng.choice(test.value)]
            self.rng.shuffle(listed)
            return replace(test, value=tuple(listed))
        if test.op in _LISTED and isinstance(test.value, str) and self.rng.random() < 0.5:
            return replace(test, op=_LISTED[test.op], value=(test.value,))
        return test

    def _opposite(self, node: Attribute | Property, field: Field) -> Node:
        """Write a condition as the negation of its complement with the opposite answer for missing values (M3)."""
        operator = find_operator(node.test.op, field.type, ordered=field.ordered)
        assert operator is not None
        answer = node.test.on_missing or operator.missing
        turned = {OnMissing.INCLUDE: OnMissing.EXCLUDE, OnMissing.EXCLUDE: OnMissing.INCLUDE}
        if operator.complement == operator.key:  # the size of a set turns its count, which is tested with counts
            return node
        test = replace(node.test, op=operator.complement, on_missing=None if answer is None else turned[answer])
        return Group(GroupKind.NONE, (replace(node, test=test),))
