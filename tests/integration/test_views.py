"""Saved views: one's own, those that are shared, and addresses that hold nothing but known parameters."""

from __future__ import annotations

from uuid import uuid4

import pytest

from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.views import LONGEST_QUERY, checked_query, pairs_of
from segment_engine.engine import Engine
from segment_engine.errors import InputError, LimitExceeded, NotFound, PermissionDenied
from segment_engine.use_cases.organizations import Identity
from segment_engine.use_cases.views import MOST_VIEWS


@pytest.fixture
def colleague(engine: Engine, organization_id: int) -> OrganizationContext:
    """Another person of the same organization, a viewer."""
    identity = Identity("test", "colleague", "Colleague")
    engine.organizations.give_seat(organization_id, identity, Role.VIEWER)
    return engine.context_for(identity, organization_id)


def names(engine: Engine, context: OrganizationContext) -> list[tuple[str, bool]]:
    """Name the views a person sees, and whether each is their own."""
    return [(view.name, view.mine) for view in engine.views.find(context)]


def test_everybody_sees_their_own_and_what_is_shared(
    engine: Engine, context: OrganizationContext, colleague: OrganizationContext
) -> None:
    """Sharing is a choice, and the menu stands by name."""
    engine.views.save(context, " Stale  ones ", "show=Stale")
    engine.views.save(context, "failed", "status=Failed", shared=True)
    engine.views.save(colleague, "Loyal", "q=loyal")
    assert names(engine, context) == [("failed", True), ("Stale ones", True)]
    assert names(engine, colleague) == [("failed", False), ("Loyal", True)]
    assert engine.views.find(colleague)[0].saved_by == "Local operator"


def test_a_second_save_of_a_name_replaces_the_first(
    engine: Engine, context: OrganizationContext, colleague: OrganizationContext
) -> None:
    """Of one's own views only; a colleague's view of the same name stays."""
    first = engine.views.save(context, "Stale", "show=Stale", shared=True)
    engine.views.save(colleague, "stale", "q=theirs")
    assert engine.views.save(context, "STALE", "show=Stale&sort=Members") == first
    (own,) = engine.views.find(context)
    assert (own.name, own.query, own.shared) == ("STALE", "show=Stale&sort=Members", False)
    assert engine.views.find(colleague)[0].query == "q=theirs"


def test_who_may_delete_a_view(engine: Engine, context: OrganizationContext, colleague: OrganizationContext) -> None:
    """One's own always, a shared one of others as an administrator, and a private one of others looks like none."""
    shared = engine.views.save(context, "Shared", "q=a", shared=True)
    private = engine.views.save(context, "Private", "q=b")
    theirs = engine.views.save(colleague, "Theirs", "q=c", shared=True)
    with pytest.raises(PermissionDenied, match="belongs to somebody else"):
        engine.views.delete(colleague, shared)
    for unseen in (private, uuid4()):
        with pytest.raises(NotFound):
            engine.views.delete(colleague, unseen)
    engine.views.delete(context, theirs)
    engine.views.delete(context, private)
    assert names(engine, context) == [("Shared", True)]


def test_views_stay_in_their_organization(engine: Engine, context: OrganizationContext) -> None:
    """Another organization sees none of them and can delete none (B1)."""
    view = engine.views.save(context, "Mine", "q=a", shared=True)
    other = engine.context_for(Identity("local", "operator"), engine.organizations.create("Other"))
    assert engine.views.find(other) == ()
    with pytest.raises(NotFound):
        engine.views.delete(other, view)
    assert names(engine, context) == [("Mine", True)]


def test_only_known_parameters_are_kept() -> None:
    """Whatever else is in an address goes; a page within the list is no part of a view."""
    assert checked_query("?q=a%26b&page=3&id=7&tag=x&tag=y&tag=x&state=&next=//elsewhere") == "q=a%26b&tag=x&tag=y"
    assert pairs_of("show=Stale&;=&%zz&q=%FF") == [("show", "Stale"), ("q", "\ufffd")]
    with pytest.raises(InputError, match="longer than 2,000"):
        checked_query("q=" + "x" * LONGEST_QUERY)


def test_there_is_an_end_to_views(engine: Engine, context: OrganizationContext) -> None:
    """The hundred-and-first is refused and leaves nothing behind; replacing one is still possible."""
    for number in range(MOST_VIEWS):
        engine.views.save(context, f"View {number}", "q=a")
    with pytest.raises(LimitExceeded, match="100 views"):
        engine.views.save(context, "One more", "q=a")
    engine.views.save(context, "View 7", "q=b")
    assert len(engine.views.find(context)) == MOST_VIEWS


def test_a_view_needs_a_name(engine: Engine, context: OrganizationContext) -> None:
    """A blank name is refused with a sentence."""
    with pytest.raises(InputError, match="view needs a name"):
        engine.views.save(context, "  ", "q=a")
