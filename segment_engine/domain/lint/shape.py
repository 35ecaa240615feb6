"""Finds what the shape of a tree gives away: groups that say nothing, ways around consent, samples that overlap."""

from __future__ import annotations

from collections.abc import Iterator

from segment_engine.domain.canonical.values import canonical_count
from segment_engine.domain.criteria import (
    Attribute,
    Bucket,
    Campaign,
    Condition,
    Consent,
    Count,
    Criteria,
    Event,
    Group,
    GroupKind,
    Interactions,
    ListMembership,
    Reachable,
    Related,
    Sample,
    SegmentMembership,
)
from segment_engine.domain.lint.findings import Finding, found
from segment_engine.domain.lint.walk import Spot, below, trees
from segment_engine.domain.lint.words import Words

_OPENED = frozenset({"opened", "clicked", "converted"})
_SENT = frozenset({"received", "delivered"})


def shape_findings(criteria: Criteria, words: Words, base: int | None) -> Iterator[Finding]:
    """Yield what needs the tree alone. `base` is the number of contacts of the base, where it is known."""
    for tree in trees(criteria):
        for spot in below(tree):
            if isinstance(spot.node, Group):
                yield from _group(spot, spot.node)
                yield from _ways_around_consent(spot, words)
                yield from _samples(spot)
    root = Spot(criteria.root, "$.root")
    if not any(is_positive(spot) for spot in below(root) if not isinstance(spot.node, Group)):
        people = "everyone of the base" if base is None else f"everyone of the base of {base:,} contacts"
        sentence = f"Nothing here says who is in, only who is not: {people} except these. Add a condition if not meant."
        yield found("L-NEG-ONLY", "$.root", sentence)
    yield from _not_sent(root, frozenset())


def _group(spot: Spot, group: Group) -> Iterator[Finding]:
    plain_root = spot.root and group.kind is GroupKind.ALL  # a root must be a group, so one condition in it is usual
    if len(group.of) == 1 and group.kind is not GroupKind.NONE and not plain_root:
        sentence = f"This group “{group.kind.value}” holds one condition, so it says no more than that one."
        yield found("L-ONE-CHILD", spot.path, f"{sentence} Take the condition out of the group.")
    if group.kind is GroupKind.AT_LEAST and group.k in {1, len(group.of)}:
        plain = "any" if group.k == 1 else "all"
        sentence = (
            f"At least {group.k} of {len(group.of)} is “{plain}”. Write it as “{plain}”, which is easier to read."
        )
        yield found("L-K-EDGE", spot.path, sentence, fix=f"Change the group to “{plain}”.")


def is_positive(spot: Spot) -> bool:
    """Tell whether a condition, after all `none` around it, says who is in rather than who is not."""
    node = spot.node
    if isinstance(node, Group):
        return False
    return _says_yes(node) is not spot.negated


def _says_yes(node: Condition) -> bool:
    match node:
        case Attribute(_, test):
            return not test.op.startswith(("not_", "is_not_")) and not test.op.endswith(
                ("_none_of", "_none", "_is_not")
            )
        case Event() | Campaign():
            return requires_rows(node)
        case SegmentMembership(op) | ListMembership(op):
            return not op.startswith("not_")
        case Consent(_, op):
            return op == "state_is"
        case Reachable(_, op):
            return op == "is_reachable"
        case Related(quantifier):
            return quantifier != "none"
        case _:
            return True


def requires_rows(node: Event | Campaign, *, negated: bool = False) -> bool:
    """Tell whether at least one row is asked for, or by its negation."""
    written = canonical_count(node.count or Count("lte", 0), negated=negated)
    return written["op"] in {"gte", "eq", "between"} and written.get("n") != 0


# Consent and messages --------------------------------------------------------------------------------------------


def _ways_around_consent(spot: Spot, words: Words) -> Iterator[Finding]:
    children = spot.children()
    guards = [child for child in children if _is_guard(child)]
    others = [child for child in children if child not in guards]
    if spot.joins is GroupKind.ANY and guards and others:
        way, guard = words.in_effect(others[0]), words.in_effect(guards[0])
        sentence = f"“{way}” is enough to get in, whether or not “{guard}”. Ask for both, in a group joined by and."
        fix = None if spot.negated else "Move the condition out, into a group “all” around this one."
        yield found("L-CONSENT-ANY", spot.path, sentence, fix=fix)


def _is_guard(spot: Spot) -> bool:
    """Whether a node asks for consent or reachability and nothing else."""
    return all(isinstance(each.node, Group | Consent | Reachable) for each in below(spot))


def _not_sent(spot: Spot, sent: frozenset[str]) -> Iterator[Finding]:
    """Look for “did not open” without “received” among everything that must hold together with it."""
    together = [spot, *_joined(spot)]
    interactions = sent | {name for each in together if (name := _certain(each)) is not None}
    for each in together:
        if isinstance(each.node, Group):
            yield from (finding for child in _apart(each) for finding in _not_sent(child, interactions))
        elif isinstance(each.node, Campaign) and _is_without(each) and not interactions & _SENT:
            name = _interaction(each.node)
            sentence = (
                f"Whoever was never sent anything did not {_VERBS[name]} it either, so they are included. "
                "Add that the message was received, if they are not meant."
            )
            yield found("L-NOT-SENT", each.path, sentence, fix="Add the condition “campaign received” beside it.")


_VERBS = {"opened": "open", "clicked": "click in", "converted": "convert after"}


def _joined(spot: Spot) -> Iterator[Spot]:
    """Yield everything that must hold together with a node: the children of groups that mean all, at any depth."""
    if spot.joins is GroupKind.ALL:
        for child in spot.children():
            yield child
            yield from _joined(child)


def _apart(spot: Spot) -> tuple[Spot, ...]:
    """The children of a group that do not have to hold together."""
    return () if spot.joins is GroupKind.ALL else spot.children()


def _interaction(node: Campaign) -> str:
    return node.rows.source.interaction if isinstance(node.rows.source, Interactions) else ""


def _certain(spot: Spot) -> str | None:
    """Name the interaction that a condition makes certain."""
    if isinstance(spot.node, Campaign) and requires_rows(spot.node) and not spot.negated:
        return _interaction(spot.node)
    return None


def _is_without(spot: Spot) -> bool:
    if not isinstance(spot.node, Campaign) or _interaction(spot.node) not in _OPENED:
        return False
    counted = canonical_count(spot.node.count or Count("lte", 0), negated=spot.negated)
    return counted["op"] == "lte"


# Samples ---------------------------------------------------------------------------------------------------------


def _samples(spot: Spot) -> Iterator[Finding]:
    """Look for samples of one seed that must hold together; groups below are looked at on their own."""
    if spot.joins is not GroupKind.ALL:
        return
    seen: dict[str, Spot] = {}
    for child in spot.children():
        node = child.node
        if not isinstance(node, Sample | Bucket) or child.negated:
            continue
        earlier = seen.setdefault(node.seed, child)
        if earlier is not child and not _split(earlier, child):
            sentence = (
                f"Two samples with the seed “{node.seed}” look at the same share of the contacts, so the smaller one "
                "decides alone. Give one of them another seed to draw them independently."
            )
            yield found("L-SAMPLE-SEED", child.path, sentence)


def _split(one: Spot, other: Spot) -> bool:
    """Whether a sample is cut further by a bucket on purpose."""
    return isinstance(one.node, Bucket) and isinstance(other.node, Bucket)
