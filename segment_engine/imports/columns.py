"""Decides which column of a file becomes which field: names, types, and whose field it is. It reads no value itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from segment_engine.db.catalog import STANDARD_FIELDS, NewField
from segment_engine.domain.catalog import Field, FieldType
from segment_engine.errors import InputError
from segment_engine.imports.arrow import DataType, is_list, is_text, pa
from segment_engine.imports.read import Column, InputFile
from segment_engine.imports.request import DeclaredType, ImportRequest
from segment_engine.imports.survey import MOST_DECIMALS, Found, survey

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMERIC = (FieldType.DECIMAL, FieldType.MONEY)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column on its way: `column` in the file, the key of its field, and how to read it.

    Shape: exactly one of `known` (the field exists) and `new` (it is to be made) is set.
    """

    column: str
    key: str
    markers: tuple[str, ...]
    pattern: str | None
    known: Field | None = None
    new: NewField | None = None


@dataclass(frozen=True, slots=True)
class FilePlan:
    """All columns of a file.

    Shape: `empty` names columns without any value, which become no field; `ignored` those that this kind of import has
        no use for. `time` is what the column of the time holds, None without one.
    """

    columns: tuple[ColumnPlan, ...]
    empty: tuple[str, ...]
    markers: Mapping[str, tuple[str, ...]]
    time: Found | None = None
    ignored: tuple[str, ...] = ()


def plan_columns(
    file: InputFile, request: ImportRequest, *, prefix: str, reserved: tuple[str, ...], known: Mapping[str, Field],
    time: str | None = None,
) -> FilePlan:  # fmt: skip
    """Match the columns of a file with the fields of `prefix` (`contact`, an event type, a relation) and find types.

    Shape: `reserved` columns (key, time, id) become no field; `known` are the existing fields by key.
    Raises: InputError for a column that is not in the file, two columns for one field, a field of another source, or a
        type that contradicts the field.
    """
    _check_names(file, request, reserved)
    markers = _markers(file, request)
    chosen = [column for column in file.columns if column.name not in reserved and column.name not in request.skip]
    keys = _keys(chosen, request, prefix, known)
    for column in chosen:
        _check_owner(column.name, known.get(keys[column.name]), request)
    undecided = [each for each in chosen if keys[each.name] not in known and keys[each.name] not in STANDARD_FIELDS]
    time_column = next((each for each in file.columns if each.name == time), None)
    found = _find_types(file, request, undecided=undecided, markers=markers, time=time_column)
    plans: list[ColumnPlan] = []
    empty: list[str] = []
    for column in chosen:
        plan = _plan(column, keys[column.name], request, known, markers[column.name], found)
        if plan is None:
            empty.append(column.name)
        else:
            plans.append(plan)
    return FilePlan(tuple(plans), tuple(empty), markers, None if time is None else found[time])


def plan_reserved(file: InputFile, request: ImportRequest, *, reserved: tuple[str, ...], time: str | None) -> FilePlan:
    """Plan a file of which only the reserved columns are read, because its rows have no fields.

    Raises: InputError for a column that is not in the file.
    """
    _check_names(file, request, reserved)
    markers = _markers(file, request)
    column = next((each for each in file.columns if each.name == time), None)
    found = _find_types(file, request, undecided=[], markers=markers, time=column)
    ignored = tuple(each.name for each in file.columns if each.name not in {*reserved, *request.skip})
    return FilePlan((), (), markers, None if time is None else found[time], ignored)


def _markers(file: InputFile, request: ImportRequest) -> dict[str, tuple[str, ...]]:
    return {column.name: (*request.missing, *request.missing_in.get(column.name, ())) for column in file.columns}


def normalized(name: str) -> str | None:
    """Turn a column name into the second part of a field's key; None when nothing usable is left."""
    text = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    text = text if not text or text[0].isalpha() else f"x_{text}"
    return text[:63] or None


def _check_names(file: InputFile, request: ImportRequest, reserved: tuple[str, ...]) -> None:
    there = {column.name for column in file.columns}
    named = {*reserved, *request.types, *request.renames, *request.skip, *request.missing_in}
    unknown = sorted(named - there)
    if unknown:
        raise InputError(
            f"{file.name} has no column {', '.join(unknown)}. Its columns are: "
            f"{', '.join(column.name for column in file.columns)}."
        )


def _keys(columns: list[Column], request: ImportRequest, prefix: str, known: Mapping[str, Field]) -> dict[str, str]:
    """Give every column the key of its field; a field that was renamed is found under the names it had."""
    keys: dict[str, str] = {}
    taken: dict[str, str] = {}
    for column in columns:
        name = request.renames.get(column.name) or normalized(column.name)
        if name is None or not NAME.fullmatch(name):
            raise InputError(
                f"The column “{column.name}” needs a name of small letters, digits and _ that begins with a letter: "
                f"--rename {column.name}=name, or leave it out with --skip."
            )
        field = known.get(f"{prefix}.{name}")
        key = f"{prefix}.{name}" if field is None else field.key
        if key in taken:
            raise InputError(
                f"The columns {taken[key]} and {column.name} would both become {key}. "
                f"Give one another name: --rename {column.name}={name}_2."
            )
        taken[key] = column.name
        keys[column.name] = key
    return keys


def _check_owner(column: str, field: Field | None, request: ImportRequest) -> None:
    if field is not None and field.source != request.source:
        name = field.key.partition(".")[2]
        raise InputError(
            f"The field {field.key} belongs to the data source “{field.source}”; “{request.source}” cannot write it. "
            f"Import the column under another name (--rename {column}={name}_2), or leave it out (--skip {column})."
        )


def _find_types(
    file: InputFile, request: ImportRequest, *, undecided: list[Column], markers: Mapping[str, tuple[str, ...]],
    time: Column | None,
) -> dict[str, Found]:  # fmt: skip
    """Read the file for what neither the catalog, nor a person, nor the Parquet schema says."""
    texts = [each.name for each in undecided if each.type is None and each.name not in request.types]
    numbers = [each.name for each in undecided if _lacks_scale(each, request.types.get(each.name))]
    known_time = None if time is None else _known_time(time, request.types.get(time.name))
    times = [] if time is None or known_time is not None else [time.name]
    found = survey(file, markers, texts=texts, numbers=numbers, times=times)
    return found if time is None or known_time is None else found | {time.name: known_time}


def _known_time(time: Column, declared: DeclaredType | None) -> Found | None:
    if declared is not None:
        return Found(declared.type)
    return None if time.type is None or is_text(time.type) else Found(schema_type(time.type))


def _lacks_scale(column: Column, declared: DeclaredType | None) -> bool:
    if declared is not None:
        return declared.type in _NUMERIC and declared.scale is None
    kind = column.type
    return kind is not None and bool(
        pa.types.is_floating(kind) or (pa.types.is_decimal(kind) and not 0 <= kind.scale <= MOST_DECIMALS)
    )


def schema_type(kind: DataType) -> FieldType | None:
    """Say what a Parquet type becomes; None when it cannot be held, or only by looking at its values."""
    checks = (
        (is_text, FieldType.TEXT),
        (pa.types.is_boolean, FieldType.BOOLEAN),
        (pa.types.is_integer, FieldType.INTEGER),
        (pa.types.is_date, FieldType.DATE),
        (pa.types.is_timestamp, FieldType.INSTANT),
        (pa.types.is_decimal, FieldType.DECIMAL),
        (is_list, FieldType.SET),
    )
    return next((field_type for check, field_type in checks if check(kind)), None)


def _plan(
    column: Column, key: str, request: ImportRequest, known: Mapping[str, Field], markers: tuple[str, ...],
    found: Mapping[str, Found],
) -> ColumnPlan | None:  # fmt: skip
    declared = request.types.get(column.name)
    pattern = None if declared is None else declared.pattern
    fixed = known.get(key) or STANDARD_FIELDS.get(key)
    becomes = fixed.type if fixed is not None else None if declared is None else declared.type
    _check_readable(column, becomes)
    if fixed is not None:
        _check_declared(column.name, fixed, declared)
    if key in known:
        return ColumnPlan(column.name, key, markers, pattern, known=known[key])
    if fixed is not None:
        return ColumnPlan(column.name, key, markers, pattern, new=NewField(key, fixed.label, fixed.type))
    # People read `loyalty_tier` as two words; the key keeps the name.
    label = " ".join((request.renames.get(column.name) or column.name).replace("_", " ").split()) or key
    new = _new_field(key, label, column, declared, found.get(column.name))
    return None if new is None else ColumnPlan(column.name, key, markers, pattern, new=new)


def _check_readable(column: Column, becomes: FieldType | None) -> None:
    """Refuse what cannot be held at all, and lists for anything but a set; `becomes` is None where the file decides."""
    kind = column.type
    if kind is None:
        return
    if not (pa.types.is_null(kind) or pa.types.is_floating(kind) or schema_type(kind)):
        raise InputError(
            f"The column {column.name} holds values of type {kind}, which cannot be imported. "
            f"Leave it out: --skip {column.name}."
        )
    if is_list(kind) and becomes not in {None, FieldType.SET}:
        raise InputError(
            f"The column {column.name} holds lists, which can only become a set. Import it as a field of its own with "
            f"--rename and --type {column.name}=set, or leave it out: --skip {column.name}."
        )


def _new_field(
    key: str, label: str, column: Column, declared: DeclaredType | None, found: Found | None
) -> NewField | None:
    if declared is not None:
        scale = declared.scale if declared.scale is not None else found.scale if found else 0
        return NewField(key, label, declared.type, scale, declared.currency, declared.values, ordered=declared.ordered)
    if found is None:
        found = _schema_found(column.type)
    return None if found.type is None else NewField(key, label, found.type, found.scale)


def _schema_found(kind: DataType) -> Found:
    field_type = schema_type(kind)  # None for a column of nothing but nulls
    if field_type is FieldType.DECIMAL:
        return Found(FieldType.DECIMAL if kind.scale else FieldType.INTEGER, kind.scale)
    return Found(field_type)


def _check_declared(column: str, field: Field, declared: DeclaredType | None) -> None:
    if declared is None:
        return
    same = declared.type is field.type and declared.currency == field.currency and declared.values == field.values
    if not same or declared.ordered != field.ordered or declared.scale not in {None, field.scale}:
        raise InputError(
            f"The field {field.key} is held as {field.type.value}{_detail(field)} and keeps that type. "
            f"Leave out --type for {column}, or import it as another field: --rename {column}=another_name."
        )


def _detail(field: Field) -> str:
    parts = (str(field.scale) if field.scale else "", field.currency or "", "|".join(field.values))
    text = ", ".join(part for part in parts if part)
    return f" ({text})" if text else ""
