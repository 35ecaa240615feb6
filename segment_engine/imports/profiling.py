"""Looks at the rows a table holds after an import and makes one profile a field, in one pass over the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil

from segment_engine.compiler.profiled import ELEMENT_END, copy_profiled
from segment_engine.compiler.sampling import sampled_numbers
from segment_engine.db import profiles as stored
from segment_engine.db.session import Transaction
from segment_engine.domain.catalog import NUMBERS, TIMES, Field, FieldType, RowType
from segment_engine.domain.profiles import (
    COMMONEST,
    MOST_ROWS,
    RANGES,
    SAMPLE_ROWS,
    FieldProfile,
    Share,
    estimated_distinct,
)
from segment_engine.imports.arrow import Array, csv, pa, pc

# Of a wide table fewer rows are looked at in full: memory stays flat.
_MOST_VALUES = 2_000_000
# A sample of rows is one of contacts; where hardly any contact has a row, it stops growing here.
_MOST_CONTACTS = 200_000
# Whoever sees these values sees contacts: they are counted, never listed.
_IDENTIFYING = frozenset({"email", "phone", "first_name", "last_name"})
_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def profile_table(
    transaction: Transaction, organization_id: int, fields: Sequence[Field], rows: RowType | None, *, total: int
) -> tuple[FieldProfile, ...]:
    """Profile the fields of contacts (`rows` is None), of an event type or of a relation, which holds `total` rows.

    Shape: in the order of the fields. Of more than `MOST_ROWS` rows a stable sample is looked at: the rows of the same
        contacts every time.
    """
    if not fields:
        return ()
    sampled = total > MOST_ROWS or total * len(fields) > max(_MOST_VALUES, SAMPLE_ROWS)
    numbers = _sample(transaction, organization_id, total) if sampled else None
    statement = copy_profiled(fields, rows, organization_id=organization_id, numbers=numbers)
    columns = _columns(transaction.copy_out(statement), fields)
    looked_at = len(columns[0])
    # A sample that happens to be everything is none.
    return tuple(
        _profile(field, column, total=total, sampled=sampled and looked_at < total)
        for field, column in zip(fields, columns, strict=True)
    )


def _sample(transaction: Transaction, organization_id: int, total: int) -> Sequence[int]:
    last = stored.last_contact(transaction, organization_id)
    most = ceil(last * SAMPLE_ROWS / total)
    return sampled_numbers(last, min(most, _MOST_CONTACTS))


def _columns(content: bytes, fields: Sequence[Field]) -> list[Array]:
    names = [str(place) for place in range(len(fields))]
    if not content:
        return [pa.nulls(0, _arrow_type(field)) for field in fields]
    table = csv.read_csv(
        pa.BufferReader(content),
        read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=max(len(content), 1)),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types={name: _arrow_type(field) for name, field in zip(names, fields, strict=True)},
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False, true_values=["t"],
            false_values=["f"],
        ),
    )  # fmt: skip
    return [table.column(name).combine_chunks() for name in names]


def _arrow_type(field: Field) -> object:
    if field.type in NUMBERS | TIMES:
        return pa.int64()
    return pa.bool_() if field.type is FieldType.BOOLEAN else pa.string()


def _profile(field: Field, column: Array, *, total: int, sampled: bool) -> FieldProfile:
    looked_at, present = len(column), len(column) - column.null_count
    missing = total - round(total * present / looked_at) if sampled and looked_at else looked_at - present
    # Contacts that another transaction added since they were counted would give more rows than there are.
    total = total if sampled else looked_at
    values = _elements(column) if field.type is FieldType.SET else column
    counted = pc.value_counts(values.drop_null())
    different, times = counted.field("values"), counted.field("counts")
    once = int(pc.sum(pc.equal(times, 1)).as_py() or 0)
    distinct = len(different)
    if sampled and field.type is not FieldType.SET:
        distinct = estimated_distinct(distinct, once, present, total - missing)
    if field.sensitive or field.column in _IDENTIFYING or not present:
        return FieldProfile(
            field.key, field.label, field.type, total, missing, distinct if present else 0, sampled=sampled
        )
    lowest, highest = _ends(field, column)
    shares = _distribution(field, column, different, times, present)
    return FieldProfile(
        field.key, field.label, field.type, total, missing, distinct, lowest, highest, shares, sampled
    )  # fmt: skip


def _elements(column: Array) -> Array:
    return pc.list_flatten(pc.split_pattern(column, ELEMENT_END))


def _ends(field: Field, column: Array) -> tuple[str | None, str | None]:
    if field.type not in NUMBERS | TIMES:
        return None, None
    write = _writer(field)
    ends = pc.min_max(column)
    return write(ends["min"].as_py()), write(ends["max"].as_py())


def _distribution(field: Field, column: Array, different: Array, times: Array, present: int) -> tuple[Share, ...]:
    if field.type in NUMBERS | TIMES and len(different) > COMMONEST:
        return _ranges(field, column.drop_null())
    if field.type is FieldType.TEXT and len(different) == present > COMMONEST:
        return ()  # a text of its own in every row has no common values
    order = pc.sort_indices(
        pa.table({"times": times, "value": different}), sort_keys=[("times", "descending"), ("value", "ascending")]
    )
    first = order.slice(0, COMMONEST)
    write = _writer(field)
    pairs = zip(different.take(first).to_pylist(), times.take(first).to_pylist(), strict=True)
    shares = [Share(write(value), count / present) for value, count in pairs]
    if field.type in NUMBERS | TIMES:
        values = dict(zip((each.value for each in shares), different.take(first).to_pylist(), strict=True))
        shares.sort(key=lambda each: values[each.value])
    return tuple(shares)


def _ranges(field: Field, values: Array) -> tuple[Share, ...]:
    """Cut the values into ranges of about equal frequency; many equal values make one range, with its true share."""
    ordered = values.take(pc.array_sort_indices(values))
    count = len(ordered)
    cuts = [ordered[min(ceil(count * place / RANGES), count) - 1].as_py() for place in range(1, RANGES + 1)]
    ends = sorted(set(cuts))
    write = _writer(field)
    shares: list[Share] = []
    start, before = ordered[0].as_py(), 0
    for end in ends:
        until = int(pc.sum(pc.less_equal(ordered, end)).as_py())
        label = write(end) if start == end else f"{write(start)} to {write(end)}"
        shares.append(Share(label, (until - before) / count, write(start), write(end)))
        start, before = end, until
    return tuple(shares)


def _writer(field: Field) -> Callable[[object], str]:
    """Give what writes a stored value as people read it: decimals with their point, times in ISO 8601."""
    scale = field.scale

    def number(value: object) -> str:
        return f"{Decimal(int(str(value))).scaleb(-scale):f}"

    def day(value: object) -> str:
        return (_EPOCH_DAY + timedelta(days=int(str(value)))).isoformat()

    def instant(value: object) -> str:
        return (_EPOCH + timedelta(microseconds=int(str(value)))).isoformat(timespec="seconds")

    def truth(value: object) -> str:
        return "true" if value else "false"

    if field.type in NUMBERS:
        return number
    return {FieldType.DATE: day, FieldType.INSTANT: instant, FieldType.BOOLEAN: truth}.get(field.type, str)
