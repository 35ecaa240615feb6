"""What Python believes about the schema is what PostgreSQL enforces: enums, the moves of a run, and its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from segment_engine.compiler.tables import METADATA
from segment_engine.databases import Databases
from segment_engine.db.translation import translate
from segment_engine.domain.access import Role
from segment_engine.domain.catalog import FieldType
from segment_engine.domain.folding import BLANKS
from segment_engine.domain.limits import EARLIEST_DAY, LATEST_DAY
from segment_engine.domain.parse import _LEAP_DAYS, _WEEK_STARTS
from segment_engine.domain.run import FINAL_STATUSES, TRANSITIONS, RunReason, RunStatus
from segment_engine.domain.segment import SegmentState, SegmentStatus
from segment_engine.errors import IllegalTransition

ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("runs", "status"): RunStatus,
    ("runs", "reason"): RunReason,
    ("segments", "status"): SegmentStatus,
    ("segments", "state"): SegmentState,
    ("seats", "role"): Role,
    ("fields", "type"): FieldType,
}

CHECKS = """
SELECT conrelid::regclass::text AS table_name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0
"""


@pytest.fixture
def connection(databases: Databases) -> Iterator[Connection]:
    """A superuser's transaction in a database of this test's own."""
    with databases.migrator.engine.connect() as opened:
        yield opened
        opened.rollback()


def allowed_values(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """Read which words each column accepts, from constraints that list words and say nothing else."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in connection.execute(text(CHECKS)):
        match = re.fullmatch(r"CHECK \(\((\w+) = ANY \(ARRAY\[(.*)\]\)\)\)", row.definition)
        if match:
            found[row.table_name, match[1]] = set(re.findall(r"'([^']*)'::text", match[2]))
    return found


def test_enums_are_constraints(connection: Connection) -> None:
    """A column accepts exactly the members of its enum, so neither side can get a word of its own."""
    allowed = allowed_values(connection)
    for place, enum in ENUMS.items():
        assert allowed[place] == {member.value for member in enum}, place
    assert allowed["organizations", "week_starts_on"] == set(_WEEK_STARTS)
    assert allowed["organizations", "leap_day"] == set(_LEAP_DAYS)


def test_domains_refuse_what_counts_as_missing(connection: Connection) -> None:
    """Blank text and times outside the years cannot be stored; the first and last usable ones can (M4)."""
    assert connection.scalar(text("SELECT cast(:value AS present_text)"), {"value": f"{BLANKS}x{BLANKS}"})
    assert connection.scalar(text("SELECT cast(:day AS usable_date)"), {"day": EARLIEST_DAY}) == EARLIEST_DAY
    for kind, value in (
        ("present_text", BLANKS),
        ("present_text", ""),
        ("usable_date", LATEST_DAY.isoformat()),
        ("usable_date", "1899-12-31"),
        ("usable_instant", "2201-01-01T00:00:00Z"),
        ("usable_instant", "infinity"),
    ):
        with pytest.raises(IntegrityError, match="violates check constraint"), connection.begin_nested():
            connection.execute(text(f"SELECT cast(:value AS {kind})"), {"value": value})


# The life of a run -------------------------------------------------------------------------------------------------

ROAD = {
    RunStatus.QUEUED: (),
    RunStatus.PROCESSING: (RunStatus.PROCESSING,),
    RunStatus.SUCCESS: (RunStatus.PROCESSING, RunStatus.SUCCESS),
    RunStatus.FAILED: (RunStatus.PROCESSING, RunStatus.FAILED),
    RunStatus.CANCELLED: (RunStatus.CANCELLED,),
}
MOVE = text("""
UPDATE runs SET status = cast(:status AS text), attempt = attempt + CASE WHEN :status = 'processing' THEN 1 ELSE 0 END,
    finished_at = CASE WHEN :final THEN clock_timestamp() END,
    published_sequence = CASE WHEN :status = 'success' THEN 1 END,
    member_count = CASE WHEN :status = 'success' THEN 0 END,
    error_sentence = CASE WHEN :status = 'failed' THEN 'It failed.' END
WHERE run_id = :run
""")


def queued_run(connection: Connection) -> dict[str, object]:
    """Put one waiting run of a new segment into the database."""
    ids = {"run": uuid4(), "segment": uuid4(), "name": f"segment {uuid4()}"}
    organization = connection.scalar(
        text("INSERT INTO organizations (name) VALUES (:name) RETURNING organization_id"), ids
    )
    values: dict[str, object] = {**ids, "organization": organization}
    connection.execute(
        text(
            "INSERT INTO segments (organization_id, segment_id, name, name_fold) "
            "VALUES (:organization, :segment, :name, :name)"
        ),
        values,
    )
    connection.execute(
        text(
            "INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, reason) "
            "VALUES (:organization, :run, :segment, 1, '{}', 'requested')"
        ),
        values,
    )
    return values


def move(connection: Connection, run: dict[str, object], status: RunStatus) -> None:
    """Change the status and whatever has to change with it."""
    connection.execute(MOVE, {**run, "status": status.value, "final": status in FINAL_STATUSES})


def test_the_trigger_allows_the_transitions_and_no_others(connection: Connection) -> None:
    """Every pair of statuses is tried: PostgreSQL accepts exactly TRANSITIONS, and waiting on (RQ1)."""
    for before, after in product(RunStatus, RunStatus):
        run = queued_run(connection)
        for step in ROAD[before]:
            move(connection, run, step)
        refusal = refused(connection, run, after)
        if (before, after) in TRANSITIONS or before is after is RunStatus.QUEUED:
            assert refusal is None, (before, after)
        else:
            assert refusal == "runs_transition", (before, after)


def refused(connection: Connection, run: dict[str, object], status: RunStatus) -> str | None:
    """Try a move and give the name of the constraint that refuses it."""
    try:
        with connection.begin_nested():
            move(connection, run, status)
    except IntegrityError as error:
        return str(getattr(error.orig, "diag").constraint_name)  # noqa: B009 - of the driver
    return None


def test_an_impossible_move_is_a_sentence(connection: Connection) -> None:
    """The refusal of the trigger becomes our own error, safe to show."""
    run = queued_run(connection)
    with pytest.raises(IntegrityError) as caught, connection.begin_nested():
        move(connection, run, RunStatus.SUCCESS)
    assert isinstance(translate(caught.value), IllegalTransition)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET version = 2 WHERE run_id = :run",
        "UPDATE runs SET criteria = '{\"a\": 1}' WHERE run_id = :run",
        "UPDATE runs SET segment_id = gen_random_uuid() WHERE run_id = :run",
    ],
)
def test_what_a_run_computes_is_frozen(statement: str, connection: Connection) -> None:
    """Criteria, version and segment of a run never change after the request (RQ6)."""
    run = queued_run(connection)
    with pytest.raises(IntegrityError, match="fixed when it is requested"), connection.begin_nested():
        connection.execute(text(statement), run)


def test_a_second_active_run_of_a_segment_is_impossible(connection: Connection) -> None:
    """Not the program but the index guards the one active run (RQ4)."""
    run = queued_run(connection)
    again = text(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason) "
        "VALUES (:organization, :segment, 1, '{}', 'requested')"
    )
    with pytest.raises(IntegrityError, match="runs_one_active"), connection.begin_nested():
        connection.execute(again, run)


def test_the_compiler_knows_the_columns_there_are(connection: Connection) -> None:
    """Every column the compiler may name exists, in all tables criteria read."""
    assert {"contacts", "events", "related_rows", "membership_blocks"} <= set(METADATA.tables)
    for table in METADATA.tables.values():
        there = set(
            connection.scalars(
                text("SELECT attname FROM pg_attribute WHERE attrelid = cast(:name AS regclass) AND attnum > 0"),
                {"name": table.name},
            )
        )
        assert {column.name for column in table.columns} <= there, table.name
