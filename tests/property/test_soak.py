"""The long comparison counts what it compares, finds what differs, and says so."""

from __future__ import annotations

import re

import pytest

from segment_engine.postgres.local import LocalServer
from tests import soak
from tests.property import planted_values
from tests.soak import Round, Tally


def test_nothing_is_found_where_both_agree(server: LocalServer, template: str) -> None:
    """A round of new worlds in a process of its own; every line says how far it is."""
    said: list[str] = []
    tally = Tally(64, said.append)
    soak.soak(server, template, tally, iter([Round(0, worlds=2, batches=1)]), processes=1)
    assert (tally.documents, tally.found) == (32, [])
    (line,) = said
    assert re.fullmatch(r"32 of 64 documents, [\d,]+ a second, 0 differences, [\d,]+ minutes left", line)


def test_what_differs_is_told(server: LocalServer, template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a mistake planted, the differences name the world and the smallest document that shows it."""
    planted_values.or_stands_for_and(monkeypatch)
    said: list[str] = []
    tally = Tally(64, said.append)
    asked = Round(7, worlds=1, batches=4)
    tally.add(asked, soak.compare(server, template, asked))
    assert tally.found
    assert all(f"seed {seed}" in told for seed in asked.seeds for told in tally.found)
    assert said[0].startswith("DIFFERENCE seed 1007")


def test_the_work_is_shared_out() -> None:
    """No round looks into a world of another one, and together they are as many documents as were wanted."""
    shared = list(soak.rounds(20_000))
    assert sum(asked.documents for asked in shared) >= 20_000
    seeds = [seed for asked in shared for seed in asked.seeds]
    assert len(seeds) == len(set(seeds))
