"""The rows of step 2: for every column its values, the field it becomes, and the type with the reason for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.import_draft import ImportDraft, kept
from pages.words import counted, plain
from segment_engine import Catalog, ColumnChoice, Field, FieldType, SurveyedColumn

ROWS_A_PAGE = 20
LONGEST_NAME = 63
SKIP, NEW = "Leave out", "A new field"
TYPES: dict[str, str] = {
    "text": "Text", "integer": "Whole number", "decimal": "Decimal number", "money": "Money", "boolean": "Yes or no",
    "date": "Date", "instant": "Date and time", "choice": "Choice", "ordered": "Ordered choice", "set": "Set",
}  # fmt: skip
# What has to be said besides the type: the label of the question, and an example of the answer.
DETAILS: dict[str, tuple[str, str]] = {
    "decimal": ("Decimals", "2"),
    "money": ("Currency and decimals", "EUR:2"),
    "date": ("Written as", "2026-12-31"),
    "instant": ("Written as", "2026-12-31T23:59"),
    "choice": ("Values", "a|b|c"),
    "ordered": ("Values, lowest first", "low|high"),
    "set": ("Values, if fixed", "a|b|c"),
}
_WRITTEN_HELP = "Empty for ISO, as in the example. Otherwise a pattern such as %d.%m.%Y or %d/%m/%Y %H:%M."
SHOW_ALL, SHOW_KEPT, SHOW_SKIPPED = "All", "Imported", "Left out"


def show_fields(draft: ImportDraft, catalog: Catalog) -> dict[str, DeltaGenerator]:
    """Draw one row a column, twenty at a time; gives for each column shown the place for its problem."""
    survey = draft.survey
    parts = set(draft.roles.values())
    columns = [] if survey is None else [column for column in survey.columns if column.name not in parts]
    with st.container(border=True):
        st.subheader("Columns", anchor=False)
        known, others = _known(draft, catalog)
        _decide_usual(draft, columns, others)
        shown = _filtered(draft, columns)
        places = {column.name: _row(draft, column, known, others) for column in shown}
        if not shown:
            st.caption("No column fits the search." if columns else "Every column plays a part; there is none left.")
    return places


def _filtered(draft: ImportDraft, columns: list[SurveyedColumn]) -> list[SurveyedColumn]:
    """Draw search, filter and pages above the rows, and give those of this page."""
    kept_in = [column for column in columns if not draft.choices.get(column.name, ColumnChoice()).skip]
    st.caption(
        f"{counted(len(kept_in), 'column', 'columns')} imported, "
        f"{counted(len(columns) - len(kept_in), 'column', 'columns')} left out."
    )
    if len(columns) <= ROWS_A_PAGE:
        return columns
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            "Search columns", type="search", label_visibility="collapsed", placeholder="Search columns",
            key=draft.key("search"), live="300ms", width=215, icon=":material/search:",
        )  # fmt: skip
        which = st.segmented_control(
            "Show", [SHOW_ALL, SHOW_KEPT, SHOW_SKIPPED], default=SHOW_ALL, required=True, key=draft.key("which"),
            label_visibility="collapsed",
        )  # fmt: skip
        st.space("stretch")
        st.button("Leave all out", key=draft.key("none"), type="tertiary", on_click=_all, args=(draft, columns, True))
        st.button("Import all", key=draft.key("all"), type="tertiary", on_click=_all, args=(draft, columns, False))
    asked = {SHOW_ALL: columns, SHOW_KEPT: kept_in}.get(which, [each for each in columns if each not in kept_in])
    found = [column for column in asked if (search or "").lower() in column.name.lower()]
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    # Another search is another list: it begins at its first page.
    page = st.pagination(pages, key=draft.key(f"page.{search}.{which}")) if pages > 1 else 1
    return found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]


def _all(draft: ImportDraft, columns: list[SurveyedColumn], skip: bool) -> None:  # noqa: FBT001 - a callback's argument
    for column in columns:
        now = draft.choices.get(column.name, ColumnChoice())
        nothing = not column.suggestion
        draft.choices[column.name] = ColumnChoice(now.name, now.type, skip=skip or nothing, missing=now.missing)
    draft.version += 1


def _known(draft: ImportDraft, catalog: Catalog) -> tuple[dict[str, Field], dict[str, Field]]:
    """Give the fields this source may write and those that belong to others, by the second part of their keys."""
    mapping = draft.mapping()
    fields: Mapping[str, Field] = catalog.fields
    if draft.kind != "contacts":
        event = mapping.event or f"campaign_{mapping.interaction}"
        rows = catalog.relations.get(mapping.relation) if draft.kind == "related" else catalog.events.get(event)
        fields = dict[str, Field]() if rows is None else rows.fields
    by_name = {field.key.partition(".")[2]: field for field in fields.values()}
    own = {name: field for name, field in by_name.items() if field.source == mapping.source}
    return own, {name: field for name, field in by_name.items() if name not in own}


def _decide_usual(draft: ImportDraft, columns: list[SurveyedColumn], others: dict[str, Field]) -> None:
    """Decide what is usual where nobody has: a name that is another source's gets the name of this one in front."""
    source = "_".join(re.findall(r"[a-z0-9]+", draft.source.lower()))
    for column in columns:
        if column.name not in draft.choices:
            taken = column.field_name in others and source[:1].isalpha()
            name = f"{source}_{column.field_name}"[:LONGEST_NAME] if taken else ""
            draft.choices[column.name] = ColumnChoice(name)


# One row -----------------------------------------------------------------------------------------------------------


def _row(
    draft: ImportDraft, column: SurveyedColumn, known: dict[str, Field], others: dict[str, Field]
) -> DeltaGenerator:
    choice = draft.choices.get(column.name, ColumnChoice())
    with st.container(border=True, gap="xsmall"):
        with st.grid(4, min_column_width=150):
            with st.container(gap="xsmall"):
                st.text(column.name)
                st.caption(plain(" · ".join(column.samples) or "No values"))
            name, skip = _becomes(draft, column, choice, known)
            written = choice.type
            if not skip:
                written = _type(draft, column, choice, known.get(name or column.field_name))
                missing = _missing(draft, column, choice)
            else:
                missing = choice.missing
        if not skip:
            said = f"{counted(column.present, 'value', 'values')}, {column.missing:,} missing. {column.why}"
            st.caption(plain(said))
            held = others.get(column.field_name)
            if held is not None and name:
                st.caption(plain(f"“{held.label}” belongs to {held.source}, so this becomes a field of its own."))
        place = st.container()
    draft.choices[column.name] = ColumnChoice(name, written, skip=skip, missing=missing)
    return place


def _becomes(
    draft: ImportDraft, column: SurveyedColumn, choice: ColumnChoice, known: dict[str, Field]
) -> tuple[str, bool]:
    """Ask for the field; gives its name, empty for that of the column, and whether the column is left out."""
    with st.container(gap="xsmall"):
        key, new_key = draft.key(f"field.{column.name}"), draft.key(f"name.{column.name}")
        name = choice.name or column.field_name
        labels = {known_name: f"{field.label}" for known_name, field in known.items()}
        options: list[str] = [NEW, *labels, SKIP]
        kept(key, SKIP if choice.skip else name if name in known else NEW)
        chosen = st.selectbox(
            f"Field of “{plain(column.name)}”", options, key=key, label_visibility="collapsed",
            format_func=lambda option: labels.get(str(option), str(option)),
        )  # fmt: skip
        if chosen == SKIP:
            return choice.name, True
        if chosen != NEW:
            return ("" if chosen == column.field_name else chosen), False
        kept(new_key, "" if name in known else name)
        given = st.text_input(
            f"Name of the field of “{plain(column.name)}”", key=new_key, max_chars=LONGEST_NAME,
            label_visibility="collapsed", placeholder="name_of_the_field",
        )  # fmt: skip
        return ("" if given == column.field_name else given), False


def _type(draft: ImportDraft, column: SurveyedColumn, choice: ColumnChoice, known: Field | None) -> str:
    with st.container(gap="xsmall"):
        if known is None:
            return type_editor(draft, column, choice.type or column.suggestion or "text")
        if known.type in {FieldType.DATE, FieldType.INSTANT}:
            same = column.suggestion.startswith(f"{known.type.value}:")
            return type_editor(
                draft, column, choice.type or (column.suggestion if same else known.type.value), held=known
            )
        st.selectbox(
            f"Type of “{plain(column.name)}”", [_held(known)], key=draft.key(f"held.{column.name}.{known.key}"),
            disabled=True, label_visibility="collapsed",
            help=f"{plain(known.label)} is held as {_held(known).lower()} and keeps that type: segments ask for it as "
            "such. For another type, make it a new field.",
        )  # fmt: skip
        return ""


def _held(known: Field) -> str:
    return TYPES["ordered" if known.ordered else known.type.value]


def type_editor(
    draft: ImportDraft, column: SurveyedColumn, written: str, *, times_only: bool = False, held: Field | None = None
) -> str:
    """Ask for a type and what belongs to it; gives it as the engine reads it."""
    word, _, detail = written.partition(":")
    times = ["date", "instant"] if times_only else list(TYPES)
    options = times if held is None else [held.type.value]
    # Another list of options is another widget: an answer that is not in it would be no answer.
    key = draft.key(f"type.{column.name}.{len(options)}.{options[0]}")
    kept(key, word if word in options else "instant" if times_only else options[0])
    chosen = st.selectbox(
        f"Type of “{plain(column.name)}”", options, key=key, format_func=lambda option: TYPES[option],
        label_visibility="collapsed", disabled=held is not None,
        help=None if held is None else f"{plain(held.label)} is there already and keeps its type.",
    )  # fmt: skip
    if chosen not in DETAILS:
        return chosen
    label, example = DETAILS[chosen]
    detail_key = draft.key(f"detail.{column.name}.{chosen}")
    usual = {
        "decimal": example,
        "money": example,
        "choice": "|".join(column.values),
        "ordered": "|".join(column.values),
    }
    kept(detail_key, detail if chosen == word else usual.get(chosen, ""))
    given = st.text_input(
        f"{label} of “{plain(column.name)}”", key=detail_key, placeholder=f"{label}: {example}", max_chars=2_000,
        label_visibility="collapsed", help=_WRITTEN_HELP if chosen in {"date", "instant"} else None,
    )  # fmt: skip
    return f"{chosen}:{given.strip()}" if given.strip() else chosen


def _missing(draft: ImportDraft, column: SurveyedColumn, choice: ColumnChoice) -> tuple[str, ...]:
    """Ask for texts that mean “missing” in this column alone."""
    with st.container():
        key = draft.key(f"missing.{column.name}")
        kept(key, list(choice.missing))
        options = list(dict.fromkeys([*column.samples, *choice.missing]))
        return tuple(
            st.multiselect(
                f"Missing values of “{plain(column.name)}”", options, key=key, accept_new_options=True,
                label_visibility="collapsed", placeholder="Means missing…",
            )
        )  # fmt: skip
