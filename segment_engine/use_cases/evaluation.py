"""Criteria evaluated without saving anything: for experts at the command line and for checks."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime

from segment_engine.compiler import Compiled, Sql, compile_criteria
from segment_engine.db.catalog import load_catalog
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.describe import Sentence, describe
from segment_engine.domain.parse import parse_criteria
from segment_engine.use_cases.stored_segments import read_draft

LONGEST_SECONDS = 120
KEYS_AT_ONCE = 5_000

Document = str | bytes | dict[str, object]


class Evaluation:
    """Count, list, show or say criteria as of a moment. Nothing is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, context: OrganizationContext, document: Document, *, as_of: datetime | None = None) -> int:
        """Count the members. Raises: PermissionDenied, CriteriaError, LimitExceeded after two minutes."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._compiled(context, document, as_of) as (transaction, compiled):
            return int(transaction.scalar(compiled.count()))

    def keys(self, context: OrganizationContext, document: Document, *, as_of: datetime | None = None) -> Iterator[str]:
        """Yield the members' own keys in byte order, in flat memory.

        Raises: PermissionDenied, CriteriaError, LimitExceeded after two minutes.
        """
        require(context, Permission.MEMBERS_VIEW)
        with self._compiled(context, document, as_of) as (transaction, compiled):
            for row in transaction.stream(compiled.keys(), rows_at_once=KEYS_AT_ONCE):
                yield row.external_key

    def sql(self, context: OrganizationContext, document: Document, *, as_of: datetime | None = None) -> Sql:
        """Show the statement with its parameters. Raises: PermissionDenied, CriteriaError."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._compiled(context, document, as_of) as (_, compiled):
            return compiled.sql()

    def sentence(self, context: OrganizationContext, document: Document, *, as_of: datetime | None = None) -> Sentence:
        """Say the criteria in plain English. Raises: PermissionDenied, CriteriaError."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            catalog = load_catalog(transaction, context.organization_id, document)
            moment = as_of or transaction.now()
        return describe(parse_criteria(document, catalog, calendar=context.calendar), catalog, as_of=moment)

    @contextmanager
    def _compiled(
        self, context: OrganizationContext, document: Document, as_of: datetime | None
    ) -> Generator[tuple[Transaction, Compiled]]:
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            transaction.limit_statements(seconds=LONGEST_SECONDS)
            criteria, catalog = read_draft(transaction, context, document)
            moment = as_of or transaction.now()
            yield (
                transaction,
                compile_criteria(criteria, catalog=catalog, organization_id=organization_id, as_of=moment),
            )
