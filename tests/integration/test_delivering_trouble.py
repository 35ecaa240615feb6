"""Messages about alerts when things go wrong on the way: what is told in the end is true, and none holds another."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from segment_engine.db import deliveries
from segment_engine.domain.alert_rules import Channel, QuietHours, RuleDraft, all_kinds
from segment_engine.domain.alerts import DeliveryState
from segment_engine.errors import DeliveryFailed
from segment_engine.logs import configure_logs
from segment_engine.worker.delivering import WAIT_SECONDS, Post, deliver_one
from segment_engine.worker.mailing import MailServer
from segment_engine.worker.webhooks import WebhookSender
from tests.integration.alert_world import AlertWorld, world
from tests.integration.test_delivering import HERE, SECRET, failed, hooked, mail_post, send
from tests.receivers import certificate, http_server, mail_server

__all__ = ("world",)  # a fixture


def test_another_sender_has_it_by_now(world: AlertWorld) -> None:
    """Whoever slept past the lease marks nothing as arrived, even where its own message did: the other one decides."""
    world.tell()
    failed(world)
    with mail_server() as box:
        box.answers = ["", "451 later"]

        class Sleeper(MailServer):
            def send(self, *, to: str, subject: str, text: str, message_id: str) -> None:
                super().send(to=to, subject=subject, text=text, message_id=message_id)
                later = world.now + timedelta(minutes=5)
                assert deliver_one(world.databases.worker, mail_post(box), now=later) == "later"

        send(world, Post(Sleeper("127.0.0.1", box.port, None, None, False, "alerts@example.org")))
        assert [(attempts, delivered) for *_, attempts, delivered, _ in world.outbox()] == [(2, False)]
        assert send(world, mail_post(box), after=600) == {"delivered": 1}
        assert len({letter["Message-ID"] for letter in box.letters}) == 1


@pytest.mark.parametrize("final", [False, True])
def test_whoever_lost_a_message_takes_it_from_nobody(world: AlertWorld, final: bool) -> None:  # noqa: FBT001 - a column of the table
    """What a sender that slept finds out neither ends the lease of who sends it now nor gives the message up."""
    world.tell()
    failed(world)

    class Sleeper(MailServer):
        def send(self, *, to: str, subject: str, text: str, message_id: str) -> None:
            assert (to, subject != "", text != "", message_id != "") == ("team@example.org", True, True, True)
            with world.databases.worker.transaction() as transaction:
                assert deliveries.claim(transaction, now=world.now + timedelta(minutes=5), lease_seconds=120)
            raise DeliveryFailed(final=final)

    send(world, Post(Sleeper("127.0.0.1", 1, None, None, False, "alerts@example.org")))
    assert [(attempts, given_up) for *_, attempts, _, given_up in world.outbox()] == [(2, False)]
    assert send(world, Post(), after=360) == {}, "the other one has it still"
    assert send(world, Post(), after=120) == {"later": 1}


def test_what_comes_back_is_not_told_to_be_over(world: AlertWorld) -> None:
    """A segment fails, recovers, and fails again before the end was told: the last its rule hears is the failure."""
    mine, other = world.segments("mine", "other")
    world.succeed(mine, other)
    with http_server() as hook:
        draft = RuleDraft(all_kinds(of_a_segment=True), Channel.WEBHOOK, hook.url, mine)
        world.engine.alerts.add_rule(world.context, draft)
        for each in (mine, other):
            world.fail(each)
        world.look()
        assert send(world, Post(webhooks=HERE)) == {"delivered": 1}
        world.succeed(mine)
        world.look()
        world.fail(mine)
        world.look()
        assert send(world, Post(webhooks=HERE)) == {}, "its rule knows already that it fails"
        world.succeed(mine)
        world.look()
        hook.answers = [503]
        assert send(world, Post(webhooks=HERE)) == {"later": 1}
        world.fail(mine)
        world.look()
        assert send(world, Post(webhooks=HERE), after=WAIT_SECONDS[0]) == {"delivered": 1}, "the end may have arrived"
    told = [json.loads(request.body)["type"] for request in hook.requests]
    assert told == ["alert.opened", "alert.recovered", "alert.opened"]
    (card,) = world.open()
    states = [each.state for each in world.engine.alerts.get(world.context, card.alert_id).deliveries]
    assert sorted(states) == [DeliveryState.DELIVERED, DeliveryState.GIVEN_UP]


def test_a_connection_that_is_encrypted_at_once(world: AlertWorld, tmp_path: Path) -> None:
    """`smtps://`: nothing is said in the clear, and a certificate nobody vouches for gets no message."""
    world.tell()
    failed(world)
    server, client = certificate(tmp_path, ["127.0.0.1"])
    with mail_server(tls=server, at_once=True) as box:
        stranger = MailServer.from_url(f"smtps://127.0.0.1:{box.port}", "alerts@example.org")
        assert send(world, Post(stranger)) == {"later": 1}
        (card,) = world.open()
        (sent,) = world.engine.alerts.get(world.context, card.alert_id).deliveries
        assert sent.error == "The certificate of the mail server could not be verified."
        assert send(world, Post(replace(stranger, context=client)), after=60) == {"delivered": 1}
        assert len(box.letters) == 1


def test_of_two_troubles_the_older_end_is_told_before_the_newer_beginning(world: AlertWorld) -> None:
    """What waits for the same end of quiet hours goes out in the order in which it happened, every time."""
    segment = world.segment("at night")
    world.succeed(segment)
    with http_server() as hook:
        draft = RuleDraft(all_kinds(), Channel.WEBHOOK, hook.url, quiet=QuietHours(time(22), time(7)))
        world.engine.alerts.add_rule(world.context, draft)
        heard: list[str] = []
        for day in range(1, 5):
            world.fail(segment)
            world.now = datetime(2027, 1, day, 12, tzinfo=UTC)
            world.look(timedelta())
            send(world, Post(webhooks=HERE))
            world.now = datetime(2027, 1, day, 23, tzinfo=UTC)
            world.succeed(segment)
            world.look()
            world.fail(segment)
            world.look()
            assert send(world, Post(webhooks=HERE), after=8 * 3600) == {"delivered": 2}
            heard += [json.loads(request.body)["type"] for request in hook.requests[-2:]]
            world.succeed(segment)
            world.look()
            send(world, Post(webhooks=HERE))
    assert heard == ["alert.recovered", "alert.opened"] * 4


def test_a_failure_for_another_cause_is_what_is_heard_last(world: AlertWorld) -> None:
    """A segment that fails for a second cause is over as the first trouble and begins as another, in this order.

    It is so for rules of the organization and of the segment, whether other segments stay in the first trouble or not.
    """
    mine, other = world.segments("mine", "other")
    world.succeed(mine, other)
    with http_server() as hook:
        for segment in (None, mine):
            kinds = all_kinds(of_a_segment=segment is not None)
            draft = RuleDraft(kinds, Channel.WEBHOOK, f"{hook.url}/{'all' if segment is None else 'mine'}", segment)
            world.engine.alerts.add_rule(world.context, draft)
        heard: list[tuple[str, list[str]]] = []
        for cause, failing in (("one", (mine, other)), ("two", (mine,)), ("three", (mine, other)), ("four", (mine,))):
            for segment_id in failing:
                world.fail(segment_id, sentence=f"$.root: There is no field “contact.{cause}”. Choose another.")
            world.look()
            send(world, Post(webhooks=HERE))
            for path in ("all", "mine"):
                news = [json.loads(each.body)["type"] for each in hook.requests if each.path.endswith(path)]
                heard.append((path, news))
            hook.requests.clear()
    new = "alert.opened"
    over_and_new = ["alert.recovered", new]
    assert heard == [
        ("all", [new]), ("mine", [new]), ("all", [new]), ("mine", over_and_new),
        ("all", ["alert.recovered", "alert.recovered", new]), ("mine", over_and_new),
        ("all", [new]), ("mine", over_and_new),
    ]  # fmt: skip


def test_quiet_hours_hold_for_what_happened_before_them(world: AlertWorld) -> None:
    """A message that could not be sent in the evening is not sent at night but in the morning; a test is, at once."""
    first = world.segment("late")
    world.succeed(first)
    with mail_server() as box:
        rule = world.tell(quiet=QuietHours(time(22), time(7)))
        evening = datetime(2027, 1, 15, 20, 59, 30, tzinfo=UTC)
        world.now = evening
        world.fail(first)
        world.look(timedelta())
        box.answers = ["451 later"]
        assert send(world, mail_post(box)) == {"later": 1}
        assert send(world, mail_post(box), after=600) == {"later": 1}
        morning = datetime(2027, 1, 16, 6, tzinfo=UTC)
        assert world.outbox() == [("team@example.org", "opened", morning, 1, False, False)]
        assert send(world, mail_post(box), after=600) == {}
        test = world.engine.alerts.test_rule(world.context, rule)
        world.sql("UPDATE alert_deliveries SET not_before = :now WHERE delivery_id = :id", now=world.now, id=test)
        assert send(world, mail_post(box)) == {"delivered": 1}, "a test is sent whatever the hour"
        world.now = morning
        assert send(world, mail_post(box)) == {"delivered": 1}
    assert [letter["Subject"].split("] ")[1] for letter in box.letters] == [
        "Test message",
        "Calculation failed: late",
    ]


def test_the_end_of_what_nobody_was_told_is_not_told(world: AlertWorld) -> None:
    """A beginning that is given up takes its end with it, whether the trouble is over before or after that."""
    with http_server() as hook:
        hooked(world, hook)
        segment = failed(world)
        hook.answers = [503, 410]
        assert send(world, Post(webhooks=HERE)) == {"later": 1}
        world.succeed(segment)
        world.look()
        assert len(world.told()) == 2
        assert send(world, Post(webhooks=HERE), after=WAIT_SECONDS[0]) == {"given_up": 1}
        assert send(world, Post(webhooks=HERE), after=1_000_000) == {}
        world.fail(segment)
        world.look()
        hook.answers = [410]
        assert send(world, Post(webhooks=HERE)) == {"given_up": 1}
        world.succeed(segment)
        world.look()
        assert send(world, Post(webhooks=HERE), after=1_000_000) == {}
    assert [json.loads(each.body)["type"] for each in hook.requests] == ["alert.opened"] * 3


class Broken(WebhookSender):
    """A sender with a mistake in it."""

    def send(self, url: str, *, secret: str, message_id: str, body: bytes, now: datetime) -> None:
        """Fail for one receiver in a way that nobody foresaw."""
        if "broken" in url:
            raise ZeroDivisionError
        super().send(url, secret=secret, message_id=message_id, body=body, now=now)


def test_what_nobody_foresaw_is_a_failure_like_any_other(world: AlertWorld) -> None:
    """A message that breaks its sender waits its time, is given up at last, and holds no other one."""
    with http_server() as hook:
        for url in (f"{hook.url}/broken", hook.url):
            world.engine.alerts.add_rule(world.context, RuleDraft(all_kinds(), Channel.WEBHOOK, url))
        failed(world)
        broken = Post(webhooks=Broken(HERE.inside))
        assert send(world, broken) == {"later": 1, "delivered": 1}
        for wait in WAIT_SECONDS[:-1]:
            assert send(world, broken, after=wait) == {"later": 1}
        assert send(world, broken, after=WAIT_SECONDS[-1]) == {"given_up": 1}
    (error,) = [each.last_error for each in world.engine.alerts.rules(world.context) if "broken" in each.draft.target]
    assert error is not None
    assert error.startswith("It could not be sent")
    assert "ZeroDivisionError" not in error


@pytest.mark.parametrize(
    "url",
    [
        "https://xn--/hooks", "https://-a-.example.org", "https://a..b/", f"https://{'a' * 64}.example.org/",
        "https://exa%6dple.org/", "https://[::1%25lo]/", "https://1.2.3/", "https://0x7f.1/", "https://a_b.invalid/",
        "https://example.org:0/", "https://%00.example.org/", "https://example.org/#x", "https://[v1.a]/",
    ],
)  # fmt: skip
def test_addresses_that_look_strange_fail_in_words(world: AlertWorld, url: str) -> None:
    """Whatever a rule lets through as an address ends as a message that did not arrive, not as a surprise."""
    sender = WebhookSender(resolve=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(DeliveryFailed):
        sender.send(url, secret=SECRET, message_id="one", body=b"{}", now=world.now)


def test_nothing_of_an_address_or_a_secret_reaches_the_log(world: AlertWorld) -> None:
    """The address of a webhook often is its password: no library writes it either, whether it arrives or not."""
    written = io.StringIO()
    root = logging.getLogger()
    before, level = [*root.handlers], root.level
    configure_logs(stream=written)
    root.setLevel(logging.INFO)
    logging.getLogger("segment_engine").setLevel(logging.INFO)
    try:
        with http_server() as hook:
            url = f"{hook.url}/T0001/xoxb-hidden"
            made = world.engine.alerts.add_rule(world.context, RuleDraft(all_kinds(), Channel.WEBHOOK, url))
            failed(world)
            hook.answers = [500, 301]
            for wait in (1.0, *WAIT_SECONDS[:2]):
                send(world, Post(webhooks=Broken(HERE.inside)), after=wait)
            assert len(hook.requests) == 3
    finally:
        root.setLevel(level)
        logging.getLogger("segment_engine").setLevel(logging.NOTSET)
        for handler in [*root.handlers]:
            if handler not in before:
                root.removeHandler(handler)
    told = written.getvalue()
    assert "did not arrive" in told
    assert "arrived" in told
    assert made.secret is not None
    assert [part for part in ("hidden", "T0001", made.secret) if part in told] == []


def test_drop_by_drop_over_tls_ends_as_well(world: AlertWorld, tmp_path: Path) -> None:
    """An encrypted answer that never ends is left like a plain one, and counts as a message that did not arrive."""
    server, client = certificate(tmp_path, ["127.0.0.1"])
    with http_server(tls=server) as hook:
        hook.drips = True
        sender = WebhookSender(HERE.inside, altogether=0.2, context=client)
        for _ in range(5):
            with pytest.raises(DeliveryFailed, match=r"did not answer in time|cannot be reached"):
                sender.send(
                    hook.url.replace("http:", "https:"), secret=SECRET, message_id="one", body=b"{}", now=world.now
                )
