"""A worker seen from outside: does it live, can it work, and figures that name nobody."""

from __future__ import annotations

import json
import logging
import re
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Never
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from segment_engine.databases import Databases
from segment_engine.domain.run import Claim
from segment_engine.errors import SettingsError, Unavailable
from segment_engine.logs import JsonLines
from segment_engine.settings import load_settings
from segment_engine.worker import delivering
from segment_engine.worker.chores import chores_of
from segment_engine.worker.health import answering, serving
from segment_engine.worker.loop import Worker
from segment_engine.worker.metrics import OTHER_CAUSE, OUTCOMES, PATIENCE_SECONDS, WorkerMetrics
from tests.documents import table
from tests.integration.alert_world import AlertWorld, world

__all__ = ("world",)  # a fixture


def ask(port: int, path: str) -> tuple[int, str]:
    """Ask a worker."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Read the figures: name and labels to value, without the buckets and moments."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }


def test_a_worker_counts_its_runs_and_tells_what_waits(world: AlertWorld) -> None:
    """Claimed, published, failed by cause, how long they took, and the queue of everybody; no name of anybody."""
    first, second = world.segments("Secret segment", "Broken segment")
    worker = Worker(world.databases.worker)
    assert worker.work_once()
    gone = {"kind": "attribute", "field": "contact.gone", "op": "is_filled"}
    world.sql(
        "UPDATE runs SET status = 'cancelled', finished_at = now() WHERE status = 'queued'",
    )
    world.sql(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason) "
        "VALUES (:o, :s, 1, cast(:criteria AS jsonb), 'requested')",
        s=second,
        criteria=json.dumps(
            {"format": "segment-criteria", "version": 1, "base": "contacts", "root": {"group": "all", "of": [gone]}}
        ),
    )
    while worker.work_once():
        pass
    world.engine.runs.request(world.context, first)
    with serving(world.databases.worker, worker.metrics, port=0, address="127.0.0.1") as port:
        status, text = ask(port, "/metrics")
    found = figures(text)
    assert status == 200
    assert found["segment_runs_claimed_total",] == 2
    assert found["segment_runs_ended_total", "", "published"] == 1
    (failed,) = [labels for labels in found if labels[0] == "segment_runs_ended_total" and "failed" in labels]
    assert failed[1:] != ("", "failed")
    assert found["segment_run_seconds_count",] == 2
    assert (found["segment_database_up",], found["segment_queue_runs",]) == (1, 1)
    assert "ecret" not in text
    assert world.context.organization_name not in text
    listed = table("docs/alerts.md", "figure")
    names = {labels[0].removesuffix("_count").removesuffix("_sum") for labels in found}
    unseen = {"segment_deliveries_total", "segment_chores_total"}
    assert set(listed.column("figure")) == names | unseen, "written as they are asked for in Prometheus"
    assert [name for name in names if not re.fullmatch(r"segment_[a-z]+(_[a-z]+)*", name)] == []


def test_health_tells_a_hanging_loop_and_a_database_that_does_not_answer(
    databases: Databases, organization_id: int
) -> None:
    """Alive while every loop comes round; ready while the database answers with the schema of this version."""
    assert organization_id
    metrics = WorkerMetrics()
    with serving(databases.worker, metrics, port=0, address="127.0.0.1") as port:
        assert ask(port, "/healthz") == (200, "alive\n")
        assert ask(port, "/readyz") == (200, "ready\n")
        assert ask(port, "/anything")[0] == 404
        metrics.beat("troubles", pause=-PATIENCE_SECONDS - 1)
        assert ask(port, "/healthz") == (503, "hanging: troubles\n")
        metrics.beat("troubles", pause=5)
        assert ask(port, "/healthz")[0] == 200
        with databases.migrator.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM schema_migrations WHERE number = 5")
        assert "db upgrade" in ask(port, "/readyz")[1]
        with databases.migrator.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE schema_migrations RENAME TO hidden")
        assert ask(port, "/readyz")[0] == 503
        with pytest.raises(SettingsError, match="cannot be served"):  # noqa: SIM117 - the first port stays taken
            with answering(databases.worker, metrics, port=port, address="127.0.0.1"):
                pass
    with answering(databases.worker, metrics, port=0, address="127.0.0.1") as closed:
        assert closed is None


def test_it_answers_while_the_database_is_gone_or_worse(world: AlertWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive, not ready, and figures of its own; two workers on one machine need two ports; a mistake has its number."""
    metrics, database = WorkerMetrics(), world.databases.worker
    metrics.beat("work", pause=2.0)
    with serving(database, metrics, port=0, address="127.0.0.1") as port:
        monkeypatch.setattr(database, "transaction", _gone)
        assert ask(port, "/healthz")[0] == 200
        assert ask(port, "/readyz")[0] == 503
        status, text = ask(port, "/metrics")
        found = figures(text)
        assert (status, found["segment_database_up",], found["segment_runs_claimed_total",]) == (200, 0, 0)
        assert not any("queue" in labels[0] for labels in found)
        monkeypatch.setattr(database, "transaction", _mistaken)
        status, text = ask(port, "/metrics")
        assert (status, "hidden" in text, "incident" in text) == (500, False, True)
        with serving(database, WorkerMetrics(), port=0, address="127.0.0.1") as other:
            assert ask(other, "/healthz")[0] == 200


def _mistaken(*_: object, **__: object) -> Never:
    hidden = "hidden"
    raise ZeroDivisionError(hidden)


def test_labels_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A cause nobody knows is “other”; a run that crashes is counted, and the log holds ids and figures of each."""
    metrics = WorkerMetrics()
    ids = [UUID(int=1), UUID(int=2)]
    claim = Claim(7, ids[0], ids[1], 3, 1, {}, None)  # pyright: ignore[reportArgumentType] -- as_of plays no part
    caplog.set_level(logging.INFO, logger="segment_engine.worker.metrics")
    with metrics.run(claim) as watched:
        watched.outcome, watched.cause = "failed", "made up by somebody"
    with pytest.raises(ZeroDivisionError), metrics.run(claim):
        _ = 1 / 0
    ended = [labels for labels in figures(metrics.text().decode()) if labels[0] == "segment_runs_ended_total"]
    assert {labels[1:] for labels in ended} == {("failed", OTHER_CAUSE), ("", "crashed")}
    assert set(OUTCOMES) >= {"failed", "crashed"}
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert [line["message"].partition(" ends")[0].endswith("begins") for line in lines] == [True, False, True, False]
    assert (lines[1]["run"], lines[1]["segment"], lines[1]["attempt"]) == (str(ids[0]), str(ids[1]), 3)
    assert (lines[1]["outcome"], lines[1]["seconds"] >= 0) == ("failed", True)


def test_whoever_works_through_much_is_alive(world: AlertWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many messages to a receiver that never answers, and much old history, take long; every portion is a sign of life.

    So is every turn of the heart of a run, also while the database does not answer: ending the process mends nothing.
    """
    for number in range(3):
        world.tell(f"{number}@example.org")
    segment = world.segment("fails")
    world.succeed(segment)
    world.fail(segment)
    world.now = world.databases_now() - timedelta(minutes=1)
    world.look()
    metrics, beaten = WorkerMetrics(), list[str]()

    def beat(loop: str, *, pause: float) -> None:
        assert pause > 0
        beaten.append(loop)

    def sent(*_: object, **__: object) -> None:
        beaten.append("sent")

    monkeypatch.setattr(metrics, "beat", beat)
    monkeypatch.setattr(delivering.Post, "send", sent)
    every = {chore.name: chore for chore in chores_of(load_settings({}), metrics)}
    every["messages"].act(world.databases.worker)
    assert beaten == [*["messages", "sent"] * 3, "messages"]
    beaten.clear()
    world.sql("UPDATE organization_work SET swept_at = NULL")
    every["old history"].act(world.databases.worker)
    assert set(beaten) == {"old history"}
    beaten.clear()
    worker = Worker(world.databases.worker, metrics=metrics)
    claim = Claim(7, UUID(int=1), UUID(int=2), 3, 1, {}, None)  # pyright: ignore[reportArgumentType] -- as_of plays no part
    monkeypatch.setattr(world.databases.worker, "transaction", _gone)
    with pytest.raises(Unavailable):
        worker._heart_of(claim)()  # pyright: ignore[reportPrivateUsage] -- beats after many seconds otherwise
    assert beaten == ["work"]


def _gone(*_: object, **__: object) -> Never:
    raise Unavailable
