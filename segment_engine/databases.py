"""Which database, and as whom: one pool for the owner, one for the application, one for the workers."""

from __future__ import annotations

from dataclasses import dataclass

from segment_engine.db.rights import rights_of
from segment_engine.db.session import Database, Limits
from segment_engine.errors import SettingsError
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer, start
from segment_engine.settings import Settings

OWNER_ROLE, APP_ROLE, WORKER_ROLE = "segment_owner", "segment_app", "segment_worker"


@dataclass(frozen=True)
class Databases:
    """Three ways into one database. Nothing connects before it is used.

    Shape: `migrator` may create the roles and the schema; `owner` creates organizations and gives seats; `app` and
        `worker` are held by row-level security and own nothing.
    """

    migrator: Database
    owner: Database
    app: Database
    worker: Database

    def close(self) -> None:
        """Give every connection back."""
        for database in (self.migrator, self.owner, self.app, self.worker):
            database.close()


def connect(settings: Settings) -> Databases:
    """Open the database of the settings; without one, the embedded server is started or adopted.

    Raises: SettingsError when no server can be started here; Unavailable when it does not come up.
    """
    if settings.database_url is None:
        server = start(settings.data_directory, binaries=settings.postgres_binaries)
        return connect_local(server, settings)
    owner = settings.database_url.reveal()
    app = settings.app_database_url.reveal() if settings.app_database_url else None
    worker = settings.worker_database_url.reveal() if settings.worker_database_url else None
    # Without logins of their own, both take their role when they connect. That keeps a forgotten clause from showing
    # another organization's rows; separate logins also keep injected SQL from changing back.
    return _databases(
        settings,
        owner=(owner, None),
        app=(app, None) if app else (owner, APP_ROLE),
        worker=(worker, None) if worker else (owner, WORKER_ROLE),
    )


def refuse_excess_rights(database: Database, *, expected: str) -> None:
    """Start nothing with a login that row-level security does not hold: one question to the server.

    Shape: what is refused is closed.
    Raises: SettingsError saying who would act, why that is too much, and what to set instead; Unavailable.
    """
    rights = rights_of(database, expected=expected)
    if rights.reasons:
        database.close()
        setting = "DATABASE_URL_APP" if expected == APP_ROLE else "DATABASE_URL_WORKER"
        raise SettingsError(
            f"This would act in the database as “{rights.acting_as}”, which {' and '.join(rights.reasons)}; rows of "
            f"one organization could reach another, so nothing was started. Set {setting} to a login of {expected}, or "
            "remove it: then every connection takes that role by itself."
        )


def connect_local(server: LocalServer, settings: Settings, *, database: str | None = None) -> Databases:
    """Open a database of an embedded server; each role logs in as itself."""

    def url(user: str) -> str:
        return server.url(user, database) if database else server.url(user)

    return _databases(
        settings, owner=(url(ADMINISTRATOR), None), app=(url(APP_ROLE), None), worker=(url(WORKER_ROLE), None)
    )


def _databases(
    settings: Settings, *, owner: tuple[str, str | None], app: tuple[str, str | None], worker: tuple[str, str | None]
) -> Databases:
    lock = settings.lock_seconds * 1000
    idle = settings.idle_in_transaction_seconds * 1000
    web = Limits(settings.web_statement_seconds * 1000, lock, idle)
    work = Limits(settings.worker_statement_seconds * 1000, lock, idle, work_memory=256)
    unlimited = Limits(0, 0, 0)
    return Databases(
        migrator=Database(owner[0], application="segment_engine migrate", limits=unlimited),
        owner=Database(owner[0], role=OWNER_ROLE, application="segment_engine owner", limits=web),
        app=Database(app[0], role=app[1], application="segment_engine app", limits=web),
        worker=Database(worker[0], role=worker[1], application="segment_engine worker", limits=work),
    )
