"""Steps 3 and 4: what would happen and what did, in figures that add up, and what to do with it."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.import_draft import COLUMNS, IMPORT, ImportDraft, begin_anew, draft_of
from pages.import_progress import AT_ONCE_SECONDS, follow
from pages.import_report import show_report
from pages.parts import action, emphasis, flash, page
from pages.words import counted, plain
from segment_engine import (
    ImportAct,
    ImportJob,
    ImportPlan,
    JobState,
    OrganizationContext,
    Permission,
    SegmentState,
    SourceReaders,
    refusal,
)

MOST_NAMED = 8


def show_rehearsal(context: OrganizationContext, draft: ImportDraft) -> None:
    """Draw step 3: the rehearsal while it runs, then its report and the way on."""
    job = _job(context, draft.rehearsal_job)
    plan = draft.plan
    if job is None or plan is None:
        return
    if job.report is None:
        _failed(job, draft)
        return
    show_report(job.report, rehearsed=True)
    _news(plan)
    _readers(running_engine().imports.readers(context, plan.mapping.source), plan.mapping.source)
    with st.expander("The same as a command", icon=":material/terminal:"):
        st.text("On the computer of the server, in the folder of the file. It does exactly this import.")
        st.code(plan.command, language=None, wrap_lines=True)
    taken = job.report.rows_read - job.report.rejected
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the columns", icon=":material/arrow_back:", key="import_back", on_click=_back)
        st.space("stretch")
        st.button(
            f"Import {counted(taken, 'row', 'rows')} into {plain(plan.mapping.source)}", type=emphasis(),
            icon=":material/upload:", key="import_run", on_click=_run, disabled=not taken,
            help=None if taken else "Every row would be rejected. Go back and look at the parts and the key.",
        )  # fmt: skip


def show_import(context: OrganizationContext, draft: ImportDraft) -> None:
    """Draw step 4: the import while it runs, then its report and what can be done with it."""
    job = _job(context, draft.import_job)
    if job is None:
        return
    if job.report is None:
        _failed(job, draft)
        return
    st.success(f"Imported into {plain(job.source)}.", icon=":material/check_circle:")
    show_report(job.report, rehearsed=False)
    _afterwards(context, job)


def _job(context: OrganizationContext, job_id: UUID | None) -> ImportJob | None:
    """Give a job that has ended; one that has not is followed."""
    if job_id is None:
        return None
    job = running_engine().imports.job(context, job_id, wait_seconds=AT_ONCE_SECONDS)
    if not job.working:
        return job
    follow(job_id)
    st.caption(
        "You may leave this page, or close it: the work goes on, and this page shows it again. If the server is "
        "stopped meanwhile, nothing of it is stored; then start again."
    )
    return None


def _failed(job: ImportJob, draft: ImportDraft) -> None:
    cancelled = job.state is JobState.CANCELLED
    what = "rehearsal" if job.act is ImportAct.REHEARSAL else "import"
    if cancelled:
        st.warning(f"The {what} was cancelled. Nothing of it was stored.", icon=":material/cancel:")
    else:
        st.error(plain(f"The {what} failed; nothing of it was stored. {job.sentence}"), icon=":material/error:")
    with st.container(horizontal=True):
        if draft.survey is not None:
            st.button("Back to the columns", icon=":material/arrow_back:", key="import_back", on_click=_back)
        if job.act is ImportAct.IMPORT and draft.plan is not None:
            st.button("Import again", icon=":material/refresh:", key="import_run", on_click=_run)
        st.button("Another file", icon=":material/upload_file:", key="import_another", on_click=_another)


@action
def _back() -> None:
    draft = draft_of(current_context())
    draft.import_job = None
    draft.go(COLUMNS)


@action
def _run() -> None:
    context = current_context()
    draft = draft_of(context)
    if draft.plan is not None:
        job = running_engine().imports.start(context, ImportAct.IMPORT, draft.plan.file_id, plan=draft.plan)
        draft.import_job = job.job_id
        draft.go(IMPORT)


@action
def _another() -> None:
    begin_anew(draft_of(current_context()))


# What it means -----------------------------------------------------------------------------------------------------


def _news(plan: ImportPlan) -> None:
    """Say what there will be that was not there before."""
    lines: list[str] = []
    if plan.new_source:
        lines.append(f"the data source {plan.mapping.source}")
    if plan.new_rows:
        lines.append(f"the {'related table' if plan.mapping.kind == 'related' else 'event type'} {plan.new_rows}")
    if plan.new_fields:
        lines.append(f"{counted(len(plan.new_fields), 'field', 'fields')}: {', '.join(plan.new_fields)}")
    with st.container(border=True, gap="xsmall"):
        st.subheader("New with this import", anchor=False)
        for line in lines or ["nothing: source, rows and fields are there already"]:
            st.text(f"{line[0].upper()}{line[1:]}")


def _readers(readers: SourceReaders, source: str) -> None:
    """Say who would see the new data: they change when they are calculated the next time."""
    with st.container(border=True, gap="xsmall"):
        st.subheader("Who reads this source", anchor=False)
        if not readers.segments:
            st.text(f"No segment reads {source} yet.")
            return
        st.text(
            f"{counted(len(readers.segments), 'segment reads', 'segments read')} {source} and would see the new data "
            "when next calculated."
        )
        with st.container(horizontal=True, gap="small"):
            for segment in readers.segments[:MOST_NAMED]:
                st.page_link(
                    page("segment"), label=plain(segment.name), icon=":material/group_work:",
                    query_params={"id": str(segment.segment_id)}, width="content",
                )  # fmt: skip
        if len(readers.segments) > MOST_NAMED:
            st.caption(f"and {len(readers.segments) - MOST_NAMED:,} more.")
        if readers.campaigns:
            named = ", ".join(readers.campaigns[:MOST_NAMED])
            more = f" and {len(readers.campaigns) - MOST_NAMED:,} more" if len(readers.campaigns) > MOST_NAMED else ""
            st.text(f"Campaigns and sequences that use them: {named}{more}.")


def _afterwards(context: OrganizationContext, job: ImportJob) -> None:
    readers = running_engine().imports.readers(context, job.source)
    active = [each.segment_id for each in readers.segments if each.state is SegmentState.ACTIVE]
    may = context.may(Permission.SEGMENTS_RECALCULATE)
    with st.container(border=True, gap="small"):
        st.subheader("What next", anchor=False)
        if active:
            st.text(
                f"{counted(len(active), 'active segment reads', 'active segments read')} this source. Until they are "
                "calculated again they show the data from before."
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if active:
                st.button(
                    f"Recalculate {counted(len(active), 'segment', 'segments')}", icon=":material/sync:",
                    type=emphasis(), key="import_recalculate", on_click=_recalculate, args=(tuple(active),),
                    disabled=not may, help=None if may else refusal(context, Permission.SEGMENTS_RECALCULATE),
                )  # fmt: skip
            st.page_link(
                page("source"), label="Open the data source", icon=":material/database:", width="content",
                query_params={"id": str(readers.source_id)},
            )  # fmt: skip
            st.button(
                "Import another file", icon=":material/upload_file:", type="tertiary", key="import_another",
                on_click=_another,
            )  # fmt: skip


@action
def _recalculate(segment_ids: tuple[UUID, ...]) -> None:
    verdicts = running_engine().runs.request_many(current_context(), segment_ids)
    done = sum(verdict.done for verdict in verdicts)
    flash(f"{counted(done, 'segment waits', 'segments wait')} for a worker.")
