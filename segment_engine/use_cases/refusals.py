"""Refused authorizations stand in the audit log: one place watches every room of the engine."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID

from segment_engine.db import audit
from segment_engine.db.session import Database
from segment_engine.domain.access import OrganizationContext
from segment_engine.errors import PermissionDenied, SegmentEngineError

log = logging.getLogger(__name__)

Method = Callable[..., Any]


def watch(database: Database, room: object, *, name: str, methods: Iterable[str] | None = None) -> None:
    """Let every public method of a room write to the audit log when it refuses somebody.

    Shape: the methods keep their signatures. What they are is looked up when they are called, so that a method that is
        replaced is watched too. `name` stands before the name of the method in the log.
    """
    for method in methods or (each for each in dir(type(room)) if not each.startswith("_")):
        if inspect.isfunction(getattr(type(room), method)):
            act = f"{name}.{method}" if name else method
            setattr(room, method, _watched(database, room, method, act))


def _watched(database: Database, room: object, method: str, act: str) -> Method:
    kept: Method = getattr(room, method)
    if inspect.isgeneratorfunction(kept):

        @wraps(kept)
        def yielding(*given: object, **named: object) -> Generator[object]:
            with _recorded(database, act, given, named):
                yield from getattr(type(room), method)(room, *given, **named)

        return yielding

    @wraps(kept)
    def returning(*given: object, **named: object) -> object:
        with _recorded(database, act, given, named):
            return getattr(type(room), method)(room, *given, **named)

    return returning


@contextmanager
def _recorded(database: Database, act: str, given: tuple[object, ...], named: Mapping[str, object]) -> Generator[None]:
    try:
        yield
    except PermissionDenied as refused:
        everything = (*given, *named.values())
        context = next((each for each in everything if isinstance(each, OrganizationContext)), None)
        # A method that asks another one is refused once.
        if context is not None and not refused.recorded:
            refused.recorded = True
            record_refusal(database, context, refused, act=act, about=_about(everything))
        raise


def _about(everything: Iterable[object]) -> str | None:
    """Name the thing an act was about: the first id among what was handed over, also the first of several."""
    for each in everything:
        if isinstance(each, UUID):
            return str(each)
        if isinstance(each, list | tuple) and each and isinstance(each[0], UUID):
            return str(each[0])
    return None


def record_refusal(
    database: Database, context: OrganizationContext, refused: PermissionDenied, *, act: str, about: str | None = None
) -> None:
    """Write who was refused what, in a transaction of its own; a log that cannot be written changes no refusal."""
    try:
        with database.transaction(context.organization_id) as transaction:
            audit.refuse(transaction, context, act=act, object_id=about, permission=refused.permission)
    except SegmentEngineError:
        log.exception("a refusal of %s could not be written to the audit log", act)
