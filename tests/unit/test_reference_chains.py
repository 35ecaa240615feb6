"""Circles, chains and runs that are read, on catalogs written by hand; who keeps whom, without a database."""

from __future__ import annotations

from uuid import UUID

import pytest

from segment_engine.domain.catalog import Catalog, SegmentReference
from segment_engine.domain.criteria import AllContacts, Criteria, Group, GroupKind, SegmentMembership
from segment_engine.domain.dependants import Naming, kept_by, left_behind
from segment_engine.domain.reference_chains import refused_references, runs_read
from segment_engine.domain.segment import SegmentState


def naming(*names: str, members: str = "last_run") -> Criteria:
    """Write criteria that name these segments one level down, or everyone."""
    inner = SegmentMembership("in_any", names, members=members) if names else AllContacts()
    return Criteria(Group(GroupKind.ALL, (Group(GroupKind.NONE, (inner,)),)))


def catalog(**children: str) -> Catalog:
    """Make a catalog of segments a, b …; each names the letters given, in capitals where it reads them live."""
    segments = {
        name: SegmentReference(
            name, name.upper(), "active", "success",
            naming(*named.lower(), members="live" if named.isupper() else "last_run"), run_id=f"run of {name}",
        )
        for name, named in children.items()
    }  # fmt: skip
    return Catalog(segments=segments)


@pytest.mark.parametrize(
    ("children", "way"),
    [
        ({"a": "a"}, "“A” → “A”"),
        ({"a": "b", "b": "a"}, "“A” → “B” → “A”"),
        ({"a": "b", "b": "dc", "c": "a", "d": ""}, "“A” → “B” → “C” → “A”"),
    ],
)
def test_a_circle_is_found_with_its_way(children: dict[str, str], way: str) -> None:
    """The way round is named from the segment that is saved (T48)."""
    known = catalog(**children)
    (problem,) = refused_references(naming(*children["a"]), known, segment_id="a", name="A")
    assert (problem.path, problem.code) == ("$.root.of[0].of[0].segments[0]", "reference_cycle")
    assert way in problem.sentence


@pytest.mark.parametrize(
    "children",
    [
        {"a": "b", "b": ""},
        {"a": "bc", "b": "d", "c": "d", "d": ""},
        {"a": "x"},
        {"a": "b", "b": "c", "c": "b"},
        {"a": "b", "b": "c", "c": "d", "d": "e", "e": "f", "f": ""},
    ],
)
def test_everything_else_is_fine(children: dict[str, str]) -> None:
    """Diamonds, unknown segments, a circle elsewhere and a chain of five are no reason to refuse (T49)."""
    assert refused_references(naming(*children["a"]), catalog(**children), segment_id="a", name="A") == ()
    assert refused_references(naming(*children["a"]), catalog(**children), segment_id=None, name="New") == ()


def test_the_longest_of_several_chains_counts() -> None:
    """A chain is too long even when a shorter way leads to the same segment (M17)."""
    known = catalog(b="c", c="d", d="e", e="f", f="g", g="")
    (problem,) = refused_references(naming("f", "b"), known, segment_id=None, name="A")
    assert (problem.path, problem.code) == ("$.root.of[0].of[0].segments[1]", "limit_exceeded")
    assert "6 long: “A” → “B” → “C” → “D” → “E” → “F” → “G”" in problem.sentence


def test_runs_are_read_where_members_are_and_below_live_criteria() -> None:
    """Live criteria have no run of their own; those they read count, each once (T57)."""
    known = catalog(a="", b="A", c="a", d="BC")
    assert runs_read(naming("a", "x"), known) == {"a": "run of a"}
    assert runs_read(naming("b"), known) == {"b": "run of b"}
    assert runs_read(naming("c", "d", members="live"), known) == {"a": "run of a"}


FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def user(segment_id: UUID, *named: UUID, state: SegmentState = SegmentState.ACTIVE) -> Naming:
    """A segment that names others."""
    return Naming(segment_id, f"S{segment_id.int}", state, frozenset(named))


def test_what_stays_keeps_what_it_uses() -> None:
    """A whole selection is judged: only users that remain count, however far away (T55)."""
    users = [user(SECOND, FIRST), user(THIRD, SECOND)]
    assert kept_by([FIRST, SECOND, THIRD], users, {}) == {}
    assert kept_by([FIRST, SECOND], users, {}) == {SECOND: ("segment “S3”",), FIRST: ("segment “S2”",)}
    kept = kept_by([FIRST, SECOND, THIRD], users, {THIRD: ["campaign “Spring”"]})
    assert set(kept) == {FIRST, SECOND, THIRD}


def test_users_that_are_not_active_warn_only() -> None:
    """An inactive user keeps nothing and is named instead, unless it goes as well (T52)."""
    users = [user(SECOND, FIRST, state=SegmentState.INACTIVE)]
    assert kept_by([FIRST], users, {}) == {}
    assert left_behind(FIRST, users, ()) == ("“S2”",)
    assert left_behind(FIRST, users, {SECOND}) == ()
