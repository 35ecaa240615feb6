"""Step 2: which column plays which part, what the others become, and how values are written."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from auth.guard import current_context, running_engine
from pages.import_draft import REHEARSAL, ImportDraft, draft_of, kept
from pages.import_fields import show_fields, type_editor
from pages.parts import action, emphasis
from pages.words import ago, counted, exact, plain
from segment_engine import (
    CHANNELS,
    IMPORT_KINDS,
    INTERACTIONS,
    Catalog,
    ColumnChoice,
    ImportAct,
    ImportPlan,
    ImportRole,
    OrganizationContext,
    SurveyedColumn,
)

NONE = "Not in this file"
NEW = "A new one"
CONTACTS = "Contacts"
MISSING_WORDS = ("NULL", "null", "n/a", "N/A", "NA", "-", "none", "unknown")


def show_columns(context: OrganizationContext, draft: ImportDraft) -> None:
    """Draw the step."""
    survey = draft.survey
    if survey is None:
        return
    engine = running_engine()
    catalog = engine.catalog(context)
    _remembered(context, draft)
    with st.container(border=True):
        st.subheader("What tells the rows apart", anchor=False)
        st.caption("Columns that say who, when and which. They become no field of their own.")
        _words(draft, catalog)
        _roles(draft, {column.name: column for column in survey.columns})
    # The columns come before what the whole plan says about them, so each keeps a place for its own problem.
    places = show_fields(draft, catalog) if IMPORT_KINDS[draft.kind].fields else {}
    _settings(draft)
    plan = engine.imports.plan(context, survey.file_id, draft.mapping())
    draft.plan = plan
    for problem in plan.problems:
        if problem.column in places:
            places[problem.column].markdown(f":red[:material/error: {plain(problem.sentence)}]")
    _problems(plan)
    _next(context, draft, plan)


def _remembered(context: OrganizationContext, draft: ImportDraft) -> None:
    """Offer what was decided about the last file of this shape."""
    known = draft.remembered
    if known is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        kind = IMPORT_KINDS[known.mapping.kind].label.lower()
        st.markdown(
            f":material/history: “{plain(known.file_name)}” had the same columns: {kind} of "
            f"{plain(known.mapping.source)}, imported {ago(known.finished_at)}.",
            width="content", help=exact(known.finished_at, context),
        )  # fmt: skip
        st.space("stretch")
        st.button("Decide the same", icon=":material/done_all:", key="import_same", on_click=_use_remembered)


@action
def _use_remembered() -> None:
    draft = draft_of(current_context())
    if draft.remembered is not None:
        draft.use(draft.remembered.mapping)
        draft.remembered = None


# Parts -------------------------------------------------------------------------------------------------------------


def _roles(draft: ImportDraft, columns: dict[str, SurveyedColumn]) -> None:
    with st.grid(3, min_column_width=230):
        for role in IMPORT_KINDS[draft.kind].roles:
            with st.container(gap="xsmall"):
                _role(draft, role, columns)


def _role(draft: ImportDraft, role: ImportRole, columns: dict[str, SurveyedColumn]) -> None:
    """Let one part be given to a column; what is usual for a part cannot be denied where the engine finds it itself."""
    usual = role.usual[0] if role.usual else ""
    taken_anyway = not IMPORT_KINDS[draft.kind].fields and not role.required and usual in columns
    options = [*columns] if role.required or taken_anyway else [NONE, *columns]
    key = draft.key(f"role.{role.name}")
    chosen = draft.roles.get(role.name)
    kept(key, chosen if chosen in options else None if role.required else options[0])
    answer = st.selectbox(
        role.label if role.required else f"{role.label} (optional)", options, index=None, key=key,
        help=role.note or None, placeholder="Choose a column",
    )  # fmt: skip
    if answer is None or answer == NONE:
        draft.roles.pop(role.name, None)
        return
    draft.roles[role.name] = answer
    column = columns[answer]
    st.caption(plain(" · ".join(column.samples[:3])) or "No values")
    if role.time:
        choice = draft.choices.get(answer, ColumnChoice())
        written = type_editor(draft, column, choice.type or column.suggestion, times_only=True)
        draft.choices[answer] = ColumnChoice(choice.name, written, skip=False, missing=choice.missing)


def _words(draft: ImportDraft, catalog: Catalog) -> None:
    """Ask for the words of this kind of file: which event, what happened, which table."""
    match draft.kind:
        case "events":
            own = [key for key, event in catalog.events.items() if event.interaction is None]
            with st.grid(3, min_column_width=230):
                _known_or_new(draft, "event", "Event type", own, "order_placed")
                _create_contacts(draft)
        case "history":
            with st.grid(3, min_column_width=230):
                _word(draft, "interaction", "What happened", list(INTERACTIONS))
                _word(draft, "channel", "Channel of new campaigns", list(CHANNELS))
                _create_contacts(draft)
        case "related":
            with st.grid(3, min_column_width=230):
                _known_or_new(draft, "relation", "Related table", list(catalog.relations), "orders")
                owners = [key for key, each in catalog.relations.items() if each.parent is None]
                _word(draft, "parent_relation", "Rows belong to", [CONTACTS, *owners], none=CONTACTS)
        case _:
            pass


def _known_or_new(draft: ImportDraft, word: str, label: str, known: list[str], example: str) -> None:
    """Choose a key that is there, or write a new one."""
    with st.container(gap="xsmall"):
        now = draft.words.get(word, "")
        key, new_key = draft.key(f"word.{word}"), draft.key(f"word.{word}.new")
        kept(key, now if now in known else NEW if now or not known else known[0])
        chosen = st.selectbox(label, [*known, NEW], key=key)
        if chosen != NEW:
            draft.words[word] = chosen
            return
        kept(new_key, "" if now in known else now)
        draft.words[word] = st.text_input(
            f"Key of the new {label.lower()}", key=new_key, placeholder=example, max_chars=63,
            help="Small letters, digits and _. Criteria name it by this key for good.",
        )  # fmt: skip


def _word(draft: ImportDraft, word: str, label: str, options: list[str], *, none: str = "") -> None:
    key = draft.key(f"word.{word}")
    now = draft.words.get(word, "") or none
    kept(key, now if now in options else options[0])
    chosen = st.selectbox(label, options, key=key)
    draft.words[word] = "" if chosen == none else chosen


def _create_contacts(draft: ImportDraft) -> None:
    key = draft.key("create_contacts")
    kept(key, draft.create_contacts)
    draft.create_contacts = st.toggle(
        "Create contacts for unknown keys", key=key,
        help="Otherwise rows of contacts nobody knows are rejected, and the report counts them.",
    )  # fmt: skip


# How values are written --------------------------------------------------------------------------------------------


def _settings(draft: ImportDraft) -> None:
    with st.expander("How values are written", icon=":material/tune:"), st.grid(2, min_column_width=260):
        key = draft.key("missing")
        kept(key, list(draft.missing))
        options = list(dict.fromkeys([*MISSING_WORDS, *draft.missing]))
        draft.missing = tuple(
            st.multiselect(
                "Texts that mean “missing”", options, key=key, accept_new_options=True,
                help="In every column, besides empty cells. Choose from the list or type your own.",
            )
        )  # fmt: skip
        key = draft.key("zone")
        zones = sorted({*available_timezones(), draft.time_zone})
        kept(key, draft.time_zone)
        draft.time_zone = st.selectbox(
            "Time zone of times without one", zones, key=key, help="A time that names its zone keeps it."
        )
        key = draft.key("separator")
        kept(key, draft.separator)
        draft.separator = st.text_input(
            "Between the elements of a set", key=key, max_chars=5, help="JSON arrays need none."
        )
        key = draft.key("retention")
        kept(key, draft.retention_days)
        draft.retention_days = st.number_input(
            "Days the source keeps its rows", key=key, min_value=0, max_value=36_500, step=1, placeholder="As it was",
            help="0 means for ever; empty leaves it as it was. Criteria that look further back are warned about.",
        )  # fmt: skip


def _problems(plan: ImportPlan) -> None:
    """List everything that does not work yet, in one place."""
    if not plan.problems:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":red[:material/error: **{counted(len(plan.problems), 'thing does', 'things do')} not work yet**]")
        for problem in plan.problems:
            where = f"**{plain(problem.column)}**: " if problem.column else ""
            st.markdown(f"{where}{plain(problem.sentence)}")


def _next(context: OrganizationContext, draft: ImportDraft, plan: ImportPlan) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("A rehearsal does the whole import and takes it back: you see what would happen, nothing is stored.")
        st.space("stretch")
        pressed = st.button(
            "Next: rehearse", type=emphasis(), icon=":material/arrow_forward:", icon_position="right",
            key="import_rehearse", disabled=bool(plan.problems),
            help="Solve the problems above first." if plan.problems else None,
        )  # fmt: skip
    if pressed and not plan.problems:
        job = running_engine().imports.start(context, ImportAct.REHEARSAL, plan.file_id, plan=plan)
        draft.rehearsal_job = job.job_id
        draft.go(REHEARSAL)
        st.rerun()
