"""What is being edited: the campaign as it stands in the form, kept for this tab until it is saved or left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import streamlit as st

from auth.guard import running_engine
from pages.live_count import Beside
from segment_engine import (
    Campaign,
    CampaignDraft,
    CampaignKind,
    CampaignState,
    LaunchReadiness,
    OrganizationContext,
    Part,
)
from segment_engine.errors import NotFound

DRAFT, CHECKING = "campaign.draft", "campaign.checking"


@dataclass(frozen=True)
class Form:
    """The form as it stands.

    Shape: `edition` renews every control when the form takes other values than those on the screen. `problem` is why
        the last save was refused. After the launch `fixed` says that channel, first day and segments are history.
    """

    organization_id: int
    asked: str
    campaign_id: UUID | None
    revision: int
    state: CampaignState
    kind: CampaignKind
    name: str = ""
    description: str = ""
    channel: str = "email"
    starts_on: date | None = None
    ends_on: date | None = None
    included: tuple[UUID, ...] = ()
    excluded: tuple[UUID, ...] = ()
    edition: int = 0
    problem: str = ""
    conflict: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the audience is history."""
        return self.state is not CampaignState.DRAFT

    @property
    def why_fixed(self) -> str:
        """Say why channel, first day and segments cannot be changed, and what can be done."""
        if self.state is CampaignState.SCHEDULED:
            return "It is scheduled. Take it back to draft to change its channel, its first day or its segments."
        return "Its audience is frozen, so its channel, its first day and its segments stay as they are."

    def draft(self) -> CampaignDraft:
        """Write it as what is saved."""
        return CampaignDraft(
            self.kind, self.name, self.description, self.channel, self.starts_on, self.ends_on, self.included,
            self.excluded,
        )  # fmt: skip

    def with_segment(self, segment_id: UUID, part: Part | None) -> Form:
        """Put a segment on one side, or take it off both."""
        included = tuple(each for each in self.included if each != segment_id)
        excluded = tuple(each for each in self.excluded if each != segment_id)
        return replace(
            self,
            included=(*included, segment_id) if part is Part.INCLUDED else included,
            excluded=(*excluded, segment_id) if part is Part.EXCLUDED else excluded,
        )


def form_of(campaign: Campaign, *, organization_id: int, edition: int = 0) -> Form:
    """Begin to edit a stored campaign."""
    included, excluded = (tuple(each.segment_id for each in campaign.part(part)) for part in Part)
    return Form(
        organization_id, str(campaign.campaign_id), campaign.campaign_id, campaign.revision, campaign.state,
        campaign.kind, campaign.name, campaign.description, campaign.channel, campaign.starts_on, campaign.ends_on,
        included, excluded, edition,
    )  # fmt: skip


def prepare(context: OrganizationContext) -> None:
    """Begin to edit what the address names, unless that is being edited already. Raises: NotFound."""
    asked = st.query_params.get("id", "") or st.query_params.get("kind", "")
    held = current()
    if held is not None and (held.organization_id, held.asked) == (context.organization_id, asked):
        return
    forget()
    if "id" not in st.query_params:
        kind = CampaignKind.SEQUENCE if asked == CampaignKind.SEQUENCE.value else CampaignKind.CAMPAIGN
        keep(Form(context.organization_id, asked, None, 0, CampaignState.DRAFT, kind))
        return
    try:
        campaign_id = UUID(asked)
    except ValueError:
        raise NotFound from None
    stored = running_engine().campaigns.get(context, campaign_id)
    keep(replace(form_of(stored, organization_id=context.organization_id), asked=asked))


def current() -> Form | None:
    """Give the form of this tab."""
    return st.session_state.get(DRAFT)


def keep(form: Form) -> None:
    """Remember the form."""
    st.session_state[DRAFT] = form


def forget() -> None:
    """Drop the form, and stop what is being counted for it."""
    st.session_state.pop(DRAFT, None)
    checking: Beside[LaunchReadiness] | None = st.session_state.pop(CHECKING, None)
    if checking is not None:
        checking.forget()


def checking() -> Beside[LaunchReadiness]:
    """Give what judges the form beside the page."""
    return st.session_state.setdefault(CHECKING, Beside[LaunchReadiness]())
