"""The pages with three providers: two honest ones in a process of their own, and one that forges."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from segment_engine.databases import connect_local
from segment_engine.domain.access import Identity, Role
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.local import ADMINISTRATOR, LocalServer
from segment_engine.settings import Settings
from tests.browser.serving import free_port, running, serving, wait_for
from tests.databases import Copies
from tests.pages.conftest import EVERYONE
from tests.sign_in.asking import SignInSite
from tests.sign_in.hostile import Hostile, running_hostile

DATABASE = "sign_in"
SEGMENT = "Kept behind the gate"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a server and its providers in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("sign_in"))


@pytest.fixture(scope="session")
def providers() -> Iterator[tuple[str, str]]:
    """The addresses of two honest providers."""
    ports = (free_port(), free_port())
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    with running(("tests.sign_in.mocks", *map(str, ports)), database_url="") as process:
        for port in ports:
            wait_for(port, "/.well-known/openid-configuration", process)
        yield addresses[0], addresses[1]


def environment_of(address: str, cookie_secret: str, **issuers: str) -> dict[str, str]:
    """Write the settings of a sign-in: a provider by each name."""
    found = {"SEGMENT_ENGINE_PUBLIC_URL": address, "SEGMENT_ENGINE_COOKIE_SECRET": cookie_secret}
    for name, issuer in issuers.items():
        prefix = f"SEGMENT_ENGINE_PROVIDER_{name.upper()}_"
        found |= {
            f"{prefix}ISSUER": issuer,
            f"{prefix}CLIENT_ID": f"{name}-app",
            f"{prefix}CLIENT_SECRET": secrets.token_urlsafe(24),
        }
    return found


@pytest.fixture(scope="session")
def sign_in_site(
    server: LocalServer, copies: Copies, settings: Settings, providers: tuple[str, str]
) -> Iterator[SignInSite]:
    """The pages on a database of their own; Ada of the first provider is an analyst there."""
    database = f"{DATABASE}_{secrets.token_hex(4)}"
    copies.execute(f"CREATE DATABASE {database} TEMPLATE {copies.template} STRATEGY file_copy")
    databases = connect_local(server, settings, database=database)
    engine = Engine(databases)
    organization_id = engine.organizations.create("House of Ada")
    engine.organizations.give_seat(organization_id, Identity(providers[0], "ada"), Role.ANALYST)
    context = engine.context_for(Identity("local", "operator", "Local operator"))
    engine.segments.create(context, SegmentDraft(SEGMENT, "", EVERYONE))
    port, cookie_secret = free_port(), secrets.token_urlsafe(48)
    address = f"http://localhost:{port}"
    with running_hostile() as hostile:
        environment = environment_of(
            address, cookie_secret, company=providers[0], partner=providers[1], hostile=hostile.address
        )
        with serving(server.url(ADMINISTRATOR, database), port=port, environment=environment):
            yield SignInSite(
                address, cookie_secret, *providers, hostile, engine, databases, organization_id,
            )  # fmt: skip
    engine.close()


@pytest.fixture
def hostile(sign_in_site: SignInSite) -> Hostile:
    """The forging provider, honest until a test changes it."""
    sign_in_site.hostile.reset()
    return sign_in_site.hostile


@pytest.fixture
def visitor(sign_in_site: SignInSite) -> Iterator[httpx.Client]:
    """A browser nobody has used yet."""
    with sign_in_site.visitor() as opened:
        yield opened
