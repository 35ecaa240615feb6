"""Organizations, people and their seats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.access import PersonId, Role
from segment_engine.domain.criteria import Calendar

_QUERIES = load_queries("people")


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """A tenant as the operator of the installation sees it."""

    organization_id: int
    name: str
    time_zone: str
    created_at: datetime
    seat_count: int


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One organization a person may work in."""

    organization_id: int
    name: str
    role: Role
    calendar: Calendar


def create_organization(transaction: Transaction, name: str, *, time_zone: str) -> int:
    """Add a tenant with its counters and return its id. Raises: NameTaken."""
    organization_id = int(transaction.scalar(_QUERIES["create_organization"], {"name": name, "time_zone": time_zone}))
    transaction.run(_QUERIES["create_counters"], {"organization": organization_id})
    transaction.run(_QUERIES["create_work"], {"organization": organization_id})
    return organization_id


def all_organizations(transaction: Transaction) -> tuple[OrganizationRow, ...]:
    """List every tenant, for the operator's command line only."""
    return tuple(
        OrganizationRow(row.organization_id, row.name, row.time_zone, row.created_at, row.seat_count)
        for row in transaction.rows(_QUERIES["all_organizations"])
    )


def ensure_person(transaction: Transaction, *, issuer: str, subject: str, display_name: str | None) -> PersonId:
    """Find or add the person of this issuer and subject."""
    values = {"issuer": issuer, "subject": subject, "display_name": display_name}
    return PersonId(transaction.scalar(_QUERIES["ensure_person"], values))


def give_seat(transaction: Transaction, *, organization_id: int, person_id: PersonId, role: Role) -> None:
    """Let a person work in an organization; an existing seat takes the new role."""
    values = {"organization": organization_id, "person": person_id, "role": role.value}
    transaction.run(_QUERIES["give_seat"], values)


def seats_of_person(transaction: Transaction, person_id: PersonId) -> tuple[SeatRow, ...]:
    """List where the person may work, by name of the organization."""
    return tuple(
        SeatRow(
            row.organization_id,
            row.name,
            Role(row.role),
            Calendar(row.time_zone, row.week_starts_on, row.fiscal_year_start_month, row.leap_day),
        )
        for row in transaction.rows(_QUERIES["seats_of_person"], {"person": person_id})
    )
