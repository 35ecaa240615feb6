"""The tree of a criteria document as one predicate over contacts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, true

from segment_engine.compiler import figures
from segment_engine.compiler.groups import joined
from segment_engine.compiler.membership import Membership
from segment_engine.compiler.rows import Scope
from segment_engine.domain.criteria import (
    Aggregate,
    AllContacts,
    Attribute,
    Event,
    EventTime,
    Group,
    GroupKind,
    Node,
    Property,
)


def root_predicate(scope: Scope, root: Group) -> ColumnElement[bool]:
    """Compile a tree: true or false for every contact, never NULL (M1).

    Raises: Unresolved when a field, an event or a property is gone; nothing is ever dropped or widened.
    """
    answers = [_node(scope, child) for child in root.of]
    # The first condition that names its contacts leads: only these are read at all.
    leads = root.kind is GroupKind.ALL
    children: list[ColumnElement[bool]] = []
    for answer in answers:
        if leads and isinstance(answer, Membership) and answer.inside:
            children.append(answer.by_array())
            leads = False
        else:
            children.append(_predicate(scope, answer))
    return joined(root, children)


def _predicate(scope: Scope, answer: figures.Answer) -> ColumnElement[bool]:
    return answer.by_bit(scope.organization) if isinstance(answer, Membership) else answer


def _node(scope: Scope, node: Node) -> figures.Answer:
    match node:
        case Group():
            return joined(node, [_predicate(scope, _node(scope, child)) for child in node.of])
        case Attribute():
            return scope.attribute(node)
        case Event():
            return figures.event(scope, node)
        case Aggregate():
            return figures.aggregate(scope, node)
        case EventTime():
            return figures.event_time(scope, node)
        case AllContacts():
            return true()
        case Property():
            raise TypeError(node)
