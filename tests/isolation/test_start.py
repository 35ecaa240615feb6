"""The program refuses to start with a login that row-level security would not hold."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from segment_engine.command_line import main
from segment_engine.databases import APP_ROLE, WORKER_ROLE, Databases, connect, refuse_excess_rights
from segment_engine.db.rights import rights_of
from segment_engine.db.session import Database
from segment_engine.engine import Engine
from segment_engine.errors import SettingsError
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import load_settings
from segment_engine.worker.loop import run_worker

# What a login is made with, and the words of the refusal for pages and for workers; none where it may start.
LOGINS = {
    "superuser": ("SUPERUSER", "is a superuser", "is a superuser"),
    "bypassing": ("BYPASSRLS IN ROLE segment_app, segment_worker", "has BYPASSRLS", "has BYPASSRLS"),
    "owner": ("IN ROLE segment_owner, segment_app, segment_worker", "owns the tables", "owns the tables"),
    "nobody": ("", "is not segment_app", "is not segment_worker"),
    "app": ("IN ROLE segment_app", None, "is not segment_worker"),
    "worker": ("IN ROLE segment_worker", "is not segment_app", None),
}


@pytest.fixture
def logins(administrator: Database) -> Iterator[dict[str, str]]:
    """A login of each kind, by the names above; logins belong to the server, so they are removed again."""
    made = {kind: f"{kind}_{secrets.token_hex(4)}" for kind in LOGINS}
    with administrator.engine.begin() as connection:
        for kind, name in made.items():
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN {LOGINS[kind][0]}")
    yield made
    with administrator.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE {', '.join(made.values())}")


def environment(server: LocalServer, database_name: str, login: str) -> dict[str, str]:
    """Write the settings of an installation whose pages and workers log in as somebody."""
    separate = server.url(login, database_name)
    owner = server.url(ADMINISTRATOR, database_name)
    return {"DATABASE_URL": owner, "DATABASE_URL_APP": separate, "DATABASE_URL_WORKER": separate}


@pytest.mark.parametrize("kind", LOGINS)
def test_a_login_with_too_many_rights_starts_nothing(
    server: LocalServer, database_name: str, logins: dict[str, str], kind: str
) -> None:
    """An owner, a superuser, BYPASSRLS, or somebody else's role: neither engine nor worker starts (B10)."""
    settings = load_settings(environment(server, database_name, logins[kind]))
    _, for_pages, for_workers = LOGINS[kind]
    if for_pages is None:
        Engine.start(settings).close()
    else:
        with pytest.raises(SettingsError, match=f"{logins[kind]}.*{for_pages}.*DATABASE_URL_APP"):
            Engine.start(settings)
    databases = connect(settings)
    if for_workers is None:
        refuse_excess_rights(databases.worker, expected=WORKER_ROLE)
    else:
        with pytest.raises(SettingsError, match=f"{logins[kind]}.*{for_workers}.*DATABASE_URL_WORKER"):
            run_worker(settings, databases=databases)
    databases.close()


def test_both_usual_ways_start(server: LocalServer, databases: Databases, database_name: str) -> None:
    """Logins of their own, and one login that takes the roles, are both held by row-level security (B10)."""
    single = connect(load_settings({"DATABASE_URL": server.url(ADMINISTRATOR, database_name)}))
    for opened in (databases, single):
        assert rights_of(opened.app, expected=APP_ROLE).reasons == ()
        assert rights_of(opened.worker, expected=WORKER_ROLE).reasons == ()
        assert rights_of(opened.migrator, expected=APP_ROLE).reasons == ("is a superuser",)
        assert rights_of(opened.owner, expected=APP_ROLE).reasons != ()
    single.close()


def test_commands_say_why(
    server: LocalServer,
    database_name: str,
    logins: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever starts it so from a command line reads the sentence (B10)."""
    for key, value in environment(server, database_name, logins["superuser"]).items():
        monkeypatch.setenv(key, value)
    for command in (("segments", "list"), ("worker",)):
        assert main(command) == 1
        assert "is a superuser" in capsys.readouterr().err
