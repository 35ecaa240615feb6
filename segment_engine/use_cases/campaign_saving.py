"""Saving campaigns and sequences, and moving them through their lives; the launch has a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from uuid import UUID, uuid4

from segment_engine.db import audit, references
from segment_engine.db import campaigns as rows
from segment_engine.db.campaigns import LockedCampaign
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.campaign import (
    LAUNCHED_FROM,
    Campaign,
    CampaignDraft,
    CampaignKind,
    CampaignMove,
    CampaignState,
    Part,
    after_move,
)
from segment_engine.domain.operators import CHANNELS
from segment_engine.errors import IllegalTransition, InputError, NotFound, StaleVersion
from segment_engine.use_cases.campaign_reading import stored_campaign
from segment_engine.use_cases.texts import checked_name, checked_text


class CampaignSaving:
    """The part of `Campaigns` that changes something. Choices of segments wait for acts on these segments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, context: OrganizationContext, draft: CampaignDraft) -> Campaign:
        """Save a new draft that uses active segments.

        Raises: PermissionDenied, InputError, NotFound for a segment that does not exist.
        """
        require(context, Permission.CAMPAIGNS_EDIT)
        organization_id, campaign_id = context.organization_id, uuid4()
        checked = _checked(draft)
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            _refuse_unusable(transaction, context, checked, held=())
            rows.create(
                transaction, organization_id, campaign_id=campaign_id, draft=checked, person_id=context.person_id
            )
            record(transaction, context, "create", checked.kind, campaign_id, {"name": checked.name})
            return stored_campaign(transaction, context, campaign_id)

    def update(
        self, context: OrganizationContext, campaign_id: UUID, *, expected_revision: int, draft: CampaignDraft
    ) -> Campaign:
        """Save an edit. After the launch only name, description and last day can change: the audience is history.

        Raises: PermissionDenied, NotFound, StaleVersion when someone saved in between, IllegalTransition for a change
            that comes too late, InputError, NameTaken.
        """
        require(context, Permission.CAMPAIGNS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            references.one_at_a_time(transaction, organization_id)
            held = locked(transaction, context, campaign_id, expected_revision=expected_revision)
            checked = _checked(replace(draft, kind=held.kind))
            before = stored_campaign(transaction, context, campaign_id)
            in_use = {part: [each.segment_id for each in before.part(part)] for part in Part}
            _refuse_too_late(held, checked, in_use)
            _refuse_unusable(transaction, context, checked, held=(*in_use[Part.INCLUDED], *in_use[Part.EXCLUDED]))
            rows.update(
                transaction, organization_id, campaign_id=campaign_id, draft=checked, person_id=context.person_id,
                with_segments=held.state is CampaignState.DRAFT,
            )  # fmt: skip
            record(transaction, context, "update", held.kind, campaign_id, {"name": checked.name})
            return stored_campaign(transaction, context, campaign_id)

    def move(
        self, context: OrganizationContext, campaign_id: UUID, move: CampaignMove, *, expected_revision: int
    ) -> Campaign:
        """Take back, pause, resume, finish, archive or restore. Frozen audiences and figures stay as they are.

        Raises: PermissionDenied, NotFound, StaleVersion, IllegalTransition from a state where this is not possible.
        """
        require(context, Permission.CAMPAIGNS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            held = locked(transaction, context, campaign_id, expected_revision=expected_revision)
            state = after_move(move, held.state, launched=held.launched_at is not None)
            if state is None:
                raise IllegalTransition(
                    f"This {held.kind.value} is {held.state.value}, so it cannot be {_DONE[move]}. Reload the page."
                )
            rows.set_state(
                transaction, organization_id, campaign_id=campaign_id, state=state, person_id=context.person_id
            )
            detail: dict[str, object] = {"name": held.name, "from": held.state.value, "to": state.value}
            record(transaction, context, move.value, held.kind, campaign_id, detail)
            return stored_campaign(transaction, context, campaign_id)


_DONE = {
    CampaignMove.TAKE_BACK: "taken back",
    CampaignMove.PAUSE: "paused",
    CampaignMove.RESUME: "resumed",
    CampaignMove.FINISH: "finished",
    CampaignMove.ARCHIVE: "archived",
    CampaignMove.RESTORE: "restored",
}


def locked(
    transaction: Transaction, context: OrganizationContext, campaign_id: UUID, *, expected_revision: int
) -> LockedCampaign:
    """Hold a campaign until the transaction ends, as the person saw it. Raises: NotFound, StaleVersion."""
    held = rows.lock(transaction, context.organization_id, campaign_id)
    if held is None:
        raise NotFound
    if held.revision != expected_revision:
        when = held.updated_at.astimezone(UTC).strftime("%H:%M")
        raise StaleVersion(
            f"This {held.kind.value} was changed at {when} UTC, after you opened it, and is {held.state.value} now. "
            "Reload to see that; your text is kept."
        )
    return held


def record(
    transaction: Transaction, context: OrganizationContext, act: str, kind: CampaignKind, campaign_id: UUID,
    detail: dict[str, object],
) -> None:  # fmt: skip
    """Write one line of the audit log."""
    audit.record(
        transaction, context, action=f"{kind.value}.{act}", object_kind=kind.value, object_id=campaign_id,
        detail=detail,
    )  # fmt: skip


def _checked(draft: CampaignDraft) -> CampaignDraft:
    """Check what a person wrote and chose, as far as that can be seen without the database. Raises: InputError."""
    if draft.channel not in CHANNELS:
        raise InputError(f"There is no such channel. Choose one of {', '.join(CHANNELS)}.")
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        raise InputError("The last day is before the first one. Choose a later last day, or an earlier first one.")
    included, excluded = tuple(dict.fromkeys(draft.included)), tuple(dict.fromkeys(draft.excluded))
    if set(included) & set(excluded):
        raise InputError(
            "A segment cannot be included and excluded at once: nobody of it would be left. Take it out of one side."
        )
    return replace(
        draft, name=checked_name(draft.name, of=draft.kind.value),
        description=checked_text(draft.description, of="description"), included=included, excluded=excluded,
    )  # fmt: skip


def _refuse_unusable(
    transaction: Transaction, context: OrganizationContext, draft: CampaignDraft, *, held: Iterable[UUID]
) -> None:
    """Refuse segments that are not active; those that were chosen before may stay, and block the launch instead."""
    wanted = (*draft.included, *draft.excluded)
    found = {each.segment_id: each for each in rows.chosen(transaction, context.organization_id, wanted)}
    if set(wanted) - set(found):
        raise NotFound("A chosen segment does not exist, or you have no access to it. Choose again from the list.")
    kept = set(held)
    refused = [each for each in found.values() if each.state != "active" and each.segment_id not in kept]
    if refused:
        names = ", ".join(f"“{each.name}” is {_STATES[each.state]}" for each in refused)
        raise InputError(f"Only active segments can be chosen: {names}. Activate it first, or choose another.")


_STATES = {"draft": "a draft", "inactive": "inactive", "archived": "archived"}


def _refuse_too_late(held: LockedCampaign, draft: CampaignDraft, in_use: Mapping[Part, Sequence[UUID]]) -> None:
    """Refuse what a launch has fixed: the channel, the first day and the segments."""
    if held.state is CampaignState.ARCHIVED:
        raise IllegalTransition(f"This {held.kind.value} is archived. Restore it first.")
    if held.state is CampaignState.DRAFT:
        return
    sides = ((draft.included, Part.INCLUDED), (draft.excluded, Part.EXCLUDED))
    same = all(set(wanted) == set(in_use[part]) for wanted, part in sides)
    if same and (draft.channel, draft.starts_on) == (held.channel, held.starts_on):
        return
    step = "Take it back to draft first" if held.state in LAUNCHED_FROM else "Create another one for other contacts"
    raise IllegalTransition(
        f"This {held.kind.value} is {held.state.value}: its channel, its first day and its segments are fixed. {step}."
    )
