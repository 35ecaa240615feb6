"""Turns the decisions about a file into a request, or says everything that does not work yet, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from segment_engine.db.catalog import STANDARD_FIELDS, family_of, room_for
from segment_engine.domain.catalog import TIMES, Catalog, Field, FieldType, RowType
from segment_engine.errors import InputError
from segment_engine.imports.columns import NAME
from segment_engine.imports.mapping import IMPORT_KINDS, ImportMapping, MappingProblem
from segment_engine.imports.planning_rows import problems_of_rows
from segment_engine.imports.received import FileId
from segment_engine.imports.request import DeclaredType, ImportRequest, parse_type
from segment_engine.imports.requesting import make_request
from segment_engine.imports.surveying import Survey, SurveyedColumn


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """An import that has been thought through.

    Shape: `request` is None while there are problems. `new_fields` are keys of fields this makes; `new_rows` is the key
        of the event type or related table it makes, empty for one that exists; `new_source` says that nobody has
        delivered under this name yet. `command` does the same on the command line.
    """

    file_id: FileId
    mapping: ImportMapping
    request: ImportRequest | None
    problems: tuple[MappingProblem, ...]
    new_fields: tuple[str, ...] = ()
    new_rows: str = ""
    new_source: bool = False
    command: str = ""


@dataclass(slots=True)
class _Draft:
    """The plan while it is made."""

    survey: Survey
    mapping: ImportMapping
    catalog: Catalog
    types: dict[str, DeclaredType] = field(default_factory=dict[str, DeclaredType])
    renames: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[MappingProblem] = field(default_factory=list[MappingProblem])
    new: dict[str, tuple[str, FieldType]] = field(default_factory=dict[str, tuple[str, FieldType]])

    @property
    def prefix(self) -> str:
        """The first part of the keys of fields."""
        return prefix_of(self.mapping)

    @property
    def rows(self) -> RowType | None:
        """The event type or relation that rows belong to, None for contacts and for what is not there yet."""
        return self.catalog.events.get(self.prefix) or self.catalog.relations.get(self.prefix)

    @property
    def known(self) -> Mapping[str, Field]:
        """The fields there are."""
        if self.prefix == "contact":
            return self.catalog.fields
        return {} if self.rows is None else self.rows.fields

    def refuse(self, column: str, sentence: str) -> None:
        """Note a problem."""
        self.problems.append(MappingProblem(column, sentence))

    def becoming_fields(self) -> Iterator[SurveyedColumn]:
        """Go through the columns that are to become fields."""
        taken = set(self.mapping.roles.values())
        for column in self.survey.columns:
            if column.name not in taken and not self.mapping.choice(column.name).skip:
                yield column


def prefix_of(mapping: ImportMapping) -> str:
    """Give the first part of the keys of the fields a file delivers."""
    if mapping.kind in {"events", "history"}:
        return mapping.event or (f"campaign_{mapping.interaction}" if mapping.kind == "history" else "")
    return mapping.relation if mapping.kind == "related" else "contact"


def make_plan(
    survey: Survey, mapping: ImportMapping, catalog: Catalog, *, path: Path, sources: frozenset[str]
) -> ImportPlan:
    """Check every decision at once and make the request.

    Raises: InputError for a kind of file that does not exist.
    """
    kind = IMPORT_KINDS.get(mapping.kind)
    if kind is None:
        raise InputError(f"Files cannot hold “{mapping.kind}”. Choose one of: {', '.join(IMPORT_KINDS)}.")
    draft = _Draft(survey, mapping, catalog)
    _check_settings(draft)
    _check_roles(draft)
    draft.problems += problems_of_rows(mapping, catalog, draft.types)
    if kind.fields:
        _check_fields(draft)
        _check_room(draft)
    request = (
        None if draft.problems else make_request(mapping, survey, path=path, types=draft.types, renames=draft.renames)
    )
    new_rows = draft.prefix if kind.fields and draft.prefix != "contact" and draft.rows is None else ""
    return ImportPlan(
        survey.file_id, mapping, request, tuple(draft.problems), tuple(draft.new), new_rows,
        mapping.source not in sources,
    )  # fmt: skip


def _check_settings(draft: _Draft) -> None:
    mapping = draft.mapping
    if not mapping.source.strip():
        draft.refuse("", "The data source needs a name.")
    if not mapping.separator:
        draft.refuse("", "Nothing cannot separate the elements of a set. Write for example a semicolon.")
    if mapping.retention_days is not None and mapping.retention_days < 0:
        draft.refuse("", "A source cannot keep its rows for less than no days. Write 0 for ever.")
    try:
        ZoneInfo(mapping.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        draft.refuse("", f"There is no time zone {mapping.time_zone}. Choose one such as Europe/Berlin.")
    names = [column.name for column in draft.survey.columns]
    for marker in mapping.missing:
        if any(marker.startswith(f"{name}=") for name in names):
            draft.refuse("", f"“{marker}” begins with the name of a column. Give it as a missing value of that column.")


def _check_roles(draft: _Draft) -> None:
    mapping = draft.mapping
    columns = {column.name: column for column in draft.survey.columns}
    for role in IMPORT_KINDS[mapping.kind].roles:
        name = mapping.roles.get(role.name)
        if name is None:
            if role.required:
                draft.refuse("", f"Choose the column for “{role.label}”. {role.note}".strip())
            continue
        column = columns.get(name)
        if column is None:
            draft.refuse(name, "The file has no such column.")
        elif not column.present:
            draft.refuse(name, f"The column has no value at all, so it cannot be “{role.label}”. Choose another one.")
        elif role.time:
            _check_time(draft, column)


def _check_time(draft: _Draft, column: SurveyedColumn) -> None:
    declared = _read_type(draft, column, draft.mapping.choice(column.name).type or column.suggestion)
    if declared is None:
        return
    if declared.type in TIMES:
        draft.types[column.name] = declared
    else:
        draft.refuse(
            column.name,
            "The column holds no dates or times that can be read. Choose date or time and say how they are written, "
            "for example %d.%m.%Y.",
        )


def _read_type(draft: _Draft, column: SurveyedColumn, text: str) -> DeclaredType | None:
    try:
        return parse_type(text)
    except InputError as error:
        draft.refuse(column.name, str(error))
        return None


def _check_fields(draft: _Draft) -> None:
    taken: dict[str, str] = {}
    for column in draft.becoming_fields():
        choice = draft.mapping.choice(column.name)
        name = choice.name or column.field_name
        if not NAME.fullmatch(name):
            draft.refuse(
                column.name, "The field needs a name of small letters, digits and _ that begins with a letter."
            )
            continue
        held = draft.known.get(f"{draft.prefix}.{name}")  # also under a name it had before
        key = f"{draft.prefix}.{name}" if held is None else held.key
        if key in taken:
            draft.refuse(column.name, f"The column “{taken[key]}” becomes the field {key} already.")
            continue
        taken[key] = column.name
        if name != column.field_name:
            draft.renames[column.name] = name
        _check_field(draft, column, key, choice.type)


def _check_field(draft: _Draft, column: SurveyedColumn, key: str, chosen: str) -> None:
    """Check one column against the field it is to become."""
    known = draft.known.get(key)
    if known is not None and known.source != draft.mapping.source:
        draft.refuse(
            column.name,
            f"The field {key} belongs to the data source “{known.source}”; “{draft.mapping.source}” cannot write it. "
            "Give it another name, or leave the column out.",
        )
        return
    if not column.suggestion and not chosen:
        if column.present:
            draft.refuse(column.name, f"{column.why} Leave the column out.")
        return
    fixed = known or (STANDARD_FIELDS.get(key) if draft.prefix == "contact" else None)
    declared = _read_type(draft, column, chosen or _suggested(column, fixed))
    if declared is None:
        return
    if fixed is None:
        _check_new(draft, column, key, declared)
        return
    if known is None:
        draft.new[key] = (column.name, fixed.type)
    if declared.type is not fixed.type or not _agrees(declared, fixed):
        draft.refuse(
            column.name,
            f"The field {key} is held as {fixed.type.value} and keeps that type: segments ask for it as such. "
            f"Read the column as {fixed.type.value}, or make it another field.",
        )
    elif declared.pattern:
        draft.types[column.name] = declared


def _suggested(column: SurveyedColumn, fixed: Field | None) -> str:
    """Give the suggestion for a new field; a field that exists keeps its type, and takes over how times are written."""
    if fixed is None:
        return column.suggestion
    return column.suggestion if column.suggestion.startswith(f"{fixed.type.value}:%") else _as_held(fixed)


def _as_held(held: Field) -> str:
    """Write the type of a field as on the command line."""
    match held.type:
        case FieldType.MONEY:
            return f"money:{held.currency}:{held.scale}"
        case FieldType.DECIMAL:
            return f"decimal:{held.scale}"
        case FieldType.CHOICE:
            return f"{'ordered' if held.ordered else 'choice'}:{'|'.join(held.values)}"
        case FieldType.SET if held.values:
            return f"set:{'|'.join(held.values)}"
        case _:
            return held.type.value


def _agrees(declared: DeclaredType, held: Field) -> bool:
    same = declared.currency == held.currency and declared.values == held.values and declared.ordered == held.ordered
    return same and declared.scale in {None, held.scale}


def _check_new(draft: _Draft, column: SurveyedColumn, key: str, declared: DeclaredType) -> None:
    draft.new[key] = (column.name, declared.type)
    draft.types[column.name] = declared
    if column.held_as.startswith(("list", "large_list")) and declared.type is not FieldType.SET:
        draft.refuse(column.name, "The column holds lists, which can only become a set.")


def _check_room(draft: _Draft) -> None:
    """Tell before the import when the typed columns of a family are used up."""
    family = "contact" if draft.prefix == "contact" else "relation" if draft.mapping.kind == "related" else "event"
    free = room_for(family, draft.known.values())
    for key, (column, kind) in draft.new.items():
        if family == "contact" and key in STANDARD_FIELDS:
            continue
        free[family_of(kind)] -= 1
        if free[family_of(kind)] < 0:
            draft.refuse(
                column, f"There is no room for another field of the kind {family_of(kind)}. Leave the column out."
            )
