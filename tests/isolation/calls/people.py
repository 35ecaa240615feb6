"""People, invitations, the settings of the organization, and the audit log."""

from __future__ import annotations

from segment_engine.domain.access import Permission, Role
from segment_engine.domain.audit import AuditQuery
from segment_engine.domain.organization_settings import OrganizationSettings
from tests.isolation.calls.shared import Calls

SETTINGS = OrganizationSettings("UTC", "monday", 1, "feb_28", 26, 168, 400, 400, 4)

CALLS: Calls = {
    "people.find": (Permission.PEOPLE_MANAGE, lambda e, c, _i: e.people.find(c)),
    "people.change_role": (
        Permission.PEOPLE_MANAGE,
        lambda e, c, i: e.people.change_role(c, i, Role.VIEWER, expected_revision=1),
    ),
    "people.take_seat": (Permission.PEOPLE_MANAGE, lambda e, c, i: e.people.take_seat(c, i, expected_revision=1)),
    "people.invitations": (Permission.PEOPLE_MANAGE, lambda e, c, _i: e.people.invitations(c)),
    "people.invite": (Permission.PEOPLE_MANAGE, lambda e, c, i: e.people.invite(c, f"{i}@example.org", Role.VIEWER)),
    "people.invite_again": (Permission.PEOPLE_MANAGE, lambda e, c, i: e.people.invite_again(c, i)),
    "people.revoke": (Permission.PEOPLE_MANAGE, lambda e, c, i: e.people.revoke(c, i)),
    "settings.get": (Permission.PEOPLE_MANAGE, lambda e, c, _i: e.settings.get(c)),
    "settings.rehearse": (Permission.PEOPLE_MANAGE, lambda e, c, _i: e.settings.rehearse(c, SETTINGS)),
    "settings.update": (
        Permission.PEOPLE_MANAGE,
        lambda e, c, _i: e.settings.update(c, SETTINGS, expected_revision=0),
    ),
    "audit.find": (Permission.AUDIT_VIEW, lambda e, c, i: e.audit.find(c, AuditQuery(object_id=str(i)))),
    "audit.get": (Permission.AUDIT_VIEW, lambda e, c, i: e.audit.get(c, i.int % 2**40)),
    "audit.choices": (Permission.AUDIT_VIEW, lambda e, c, _i: e.audit.choices(c)),
    "audit.export": (
        Permission.AUDIT_VIEW,
        lambda e, c, i: list(e.audit.export(c, AuditQuery(object_id=str(i)))),
    ),
}
