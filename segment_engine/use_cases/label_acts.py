"""Acts on the tags, the owner and the runs of many segments, within a transaction that is kept or given up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from segment_engine.db import audit, labels, references, runs, segment_acts
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.folding import fold
from segment_engine.domain.run import RunReason
from segment_engine.domain.segment import SegmentId, Verdict
from segment_engine.domain.segment_acts import MOST_AT_ONCE
from segment_engine.errors import LimitExceeded
from segment_engine.use_cases.segment_labels import checked_owner
from segment_engine.use_cases.state_acts import Held, unknown
from segment_engine.use_cases.texts import MOST_TAGS, checked_tags


def at_once(segment_ids: Sequence[UUID]) -> list[UUID]:
    """Give the segments of an act in the order in which they are locked, each once. Raises: LimitExceeded."""
    wanted = sorted(set(segment_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise LimitExceeded(f"At most {MOST_AT_ONCE:,} segments are changed at once. Choose fewer of them.")
    return wanted


def tag(
    transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID], tags: Sequence[str]
) -> tuple[Verdict, ...]:
    """Add tags to segments; one that would carry too many stays as it is. Raises: InputError."""
    given = checked_tags(tags)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    carried = labels.tags_of(transaction, context.organization_id, held)
    folds = {fold(each) for each in given}
    full = {each for each in held if len(folds | {fold(tag) for tag in carried.get(SegmentId(each), ())}) > MOST_TAGS}
    fitting = [each for each in held if each not in full]
    changed = labels.add_tags(transaction, context.organization_id, fitting, tags=given)
    _edited(transaction, context, held, changed, "segment.tag", {"tags": list(given)})
    return _judged(
        wanted, held, changed, f"carries {_listed(given)} now", "carried that already", refused=full,
        why=f"would carry more than {MOST_TAGS} tags; take some off first",
    )  # fmt: skip


def untag(
    transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID], tags: Sequence[str]
) -> tuple[Verdict, ...]:
    """Take tags off segments. Raises: InputError."""
    given = checked_tags(tags)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    changed = labels.remove_tags(transaction, context.organization_id, list(held), tags=given)
    _edited(transaction, context, held, changed, "segment.untag", {"tags": list(given)})
    return _judged(wanted, held, changed, f"does not carry {_listed(given)} any more", "did not carry that")


def set_owner(
    transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID], owner_id: UUID | None
) -> tuple[Verdict, ...]:
    """Make a person with a seat, or nobody, answer for segments. Raises: InputError."""
    owner = checked_owner(transaction, context, owner_id)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    changed = labels.set_owner(
        transaction, context.organization_id, list(held), owner_id=owner_id, person_id=context.person_id
    )
    detail: dict[str, object] = {"owner": None if owner is None else str(owner.person_id)}
    audit.record_each(
        transaction, context, action="segment.set_owner", object_kind="segment",
        objects={each: {"name": held[each].name, **detail} for each in changed},
    )  # fmt: skip
    if owner is None:
        return _judged(wanted, held, changed, "belongs to nobody now", "belonged to nobody already")
    return _judged(wanted, held, changed, f"belongs to {owner.name} now", f"belonged to {owner.name} already")


def recalculate(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Queue a run of each segment that has none, what is read before what reads it."""
    organization_id = context.organization_id
    # Two long rows of requests in different orders would wait for each other for ever.
    references.one_at_a_time(transaction, organization_id)
    names = segment_acts.names(transaction, organization_id, wanted)
    queued: dict[UUID, dict[str, object]] = {}
    for each in _read_first(list(names), segment_acts.used_among(transaction, organization_id, list(names))):
        run_id, is_new = runs.request(
            transaction, organization_id, segment_id=each, reason=RunReason.REQUESTED, person_id=context.person_id
        )
        if is_new:
            queued[each] = {"run": str(run_id)}
    audit.record_each(transaction, context, action="run.request", object_kind="segment", objects=queued)
    return tuple(
        unknown(each) if each not in names
        else Verdict(SegmentId(each), names[each], done=True, reason="waits for a worker now") if each in queued
        else Verdict(SegmentId(each), names[each], done=True, reason="was waiting or working already", changed=False)
        for each in wanted
    )  # fmt: skip


def _read_first(segment_ids: Sequence[UUID], reads: Mapping[UUID, Collection[UUID]]) -> Iterator[UUID]:
    """Give the segments in an order in which none comes before one that it reads; circles end where they began."""
    given: set[UUID] = set()
    for first in segment_ids:
        path = [first]
        while path:
            each = path[-1]
            ahead = [other for other in reads.get(each, ()) if other not in given and other not in path]
            if ahead:
                path.append(min(ahead))
                continue
            path.pop()
            if each not in given:
                given.add(each)
                yield each


def _edited(
    transaction: Transaction, context: OrganizationContext, held: Held, changed: Collection[UUID], action: str,
    detail: Mapping[str, object],
) -> None:  # fmt: skip
    labels.touch(transaction, context.organization_id, changed, person_id=context.person_id)
    objects = {each: {"name": held[each].name, **detail} for each in changed}
    audit.record_each(transaction, context, action=action, object_kind="segment", objects=objects)


def _judged(
    wanted: Sequence[UUID], held: Held, changed: Collection[UUID], now: str, before: str, *,
    refused: Collection[UUID] = (), why: str = "",
) -> tuple[Verdict, ...]:  # fmt: skip
    def verdict(each: UUID) -> Verdict:
        if each not in held:
            return unknown(each)
        reason = why if each in refused else now if each in changed else before
        return Verdict(
            SegmentId(each), held[each].name, done=each not in refused, reason=reason, changed=each in changed
        )

    return tuple(verdict(each) for each in wanted)


def _listed(tags: Sequence[str]) -> str:
    return ", ".join(f"“{each}”" for each in tags)
