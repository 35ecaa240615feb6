"""Opens the engine for one command, as the local operator in the organization that was named."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from segment_engine.databases import APP_ROLE, Databases, connect, refuse_excess_rights
from segment_engine.domain.access import OrganizationContext
from segment_engine.engine import Engine
from segment_engine.errors import InputError
from segment_engine.settings import Settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY


@dataclass(frozen=True)
class Opened:
    """An engine and the context of the local operator."""

    engine: Engine
    databases: Databases
    context: OrganizationContext


@contextmanager
def opened_databases(settings: Settings) -> Generator[Databases]:
    """Open the databases and give the connections back at the end."""
    databases = connect(settings)
    try:
        yield databases
    finally:
        databases.close()


@contextmanager
def opened_engine(settings: Settings, organization: str | None) -> Generator[Opened]:
    """Open the engine in an organization named by id or name; with only one there is, it need not be named.

    Raises: NotFound; SettingsError for a login with too many rights; InputError when there are several and none named.
    """
    with opened_databases(settings) as databases:
        refuse_excess_rights(databases.app, expected=APP_ROLE)
        engine = Engine(databases)
        known = engine.organizations.all()
        if organization is None and len(known) != 1:
            names = ", ".join(f"“{row.name}”" for row in known)
            advice = f"Name one of {names} with --organization." if known else "Create one with `organization create`."
            raise InputError(f"Which organization? {advice}")
        wanted = engine.organizations.find(organization) if organization else known[0].organization_id
        yield Opened(engine, databases, engine.context_for(LOCAL_IDENTITY, wanted))


def segment_named(opened: Opened, name_or_id: str) -> UUID:
    """Find a segment by its id or its name. Raises: NotFound."""
    try:
        return opened.engine.segments.get(opened.context, UUID(name_or_id)).segment_id
    except ValueError:
        return opened.engine.segments.id_by_name(opened.context, name_or_id)


def add_organization(parser: argparse.ArgumentParser) -> None:
    """Let a command name its organization."""
    parser.add_argument("--organization", metavar="NAME", help="id or name; may be left out when there is only one")


def moment(text: str, context: OrganizationContext) -> datetime:
    """Read `--as-of`: a day (its first instant in the organization's zone) or an instant with Z or an offset.

    Raises: InputError.
    """
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            zone = ZoneInfo(context.calendar.time_zone)
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"“{text}” is not a moment. Write 2026-03-01 or 2026-03-01T09:30:00Z.") from error
    if instant.tzinfo is None:
        raise InputError(f"“{text}” has no time zone. Write 2026-03-01T09:30:00Z or add an offset such as +01:00.")
    return instant.astimezone(UTC)
