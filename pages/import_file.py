"""Step 1: what the file holds, whom it is from, and the file itself."""

from __future__ import annotations

from typing import Any, cast

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from auth.guard import current_context, running_engine
from pages.import_draft import COLUMNS, ImportDraft, begin_anew, draft_of, kept
from pages.import_progress import AT_ONCE_SECONDS, follow
from pages.parts import action, emphasis
from pages.words import counted, plain
from segment_engine import IMPORT_KINDS, ImportAct, JobState, OrganizationContext, Survey
from segment_engine.errors import SegmentEngineError

NEW = "A new data source"
_MEGABYTE = 1024 * 1024
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
COMMAND = "python -m segment_engine import {kind} {file} --organization {organization} --source NAME --key COLUMN{more}"
_MORE = {
    "events": " --event KEY --time COLUMN", "history": " --interaction KIND --campaign COLUMN --time COLUMN",
    "related": " --relation KEY --id COLUMN",
}  # fmt: skip


def show_file(context: OrganizationContext, draft: ImportDraft) -> None:
    """Draw the step."""
    with st.grid(2, min_column_width=300):
        with st.container(border=True, height="stretch"):
            _kind(draft)
        with st.container(border=True, height="stretch"):
            _source(context, draft)
            _file(context, draft)
    _next(draft)
    _larger(context, draft)


def _kind(draft: ImportDraft) -> None:
    key = draft.key("kind")
    kept(key, draft.kind)
    chosen = st.radio(
        "What the file holds", list(IMPORT_KINDS), key=key, format_func=lambda kind: IMPORT_KINDS[kind].label,
        captions=[kind.note for kind in IMPORT_KINDS.values()],
    )  # fmt: skip
    if chosen != draft.kind:
        draft.kind, draft.roles = chosen, {}
        draft.suggest()
        st.rerun()


def _source(context: OrganizationContext, draft: ImportDraft) -> None:
    """Ask whom the file is from: fields and rows belong to one source for good."""
    known = running_engine().imports.sources(context)
    key = draft.key("source")
    kept(key, draft.source if draft.source in known else NEW if draft.source or not known else known[0])
    chosen = st.selectbox(
        "Data source", [*known, NEW], key=key,
        help="Where the data come from, such as a shop or a CRM. Its fields and rows belong to it from then on.",
    )  # fmt: skip
    if chosen != NEW:
        draft.source = chosen
        return
    name_key = draft.key("new_source")
    kept(name_key, "" if draft.source in known else draft.source)
    draft.source = st.text_input("Name of the new data source", key=name_key, max_chars=100, placeholder="Shop")


# The file ----------------------------------------------------------------------------------------------------------


def _file(context: OrganizationContext, draft: ImportDraft) -> None:
    """Take a file, look at it, and show what it is."""
    if draft.survey is not None:
        _described(draft.survey)
        return
    if draft.survey_job is not None:
        _surveying(context, draft)
        return
    uploaded = st.file_uploader(
        "File", key=draft.key("file"),
        help="CSV in UTF-8, also compressed with gzip, or Parquet. What it is shows in its content, not in its name.",
    )  # fmt: skip
    if uploaded is not None:
        _receive(context, draft, uploaded)


def _receive(context: OrganizationContext, draft: ImportDraft, uploaded: UploadedFile) -> None:
    """Hand the file to the engine, which keeps it on the disk; the copy in memory is given back at once."""
    imports = running_engine().imports
    try:
        file = imports.receive(context, uploaded, uploaded.name)
    except SegmentEngineError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    finally:
        _release(uploaded)
    draft.version += 1
    draft.file_id = file.file_id
    draft.survey_job = imports.start(context, ImportAct.SURVEY, file.file_id).job_id
    st.rerun()


def _release(uploaded: UploadedFile) -> None:
    """Let go of an upload: the server would hold it in memory until the visitor leaves."""
    running = get_script_run_ctx()
    manager = cast("Any", None if running is None else running.uploaded_file_mgr)
    if running is not None and hasattr(manager, "remove_file"):
        manager.remove_file(session_id=running.session_id, file_id=uploaded.file_id)


def _surveying(context: OrganizationContext, draft: ImportDraft) -> None:
    imports = running_engine().imports
    if draft.survey_job is None or draft.file_id is None:
        return
    job = imports.job(context, draft.survey_job, wait_seconds=AT_ONCE_SECONDS)
    if job.working:
        follow(job.job_id)
        return
    draft.survey_job = None
    if job.state is not JobState.DONE or job.survey is None:
        imports.discard(context, draft.file_id)
        draft.file_id = None
        st.error(plain(job.sentence), icon=":material/error:")
        st.button("Choose another file", icon=":material/upload_file:", key="import_again", on_click=_another)
        return
    draft.take_file(job.survey, imports.remembered(context, draft.file_id))
    st.rerun()


def _described(survey: Survey) -> None:
    with st.container(border=True, gap="xsmall"):
        st.text(survey.file_name)
        parts = [_size(survey.size), survey.form, survey.encoding]
        if survey.delimiter is not None:
            parts.append(f"separated by {_DELIMITERS.get(survey.delimiter, 'another character')}")
        st.caption(plain(" · ".join(parts)))
        rows = counted(survey.row_total + survey.torn_rows, "row", "rows")
        st.markdown(f"**{rows}**, **{counted(len(survey.columns), 'column', 'columns')}**")
        if survey.torn_rows:
            torn = counted(survey.torn_rows, "row has", "rows have")
            st.caption(f":orange[:material/warning: {torn} more or fewer values than the header and will be rejected.]")
        st.button(
            "Use another file", icon=":material/upload_file:", type="tertiary", key="import_another", on_click=_another
        )


def _size(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f} MB" if size >= _MEGABYTE else f"{max(size // 1024, 1):,} KB"


@action
def _another() -> None:
    context = current_context()
    draft = draft_of(context)
    if draft.file_id is not None:
        running_engine().imports.discard(context, draft.file_id)
    begin_anew(draft)


def _next(draft: ImportDraft) -> None:
    missing = None
    if draft.survey is None:
        missing = "Choose a file first."
    elif not draft.source.strip():
        missing = "Give the data source a name first."
    with st.container(horizontal=True):
        st.space("stretch")
        if st.button(
            "Next: columns", type=emphasis(), icon=":material/arrow_forward:", icon_position="right", key="import_next",
            disabled=missing is not None, help=missing,
        ):  # fmt: skip
            draft.go(COLUMNS)
            st.rerun()


def _larger(context: OrganizationContext, draft: ImportDraft) -> None:
    """Say what to do with files that are too large for a browser."""
    most = int(st.get_option("server.maxUploadSize"))
    kind = "events" if draft.kind == "history" else draft.kind
    with st.expander(f"A file of more than {most} MB", icon=":material/terminal:"):
        st.text("The command line takes files of any size, in flat memory. On the computer of the server:")
        command = COMMAND.format(
            kind=kind, file="FILE.csv", organization=context.organization_id, more=_MORE.get(draft.kind, "")
        )
        st.code(command, language=None, wrap_lines=True)
