"""Giving a field another name without breaking anything: every name it ever had leads to it for ever."""

from __future__ import annotations

import re
from dataclasses import replace

from segment_engine.db import audit, references, sources
from segment_engine.db.catalog import STANDARD_FIELDS, load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.catalog import Catalog, Field
from segment_engine.domain.sources import RenamePlan
from segment_engine.errors import InputError, NameTaken
from segment_engine.use_cases.texts import checked_name

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class SourceRenaming:
    """The part of `Sources` that renames fields. Stored criteria are never rewritten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan_rename(
        self, context: OrganizationContext, key: str, *, new_key: str | None = None, new_label: str | None = None
    ) -> RenamePlan:
        """Say what a rename would do, without doing it.

        Raises: PermissionDenied; InputError for an unknown field or an unusable name, NameTaken for a name in use.
        """
        require(context, Permission.SOURCES_MANAGE)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return _plan(transaction, context.organization_id, key, new_key, new_label)

    def rename_field(
        self, context: OrganizationContext, key: str, *, new_key: str | None = None, new_label: str | None = None
    ) -> RenamePlan:
        """Give a field another key, another label, or both; the key it has now leads to it for ever.

        Shape: `key` is any name of the field, old or new. What names the field keeps working and means the same:
            criteria, past versions and runs, the columns of files, and words of the command line. A field may take a
            name back that it had before.
        Raises: PermissionDenied; InputError for an unknown field, an unusable name or nothing to change; NameTaken for
            a name of another field, also one it only had before.
        """
        require(context, Permission.SOURCES_MANAGE)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            # Saving criteria waits, so that a hash is made with one name or with the other.
            references.one_at_a_time(transaction, organization_id)
            plan = _plan(transaction, organization_id, key, new_key, new_label)
            if (plan.key, plan.label) == (plan.new_key, plan.new_label):
                raise InputError("Nothing would change. Write another name or another label.")
            sources.rename(
                transaction, organization_id, key=plan.key, new_key=plan.new_key, label=plan.new_label,
                person_id=context.person_id,
            )  # fmt: skip
            audit.record(
                transaction, context, action="field.rename", object_kind="field", object_id=plan.new_key,
                detail={
                    "key": plan.key, "new_key": plan.new_key, "label": plan.label, "new_label": plan.new_label,
                    "used_by": len(plan.used_by),
                },
            )  # fmt: skip
            return plan


def _plan(
    transaction: Transaction, organization_id: int, key: str, new_key: str | None, new_label: str | None
) -> RenamePlan:
    field = _found(load_catalog(transaction, organization_id), key)
    wanted = field.key if new_key is None else new_key.strip()
    _check_key(transaction, organization_id, field, wanted)
    label = field.label if new_label is None else checked_name(new_label, of="field")
    names = tuple(dict.fromkeys((wanted, field.key, *field.aliases)))
    plan = RenamePlan(field.key, wanted, field.label, label, names)
    return replace(
        plan,
        used_by=sources.uses(transaction, organization_id, [field.key]).of(field.key),
        import_count=sources.count_imports_of(transaction, organization_id, names),
    )


def _found(catalog: Catalog, key: str) -> Field:
    for fields in (
        catalog.fields, *(each.fields for each in (*catalog.events.values(), *catalog.relations.values()))
    ):  # fmt: skip
        if key in fields:
            return fields[key]
    raise InputError(f"There is no field “{key}”. Choose one of the catalog.")


def _check_key(transaction: Transaction, organization_id: int, field: Field, wanted: str) -> None:
    """Refuse a name that is none, that belongs elsewhere, or that another field has or had."""
    prefix = field.key.partition(".")[0]
    own, _, name = wanted.partition(".")
    if own != prefix or not _NAME.fullmatch(name):
        raise InputError(
            f"“{wanted}” cannot be a key of this field. Write {prefix}. and a name of small letters, digits and _ that "
            "begins with a letter."
        )
    if wanted == field.key:
        return
    standard = STANDARD_FIELDS.get(wanted)
    if standard is not None and standard.column != field.column:
        raise NameTaken(f"“{wanted}” is kept for the standard field {standard.label}. Choose a different name.")
    holder = sources.is_taken(transaction, organization_id, wanted)
    if holder is not None and holder != field.key:
        had = "" if holder == wanted else ", which had this name before and is still found by it"
        raise NameTaken(f"“{wanted}” leads to the field {holder}{had}. Choose a different name.")
