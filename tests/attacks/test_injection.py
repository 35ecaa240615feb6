"""Whatever people type is text: the server never reads any of it as SQL, and gives it back as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from segment_engine.postgres.local import LocalServer
from tests.attacks.payloads import BASES, payloads
from tests.attacks.server_log import ServerLog
from tests.attacks.slots import MANY, ONE, harmless
from tests.isolation.conftest import Worlds

pytestmark = pytest.mark.xdist_group("marked worlds")
HOW_MANY = 2_000
# Each text goes to every place that takes many, and to one of those that take one, in turn; plain ones to several.
PLACES_OF_A_PLAIN_ONE = 5
Count = Callable[..., None]


@pytest.fixture
def log(server: LocalServer, worlds: Worlds) -> ServerLog:
    """What the server complains about from here on, in this database."""
    return ServerLog(server, str(worlds.databases.app.engine.url.database))


@pytest.mark.parametrize("place", MANY)
def test_what_is_typed_by_the_thousand_stays_text(
    worlds: Worlds, log: ServerLog, tmp_path: Path, scored: Count, place: str
) -> None:
    """No payload in values, keys, tags, cells, headers or names of fields is ever read as SQL (A2, A3, A5, A11)."""
    texts = payloads(HOW_MANY)
    MANY[place](worlds, texts, tmp_path)
    scored("injected texts", len(texts), misread=log.misread())
    assert log.complaints() == {}


def test_what_is_typed_in_one_place_stays_text(worlds: Worlds, log: ServerLog, scored: Count) -> None:
    """No payload in a name, a search, a note, a reason, a key or an address is ever read as SQL (A3, A5, A6)."""
    places = list(ONE)
    tried = 0
    for number, payload in enumerate(payloads(HOW_MANY)):
        for _ in range(PLACES_OF_A_PLAIN_ONE if number < len(BASES) else 1):
            place = places[tried % len(places)]
            assert harmless(partial(ONE[place], worlds, payload)), (place, payload)
            tried += 1
    scored("injected texts", tried, misread=log.misread())
    assert log.misread() == 0
    assert set(log.complaints()) <= {"23505"}  # a name that is taken


def test_a_statement_put_together_from_text_is_noticed(worlds: Worlds, log: ServerLog, scored: Count) -> None:
    """The witness has teeth: where values are pasted into SQL, hundreds of these texts show in the log (A3)."""
    texts = payloads(HOW_MANY)
    for payload in texts[::10]:
        with suppress(DBAPIError), worlds.databases.app.engine.connect() as connection:
            connection.execution_options(no_parameters=True).exec_driver_sql(f"SELECT 1 WHERE 'x' = '{payload}'")
    scored("injected texts, pasted", len(texts[::10]), misread=log.misread())
    assert log.misread() > 20


def test_payloads_are_many_and_the_same_every_time() -> None:
    """Each text occurs once, all plain ones are among them, and a seed repeats them."""
    texts = payloads(HOW_MANY)
    assert len(set(texts)) == HOW_MANY
    assert set(BASES) <= set(texts)
    assert payloads(HOW_MANY) == texts != payloads(HOW_MANY, seed=2)
