"""Imports contacts: adds new ones, updates changed ones, leaves the rest alone. One file is one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from segment_engine.compiler.staging import insert_contacts, update_contacts
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database
from segment_engine.imports.columns import plan_columns
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.lines import key_column, read_lines
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ContactImport
from segment_engine.imports.session import ImportSession, analyze, close_session, column_converters, open_session

_OWN = ("row_number", "external_key")


def import_contacts(
    database: Database, organization_id: int, request: ContactImport, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file of contacts; everything of it happens, or nothing.

    Shape: a row of a known key updates the delivered columns only. Of several rows with one key the last counts. The
        same file again changes nothing. New contacts are numbered in the order of the file.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    file = open_file(request.path, delimiter=request.delimiter, name=request.file_name)
    with conduct.transaction(database, organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file, conduct)
        catalog = load_catalog(transaction, organization_id)
        plan = plan_columns(file, request, prefix="contact", reserved=(request.key,), known=catalog.fields)
        converters = column_converters(session, plan, catalog)
        stored = [name for converter in converters for name in converter.stored]
        lines = read_lines(session, [key_column(request.key, plan)], converters, staged=_OWN)
        session.stage([*_OWN, *stored], lines)
        session.run("analyze_staged")
        session.reject("duplicate_key", "reject_duplicate_keys")
        session.reject("deleted_contact", "reject_deleted")
        left = session.scalar("count_staged")
        added, updated = _merge(session, stored, left)
        report = close_session(session, converters, plan, added=added, updated=updated, left=left)
    analyze(database, organization_id, "contacts", conduct, changed=report.added + report.updated)
    return report


def _merge(session: ImportSession, stored: Sequence[str], left: int) -> tuple[int, int]:
    """Move the staged rows into the tables; returns how many contacts were added and how many changed."""
    values = {"organization": session.organization_id}
    updated = session.transaction.run(update_contacts(stored), values) if stored else 0
    base = session.next_contact_number()
    added = session.transaction.run(insert_contacts(stored), {**values, "base": base})
    session.add_identities(base, added)
    reached = [channel for channel in ("email", "phone") if channel in stored]
    if reached and added:
        session.run("create_channels_of_new", base=base)
    if added < left:
        for channel in reached:
            session.run(f"update_{channel}_channel", base=base)
            session.run(f"create_{channel}_channel", base=base)
    if "email" in stored:
        _merge_emails(session, base, has_known=added < left)
    return added, updated


def _merge_emails(session: ImportSession, base: int, *, has_known: bool) -> None:
    """Let every address lead to its first holder. Known contacts come first: they had theirs earlier."""
    made = 0
    if has_known:
        session.run("drop_old_emails", base=base)
        made = session.run("create_emails_of_known", base=base)
    made += session.run("create_emails_of_new", base=base)
    if made < session.scalar("count_emails"):
        session.shared_emails = session.scalar("count_shared_emails")
