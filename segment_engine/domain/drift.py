"""What changed in the data of a source between two moments: columns, rows, missing values, and how values are spread.

It compares what was recorded then with what is recorded now and never reads data. Chance is no drift: what two samples
of the same rows would show as well is not reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.profiles import SAMPLE_ROWS, FieldProfile, noise_of_share
from segment_engine.domain.stability import Stability, stability

# What a share of missing values may move, in parts of one, before it is mentioned, a warning, serious.
MISSING_INFO, MISSING_WARNING, MISSING_SERIOUS = 0.01, 0.05, 0.25
# The usual reading of the population stability index: below the first stable, beyond the second another population.
STABILITY_WARNING, STABILITY_SERIOUS = 0.1, 0.25
# Rows that a source lost, as a part of what it had.
ROWS_WARNING, ROWS_SERIOUS = 0.1, 0.5
# A file with less than this part of the rows of the one before may be incomplete.
FILE_WARNING = 0.5
# Fewer rows than this vary by themselves.
FEWEST_ROWS = 20
# A value as rare as this in a sample may be in one and not in the next.
FEWEST_IN_SAMPLE = 10
NOTABLE_VALUE = 0.01
_STANDARD_ERRORS = 4.0
_UNREAD = frozenset({"empty", "not read"})


class DriftLevel(StrEnum):
    """How much a change matters for what reads the source."""

    INFO = "info"
    WARNING = "warning"
    SERIOUS = "serious"


class DriftKind(StrEnum):
    """What changed."""

    COLUMN_GONE = "column_gone"
    COLUMN_NEW = "column_new"
    COLUMN_RENAMED = "column_renamed"
    COLUMN_RETYPED = "column_retyped"
    FIELD_GONE = "field_gone"
    FIELD_RETYPED = "field_retyped"
    MISSING = "missing"
    ROWS = "rows"
    FILE_SIZE = "file_size"
    DISTRIBUTION = "distribution"
    VALUE_NEW = "value_new"
    VALUE_GONE = "value_gone"


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file as it was read; `field` is the key it filled, None where it filled none."""

    name: str
    type: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The newest file of one kind of rows at a moment, known by the import that brought it. Units: rows."""

    columns: tuple[FileColumn, ...]
    rows_read: int
    import_id: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source stood at a moment.

    Shape: `totals` counts rows and `deliveries` holds the newest file, both by kind of rows: `contact`, an event type,
        a relation; `profiles` by key of the field. `as_of` is when, None where nobody knows.
    """

    totals: Mapping[str, int] = field(default_factory=dict[str, int])
    deliveries: Mapping[str, Delivery] = field(default_factory=dict[str, Delivery])
    profiles: Mapping[str, FieldProfile] = field(default_factory=dict[str, FieldProfile])
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One change, as a kind, a level and a sentence.

    Shape: `key` is the field it is about; where it is about rows, it is None and `rows` names their kind.
    """

    kind: DriftKind
    level: DriftLevel
    sentence: str
    key: str | None = None
    rows: str | None = None

    @property
    def weight(self) -> int:
        """Its place in a list: the most serious first."""
        return [*reversed(DriftLevel)].index(self.level)


def compare(before: SourceState, now: SourceState, *, used: Collection[str] = ()) -> tuple[DriftFinding, ...]:
    """Say what changed, the most serious first.

    Shape: `used` are the keys of fields that segments read: a column that fills one of them weighs more.
    """
    found = [*_rows(before, now)]
    for rows, delivery in now.deliveries.items():
        if rows in before.deliveries and delivery != before.deliveries[rows]:
            found += _delivery(before.deliveries[rows], delivery, rows=rows, used=used)
    passed = (now.as_of - before.as_of).total_seconds() if now.as_of and before.as_of else 0.0
    for key, profile in before.profiles.items():
        if key in now.profiles:
            found += _profile(profile, now.profiles[key], passed)
        elif now.profiles:
            level = DriftLevel.SERIOUS if key in used else DriftLevel.WARNING
            sentence = f"The field {profile.label} does not exist any more. Import it again, or stop using it."
            found.append(DriftFinding(DriftKind.FIELD_GONE, level, sentence, key))
    return tuple(sorted(found, key=lambda each: each.weight))


# Rows and columns ------------------------------------------------------------------------------------------------


def _rows(before: SourceState, now: SourceState) -> Iterator[DriftFinding]:
    for rows, had in before.totals.items():
        has = now.totals.get(rows, had)
        lost = had - has
        if had < FEWEST_ROWS or lost <= had * ROWS_WARNING:
            continue
        level = DriftLevel.SERIOUS if lost > had * ROWS_SERIOUS else DriftLevel.WARNING
        sentence = f"{_named(rows)}: {has:,} rows are left of {had:,}. Check whether they were deleted on purpose."
        yield DriftFinding(DriftKind.ROWS, level, sentence, rows=rows)


def _named(rows: str) -> str:
    return "Contacts" if rows == "contact" else rows.replace("_", " ").capitalize()


def _delivery(before: Delivery, now: Delivery, *, rows: str, used: Collection[str]) -> Iterator[DriftFinding]:
    if before.rows_read >= FEWEST_ROWS and now.rows_read < before.rows_read * FILE_WARNING:
        level = DriftLevel.WARNING if now.rows_read else DriftLevel.SERIOUS
        sentence = (
            f"{_named(rows)}: the file had {now.rows_read:,} rows, the one before {before.rows_read:,}. "
            "Check whether it was complete."
        )
        yield DriftFinding(DriftKind.FILE_SIZE, level, sentence, rows=rows)
    old = {each.name: each for each in before.columns if each.type not in _UNREAD}
    new = {each.name: each for each in now.columns if each.type != "not read"}
    fills = {each.field: each.name for each in new.values() if each.field is not None}
    for name, column in old.items():
        if name in new:
            yield from _column(column, new[name], used)
        elif column.field in fills:
            sentence = f"The column “{name}” is called “{fills[column.field]}” now and fills the same field."
            yield DriftFinding(DriftKind.COLUMN_RENAMED, DriftLevel.INFO, sentence, column.field)
        else:
            yield _gone(column, used)
    known = {each.field for each in old.values() if each.field is not None}
    named = {each.name for each in before.columns}
    for name, column in new.items():
        if name not in named and column.field not in known:
            filled = f" and fills {column.field}" if column.field else ""
            sentence = f"The column “{name}” is new{filled}."
            yield DriftFinding(DriftKind.COLUMN_NEW, DriftLevel.INFO, sentence, column.field)


def _gone(column: FileColumn, used: Collection[str]) -> DriftFinding:
    if column.field is None:
        sentence = f"The file no longer has the column “{column.name}”, which filled no field."
        return DriftFinding(DriftKind.COLUMN_GONE, DriftLevel.INFO, sentence)
    level = DriftLevel.SERIOUS if column.field in used else DriftLevel.WARNING
    sentence = (
        f"The file no longer has the column “{column.name}”, so {column.field} keeps its old values and nobody new "
        "gets one. Ask for the column again, or stop using the field."
    )
    return DriftFinding(DriftKind.COLUMN_GONE, level, sentence, column.field)


def _column(before: FileColumn, now: FileColumn, used: Collection[str]) -> Iterator[DriftFinding]:
    if before.type == now.type or before.field is None:
        return
    harmless = (before.type, now.type) == (FieldType.INTEGER, FieldType.DECIMAL)
    level = DriftLevel.SERIOUS if before.field in used else DriftLevel.WARNING
    held = "is empty" if now.type in _UNREAD else f"holds {now.type} values"
    sentence = f"The column “{before.name}” {held} now; before it held {before.type} values."
    if not harmless:
        sentence += f" What cannot be read counts as missing in {before.field}."
    kind = DriftKind.COLUMN_RETYPED
    yield DriftFinding(kind, DriftLevel.INFO if harmless else level, sentence, before.field)


# Fields ----------------------------------------------------------------------------------------------------------


def _profile(before: FieldProfile, now: FieldProfile, passed: float) -> Iterator[DriftFinding]:
    if before.type is not now.type:
        sentence = f"{now.label} is a {now.type.value} now and was a {before.type.value}. Criteria may not fit it."
        yield DriftFinding(DriftKind.FIELD_RETYPED, DriftLevel.SERIOUS, sentence, now.key)
        return
    yield from _missing(before, now)
    yield from _values(before, now)
    measured = stability(before, now, passed=passed)
    if measured is not None and measured.beyond_chance and measured.index >= STABILITY_WARNING:
        yield _moved(now, measured)


def _missing(before: FieldProfile, now: FieldProfile) -> Iterator[DriftFinding]:
    was, is_now = before.missing_share, now.missing_share
    moved = is_now - was
    pooled = (before.missing + now.missing) / max(before.row_total + now.row_total, 1)
    if abs(moved) < MISSING_INFO:
        return
    if abs(moved) <= _STANDARD_ERRORS * noise_of_share(pooled, before.looked_at, now.looked_at):
        return
    if moved < 0 or moved < MISSING_WARNING:
        level = DriftLevel.INFO
    else:
        level = DriftLevel.SERIOUS if moved >= MISSING_SERIOUS or now.missing == now.row_total else DriftLevel.WARNING
    advice = "" if level is DriftLevel.INFO else " Check what the source delivers."
    sentence = f"{now.label}: {_percent(is_now)} of the rows have no value; it was {_percent(was)}.{advice}"
    yield DriftFinding(DriftKind.MISSING, level, sentence, now.key)


def _values(before: FieldProfile, now: FieldProfile) -> Iterator[DriftFinding]:
    """Name values that appeared or disappeared, where all values are known and are no figures."""
    if now.type not in {FieldType.CHOICE, FieldType.BOOLEAN, FieldType.SET, FieldType.TEXT}:
        return
    if not before.present or not now.present:
        return
    for kind, one, other in ((DriftKind.VALUE_NEW, now, before), (DriftKind.VALUE_GONE, before, now)):
        known = {each.value for each in other.distribution}
        appeared = [each for each in one.distribution if each.value not in known and _is_there(each.share, one)]
        if appeared and other.complete:
            yield _value(kind, now, [(each.value, each.share) for each in appeared])


def _is_there(share: float, profile: FieldProfile) -> bool:
    """Tell whether a value is common enough to be in every sample."""
    return not profile.sampled or share * SAMPLE_ROWS >= FEWEST_IN_SAMPLE


def _value(kind: DriftKind, now: FieldProfile, values: list[tuple[str, float]]) -> DriftFinding:
    common = sum(share for _, share in values) >= NOTABLE_VALUE
    strange = now.type is FieldType.TEXT
    level = DriftLevel.WARNING if common and not strange else DriftLevel.INFO
    listed = ", ".join(f"“{value}” ({_percent(share)})" for value, share in values)
    one = len(values) == 1
    if kind is DriftKind.VALUE_NEW:
        sentence = f"{now.label} has {'a new value' if one else 'new values'}: {listed}."
    else:
        sentence = f"{now.label} no longer has {'the value' if one else 'the values'} {listed}."
    return DriftFinding(kind, level, sentence, now.key)


def _moved(now: FieldProfile, measured: Stability) -> DriftFinding:
    serious = measured.index >= STABILITY_SERIOUS
    limit = STABILITY_SERIOUS if serious else STABILITY_WARNING
    moved = measured.most_moved
    sentence = (
        f"{now.label}: the values are spread differently. {moved.label} went from {_percent(moved.before)} to "
        f"{_percent(moved.now)} (population stability index {measured.index:.2f}; {limit} is the limit)."
    )
    level = DriftLevel.SERIOUS if serious else DriftLevel.WARNING
    return DriftFinding(DriftKind.DISTRIBUTION, level, sentence, now.key)


def _percent(share: float) -> str:
    text = f"{share:.1%}"
    return "under 0.1%" if share > 0 and text == "0.0%" else text
