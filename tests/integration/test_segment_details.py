"""One segment in detail on real PostgreSQL: versions and restoring, users, engagement, overlap, members to search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.segment import SegmentState
from segment_engine.domain.segment_details import LineFate, MemberRows, compare_sentences
from segment_engine.engine import Engine
from segment_engine.errors import CriteriaError, InputError, LimitExceeded, NotFound, PermissionDenied, StaleVersion
from segment_engine.use_cases import member_search
from tests.integration.reference_worlds import add_contacts, calculate, document, in_segments, save
from tests.integration.test_edit_diff import BOTH, GENT, UTRECHT, edited

CITIES = ("Utrecht", "Utrecht", "Gent", "Gent", "Gent", "Lyon", None)


@pytest.fixture
def segment_id(engine: Engine, context: OrganizationContext, databases: Databases) -> UUID:
    """Contacts 1 and 2 of seven live in Utrecht and are members."""
    add_contacts(databases, context.organization_id, CITIES)
    made = save(engine, context, "Utrecht", UTRECHT)
    calculate(databases)
    return made


def run(databases: Databases, organization_id: int, *statements: str, **values: object) -> None:
    """Change the database behind the engine's back."""
    with databases.app.transaction(organization_id) as transaction:
        for statement in statements:
            transaction.run(text(statement), {"o": organization_id, **values})


# Versions ----------------------------------------------------------------------------------------------------------


def test_versions_are_sentences_with_their_newest_result(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Who, when and what; a version without a result has none; two of them are told apart by lines."""
    edited(engine, context, segment_id, BOTH)
    second, first = engine.details.versions(context, segment_id)
    assert (second.version, second.member_count, second.created_by) == (2, None, "Local operator")
    assert (first.version, first.member_count, first.problem) == (1, 2, None)
    assert first.calculated_at is not None
    assert first.sentence is not None
    assert second.sentence is not None
    fates = [line.fate for line in compare_sentences(first.sentence, second.sentence)]
    assert (fates.count(LineFate.REMOVED), fates.count(LineFate.ADDED)) == (1, 1)
    assert {line.fate for line in compare_sentences(first.sentence, first.sentence)} == {LineFate.KEPT}
    calculate(databases)
    assert engine.details.versions(context, segment_id)[0].member_count == 5


def test_restoring_is_a_new_version_with_the_old_criteria(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """History is not rewritten: version 3 says what version 1 said, and a run is queued for it."""
    edited(engine, context, segment_id, GENT)
    held = engine.segments.get(context, segment_id)
    restored = engine.details.restore(context, segment_id, 1, expected_revision=held.revision)
    assert restored.version == 3
    assert restored.document == engine.details.versions(context, segment_id)[-1].document
    assert (restored.name, restored.state) == (held.name, held.state)
    calculate(databases)
    assert engine.segments.get(context, segment_id).member_count == 2


def test_restoring_is_refused_when_somebody_saved_meanwhile_or_there_is_no_such_version(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """The same guards as for every edit, and a sentence for each."""
    edited(engine, context, segment_id, GENT)
    with pytest.raises(StaleVersion):
        engine.details.restore(context, segment_id, 1, expected_revision=1)
    with pytest.raises(NotFound, match="There is no version 9"):
        engine.details.restore(context, segment_id, 9, expected_revision=2)
    with pytest.raises(NotFound):
        engine.details.restore(context, uuid4(), 1, expected_revision=1)


def test_criteria_that_cannot_be_read_any_more_are_listed_and_not_restored(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """A field that is gone breaks old versions: the list says why, and restoring refuses with that sentence."""
    edited(engine, context, segment_id, document({"kind": "all_contacts"}))
    run(databases, context.organization_id, "DELETE FROM fields WHERE organization_id = :o AND key = 'contact.city'")
    newest, old = engine.details.versions(context, segment_id)
    assert newest.sentence is not None
    assert old.sentence is None
    assert old.problem is not None
    assert "contact.city" in old.problem
    with pytest.raises(CriteriaError, match=r"contact\.city"):
        engine.details.restore(context, segment_id, 1, expected_revision=2)


def test_a_version_that_names_other_segments_is_read_with_their_names(
    engine: Engine, context: OrganizationContext, segment_id: UUID
) -> None:
    """Names of segments stand in the sentences of all versions, not only of the current one."""
    reader = save(engine, context, "Reader", document(in_segments(segment_id)))
    edited(engine, context, reader, GENT)
    sentences = [each.sentence for each in engine.details.versions(context, reader)]
    assert all(sentence is not None for sentence in sentences)
    assert "“Utrecht”" in str(sentences[-1])


# Who uses it, and what came of it ----------------------------------------------------------------------------------

_NEW = (
    "INSERT INTO campaigns (organization_id, campaign_id, name, channel, state) VALUES (:o, :c, :name, 'email', :state)"
)
_FROZEN = (
    "INSERT INTO campaign_audiences (organization_id, campaign_id, frozen_at, segment_id, run_id, part, contact_count) "
    "VALUES (:o, :c, '2026-02-03T10:00:00Z', :segment, :run, 'included', 2)"
)
_METRICS = (
    "INSERT INTO campaign_daily_metrics (organization_id, campaign_id, day, sent, delivered, opened, clicked) "
    "VALUES (:o, :c, '2026-02-04', :sent, :delivered, :opened, 1), (:o, :c, '2026-02-12', 1, 1, 1, 0)"
)
CAMPAIGN = (_NEW, "INSERT INTO campaign_segments VALUES (:o, :c, :segment, 'included')", _FROZEN, _METRICS)


def campaign(
    databases: Databases, context: OrganizationContext, engine: Engine, segment_id: UUID, name: str, *, sent: int
) -> UUID:
    """Let a campaign freeze a segment and report: half of what was delivered was opened."""
    campaign_id = uuid4()
    run_id = engine.runs.find(context, segment_id)[0].run_id
    run(
        databases, context.organization_id, *CAMPAIGN, c=campaign_id, name=name, segment=segment_id, run=run_id,
        sent=sent, delivered=sent - 2, state="running", opened=(sent - 2) // 2,
    )  # fmt: skip
    return campaign_id


def test_uses_name_both_directions_and_campaigns(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """What it reads, who reads it, and which campaigns name it and how."""
    middle = save(engine, context, "Middle", document(in_segments(segment_id)))
    calculate(databases)
    top = save(engine, context, "Top", document(in_segments(middle)))
    calculate(databases)
    made = campaign(databases, context, engine, middle, "Spring", sent=10)
    uses = engine.details.uses(context, middle)
    assert [each.segment_id for each in uses.reads] == [segment_id]
    assert [each.segment_id for each in uses.read_by] == [top]
    (use,) = uses.campaigns
    assert (use.campaign_id, use.name, use.kind, use.channel, use.state, use.part) == (
        made, "Spring", "campaign", "email", "running", "included",
    )  # fmt: skip
    assert engine.details.uses(context, segment_id).reads == ()


def test_audiences_are_listed_with_their_run(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Which run was frozen, when, and how many contacts."""
    campaign(databases, context, engine, segment_id, "Spring", sent=10)
    (frozen,) = engine.details.audiences(context, segment_id)
    (held,) = engine.runs.find(context, segment_id)
    assert (frozen.name, frozen.part, frozen.contact_count, frozen.run_id) == ("Spring", "included", 2, held.run_id)
    assert frozen.as_of == held.as_of


def test_engagement_sums_by_week_beside_all_campaigns_and_other_segments(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Own campaigns, all campaigns and other segments stand apart; weeks begin on Monday; sums add up."""
    other = save(engine, context, "Gent", GENT)
    calculate(databases)
    campaign(databases, context, engine, segment_id, "Spring", sent=12)
    campaign(databases, context, engine, other, "Autumn", sent=102)
    found = engine.details.engagement(context, segment_id)
    assert (found.campaigns, found.own.sent, found.own.delivered, found.own.opened) == (1, 13, 11, 6)
    assert found.own.few
    assert (found.every.sent, found.every.delivered) == (116, 112)
    assert [week.starts_on for week in found.weeks] == [date(2026, 2, 2), date(2026, 2, 9)]
    assert (found.weeks[0].own.delivered, found.weeks[0].every.delivered) == (10, 110)
    (autumn,) = found.others
    assert (autumn.name, autumn.campaigns, autumn.figures.delivered, autumn.figures.few) == ("Gent", 1, 101, False)


# Overlap -----------------------------------------------------------------------------------------------------------


def test_overlap_counts_shared_members_and_tells_contained_from_equal(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Shared members of stored blocks, most first; who shares nobody is left out but was compared."""
    everyone = save(engine, context, "Everyone", document({"kind": "all_contacts"}))
    both = save(engine, context, "Both", BOTH)
    save(engine, context, "Gent", GENT)
    calculate(databases)
    found = engine.details.overlap(context, segment_id)
    assert (found.member_count, found.compared, found.comparable) == (2, 3, 3)
    assert {(each.segment_id, each.other_count, each.shared) for each in found.shared} == {
        (everyone, 7, 2), (both, 5, 2),
    }  # fmt: skip
    widest = engine.details.overlap(context, everyone, limit=1)
    assert [(each.segment_id, each.shared) for each in widest.shared] == [(both, 5)]


def test_overlap_says_how_far_it_came(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """When the time is up it says so, instead of passing a part off as the whole."""
    save(engine, context, "Both", BOTH)
    calculate(databases)
    found = engine.details.overlap(context, segment_id, seconds=0)
    assert (found.compared, found.comparable, found.shared) == (0, 1, ())


# Members -----------------------------------------------------------------------------------------------------------


def keys(page: MemberRows) -> list[str]:
    """Read the keys of a page."""
    return [row.member.external_key for row in page.rows]


@pytest.fixture
def named(databases: Databases, context: OrganizationContext, segment_id: UUID) -> UUID:
    """The same segment; its members have names and addresses."""
    for number, first, mail in (
        (1, "Ada", "ada@example.org"),
        (2, "Bo", "bo@example.org"),
        (3, "Ada", "c@example.org"),
    ):
        run(
            databases, context.organization_id,
            "UPDATE contacts SET first_name = :first, first_name_fold = :fold, email = :mail, "
            "email_fold = :mail WHERE organization_id = :o AND number = :n",
            "INSERT INTO identities VALUES (:o, 'email', :mail, :n)",
            n=number, first=first, fold=first.lower(), mail=mail,
        )  # fmt: skip
    return segment_id


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["key-1", "key-2"]), ("key-2", ["key-2"]), ("KEY", ["key-1", "key-2"]), ("aDa", ["key-1"]),
        ("BO@example.org", ["key-2"]), ("example", ["key-1", "key-2"]), ("key-3", []), ("c@example.org", []),
        ("%", []), ("_", []), ("nobody", []),
    ],
)  # fmt: skip
def test_members_are_searched_by_key_address_and_name(
    engine: Engine, context: OrganizationContext, named: UUID, search: str, expected: Sequence[str]
) -> None:
    """A part in letters of either case; who is no member is not found, and signs mean themselves."""
    assert keys(engine.details.members(context, named, search=search)) == expected


def test_a_search_is_paged_after_a_contact(engine: Engine, context: OrganizationContext, named: UUID) -> None:
    """The next page begins after the last contact of this one, and the last page says that it is the last."""
    first = engine.details.members(context, named, search="example", limit=1)
    assert (keys(first), first.next_after) == (["key-1"], 1)
    second = engine.details.members(context, named, search="example", limit=1, after=first.next_after)
    assert (keys(second), second.next_after) == (["key-2"], None)


def test_who_comes_back_joins_again(
    engine: Engine, context: OrganizationContext, databases: Databases, named: UUID
) -> None:
    """Leaving and returning is a second joining with its own time, and the past run still has the old members (T92)."""
    before = engine.runs.find(context, named)[0]
    for criteria in (GENT, UTRECHT):
        edited(engine, context, named, criteria)
        calculate(databases)
    (row,) = engine.details.members(context, named, search="key-1").rows
    newest = engine.runs.find(context, named)[0]
    assert (row.joined_times, row.since) == (2, newest.finished_at)
    (then,) = engine.details.members(context, named, search="key-1", at_run=before.run_id).rows
    assert (then.joined_times, then.since) == (1, before.finished_at)
    middle = engine.runs.find(context, named)[1]
    assert keys(engine.details.members(context, named, search="key", at_run=middle.run_id)) == [
        "key-3",
        "key-4",
        "key-5",
    ]
    assert keys(engine.details.members(context, named, search="key-1", at_run=middle.run_id)) == []


def test_a_decision_by_hand_is_said_beside_the_member_also_when_searched_for(
    engine: Engine, context: OrganizationContext, databases: Databases, named: UUID
) -> None:
    """Who is in by hand is not taken for one whom the criteria found (T84, T85)."""
    engine.overrides.put_in(context, named, "key-3", reason="A friend")
    calculate(databases)
    listed = [row.member.by_hand for row in engine.details.members(context, named).rows]
    searched = [row.member.by_hand for row in engine.details.members(context, named, search="key").rows]
    assert listed == searched == [None, None, "put_in"]


def test_a_search_that_takes_too_long_says_what_is_quick(
    engine: Engine, context: OrganizationContext, named: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is a sentence with a next step; a whole key is found all the same."""

    def too_slow(*_positional: object, **_named: object) -> None:
        return None

    monkeypatch.setattr(member_search.rows, "containing", too_slow)
    with pytest.raises(LimitExceeded, match="Type the whole key"):
        engine.details.members(context, named, search="ke")
    assert keys(engine.details.members(context, named, search="key-1")) == ["key-1"]
    with pytest.raises(InputError):
        engine.details.members(context, named, search="x" * 201)


def test_who_may_not_see_contacts_searches_none(engine: Engine, context: OrganizationContext, named: UUID) -> None:
    """A search is a way to see contacts."""
    viewer = replace(context, role=Role.VIEWER, permissions=PERMISSIONS[Role.VIEWER])
    with pytest.raises(PermissionDenied):
        engine.details.members(viewer, named, search="key-1")
    assert engine.details.overlap(viewer, named).member_count == 2
    assert engine.segments.get(viewer, named).state is SegmentState.ACTIVE


# Reach -------------------------------------------------------------------------------------------------------------

# Of contacts 1 to 7: no address, invalid, suppressed, no consent, withdrawn, pending, and one that is reached.
CHANNEL_ROWS = (
    (2, "b@example.org", False, None), (3, "c@example.org", True, "2026-01-01T00:00:00Z"),
    (4, "d@example.org", True, None), (5, "e@example.org", True, None), (6, "f@example.org", True, None),
    (7, "g@example.org", True, None),
)  # fmt: skip
CONSENT_ROWS = (
    (2, "granted", None), (3, "granted", None), (5, "withdrawn", None), (6, "pending", None), (7, "withdrawn", None),
    (7, "granted", None), (4, "granted", "news"),
)  # fmt: skip


def test_the_last_gate_is_the_compiled_condition(
    engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID
) -> None:
    """Gate by gate over the stored members; who is left is exactly whom the condition `reachable` finds among them."""
    everyone = save(engine, context, "Everyone", document({"kind": "all_contacts"}))
    calculate(databases)
    for number, address, valid, stopped in CHANNEL_ROWS:
        run(
            databases, context.organization_id,
            "INSERT INTO contact_channels VALUES (:o, :n, 'email', :address, :valid, cast(:stopped AS timestamptz), "
            "CASE WHEN cast(:stopped AS text) IS NOT NULL THEN 'hard_bounce' END)",
            n=number, address=address, valid=valid, stopped=stopped,
        )  # fmt: skip
    for place, (number, state, topic) in enumerate(CONSENT_ROWS):
        run(
            databases, context.organization_id,
            "INSERT INTO consents VALUES (:o, :n, 'email', :place, :topic, :state, cast('2026-01-01' AS timestamptz) "
            "+ make_interval(days => cast(:place AS integer)))",
            n=number, place=place, topic=topic, state=state,
        )  # fmt: skip
    reach = engine.details.reach(context, everyone)
    (email,) = [each for each in reach.channels if each.channel == "email"]
    assert [step.contacts_left for step in email.steps] == [7, 7, 6, 5, 4, 1]
    reachable: dict[str, object] = {"kind": "reachable", "channel": "email", "op": "is_reachable"}
    for asked in (everyone, segment_id):
        among = document(in_segments(asked), reachable)
        found = engine.details.reach(context, asked)
        (email,) = [each for each in found.channels if each.channel == "email"]
        assert email.reached == engine.evaluation.count(context, among)
        assert found.members_as_of == engine.runs.find(context, asked)[0].as_of
    assert {each.reached for each in reach.channels if each.channel != "email"} == {0}


def test_a_segment_without_members_reaches_nobody(engine: Engine, context: OrganizationContext) -> None:
    """Before the first result there is nobody to reach, and no time to name."""
    made = save(engine, context, "Everyone", document({"kind": "all_contacts"}))
    found = engine.details.reach(context, made)
    assert (found.members_as_of, {each.reached for each in found.channels}) == (None, {0})
