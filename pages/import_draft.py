"""What a visitor has decided so far about one file. It lives in the session, so that going back keeps everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, cast
from uuid import UUID

import streamlit as st

from segment_engine import (
    IMPORT_KINDS,
    ColumnChoice,
    ImportMapping,
    ImportPlan,
    OrganizationContext,
    RememberedMapping,
    Survey,
)

FILE, COLUMNS, REHEARSAL, IMPORT = range(1, 5)
STEPS = {FILE: "File", COLUMNS: "Columns", REHEARSAL: "Rehearsal", IMPORT: "Import"}
_KEY = "import.draft"
_STEP = "i_step"
Value = TypeVar("Value")


@dataclass
class ImportDraft:
    """One file on its way.

    Shape: `version` is part of every widget's key: filled in anew, a form gets new widgets. `furthest` is the last step
        that can be gone to; `url_step` is the step this page wrote into the address.
    """

    organization_id: int
    kind: str = "contacts"
    source: str = ""
    entry: tuple[str, str] = ("", "")
    step: int = FILE
    furthest: int = FILE
    url_step: str = ""
    version: int = 0
    file_id: UUID | None = None
    survey: Survey | None = None
    remembered: RememberedMapping | None = None
    roles: dict[str, str] = field(default_factory=dict[str, str])
    choices: dict[str, ColumnChoice] = field(default_factory=dict[str, ColumnChoice])
    words: dict[str, str] = field(default_factory=dict[str, str])
    create_contacts: bool = False
    missing: tuple[str, ...] = ()
    time_zone: str = "UTC"
    separator: str = ";"
    retention_days: int | None = None
    plan: ImportPlan | None = None
    survey_job: UUID | None = None
    rehearsal_job: UUID | None = None
    import_job: UUID | None = None

    def key(self, name: str) -> str:
        """Give the key of a widget of this form."""
        return f"import.{self.version}.{name}"

    def mapping(self) -> ImportMapping:
        """Write the decisions as the engine takes them; what belongs to other kinds of files is left out."""
        parts = {role.name for role in IMPORT_KINDS[self.kind].roles}
        words = {"events": ("event",), "history": ("event", "interaction", "channel"),
                 "related": ("relation", "parent_relation")}.get(self.kind, ())  # fmt: skip
        return ImportMapping(
            kind=self.kind, source=self.source.strip(),
            roles={role: column for role, column in self.roles.items() if role in parts},
            columns=dict(self.choices), create_contacts=self.create_contacts, missing=self.missing,
            time_zone=self.time_zone, separator=self.separator, retention_days=self.retention_days,
            delimiter=None if self.survey is None else self.survey.delimiter,
            **{word: self.words[word] for word in words if self.words.get(word)},
        )  # fmt: skip

    def take_file(self, survey: Survey, remembered: RememberedMapping | None) -> None:
        """Begin with a file that was looked at: columns with usual names get their parts."""
        self.survey, self.remembered, self.plan = survey, remembered, None
        self.choices, self.roles = {}, {}
        self.suggest()
        self.furthest = COLUMNS

    def suggest(self) -> None:
        """Fill in what can be guessed: parts by the names of columns; what is empty is left out."""
        self.version += 1
        if self.survey is None:
            return
        there = {column.name.lower(): column for column in self.survey.columns if column.present}
        for role in IMPORT_KINDS[self.kind].roles:
            found = next((there[name] for name in role.usual if name in there), None)
            if role.name not in self.roles and found is not None and found.name not in self.roles.values():
                self.roles[role.name] = found.name
        for column in self.survey.columns:
            if not column.suggestion:
                self.choices.setdefault(column.name, ColumnChoice(skip=True))

    def use(self, mapping: ImportMapping) -> None:
        """Take over the decisions of an earlier import."""
        self.version += 1
        self.kind, self.source = mapping.kind, mapping.source
        self.roles, self.choices = dict(mapping.roles), dict(mapping.columns)
        self.words = {
            "event": mapping.event, "interaction": mapping.interaction, "channel": mapping.channel,
            "relation": mapping.relation, "parent_relation": mapping.parent_relation,
        }  # fmt: skip
        self.create_contacts, self.missing = mapping.create_contacts, mapping.missing
        self.time_zone, self.separator = mapping.time_zone, mapping.separator

    def go(self, step: int) -> None:
        """Go to a step; it stands in the address too, so that the browser's own buttons work."""
        self.step, self.furthest = step, max(step, self.furthest)
        self.url_step = str(step)
        st.query_params[_STEP] = self.url_step

    def follow_address(self) -> None:
        """Notice when the visitor went back or forward with the browser."""
        asked = st.query_params.get(_STEP, "")
        if asked == self.url_step:
            return
        wanted = int(asked) if asked in {str(step) for step in STEPS} else FILE
        if wanted <= self.furthest:
            self.step = wanted
        self.go(self.step)


def draft_of(context: OrganizationContext) -> ImportDraft:
    """Give the draft of this session; another organization, or another link that leads here, begins a new one."""
    entry = (st.query_params.get("i_source", ""), _kind(st.query_params.get("i_kind", "")))
    draft = cast("ImportDraft | None", st.session_state.get(_KEY))
    linked_anew = draft is not None and any(entry) and entry != draft.entry
    if draft is None or draft.organization_id != context.organization_id or linked_anew:
        draft = ImportDraft(context.organization_id, entry=entry, time_zone=context.calendar.time_zone)
        draft.source, draft.kind = entry[0], entry[1] or draft.kind
        st.session_state[_KEY] = draft
        if _STEP in st.query_params:  # of a visit that is over: its file is no longer at hand
            draft.go(FILE)
    return draft


def begin_anew(draft: ImportDraft) -> None:
    """Forget everything but whom the next file is from; the form gets new widgets."""
    version = draft.version + 1
    fresh = ImportDraft(
        draft.organization_id, draft.kind, draft.source, draft.entry, version=version, time_zone=draft.time_zone
    )
    fresh.go(FILE)
    st.session_state[_KEY] = fresh


def kept(key: str, value: Value) -> Value:
    """Give a widget its value when it is drawn for the first time, or again after it was away."""
    if key not in st.session_state:
        st.session_state[key] = value
    return value


def _kind(text: str) -> str:
    """Read a kind of file from the address, by key or by label."""
    by_label = {kind.label.lower(): key for key, kind in IMPORT_KINDS.items()}
    return text if text in IMPORT_KINDS else by_label.get(text.lower(), "")
