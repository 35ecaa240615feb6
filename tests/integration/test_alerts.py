"""Alerts on real PostgreSQL: one for each trouble, told once, over when it is over; rules and quiet hours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db.metrics import backlog
from segment_engine.domain.access import PERMISSIONS, OrganizationContext, Role
from segment_engine.domain.alert_rules import Channel, QuietHours, RuleDraft
from segment_engine.domain.alerts import AlertCount, AlertKind, DeliveryState
from segment_engine.domain.segment import SegmentId, SegmentStatus
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound, PermissionDenied, StaleVersion
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from segment_engine.worker import watching
from segment_engine.worker.watching import look
from tests.integration.alert_world import AlertWorld, world

__all__ = ("world",)  # a fixture

TIER_GONE = "$.root.of[0]: There is no field “contact.tier”. Choose one of the catalog."
DAY = timedelta(days=1)


def test_segments_failing_for_one_cause_are_one_alert(world: AlertWorld) -> None:
    """One alert for the field that two miss, another for another field; places in documents split nothing."""
    first, second, third = world.segments("first", "second", "third")
    world.succeed(first, second, third)
    world.fail(first)
    world.fail(second, sentence="$.root.of[1].of[7]: There is no field “contact.shop”. Choose one of the catalog.")
    world.fail(third, sentence=TIER_GONE)
    world.look()
    found = world.open()
    assert sorted((card.kind, card.failing, card.first_names) for card in found) == [
        (AlertKind.RUN_FAILED, 1, ("third",)),
        (AlertKind.RUN_FAILED, 2, ("first", "second")),
    ]
    assert {card.cause for card in found} == {"field_missing"}
    assert all("A field or event type is gone." in card.sentence and "$" not in card.sentence for card in found)
    assert world.engine.alerts.count(world.context) == AlertCount(2, 2)


def test_a_trouble_is_opened_once_counted_and_over_when_its_last_segment_recovered(world: AlertWorld) -> None:
    """Looks that find the same write nothing and tell nobody; each segment recovers alone, the alert with the last."""
    first, second = world.segments("first", "second")
    world.succeed(first, second)
    world.tell()
    world.fail(first)
    world.look()
    (opened,) = world.open()
    before = world.sql("SELECT xmin, * FROM alerts WHERE organization_id = :o")
    world.look()
    assert world.sql("SELECT xmin, * FROM alerts WHERE organization_id = :o") == before
    world.fail(second)
    world.look()
    (both,) = world.open()
    assert (both.alert_id, both.occurrences, both.segments, both.failing) == (opened.alert_id, 2, 2, 2)
    world.succeed(first)
    world.look()
    (one_left,) = world.open()
    assert (one_left.segments, one_left.failing, one_left.first_names[0]) == (2, 1, "second")
    assert world.told() == [("team@example.org", "opened")]
    world.succeed(second)
    world.look()
    assert world.open() == ()
    (over,) = world.engine.alerts.find(world.context, only_open=False)
    assert (over.alert_id, over.failing, over.recovered_at) == (opened.alert_id, 0, world.now)
    segments = world.engine.alerts.get(world.context, over.alert_id).segments
    assert [each.recovered_at is not None for each in segments] == [True, True]
    assert world.told() == [("team@example.org", "opened"), ("team@example.org", "recovered")]
    world.fail(first)
    world.look()
    assert world.open()[0].alert_id != opened.alert_id


def test_failing_again_is_counted_not_told_again(world: AlertWorld) -> None:
    """A segment that fails three times in a row is one alert with three occurrences and one message."""
    segment = world.segment("often")
    world.succeed(segment)
    world.tell()
    for _ in range(3):
        world.fail(segment)
        world.now = world.databases_now()
        world.sql("UPDATE organization_work SET look_at = now() - interval '1 hour'")
        world.look(timedelta())
    (card,) = world.open()
    assert (card.occurrences, world.told()) == (3, [("team@example.org", "opened")])


def trouble_everywhere(world: AlertWorld, ids: list[SegmentId]) -> None:
    """Let each segment have the trouble that it is named for, and a run wait for longer than usual."""
    suspended, withheld, empty, check, sudden, old, stale, fed = ids
    world.sql(
        "INSERT INTO segment_schedules (organization_id, segment_id, kind, every_minutes, next_due_at, suspended_at, "
        "suspended_because) VALUES (:o, :s, 'every', 60, now(), now(), 'It failed 5 times in a row.')", s=suspended,
    )  # fmt: skip
    world.fail(withheld, error_class="check_failed", sentence="A check kept the result back.", withheld=7)
    world.sql("UPDATE segments SET member_count = 0, checks = 'failed' WHERE segment_id = :s", s=empty)
    world.sql("UPDATE segments SET checks = 'failed' WHERE segment_id = :s", s=check)
    world.sql("UPDATE segments SET checks = 'warned' WHERE segment_id = :s", s=sudden)
    for segment_id, hours in ((old, 200), (stale, 30)):
        world.sql(
            "UPDATE segments SET last_calculated_at = now() - make_interval(hours => :h) WHERE segment_id = :s",
            s=segment_id, h=hours,
        )  # fmt: skip
    world.sql(
        "WITH source AS (INSERT INTO data_sources (organization_id, name, stale_after_hours, last_imported_at) "
        "VALUES (:o, 'Shop', 24, now() - interval '30 hours') RETURNING data_source_id) "
        "INSERT INTO segment_sources (organization_id, segment_id, data_source_id) "
        "SELECT :o, :s, data_source_id FROM source", s=fed,
    )  # fmt: skip
    waiting = world.segment("waiting")
    world.sql(
        "UPDATE runs SET requested_at = now() - interval '16 minutes' WHERE segment_id = :s AND status = 'queued'",
        s=waiting,
    )


def test_every_kind_is_noticed_and_over_again(world: AlertWorld) -> None:
    """Suspended, withheld, empty, failed and sudden checks, too old, stale, late data, a stuck queue, no worker."""
    ids = world.segments("suspended", "withheld", "empty", "check", "sudden", "old", "stale", "fed")
    world.succeed(*ids)
    world.look()
    assert world.open() == ()
    trouble_everywhere(world, ids)
    world.sql("UPDATE workers SET seen_at = now() - interval '2 minutes'")
    world.look()
    assert {card.kind: card.first_names for card in world.open()} == {
        AlertKind.SCHEDULE_SUSPENDED: ("suspended",), AlertKind.RESULT_WITHHELD: ("withheld",),
        AlertKind.EMPTY: ("empty",), AlertKind.CHECK_FAILED: ("check",), AlertKind.SUDDEN_CHANGE: ("sudden",),
        AlertKind.TOO_OLD: ("old",), AlertKind.STALE: ("stale",), AlertKind.SOURCE_LATE: ("fed",),
        AlertKind.QUEUE_STUCK: (), AlertKind.NO_WORKER: (),
    }  # fmt: skip
    world.sql("UPDATE segment_schedules SET suspended_at = NULL, suspended_because = NULL")
    world.sql("UPDATE data_sources SET last_imported_at = now() - interval '1 hour' WHERE name = 'Shop'")
    world.sql("UPDATE workers SET seen_at = now()")
    world.succeed(*ids)
    world.look()
    assert world.open() == ()


def test_who_waits_for_another_is_not_stuck(world: AlertWorld) -> None:
    """A run that waits for what it reads could not have begun: no alarm, and its wait counts from the other's end."""
    child, parent = world.segments("child", "parent")
    world.sql(
        "UPDATE runs SET waits_for = ARRAY(SELECT run_id FROM runs WHERE segment_id = :child), "
        "requested_at = now() - interval '40 minutes' WHERE segment_id = :parent", child=child, parent=parent,
    )  # fmt: skip
    world.sql(
        "UPDATE runs SET status = 'processing', attempt = 1, started_at = now(), requested_at = now() - interval "
        "'40 minutes', lease_until = now() + interval '1 hour' WHERE segment_id = :child", child=child,
    )  # fmt: skip
    world.look()
    assert world.open(AlertKind.QUEUE_STUCK) == ()
    assert (waits(world), world.engine.operations.figures(world.context).queue.longest_wait) == (0, None)
    world.sql(
        "UPDATE runs SET status = 'failed', error_sentence = 'It failed.', finished_at = now() - interval '5 minutes', "
        "lease_until = NULL WHERE segment_id = :child", child=child,
    )  # fmt: skip
    world.look()
    assert world.open(AlertKind.QUEUE_STUCK) == ()
    assert 299 < waits(world) < 360
    world.sql("UPDATE runs SET waits_for = '{}' WHERE segment_id = :parent", parent=parent)
    world.look()
    assert len(world.open(AlertKind.QUEUE_STUCK)) == 1


def waits(world: AlertWorld) -> float:
    """Ask how long the oldest run of anybody has waited, as the figures for Prometheus tell it."""
    with world.databases.worker.transaction(read_only=True) as transaction:
        return backlog(transaction).oldest_seconds


def test_nobody_is_told_of_segments_that_are_not_active(world: AlertWorld) -> None:
    """What is put away makes no alert of any kind, and what is open is over when its segments are put away."""
    every = world.segments("suspended", "withheld", "empty", "check", "sudden", "old", "stale", "fed")
    world.succeed(*every)
    trouble_everywhere(world, every)
    world.look()
    told = {card.kind for card in world.open()}
    of_segments = set(AlertKind) - {AlertKind.NO_WORKER, AlertKind.RUN_FAILED, AlertKind.QUEUE_STUCK}
    assert told >= of_segments - {AlertKind.SUDDEN_CHANGE}
    world.sql("UPDATE segments SET state = 'inactive' WHERE organization_id = :o")
    world.look()
    assert {card.kind for card in world.open()} <= {AlertKind.NO_WORKER, AlertKind.QUEUE_STUCK}


def test_a_run_that_ends_is_looked_at_soon(world: AlertWorld) -> None:
    """Between two regular looks nothing is due; a failed run brings the next look forward to two seconds."""
    segment = world.segment("soon")
    world.succeed(segment)
    world.look()
    due = "SELECT look_at > clock_timestamp() + interval '20 seconds' AS far FROM organization_work"
    assert world.sql(due)[0].far
    assert look(world.databases.worker, now=world.now) == 0
    world.fail(segment)
    assert not world.sql(due)[0].far


def test_a_run_ends_while_somebody_holds_the_row_of_looks(world: AlertWorld, databases: Databases) -> None:
    """Bringing a look forward never makes a run wait: where the row is held, it is left as it is."""
    segment = world.segment("free")
    world.succeed(segment)
    world.look()
    with databases.app.transaction(world.context.organization_id) as transaction:
        values = {"o": world.context.organization_id}
        transaction.run(text("SELECT FROM organization_work WHERE organization_id = :o FOR UPDATE"), values)
        world.fail(segment)
    assert world.engine.segments.get(world.context, segment).status is SegmentStatus.FAILED


def test_rules_of_one_segment_and_of_all(world: AlertWorld) -> None:
    """A segment's rule hears when its own segment joins a trouble and when that one recovers, and of nothing else."""
    mine, other = world.segments("mine", "other")
    world.succeed(mine, other)
    world.tell("all@example.org")
    world.tell("mine@example.org", segment=mine)
    world.tell("checks@example.org", kinds=frozenset({AlertKind.CHECK_FAILED}))
    world.fail(other)
    world.look()
    assert world.told() == [("all@example.org", "opened")]
    world.fail(mine)
    world.look()
    assert world.told() == [("all@example.org", "opened"), ("mine@example.org", "opened")]
    world.succeed(mine)
    world.look()
    assert world.told()[1:] == [("mine@example.org", "opened"), ("mine@example.org", "recovered")]
    shown = [len(world.engine.alerts.find(world.context, segment_id=each)) for each in (mine, other)]
    assert shown == [0, 1], "the page of a segment shows what goes on for that segment"
    world.sql("UPDATE alert_deliveries SET delivered_at = now()")
    world.fail(mine)
    world.look()
    again = [(news, delivered) for target, news, _, _, delivered, _ in world.outbox() if target == "mine@example.org"]
    assert sorted(again) == [("opened", False), ("recovered", True)]


def test_a_message_that_is_tried_again_stays_the_same(world: AlertWorld) -> None:
    """Over and back while its beginning is being tried: the same id and the same number of tries, no second message."""
    mine, other = world.segments("mine", "other")
    world.succeed(mine, other)
    world.tell(segment=mine)
    for segment in (mine, other):
        world.fail(segment)
    world.look()
    world.sql("UPDATE alert_deliveries SET attempts = 2")
    statement = "SELECT delivery_id, attempts FROM alert_deliveries WHERE news = 'opened'"
    before = world.sql(statement)
    world.succeed(mine)
    world.look()
    world.fail(mine)
    world.look()
    assert world.sql(statement) == before
    assert [(news, given_up) for _, news, _, _, _, given_up in world.outbox()] == [
        ("opened", False), ("recovered", True),
    ]  # fmt: skip


def test_quiet_hours_delay_messages_and_swallow_what_is_over(world: AlertWorld) -> None:
    """22:00 to 07:00 in Amsterdam: a message at 23:30 waits for 07:00; over by then, neither news is ever sent."""
    segment = world.segment("at night")
    world.succeed(segment)
    world.tell(quiet=QuietHours(time(22), time(7)))
    world.fail(segment)
    world.now = datetime(2027, 1, 15, 22, 30, tzinfo=UTC)
    world.look(timedelta())
    morning = datetime(2027, 1, 16, 6, 0, tzinfo=UTC)
    assert world.outbox() == [("team@example.org", "opened", morning, 0, False, False)]
    world.succeed(segment)
    world.look()
    assert world.outbox() == [("team@example.org", "opened", morning, 0, False, True)]
    (over,) = world.engine.alerts.find(world.context, only_open=False)
    (sent,) = world.engine.alerts.get(world.context, over.alert_id).deliveries
    assert sent.state is DeliveryState.WITHDRAWN
    world.fail(segment)
    world.now = datetime(2027, 1, 16, 12, 0, tzinfo=UTC)
    world.look(timedelta())
    world.succeed(segment)
    world.now = datetime(2027, 1, 16, 23, 0, tzinfo=UTC)
    world.look(timedelta())
    assert [(news, moment, gone) for _, news, moment, _, _, gone in world.outbox()][1:] == [
        ("opened", datetime(2027, 1, 16, 12, 0, tzinfo=UTC), False),
        ("recovered", datetime(2027, 1, 17, 6, 0, tzinfo=UTC), False),
    ]


def test_many_lookers_open_a_trouble_once(world: AlertWorld, databases: Databases) -> None:
    """Six workers that look at the same moment write one alert and one message between them, and one about its end."""
    segment = world.segment("contended")
    world.succeed(segment)
    world.tell()
    world.fail(segment)
    moments = [world.now + timedelta(minutes=each) for each in range(1, 7)]

    def look_then(moment: datetime) -> int:
        return look(databases.worker, now=moment)

    with ThreadPoolExecutor(6) as pool:
        looked = sum(pool.map(look_then, moments))
    assert looked >= 1
    assert (len(world.open()), world.told()) == (1, [("team@example.org", "opened")])
    world.succeed(segment)
    with ThreadPoolExecutor(6) as pool:
        looked = sum(pool.map(look_then, [moment + timedelta(hours=1) for moment in moments]))
    assert looked >= 1
    assert (world.open(), world.told()) == ((), [("team@example.org", "opened"), ("team@example.org", "recovered")])


def test_other_organizations_neither_see_nor_get_anything(world: AlertWorld, engine: Engine) -> None:
    """One look serves both; the alert, its message and its rule stay with their own (B1)."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    draft = RuleDraft(frozenset(AlertKind), Channel.EMAIL, "other@example.org")
    rule = engine.alerts.add_rule(other, draft).rule
    segment = world.segment("mine")
    world.succeed(segment)
    world.fail(segment)
    assert world.look() == 2
    (card,) = world.open()
    assert (engine.alerts.find(other), engine.alerts.count(other)) == ((), AlertCount(0, 0))
    assert world.told() == []
    for act in (engine.alerts.get, engine.alerts.acknowledge):
        with pytest.raises(NotFound):
            act(other, card.alert_id)
    for act in (engine.alerts.remove_rule, engine.alerts.test_rule):
        with pytest.raises(NotFound):
            act(world.context, rule.rule_id)
    assert engine.alerts.rules(other) == (rule,)


# Acknowledging, rules and tests ------------------------------------------------------------------------------------


def test_who_knows_of_an_alert_is_kept_and_audited(world: AlertWorld) -> None:
    """The first one counts; a second act changes nothing, and an unknown alert is not found."""
    segment = world.segment("known")
    world.succeed(segment)
    world.fail(segment)
    world.look()
    (card,) = world.open()
    assert world.engine.alerts.acknowledge(world.context, card.alert_id) is True
    assert world.engine.alerts.acknowledge(world.context, card.alert_id) is False
    assert world.engine.alerts.count(world.context) == AlertCount(1, 0)
    assert world.open()[0].acknowledged_by is not None
    assert [row.action for row in world.sql("SELECT action FROM audit_events WHERE object_kind = 'alert'")] == [
        "alert.acknowledge"
    ]
    with pytest.raises(NotFound):
        world.engine.alerts.acknowledge(world.context, uuid4())


def test_rules_are_added_changed_and_removed(world: AlertWorld) -> None:
    """The secret is shown once, and stands in no list and no audit line; of two editors the second is told (E24)."""
    target = "https://hooks.example.org/one?key=hidden"
    draft = RuleDraft(frozenset({AlertKind.EMPTY}), Channel.WEBHOOK, f"  {target} ")
    made = world.engine.alerts.add_rule(world.context, draft)
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(world.engine.alerts.rules(world.context))
    changed = RuleDraft(frozenset({AlertKind.STALE}), Channel.WEBHOOK, target, quiet=QuietHours(time(1), time(2)))
    after = world.engine.alerts.change_rule(world.context, made.rule.rule_id, expected_revision=1, draft=changed)
    assert (after.draft, after.revision) == (changed, 2)
    with pytest.raises(StaleVersion):
        world.engine.alerts.change_rule(world.context, made.rule.rule_id, expected_revision=1, draft=changed)
    world.engine.alerts.remove_rule(world.context, made.rule.rule_id)
    assert world.engine.alerts.rules(world.context) == ()
    lines = str(world.sql("SELECT action, detail FROM audit_events WHERE object_kind = 'alert_rule'"))
    assert [lines.count(f"alert_rule.{act}") for act in ("add", "change", "remove")] == [1, 1, 1]
    assert (made.secret in lines, "hidden" in lines, "hooks.example.org" in lines) == (False, False, True)


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        (Channel.EMAIL, "two@example.org, three@example.org"),
        (Channel.EMAIL, "team@example.org\r\nBcc: all@example.org"),
        (Channel.EMAIL, "nobody"),
        (Channel.WEBHOOK, "ftp://example.org/x"),
        (Channel.WEBHOOK, "https://user:password@example.org/"),
        (Channel.WEBHOOK, "https://example.org/\r\nX: y"),
        (Channel.WEBHOOK, "https:///x"),
    ],
)
def test_targets_that_are_none_are_refused(world: AlertWorld, channel: Channel, target: str) -> None:
    """What is no single address is refused with an example, before anything is stored."""
    with pytest.raises(InputError, match=r"example\.org"):
        world.engine.alerts.add_rule(world.context, RuleDraft(frozenset({AlertKind.EMPTY}), channel, target))
    assert world.engine.alerts.rules(world.context) == ()


def test_what_nobody_foresaw_in_one_organization_keeps_no_other_from_being_looked_at(
    world: AlertWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is logged with its number, and the organizations behind it have their alerts."""
    other = AlertWorld(
        world.engine, world.databases,
        world.engine.context_for(LOCAL_IDENTITY, world.engine.organizations.create("Other")), world.now,
    )  # fmt: skip
    for each in (world, other):
        each.fail(each.segment("broken"))
    look_at = watching._look_at

    def trouble(transaction: Any, organization_id: int, now: datetime) -> int:
        if organization_id == world.context.organization_id:
            raise RuntimeError(organization_id)
        return look_at(transaction, organization_id, now)

    monkeypatch.setattr(watching, "_look_at", trouble)
    assert world.look() == 1
    assert (len(world.open()), len(other.open())) == (0, 1)


def test_rules_of_the_organization_need_more_than_rules_of_a_segment(
    world: AlertWorld, context: OrganizationContext
) -> None:
    """An analyst may be told of a segment, and may neither make, change, test nor remove a rule of the organization."""
    analyst = replace(context, role=Role.ANALYST, permissions=PERMISSIONS[Role.ANALYST])
    segment = world.segment("one")
    general = world.tell()
    draft = RuleDraft(frozenset({AlertKind.EMPTY}), Channel.EMAIL, "me@example.org", segment)
    own = world.engine.alerts.add_rule(analyst, draft).rule
    world.engine.alerts.test_rule(analyst, own.rule_id)
    for act in (
        lambda: world.engine.alerts.add_rule(analyst, RuleDraft(draft.kinds, draft.channel, draft.target)),
        lambda: world.engine.alerts.change_rule(analyst, general, expected_revision=1, draft=draft),
        lambda: world.engine.alerts.test_rule(analyst, general),
        lambda: world.engine.alerts.remove_rule(analyst, general),
    ):
        with pytest.raises(PermissionDenied, match=r"ce\.sources\.manage"):
            act()


def test_a_test_message_is_no_alert(world: AlertWorld) -> None:
    """It waits in the outbox like any other, whatever the quiet hours, and is neither open nor listed as past."""
    rule = world.tell(quiet=QuietHours(time(0), time(23, 59)))
    sent = world.engine.alerts.test_rule(world.context, rule)
    assert world.engine.alerts.delivery(world.context, sent).state is DeliveryState.WAITING
    assert world.told() == [("team@example.org", "opened")]
    assert (world.open(), world.engine.alerts.find(world.context, only_open=False)) == ((), ())
    assert world.engine.alerts.count(world.context) == AlertCount(0, 0)
