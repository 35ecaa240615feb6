"""A month in fast motion: many small runs and the sweeps of the nights; what is taken must stay flat (F9).

`python -m tests.faults.month RUNS` makes so many runs, a thirtieth each day. Exit code 0 when tables, connections and
memory are at the end what they were after twelve days, 1 when something grew.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from segment_engine.databases import Databases, connect_local
from segment_engine.db.migrate import upgrade
from segment_engine.domain.access import LOCAL_IDENTITY, OrganizationContext
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.postgres.throwaway import throwaway_server
from segment_engine.settings import load_settings
from segment_engine.worker.loop import Worker
from segment_engine.worker.sweeping import sweep
from tests.integration.importing import Importer

DAYS = 30
SETTLED = 12  # by then a week has passed, and every segment has the thirty results that are always kept
SEGMENTS = 2
CONTACTS = 5_000
GROWTH = 1.5
ROOM = 1_000_000  # bytes by which tables this small may differ without meaning anything
SIZE = """
SELECT sum(pg_total_relation_size(cast(name AS regclass))) FROM unnest(ARRAY[
    'runs', 'run_status_events', 'run_sources', 'run_causes', 'membership_changes', 'membership_causes',
    'membership_blocks', 'alerts', 'alert_deliveries', 'workers']) AS name
"""
ROWS = """
SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM run_status_events) + (SELECT count(*) FROM run_causes)
    + (SELECT count(*) FROM membership_changes) + (SELECT count(*) FROM membership_causes)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an installation takes at the end of a day. Units: rows, bytes, connections, and bytes of this process."""

    rows: int
    tables: int
    connections: int
    memory: int

    def grown_from(self, before: Taken) -> bool:
        """Tell whether this is more than chance makes of the same."""
        return (
            self.rows > GROWTH * before.rows
            or self.tables > GROWTH * before.tables + ROOM
            or self.connections > before.connections + 2
            or self.memory > GROWTH * before.memory
        )


def taken(databases: Databases) -> Taken:
    """Clear away what a day's vacuuming would have cleared, and measure."""
    with databases.migrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
    with databases.migrator.engine.connect() as connection:
        rows = connection.execute(text(ROWS)).scalar_one()
        size = connection.execute(text(SIZE)).scalar_one()
        count = connection.execute(text("SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL")).scalar_one()
    pages = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Taken(int(rows), int(size), int(count), pages * (1 if sys.platform == "darwin" else 1024))


def furnish(databases: Databases, engine: Engine) -> tuple[OrganizationContext, list[UUID]]:
    """Make an organization of five thousand contacts and a few segments that keeps history for a week."""
    context = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("A month"))
    with databases.migrator.engine.begin() as connection:
        connection.execute(text("UPDATE organizations SET history_days = 7, runs_kept_days = 7"))
    lines = [f"k{number},c{number % 20}" for number in range(CONTACTS)]
    with tempfile.TemporaryDirectory(prefix="month-") as directory:
        Importer(databases.app, context.organization_id, Path(directory)).contacts("\n".join(["id,city", *lines]))
    made: list[UUID] = []
    for number in range(SEGMENTS):
        city: dict[str, object] = {"kind": "attribute", "field": "contact.city", "op": "equals", "value": f"c{number}"}
        document: dict[str, object] = {
            "format": "segment-criteria", "version": 1, "base": "contacts", "root": {"group": "all", "of": [city]},
        }  # fmt: skip
        made.append(engine.segments.create(context, SegmentDraft(f"City {number}", "", document)).segment_id)
    return context, made


def live_a_day(databases: Databases, engine: Engine, context: OrganizationContext, ids: list[UUID], runs: int) -> int:
    """Move people between cities and calculate every segment, again and again; give the number of runs."""
    worker, done = Worker(databases.worker), 0
    while done < runs:
        with databases.app.transaction(context.organization_id) as transaction:
            moved = (
                "UPDATE contacts SET city = c, city_fold = c FROM (SELECT 'c' || (random() * 20)::int AS c) AS anew "
            )
            transaction.run(
                text(f"{moved} WHERE organization_id = :o AND number % 97 = :n"),
                {"o": context.organization_id, "n": done % 97},
            )
        engine.runs.request_many(context, ids)
        while worker.work_once():
            done += 1
    return done


def month(runs: int, *, sweeps: bool = True, say: Callable[[str], object] = print) -> list[Taken]:
    """Live thirty days and measure each of them in the evening; without sweeps nothing is ever removed."""
    with throwaway_server() as server, closing(connect_local(server, load_settings({}))) as databases:
        upgrade(databases.migrator)
        engine = Engine(databases)
        context, ids = furnish(databases, engine)
        with databases.app.transaction() as transaction:
            began = transaction.now()
        days: list[Taken] = []
        for day in range(1, DAYS + 1):
            done = live_a_day(databases, engine, context, ids, max(runs // DAYS, SEGMENTS))
            while sweeps and sweep(databases.worker, now=began + timedelta(days=8 + day)) is not None:
                pass
            days.append(taken(databases))
            say(f"day {day}: {done} runs, {days[-1]}")
    return days


def grew(days: Sequence[Taken]) -> bool:
    """Tell whether the last day took more than the day by which everything had settled."""
    return days[-1].grown_from(days[SETTLED - 1])


def main() -> int:
    """Live a month, and say what grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.month", description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=1_000_000)
    days = month(parser.parse_args().runs, say=lambda line: print(line, flush=True))
    print("It grew." if grew(days) else "It stayed flat.", flush=True)
    return 1 if grew(days) else 0


if __name__ == "__main__":
    sys.exit(main())
