"""Members as a file for a download, on real PostgreSQL: whom it holds, who may make it, and that it is written down."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.engine import Engine
from segment_engine.errors import PermissionDenied, Unavailable
from segment_engine.export import members_file
from segment_engine.imports.arrow import parquet
from segment_engine.use_cases import segment_members
from tests.integration.reference_worlds import EVERYONE, add_contacts, calculate, save


@pytest.fixture
def segment_id(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """Three members; the city of one begins like a formula."""
    add_contacts(databases, context.organization_id, ["Utrecht", "=1+1", None])
    made = save(engine, context, "Everyone", EVERYONE)
    calculate(databases)
    return made


def exports(databases: Databases, organization_id: int) -> list[dict[str, object]]:
    """Read what the audit log says of exports."""
    with databases.app.transaction(organization_id) as transaction:
        found = transaction.rows(text("SELECT detail FROM audit_events WHERE action = 'segment.export'"))
        return [row.detail for row in found]


def test_a_csv_is_safe_and_a_parquet_is_exact(engine: Engine, context: OrganizationContext, segment_id: UUID) -> None:
    """Only what a spreadsheet opens gets an apostrophe."""
    made = members_file(engine, context, segment_id, form="csv")
    assert (made.members, made.cut) == (3, False)
    assert made.data.decode().split("\r\n")[2] == '"key-2",,,"\'=1+1",'
    table = parquet.read_table(BytesIO(members_file(engine, context, segment_id, form="parquet").data))
    assert table.column("city").to_pylist() == ["Utrecht", "=1+1", None]


@pytest.mark.parametrize(("most", "members", "cut"), [(2, 2, True), (3, 3, False), (4, 3, False)])
def test_a_file_says_when_it_is_not_everybody(
    engine: Engine, context: OrganizationContext, segment_id: UUID, most: int, members: int, *, cut: bool
) -> None:
    """The cap is exact, and whoever was left out is said."""
    made = members_file(engine, context, segment_id, form="csv", most=most)
    assert (made.members, made.cut) == (members, cut)


def test_a_file_is_that_of_the_run_that_was_asked_for(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Who looks at the members of one run downloads those, also when another one is published meanwhile."""
    (run,) = engine.runs.find(context, segment_id)
    engine.overrides.take_out(context, segment_id, "key-1", reason="asked")
    calculate(databases)
    assert members_file(engine, context, segment_id, form="csv").members == 2
    assert members_file(engine, context, segment_id, form="csv", at_run=run.run_id).members == 3
    assert exports(databases, context.organization_id) == [{"at_run": None}, {"at_run": str(run.run_id)}]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_without_the_permission_there_is_no_file_and_no_trace(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID, role: Role
) -> None:
    """Seeing members is not yet taking them along."""
    acting = replace(context, role=role, permissions=PERMISSIONS[role])
    with pytest.raises(PermissionDenied):
        members_file(engine, acting, segment_id, form="csv")
    assert exports(databases, context.organization_id) == []


def test_without_a_line_in_the_audit_log_no_member_is_read(
    engine: Engine, context: OrganizationContext, segment_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is written first: where it cannot be, nobody is read and no byte exists (D5)."""
    read: list[object] = []
    read_page = segment_members.members.page

    def noted(*given: Any, **named: Any) -> object:
        read.append(given)
        return read_page(*given, **named)

    monkeypatch.setattr(segment_members.members, "page", noted)
    with monkeypatch.context() as broken:
        broken.setattr(segment_members.audit, "record", _refuse)
        with pytest.raises(Unavailable):
            members_file(engine, context, segment_id, form="csv")
    assert read == []
    members_file(engine, context, segment_id, form="csv")
    assert len(read) == 1


def _refuse(*_given: object, **_named: object) -> None:
    raise Unavailable
