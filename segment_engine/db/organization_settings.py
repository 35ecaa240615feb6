"""The settings of an organization, and what they mean for what there is."""

from __future__ import annotations

from dataclasses import asdict

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.db.standing import standing_values
from segment_engine.domain.organization_settings import OrganizationSettings, SettingsFigures, StoredSettings

_QUERIES = load_queries("organization_settings")


def read(transaction: Transaction, organization_id: int) -> StoredSettings:
    """Read the settings."""
    row = transaction.the(_QUERIES["read"], {"organization": organization_id})
    return StoredSettings(
        OrganizationSettings(
            row.time_zone, row.week_starts_on, row.fiscal_year_start_month, row.leap_day, row.stale_after_hours,
            row.unusable_after_hours, row.history_days, row.runs_kept_days, row.runs_at_once,
        ),
        row.revision,
    )  # fmt: skip


def lock(transaction: Transaction, organization_id: int) -> StoredSettings:
    """Read the settings, and let nobody else change them until the transaction ends."""
    transaction.run(_QUERIES["lock"], {"organization": organization_id})
    return read(transaction, organization_id)


def update(transaction: Transaction, organization_id: int, settings: OrganizationSettings) -> None:
    """Store the settings as the next revision."""
    values = {"organization": organization_id, **asdict(settings)}
    transaction.run(_QUERIES["update"], values)
    transaction.run(_QUERIES["update_work"], values)


def figures(transaction: Transaction, organization_id: int) -> SettingsFigures:
    """Count what the settings of this transaction mean; nothing is evaluated."""
    row = transaction.the(_QUERIES["figures"], {"organization": organization_id, **standing_values()})
    return SettingsFigures(row.ready, row.stale, row.too_old, row.runs_to_sweep, row.schedules_in_other_zones)
