"""What counts as a change of the data, and what only looks like one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from segment_engine.domain.catalog import FieldType
from segment_engine.domain.drift import (
    Delivery,
    DriftFinding,
    DriftKind,
    DriftLevel,
    FileColumn,
    SourceState,
    compare,
)
from segment_engine.domain.profiles import SAMPLE_ROWS, FieldProfile, Share, estimated_distinct, shares_of
from segment_engine.domain.stability import stability

ID = FileColumn("id", "text", None)
CITY = FileColumn("city", "text", "contact.city")
SCORE = FileColumn("score", "integer", "contact.score")


def state(*columns: FileColumn, rows_read: int = 1_000, number: str = "1") -> SourceState:
    """A source that delivered one file of contacts with these columns."""
    return SourceState({"contact": 1_000}, {"contact": Delivery((ID, *columns), rows_read, number)})


def profile(kind: FieldType = FieldType.CHOICE, **values: object) -> FieldProfile:
    """A field of 1,000 rows, of which each has a value."""
    figures: dict[str, object] = {"row_total": 1_000, "missing": 0, "distinct": 2, **values}
    return FieldProfile("contact.tier", "Tier", kind, **figures)  # pyright: ignore[reportArgumentType] - any figures


def shares(**values: float) -> tuple[Share, ...]:
    """Values with their shares."""
    return tuple(Share(value, share) for value, share in values.items())


def of_profiles(before: FieldProfile, now: FieldProfile, *, days: float = 1) -> tuple[DriftFinding, ...]:
    """Compare two sources that have one field."""
    then = datetime(2026, 3, 1, tzinfo=UTC)
    first = SourceState(profiles={before.key: before}, as_of=then)
    return compare(first, SourceState(profiles={now.key: now}, as_of=then + timedelta(days=days)))


def kinds(findings: tuple[DriftFinding, ...]) -> list[tuple[DriftKind, DriftLevel]]:
    """What was found, as kind and level."""
    return [(each.kind, each.level) for each in findings]


# Columns and rows --------------------------------------------------------------------------------------------------


def test_a_column_that_is_gone_weighs_more_when_a_segment_reads_it() -> None:
    """Serious where a segment reads the field, a warning where none does, and the field is named (T40)."""
    before, now = state(CITY, SCORE), state(SCORE, number="2")
    [found] = compare(before, now)
    assert (found.kind, found.level, found.key) == (DriftKind.COLUMN_GONE, DriftLevel.WARNING, "contact.city")
    [found] = compare(before, now, used={"contact.city"})
    assert found.level is DriftLevel.SERIOUS
    assert "“city”" in found.sentence


def test_a_new_column_is_information() -> None:
    """Nothing breaks by it."""
    assert kinds(compare(state(CITY), state(CITY, SCORE, number="2"))) == [(DriftKind.COLUMN_NEW, DriftLevel.INFO)]


def test_a_column_that_fills_the_same_field_under_another_name_is_not_gone() -> None:
    """A renamed column of the file that still leads to the field is one piece of information, not two alarms."""
    renamed = FileColumn("town", "text", "contact.city")
    found = compare(state(CITY), state(renamed, number="2"), used={"contact.city"})
    assert kinds(found) == [(DriftKind.COLUMN_RENAMED, DriftLevel.INFO)]


def test_another_type_is_found() -> None:
    """Figures that arrive as text; whole numbers that get decimals are harmless."""
    texts, decimals = replace(SCORE, type="text"), replace(SCORE, type="decimal")
    used = {"contact.score"}
    assert kinds(compare(state(SCORE), state(texts, number="2"), used=used)) == [
        (DriftKind.COLUMN_RETYPED, DriftLevel.SERIOUS)
    ]
    assert kinds(compare(state(SCORE), state(decimals, number="2"), used=used)) == [
        (DriftKind.COLUMN_RETYPED, DriftLevel.INFO)
    ]


def test_a_column_that_went_empty_is_found() -> None:
    """It is still there and delivers nothing."""
    found = compare(state(CITY), state(replace(CITY, type="empty", field=None), number="2"))
    assert kinds(found) == [(DriftKind.COLUMN_RETYPED, DriftLevel.WARNING)]


def test_the_same_file_again_is_no_change() -> None:
    """Neither the same delivery nor one alike is reported."""
    assert compare(state(CITY), state(CITY)) == ()
    assert compare(state(CITY), state(CITY, number="2", rows_read=950)) == ()


def test_a_file_far_smaller_than_the_one_before_is_found() -> None:
    """It may be cut off; an empty one surely is; small files vary."""
    assert kinds(compare(state(), state(rows_read=400, number="2"))) == [(DriftKind.FILE_SIZE, DriftLevel.WARNING)]
    assert kinds(compare(state(), state(rows_read=0, number="2"))) == [(DriftKind.FILE_SIZE, DriftLevel.SERIOUS)]
    assert compare(state(rows_read=10), state(rows_read=1, number="2")) == ()


@pytest.mark.parametrize(
    ("had", "has", "level"),
    [(1_000, 880, DriftLevel.WARNING), (1_000, 300, DriftLevel.SERIOUS), (1_000, 950, None), (10, 1, None)],
)
def test_rows_that_went_are_found(had: int, has: int, level: DriftLevel | None) -> None:
    """More than a tenth is a warning, more than half serious; growth and a handful of rows are neither."""
    found = compare(SourceState({"order_placed": had}), SourceState({"order_placed": has}))
    assert [each.level for each in found] == ([] if level is None else [level])
    assert all(each.rows == "order_placed" for each in found)
    assert compare(SourceState({"order_placed": has}), SourceState({"order_placed": had})) == ()


def test_the_most_serious_comes_first() -> None:
    """Whoever reads one line reads the right one."""
    before = replace(state(CITY, SCORE), totals={"contact": 1_000})
    now = replace(state(SCORE, FileColumn("new", "text", None), number="2"), totals={"contact": 100})
    assert [each.level for each in compare(before, now)] == [
        DriftLevel.SERIOUS, DriftLevel.WARNING, DriftLevel.INFO
    ]  # fmt: skip


# Fields ------------------------------------------------------------------------------------------------------------


def test_a_field_that_is_gone_or_has_another_type_is_found() -> None:
    """Criteria that name it cannot be computed any more (T40)."""
    tier = profile()
    assert kinds(of_profiles(tier, replace(tier, key="contact.other"))) == [(DriftKind.FIELD_GONE, DriftLevel.WARNING)]
    assert kinds(of_profiles(tier, replace(tier, type=FieldType.TEXT))) == [
        (DriftKind.FIELD_RETYPED, DriftLevel.SERIOUS)
    ]


@pytest.mark.parametrize(
    ("was", "now", "level"),
    [
        (20, 60, DriftLevel.INFO),
        (20, 120, DriftLevel.WARNING),
        (20, 400, DriftLevel.SERIOUS),
        (0, 1_000, DriftLevel.SERIOUS),
        (400, 20, DriftLevel.INFO),
        (20, 28, None),
    ],
)
def test_missing_values_are_judged_by_how_many_points_more(was: int, now: int, level: DriftLevel | None) -> None:
    """From 1 point mentioned, from 5 a warning, from 25 serious; fewer missing is never worse than information."""
    found = of_profiles(profile(missing=was), profile(missing=now))
    assert [each.level for each in found if each.kind is DriftKind.MISSING] == ([] if level is None else [level])


def test_a_quarter_of_four_rows_is_chance() -> None:
    """One more missing value among a few rows says nothing."""
    assert of_profiles(profile(row_total=4), profile(row_total=4, missing=1)) == ()


def test_values_that_appear_and_disappear_are_named() -> None:
    """With their shares, so that a person sees at once which ones."""
    before = profile(distinct=3, distribution=shares(bronze=0.6, silver=0.3, gold=0.1))
    now = profile(distinct=3, distribution=shares(bronze=0.6, silver=0.3, platinum=0.1))
    found = {each.kind: each for each in of_profiles(before, now)}
    assert "“platinum” (10.0%)" in found[DriftKind.VALUE_NEW].sentence
    assert "“gold” (10.0%)" in found[DriftKind.VALUE_GONE].sentence
    assert found[DriftKind.VALUE_GONE].level is DriftLevel.WARNING


def test_a_list_of_the_commonest_hides_nothing_that_would_be_a_false_alarm() -> None:
    """A value that slid from the tenth to the eleventh place is not gone."""
    names = [f"v{place:02}" for place in range(11)]
    first = dict.fromkeys(names[:10], 0.09)
    second = dict.fromkeys((*names[:9], names[10]), 0.09)
    before, now = (profile(distinct=11, distribution=shares(**each)) for each in (first, second))
    assert of_profiles(before, now) == ()


def test_a_rare_value_that_is_in_one_sample_only_is_chance() -> None:
    """Six rows of a sample can be in none of the next."""
    rare = 6 / SAMPLE_ROWS
    before = profile(row_total=1_000_000, distinct=2, distribution=shares(yes=0.7, no=0.3), sampled=True)
    now = replace(before, distinct=3, distribution=shares(yes=0.7, no=0.3 - rare, maybe=rare))
    assert of_profiles(before, now) == ()
    assert kinds(of_profiles(replace(before, sampled=False), replace(now, sampled=False))) == [
        (DriftKind.VALUE_NEW, DriftLevel.INFO)
    ]


# The spread of values ----------------------------------------------------------------------------------------------


def test_the_index_of_a_textbook_case() -> None:
    """PSI of 50:50 against 60:40 is 0.1 · ln(1.2) - 0.1 · ln(0.8) = 0.0405."""
    measured = stability(
        profile(distribution=shares(a=0.5, b=0.5)), profile(distribution=shares(a=0.6, b=0.4))
    )  # fmt: skip
    assert measured is not None
    assert measured.index == pytest.approx(0.0405, abs=0.0001)


@pytest.mark.parametrize(("moved", "level"), [(0.05, None), (0.2, DriftLevel.WARNING), (0.35, DriftLevel.SERIOUS)])
def test_values_that_are_spread_differently_are_found(moved: float, level: DriftLevel | None) -> None:
    """Below 0.1 stable, from 0.1 a warning, from 0.25 serious; what moved most is named."""
    before = profile(distribution=shares(gold=0.5, silver=0.5))
    found = of_profiles(before, profile(distribution=shares(gold=0.5 - moved, silver=0.5 + moved)))
    assert [each.level for each in found] == ([] if level is None else [level])
    assert all("“gold” went from 50.0%" in each.sentence for each in found)


def figures(values: list[int], *, cut: int = 10) -> FieldProfile:
    """Profile whole numbers in ranges of equal frequency, as an import does."""
    ordered = sorted(values)
    count = len(ordered)
    ends = sorted({ordered[-(-count * place // cut) - 1] for place in range(1, cut + 1)})
    found: list[dict[str, object]] = []
    start, before = ordered[0], 0
    for end in ends:
        until = sum(each <= end for each in ordered)
        found.append({"value": str(end), "share": (until - before) / count, "start": str(start), "end": str(end)})
        start, before = end, until
    return profile(
        FieldType.INTEGER, row_total=count, distinct=len(set(values)), distribution=shares_of(found)
    )  # fmt: skip


def test_samples_of_the_same_figures_never_differ() -> None:
    """Forty draws of one population, large and small, smooth and full of ties: not one alarm."""
    draw = random.Random(7)  # noqa: S311 - nothing secret
    for count in (60, 300, 3_000):
        for _ in range(20):
            for make in (lambda: int(draw.gauss(500, 120)), lambda: int(draw.expovariate(0.4))):
                before, now = (figures([make() for _ in range(count)]) for _ in range(2))
                assert of_profiles(before, now) == (), count


def test_figures_that_moved_are_found() -> None:
    """A shift by one standard deviation, and values larger than ever before."""
    draw = random.Random(8)  # noqa: S311 - nothing secret
    before = figures([int(draw.gauss(500, 100)) for _ in range(3_000)])
    now = figures([int(draw.gauss(600, 100)) for _ in range(3_000)])
    assert kinds(of_profiles(before, now)) == [(DriftKind.DISTRIBUTION, DriftLevel.SERIOUS)]


def dates(first: datetime, *, days: int) -> FieldProfile:
    """Profile dates that lie evenly within so many days before a day."""
    edges = [first - timedelta(days=days) + timedelta(days=days * place / 10) for place in range(11)]
    found: list[dict[str, object]] = [
        {"value": "", "share": 0.1, "start": start.date().isoformat(), "end": end.date().isoformat()}
        for start, end in pairwise(edges)
    ]
    return profile(FieldType.DATE, distinct=days, distribution=shares_of(found))


def test_dates_that_move_along_with_time_are_no_change() -> None:
    """“Last seen” is later every week, for everybody, and nothing happened."""
    then = datetime(2026, 3, 1, tzinfo=UTC)
    before, now = dates(then, days=30), dates(then + timedelta(days=20), days=30)
    assert of_profiles(before, now, days=20) == ()
    assert [each.kind for each in of_profiles(before, now, days=0)] == [DriftKind.DISTRIBUTION]


def test_dates_that_stand_still_are_no_change() -> None:
    """A birthday does not grow with time."""
    born = dates(datetime(1990, 1, 1, tzinfo=UTC), days=9_000)
    assert of_profiles(born, born, days=300) == ()


def test_one_value_for_all_says_nothing() -> None:
    """A field with a single value cannot be spread differently."""
    assert stability(profile(distribution=shares(x=1.0)), profile(distribution=shares(x=1.0))) is None
    assert stability(profile(), profile()) is None


def test_the_number_of_different_values_of_all_rows_is_estimated() -> None:
    """All seen twice: no more are expected; all seen once: as many as there are rows."""
    assert estimated_distinct(100, 0, 200, 10_000) == 100
    assert estimated_distinct(200, 200, 200, 10_000) == 10_000
    assert estimated_distinct(5, 1, 0, 0) == 5
