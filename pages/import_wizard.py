"""Import a file: choose it, say what its columns become, rehearse, import. Every step can be gone back to."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.import_columns import show_columns
from pages.import_draft import COLUMNS, FILE, IMPORT, REHEARSAL, STEPS, ImportDraft, draft_of
from pages.import_file import show_file
from pages.import_result import show_import, show_rehearsal
from pages.parts import action, nothing_here, page
from pages.words import plain
from segment_engine import ImportAct, ImportJob, OrganizationContext, Permission, refusal

TITLES = {
    FILE: "choose a file", COLUMNS: "say what the columns become", REHEARSAL: "see what would happen", IMPORT: "import",
}  # fmt: skip


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    st.title("Import a file", anchor=False)
    if not context.may(Permission.SOURCES_MANAGE):
        _denied(context)
        return
    draft = draft_of(context)
    draft.follow_address()
    _path(draft)
    _others(context, draft)
    st.header(f"Step {draft.step} of {len(STEPS)}: {TITLES[draft.step]}", anchor=False)
    match draft.step:
        case _ if draft.step == COLUMNS and draft.survey is not None:
            show_columns(context, draft)
        case _ if draft.step == REHEARSAL and draft.rehearsal_job is not None:
            show_rehearsal(context, draft)
        case _ if draft.step == IMPORT and draft.import_job is not None:
            show_import(context, draft)
        case _:
            show_file(context, draft)


def _denied(context: OrganizationContext) -> None:
    step = nothing_here(
        "Importing is not for your role",
        f"{refusal(context, Permission.SOURCES_MANAGE)} Ask an administrator for the permission, or look at what "
        "others have imported.",
        icon=":material/lock:",
    )
    with step:
        st.page_link(page("sources"), label="Data sources", icon=":material/database:")


def _path(draft: ImportDraft) -> None:
    """Draw where one is: what is done can be gone back to."""
    finished = draft.import_job is not None
    with st.container(horizontal=True, gap="xsmall", key="import_path"):
        for step, word in STEPS.items():
            here, done = step == draft.step, step < draft.step
            icon = ":material/check_circle:" if done else None
            # Once the import runs, what led to it is history: there is nothing to go back to.
            reachable = step <= draft.furthest and not (finished and step != IMPORT)
            st.button(
                f"**{step}. {word}**" if here else f"{step}. {word}", icon=icon,
                type="secondary" if here else "tertiary", disabled=not reachable and not here,
                key=f"import_step.{step}", on_click=_go, args=(step,),
            )  # fmt: skip


@action
def _go(step: int) -> None:
    context = current_context()
    draft = draft_of(context)
    if step <= draft.furthest:
        if step < REHEARSAL and draft.rehearsal_job is not None:
            # Other decisions need another rehearsal; one that still runs would keep the file from it.
            running_engine().imports.stop(context, draft.rehearsal_job)
        draft.go(step)


def _others(context: OrganizationContext, draft: ImportDraft) -> None:
    """Say what else is being imported: it goes on though nobody looks, and can be looked at again."""
    mine = {draft.survey_job, draft.rehearsal_job, draft.import_job}
    for job in running_engine().imports.jobs(context):
        if job.act is ImportAct.IMPORT and job.working and job.job_id not in mine:
            with st.container(
                border=True, horizontal=True, vertical_alignment="center", key=f"import_job.{job.job_id}"
            ):
                st.markdown(f":material/sync: {plain(_said(job))}", width="content")
                st.space("stretch")
                st.button(
                    "Show", key=f"import_show.{job.job_id}", on_click=_attach, args=(job.job_id,), type="tertiary",
                    icon=":material/visibility:",
                )  # fmt: skip


def _said(job: ImportJob) -> str:
    of = "" if job.row_total is None else f" of {job.row_total:,}"
    return f"{job.file_name} is being imported into {job.source}: {job.rows_read:,}{of} rows read."


@action
def _attach(job_id: UUID) -> None:
    """Come back to an import that was left."""
    context = current_context()
    job = running_engine().imports.job(context, job_id)
    draft = draft_of(context)
    draft.import_job, draft.source = job.job_id, job.source
    draft.go(IMPORT)
