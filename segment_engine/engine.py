"""The engine: the process-wide object that pages and the command line ask. It groups the use cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segment_engine.databases import APP_ROLE, Databases, connect, refuse_excess_rights
from segment_engine.db.catalog import load_catalog
from segment_engine.domain.access import Identity, OrganizationContext, Permission, Role, require
from segment_engine.domain.catalog import Catalog
from segment_engine.errors import PermissionDenied
from segment_engine.imports.desk import Imports
from segment_engine.settings import Settings
from segment_engine.use_cases import arriving, refusals
from segment_engine.use_cases.alerts import Alerts
from segment_engine.use_cases.analysis import Analysis
from segment_engine.use_cases.assertions import Assertions
from segment_engine.use_cases.audit_log import AuditLog
from segment_engine.use_cases.campaigns import Campaigns
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.changes import Changes
from segment_engine.use_cases.cleanup import Cleanup
from segment_engine.use_cases.contacts import Contacts
from segment_engine.use_cases.evaluation import Evaluation
from segment_engine.use_cases.lists import Lists
from segment_engine.use_cases.offers import Offers
from segment_engine.use_cases.operations import Operations
from segment_engine.use_cases.organization_settings import SettingsRoom
from segment_engine.use_cases.organizations import (
    OrganizationChoice,
    Organizations,
    choices,
    context_for,
)
from segment_engine.use_cases.overrides import Overrides
from segment_engine.use_cases.overview import Overview
from segment_engine.use_cases.people import People
from segment_engine.use_cases.runs import Runs
from segment_engine.use_cases.schedules import Schedules
from segment_engine.use_cases.segment_details import SegmentDetails
from segment_engine.use_cases.segments import Segments
from segment_engine.use_cases.sources import Sources
from segment_engine.use_cases.views import Views


class Engine:
    """Everything the product can do. Safe to share between threads; one per process."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self.organizations = Organizations(databases.owner)
        self.segments = Segments(databases.app)
        self.alerts = Alerts(databases.app)
        self.campaigns = Campaigns(databases.app)
        self.details = SegmentDetails(databases.app)
        self.runs = Runs(databases.app)
        self.schedules = Schedules(databases.app)
        self.views = Views(databases.app)
        self.operations = Operations(databases.app)
        self.cleanup = Cleanup(databases.app)
        self.assertions = Assertions(databases.app)
        self.changes = Changes(databases.app)
        self.lists = Lists(databases.app)
        self.overrides = Overrides(databases.app)
        self.overview = Overview(databases.app)
        self.offers = Offers(databases.app)
        self.contacts = Contacts(databases.app)
        self.evaluation = Evaluation(databases.app)
        self.analysis = Analysis(databases.app)
        self.imports = Imports(databases.app, Cancellable)
        self.sources = Sources(databases.app)
        self.people = People(databases.app)
        self.audit = AuditLog(databases.app)
        self.settings = SettingsRoom(databases.app)
        for name, room in vars(self).items():
            if not name.startswith("_"):
                refusals.watch(databases.app, room, name=name)
        refusals.watch(databases.app, self, name="", methods=("catalog",))

    @classmethod
    def start(cls, settings: Settings) -> Engine:
        """Open the database of the settings; the embedded server is started when it does not run.

        Raises: SettingsError, also where the login could walk round row-level security; Unavailable.
        """
        databases = connect(settings)
        refuse_excess_rights(databases.app, expected=APP_ROLE)
        return cls(databases)

    def close(self) -> None:
        """Give the connections back; the server keeps running."""
        self._databases.close()

    def arrive(self, identity: Identity) -> tuple[OrganizationChoice, ...]:
        """Note who has signed in, give the seats that wait for them, and list where they may work; once per visit.

        Raises: SignedOut when the person has ended this sign-in.
        """
        return arriving.arrive(self._databases.app, identity)

    def sign_out_everywhere(self, identity: Identity) -> None:
        """End every sign-in of this person so far, on every device, from the next click on."""
        arriving.sign_out_everywhere(self._databases.app, identity)

    def context_for(
        self, identity: Identity, organization_id: int | None = None, *, role: Role | None = None
    ) -> OrganizationContext:
        """Build the context of a person from the database, anew for every request.

        Shape: `role` is one to try, for whoever works on the machine itself and nobody else.
        Raises: NotSignedIn when the person has no seat; SignedOut when this sign-in was ended.
        """
        return context_for(self._databases.app, identity, organization_id, role=role)

    def organizations_of(self, identity: Identity) -> tuple[OrganizationChoice, ...]:
        """List the organizations a person may enter; none for somebody unknown. Raises: SignedOut."""
        return choices(self._databases.app, identity)

    def admit(self, context: OrganizationContext, place: str, permissions: Sequence[Permission]) -> None:
        """Open a place of the pages to whoever holds one of these permissions; a refusal is in the audit log.

        Raises: PermissionDenied with the first of them.
        """
        if any(context.may(permission) for permission in permissions):
            return
        try:
            require(context, permissions[0])
        except PermissionDenied as refused:
            refused.recorded = True
            refusals.record_refusal(self._databases.app, context, refused, act=f"page.{place}")
            raise

    def catalog(
        self, context: OrganizationContext, document: str | bytes | Mapping[str, object] | None = None
    ) -> Catalog:
        """Read what criteria may ask, and the segments, lists and campaigns that a document names.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._databases.app.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return load_catalog(transaction, context.organization_id, document)
