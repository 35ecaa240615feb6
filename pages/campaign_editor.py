"""Setting a campaign or sequence up: name, channel, dates and segments, judged and counted while it is written."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.campaign_choice import choose_segments
from pages.campaign_draft import Form, current, forget, form_of, keep, prepare
from pages.campaign_judgement import judged_beside, show_judgement
from pages.campaign_words import CHANNEL_WORDS, KIND_WORDS
from pages.parts import action, boundary, emphasis, flash, nothing_here, page
from pages.words import plain
from segment_engine import CampaignKind, OrganizationContext, Permission, refusal
from segment_engine.errors import NotFound, SegmentEngineError, StaleVersion

LONGEST_NAME, LONGEST_DESCRIPTION = 200, 2_000
SAVE = "campaign.save"


def render(context: OrganizationContext) -> None:
    """Draw the page: a new campaign or sequence, or the one the address names."""
    if not context.may(Permission.CAMPAIGNS_EDIT):
        nothing_here("Not allowed", refusal(context, Permission.CAMPAIGNS_EDIT), icon=":material/lock:").page_link(
            page("campaigns"), label="Back to the campaigns"
        )
        return
    try:
        prepare(context)
    except NotFound:
        nothing_here("No such campaign or sequence", str(NotFound()), icon=":material/search_off:").page_link(
            page("campaigns"), label="Show all campaigns"
        )
        return
    st.fragment(_editor)()


# The one fragment --------------------------------------------------------------------------------------------------


def _editor() -> None:
    """Draw everything, then act on Save: the save takes what the controls say at this moment, not a moment ago."""
    with boundary():
        context, form = current_context(), current()
        if form is None:
            return
        _header(form)
        messages = st.container()
        left, right = st.columns([7, 5], gap="medium")
        with left:
            form = _fields(form)
            with st.container(border=True):
                st.subheader("Segments", anchor=False)
                # Read by the engine, so that the verdicts beside the names are those of this moment.
                judgement = judged_beside(context, form)
                choose_segments(context, form, judgement.segments)
        form = _save_if_asked(form, context)
        keep(form)
        with messages:
            _messages(form)
        with right:
            show_judgement(form, judgement)


def _header(form: Form) -> None:
    one = KIND_WORDS[form.kind].one
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(f"Edit {one}" if form.campaign_id else f"New {one}", anchor=False, width="content")
        st.space("stretch")
        st.button("Cancel", key="campaign.cancel", on_click=_leave, args=(form.kind, form.campaign_id))
        st.button(
            f"Save {one}", type=emphasis(), icon=":material/check:", key="campaign.save_button", on_click=_ask_to_save
        )


def _ask_to_save() -> None:
    st.session_state[SAVE] = True


def _leave(kind: CampaignKind, campaign_id: UUID | None) -> None:
    forget()
    if campaign_id is None:
        st.switch_page(page(KIND_WORDS[kind].path))
    st.switch_page(page("campaign"), query_params={"id": str(campaign_id)})


def _fields(form: Form) -> Form:
    key = f"campaign.{form.edition}"
    name = st.text_input(
        "Name", form.name, max_chars=LONGEST_NAME, key=f"{key}.name", placeholder="A name that says what it is for"
    )
    description = st.text_area(
        "Description", form.description, max_chars=LONGEST_DESCRIPTION, height=82, key=f"{key}.description",
        placeholder="What it says, and why (optional)",
    )  # fmt: skip
    why = form.why_fixed if form.fixed else None
    channel = st.segmented_control(
        "Channel", list(CHANNEL_WORDS), default=form.channel if form.channel in CHANNEL_WORDS else None, required=True,
        key=f"{key}.channel", format_func=lambda each: CHANNEL_WORDS[each], disabled=form.fixed, help=why,
    )  # fmt: skip
    first, last = st.columns(2)
    starts_on = first.date_input(
        "First day", form.starts_on, format="YYYY-MM-DD", key=f"{key}.starts", disabled=form.fixed,
        help=why or "Without one it starts when it is launched",
    )  # fmt: skip
    ends_on = last.date_input(
        "Last day",
        form.ends_on,
        format="YYYY-MM-DD",
        key=f"{key}.ends",
        help="Without one it goes on until you finish it",
    )
    return replace(
        form, name=name or "", description=description or "", channel=channel or form.channel, starts_on=starts_on,
        ends_on=ends_on,
    )  # fmt: skip


# Saving ------------------------------------------------------------------------------------------------------------


def _save_if_asked(form: Form, context: OrganizationContext) -> Form:
    """Save when the button was pressed; whatever stands in the way is said, and the text stays."""
    if not st.session_state.pop(SAVE, False):
        return form
    campaigns = running_engine().campaigns
    try:
        if form.campaign_id is None:
            saved = campaigns.create(context, form.draft())
        else:
            saved = campaigns.update(context, form.campaign_id, expected_revision=form.revision, draft=form.draft())
    except SegmentEngineError as error:
        return replace(form, problem=str(error), conflict=isinstance(error, StaleVersion))
    forget()
    flash(f"{saved.name} is saved.")
    st.switch_page(page("campaign"), query_params={"id": str(saved.campaign_id)})
    return form


def _messages(form: Form) -> None:
    """Say why the last save was refused; of two editors' versions, the person decides."""
    if not form.problem:
        return
    if not form.conflict:
        st.error(plain(form.problem), icon=":material/error:")
        return
    st.warning(plain(form.problem), title="Somebody else changed this meanwhile", icon=":material/sync_problem:")
    with st.container(horizontal=True):
        st.button("Show the newest version instead of mine", key="campaign.theirs", on_click=_take_newest)
        st.button("Keep mine, and save it over the newest", key="campaign.mine", on_click=_keep_mine)


@action
def _take_newest() -> None:
    form = current()
    if form is not None and form.campaign_id is not None:
        newest = running_engine().campaigns.get(current_context(), form.campaign_id)
        fresh = form_of(newest, organization_id=form.organization_id, edition=form.edition + 1)
        keep(replace(fresh, asked=form.asked))


@action
def _keep_mine() -> None:
    form = current()
    if form is not None and form.campaign_id is not None:
        newest = running_engine().campaigns.get(current_context(), form.campaign_id)
        keep(replace(form, revision=newest.revision, state=newest.state, conflict=False, problem=""))
        _ask_to_save()
