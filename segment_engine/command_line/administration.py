"""Commands of whoever runs the installation: schema, demo, organizations, worker, doctor."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from segment_engine.command_line.opening import opened_databases
from segment_engine.command_line.output import Output
from segment_engine.db.migrate import upgrade
from segment_engine.demo import PROVISIONAL_NAME, load_demo
from segment_engine.doctor import examine
from segment_engine.engine import Engine
from segment_engine.errors import Unavailable
from segment_engine.settings import Settings
from segment_engine.worker.loop import run_worker


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add db upgrade, demo, organization create and list, worker and doctor."""
    database = commands.add_parser("db", help="the schema").add_subparsers(dest="action", required=True)
    database.add_parser("upgrade", parents=[shared], help="bring the schema up to date").set_defaults(act=_upgrade)

    demo = commands.add_parser("demo", parents=[shared], help="load the demo organization, once")
    demo.add_argument("--if-empty", action="store_true", help="do nothing when there is an organization already")
    demo.set_defaults(act=_demo)

    organization = commands.add_parser("organization", help="tenants").add_subparsers(dest="action", required=True)
    create = organization.add_parser("create", parents=[shared], help="add an organization")
    create.add_argument("name")
    create.add_argument("--time-zone", default="UTC", help="such as Europe/Amsterdam (default UTC)")
    create.set_defaults(act=_create)
    organization.add_parser("list", parents=[shared], help="list organizations").set_defaults(act=_list)

    worker = commands.add_parser("worker", parents=[shared], help="compute runs until stopped")
    worker.add_argument(
        "--metrics-port", type=int, metavar="PORT", help="serve figures and health there (SEGMENT_ENGINE_METRICS_PORT)"
    )
    worker.set_defaults(act=_worker)
    doctor = commands.add_parser("doctor", parents=[shared], help="check versions, roles, row-level security, settings")
    doctor.set_defaults(act=_doctor)


def _upgrade(_arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        applied = upgrade(databases.migrator)
    if output.as_json:
        output.document({"applied": list(applied)})
    else:
        output.line(f"applied {', '.join(applied)}" if applied else "the schema is up to date")
    return 0


def _demo(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        # A demo that was cut short stands under a provisional name; it does not count as an organization of anyone.
        known = [row for row in Engine(databases).organizations.all() if row.name != PROVISIONAL_NAME]
        if arguments.if_empty and known:
            return 0
        report = load_demo(databases)
    if output.as_json:
        output.document(report)
    else:
        output.line(str(report))
    return 0


def _create(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        organization_id = Engine(databases).organizations.create(arguments.name, time_zone=arguments.time_zone)
    output.record({"organization": organization_id, "name": arguments.name, "time_zone": arguments.time_zone})
    return 0


def _list(_arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        known = Engine(databases).organizations.all()
    output.table(
        [
            {"organization": row.organization_id, "name": row.name, "time_zone": row.time_zone, "seats": row.seat_count}
            for row in known
        ]
    )
    return 0


def _worker(arguments: argparse.Namespace, settings: Settings, _output: Output) -> int:
    port: int | None = arguments.metrics_port
    run_worker(settings if port is None else replace(settings, metrics_port=port))
    return 0


def _doctor(_arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        found = examine(databases, settings)
    output.table(
        [
            {"check": finding.check, "result": "ok" if finding.passed else "FAILED", "detail": finding.detail}
            for finding in found.findings
        ]
    )
    if not found.reachable:
        raise Unavailable
    return 0 if found.passed else 1
