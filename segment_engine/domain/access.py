"""Who may do what: roles, permissions and the context every engine call starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from segment_engine.domain.criteria import Calendar
from segment_engine.errors import PermissionDenied

PersonId = NewType("PersonId", UUID)


class Role(StrEnum):
    """What a seat entitles to."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    CAMPAIGN_MANAGER = "campaign_manager"
    OPS_LEAD = "ops_lead"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing a person may be allowed to do."""

    SEGMENTS_VIEW = "ce.segments.view"
    SEGMENTS_CREATE = "ce.segments.create"
    SEGMENTS_EDIT = "ce.segments.edit"
    SEGMENTS_DELETE = "ce.segments.delete"
    SEGMENTS_RECALCULATE = "ce.segments.recalculate"
    MEMBERS_VIEW = "ce.members.view"
    MEMBERS_EXPORT = "ce.members.export"
    CAMPAIGNS_VIEW = "ce.campaigns.view"
    CAMPAIGNS_EDIT = "ce.campaigns.edit"
    SOURCES_VIEW = "ce.sources.view"
    SOURCES_MANAGE = "ce.sources.manage"
    AUDIT_VIEW = "ce.audit.view"
    PEOPLE_MANAGE = "ce.people.manage"


_VIEW = frozenset({Permission.SEGMENTS_VIEW, Permission.CAMPAIGNS_VIEW})
_BUILD = frozenset(
    {
        Permission.SEGMENTS_CREATE,
        Permission.SEGMENTS_EDIT,
        Permission.SEGMENTS_RECALCULATE,
        Permission.MEMBERS_VIEW,
        Permission.SOURCES_VIEW,
    }
)
_OPERATE = frozenset(
    {
        Permission.SEGMENTS_DELETE,
        Permission.MEMBERS_EXPORT,
        Permission.SOURCES_MANAGE,
        Permission.AUDIT_VIEW,
    }
)

# Viewers see counts, never contacts; those who repair segments (ops leads) do not launch campaigns.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEW,
    Role.ANALYST: _VIEW | _BUILD,
    Role.CAMPAIGN_MANAGER: _VIEW | _BUILD | {Permission.MEMBERS_EXPORT, Permission.CAMPAIGNS_EDIT},
    Role.OPS_LEAD: _VIEW | _BUILD | _OPERATE,
    Role.ADMIN: frozenset(Permission),
}

_ACTS: dict[Permission, str] = {
    Permission.SEGMENTS_VIEW: "see segments",
    Permission.SEGMENTS_CREATE: "create segments",
    Permission.SEGMENTS_EDIT: "change segments",
    Permission.SEGMENTS_DELETE: "delete segments",
    Permission.SEGMENTS_RECALCULATE: "recalculate segments",
    Permission.MEMBERS_VIEW: "see the contacts of a segment",
    Permission.MEMBERS_EXPORT: "export the contacts of a segment",
    Permission.CAMPAIGNS_VIEW: "see campaigns",
    Permission.CAMPAIGNS_EDIT: "change campaigns",
    Permission.SOURCES_VIEW: "see data sources",
    Permission.SOURCES_MANAGE: "change data sources",
    Permission.AUDIT_VIEW: "read the audit log",
    Permission.PEOPLE_MANAGE: "manage people",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, by whom it was established: issuer and subject, never an e-mail address.

    Shape: `email` is one that the sign-in provider calls verified, else None. `issued_at` is when the provider said so.
    Units: `issued_at` is UTC; None on the machine itself, where nobody signs in.
    """

    issuer: str
    subject: str
    display_name: str | None = None
    email: str | None = None
    issued_at: datetime | None = None

    @property
    def name(self) -> str:
        """What to call the person: the name, else the address, else what the provider calls them."""
        return self.display_name or self.email or self.subject


# Whoever works on the machine itself: the command line, and the pages in local mode.
LOCAL_IDENTITY = Identity("local", "operator", "Local operator")


@dataclass(frozen=True, slots=True)
class OrganizationContext:
    """Who acts, where, and with which rights. Built by the engine from the database, never by a page."""

    organization_id: int
    organization_name: str
    person_id: PersonId
    person_name: str
    role: Role
    permissions: frozenset[Permission]
    calendar: Calendar
    request_id: str

    def may(self, permission: Permission) -> bool:
        """Tell whether the person may do this; decides what is shown, never what is done."""
        return permission in self.permissions


def act_of(permission: Permission) -> str:
    """Say what a permission allows, as it follows “allowed to”."""
    return _ACTS[permission]


def refusal(context: OrganizationContext, permission: Permission) -> str:
    """Say in a sentence why the person may not, for a disabled button and for the error alike."""
    role = context.role.value.replace("_", " ")
    return f"Your role ({role}) does not allow you to {_ACTS[permission]}."


def require(context: OrganizationContext, permission: Permission) -> None:
    """Refuse unless the person may do this: the first line of every engine method.

    Raises: PermissionDenied with the reason and the permission's name.
    """
    if not context.may(permission):
        raise PermissionDenied(permission.value, refusal(context, permission))
