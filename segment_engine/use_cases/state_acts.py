"""Acts on the states of many segments, within a transaction that is kept or given up: the guards are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from segment_engine.db import audit, references, runs, segment_acts
from segment_engine.db import segments as rows
from segment_engine.db.session import Transaction
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.dependants import Naming, kept_by, left_behind
from segment_engine.domain.segment import SegmentId, SegmentState, Verdict
from segment_engine.errors import CriteriaError
from segment_engine.use_cases.checked_drafts import weigh
from segment_engine.use_cases.findings import findings_of
from segment_engine.use_cases.stored_segments import read_draft

# A plan in one of these states will still read the segment; one that has ended, or lies in the archive, will not.
LIVING_PLANS = ("draft", "scheduled", "running", "paused")
Held = Mapping[UUID, segment_acts.HeldSegment]


def activate(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Offer segments to campaigns and sequences, where the linter finds no error in them."""
    references.one_at_a_time(transaction, context.organization_id)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    waiting = [each for each, segment in held.items() if segment.state is not SegmentState.ACTIVE]
    verdicts = {each: _same(held[each], "was active already") for each in held if each not in waiting}
    refused = _activate_all(transaction, context, waiting)
    verdicts |= {each: _stays(held[each], f"stays {held[each].state.value}: {why}") for each, why in refused.items()}
    verdicts |= {each: _done(held[each], "is active now") for each in waiting if each not in refused}
    return _in_order(wanted, verdicts)


def _activate_all(
    transaction: Transaction, context: OrganizationContext, segment_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Activate what can be, and say of the others why not."""
    refused: dict[UUID, str] = {}
    waiting = list(segment_ids)
    while waiting:
        # Once more for those that were refused: what they refer to may be active by now.
        refused = {}
        for each in waiting:
            why = _why_not(transaction, context, each)
            if why is None:
                _move(transaction, context, (each,), SegmentState.ACTIVE)
            else:
                refused[each] = why
        waiting = list(refused) if len(refused) < len(waiting) else []
    return refused


def _why_not(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> str | None:
    held = rows.lock(transaction, context.organization_id, segment_id)
    if held is None:  # pragma: no cover -- held by this transaction already
        return None
    try:
        criteria, known = read_draft(transaction, context, held.document)
        findings = findings_of(transaction, context, criteria, known, segment_id=segment_id)
        weigh(findings, accepted=held.accepted_warnings)
    except CriteriaError as error:
        return " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
    return None


def deactivate(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Stop offering the segments that no plan and no other active segment needs; members and history stay."""
    references.one_at_a_time(transaction, context.organization_id)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    idle = {SegmentState.INACTIVE: "was inactive already", SegmentState.ARCHIVED: "is archived and offered to nobody"}
    verdicts = {each: _same(segment, idle[segment.state]) for each, segment in held.items() if segment.state in idle}
    return _withdraw(transaction, context, wanted, held, verdicts, SegmentState.INACTIVE)


def archive(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Put away the segments that no plan and no active segment needs; members and history stay."""
    references.one_at_a_time(transaction, context.organization_id)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    put_away = [each for each, segment in held.items() if segment.state is SegmentState.ARCHIVED]
    verdicts = {each: _same(held[each], "was archived already") for each in put_away}
    return _withdraw(transaction, context, wanted, held, verdicts, SegmentState.ARCHIVED)


def _withdraw(
    transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID], held: Held,
    verdicts: Mapping[UUID, Verdict], state: SegmentState,
) -> tuple[Verdict, ...]:  # fmt: skip
    users, kept = needs(transaction, context.organization_id, held)
    going = [each for each in held if each not in kept and each not in verdicts]
    _move(transaction, context, going, state)
    found = dict(verdicts)
    for each in held:
        if each in going:
            found[each] = _done(held[each], f"is {state.value} now", left_behind(each, users, ()))
        elif each not in found:
            why = f"stays {held[each].state.value}, because it is used by {', '.join(kept[each])}"
            found[each] = _stays(held[each], why)
    return _in_order(wanted, found)


def needs(
    transaction: Transaction, organization_id: int, wanted: Sequence[UUID] | Held
) -> tuple[tuple[Naming, ...], dict[UUID, tuple[str, ...]]]:
    """Read which segments name these, and which of these must stay active because of whom."""
    chosen = list(wanted)
    users = segment_acts.readers(transaction, organization_id, chosen)
    plans = segment_acts.plans_using(transaction, organization_id, chosen, states=LIVING_PLANS)
    return users, kept_by(chosen, users, plans)


def unarchive(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Bring segments back in the state they had; what cannot be active any more comes back inactive."""
    references.one_at_a_time(transaction, context.organization_id)
    held = segment_acts.hold(transaction, context.organization_id, wanted)
    verdicts: dict[UUID, Verdict] = {}
    was_active: list[UUID] = []
    for each, segment in held.items():
        if segment.state is not SegmentState.ARCHIVED:
            verdicts[each] = _same(segment, "was not archived")
        elif segment.archived_from is SegmentState.ACTIVE:
            was_active.append(each)
        else:
            back = segment.archived_from or SegmentState.INACTIVE
            _move(transaction, context, (each,), back)
            verdicts[each] = _done(segment, f"is {back.value} again")
    refused = _activate_all(transaction, context, was_active)
    _move(transaction, context, list(refused), SegmentState.INACTIVE)
    for each in was_active:
        why = refused.get(each)
        said = "is active again" if why is None else f"is inactive now, though it was active: {why}"
        verdicts[each] = _done(held[each], said)
    return _in_order(wanted, verdicts)


def delete(transaction: Transaction, context: OrganizationContext, wanted: Sequence[UUID]) -> tuple[Verdict, ...]:
    """Delete what nothing uses, also what is broken or being computed. Contacts stay."""
    organization_id = context.organization_id
    references.one_at_a_time(transaction, organization_id)
    runs.lock_active(transaction, organization_id, wanted)
    held = segment_acts.hold(transaction, organization_id, wanted)
    users = segment_acts.readers(transaction, organization_id, held)
    # Plans that have ended count as well: they say whom they reached.
    others = segment_acts.plans_using(transaction, organization_id, held, states=None)
    kept = kept_by(list(held), users, others)
    gone = [each for each in held if each not in kept]
    segment_acts.delete(transaction, organization_id, gone)
    audit.record_each(
        transaction, context, action="segment.delete", object_kind="segment",
        objects={each: {"name": held[each].name} for each in gone},
    )  # fmt: skip
    verdicts = {each: _done(held[each], "deleted", left_behind(each, users, gone)) for each in gone}
    for each, names in kept.items():
        verdicts[each] = _stays(held[each], f"kept, because it is used by {', '.join(names)}")
    return _in_order(wanted, verdicts)


def _move(
    transaction: Transaction, context: OrganizationContext, segment_ids: Sequence[UUID], state: SegmentState
) -> None:
    """Set the state and write down who did it."""
    if not segment_ids:
        return
    organization_id = context.organization_id
    segment_acts.set_state(
        transaction, organization_id, segment_ids, state=state, person_id=context.person_id
    )  # fmt: skip
    names = segment_acts.names(transaction, organization_id, segment_ids)
    audit.record_each(
        transaction, context, action=f"segment.{state.value}", object_kind="segment",
        objects={each: {"name": name} for each, name in names.items()},
    )  # fmt: skip


def _in_order(wanted: Sequence[UUID], verdicts: Mapping[UUID, Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdicts.get(each) or unknown(each) for each in wanted)


def _done(segment: segment_acts.HeldSegment, reason: str, left: Sequence[str] = ()) -> Verdict:
    warning = _warning(left)
    whole = f"{reason}; {warning}" if warning else reason
    return Verdict(segment.segment_id, segment.name, done=True, reason=whole, warning=warning)


def _warning(names: Sequence[str]) -> str:
    """Warn of segments that are not active themselves and lose what they refer to."""
    if not names:
        return ""
    return (
        f"{', '.join(names)} still {'refers' if len(names) == 1 else 'refer'} to it and cannot be calculated like that"
    )


def _same(segment: segment_acts.HeldSegment, reason: str) -> Verdict:
    return Verdict(segment.segment_id, segment.name, done=True, reason=reason, changed=False)


def _stays(segment: segment_acts.HeldSegment, reason: str) -> Verdict:
    return Verdict(segment.segment_id, segment.name, done=False, reason=reason, changed=False)


def unknown(segment_id: UUID) -> Verdict:
    """Judge an id that leads to nothing, or to another organization's segment."""
    reason = "does not exist, or you have no access to it"
    return Verdict(SegmentId(segment_id), "", done=False, reason=reason, changed=False)
