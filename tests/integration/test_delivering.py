"""Alerts delivered to a real mail server and a real receiver of webhooks: at least once, in order, and never astray."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from segment_engine.db.session import Database
from segment_engine.domain.alert_rules import Channel, RuleDraft, all_kinds
from segment_engine.domain.alerts import DeliveryState
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import DeliveryFailed
from segment_engine.settings import load_settings
from segment_engine.worker.chores import Chore
from segment_engine.worker.delivering import WAIT_SECONDS, Post, deliver, deliver_one
from segment_engine.worker.loop import Pace, Worker
from segment_engine.worker.mailing import MailServer
from segment_engine.worker.metrics import WorkerMetrics
from segment_engine.worker.watching import look
from segment_engine.worker.webhooks import WebhookSender
from tests.integration.alert_world import AlertWorld, world
from tests.receivers import Hook, Mailbox, certificate, http_server, mail_server

__all__ = ("world",)  # a fixture

ADDRESS = "https://segments.example.org"
HERE = WebhookSender((ip_network("127.0.0.0/8"),))


def mail_post(box: Mailbox) -> Post:
    """The ways out with one mail server and nothing else."""
    return Post(MailServer("127.0.0.1", box.port, None, None, False, "alerts@example.org"), HERE, ADDRESS)


def failed(world: AlertWorld, name: str = "Regulars") -> SegmentId:
    """Let a segment fail, and a worker notice it."""
    segment = world.segment(name)
    world.succeed(segment)
    world.fail(segment)
    world.look()
    return segment


def hooked(world: AlertWorld, hook: Hook) -> str:
    """Add a rule that tells the receiver; gives its secret."""
    draft = RuleDraft(all_kinds(), Channel.WEBHOOK, hook.url)
    secret = world.engine.alerts.add_rule(world.context, draft).secret
    assert secret is not None
    return secret


def send(world: AlertWorld, post: Post, *, after: float = 1) -> dict[str, int]:
    """Let a worker deliver what is due, so many seconds later."""
    world.now += timedelta(seconds=after)
    return deliver(world.databases.worker, post, now=world.now)


# E-mail ------------------------------------------------------------------------------------------------------------


def test_an_email_says_what_happened_and_where_to_look(world: AlertWorld) -> None:
    """Plain text with the cause, the segments and a link; a second one when it is over, and no third."""
    world.tell()
    segment = failed(world)
    with mail_server() as box:
        assert send(world, mail_post(box)) == {"delivered": 1}
        assert send(world, mail_post(box)) == {}
        world.succeed(segment)
        world.look()
        assert send(world, mail_post(box)) == {"delivered": 1}
    opened, recovered = box.letters
    assert box.recipients == [["team@example.org"]] * 2
    assert opened["From"] == "Contact segments <alerts@example.org>"
    assert opened["Subject"] == "[Test organization] Calculation failed: Regulars"
    assert opened.get_content_type() == "text/plain"
    text = opened.get_content()
    assert "There is no field “contact.shop”." in text
    assert f"- Regulars  {ADDRESS}/segment?id={segment}" in text
    assert f"Look: {ADDRESS}/operations?o_tab=Alerts&alert=" in text
    assert recovered["Subject"] == "[Test organization] Recovered: Calculation failed: Regulars"
    assert "This is over" in recovered.get_content()


def test_names_cannot_add_headers_or_lines(world: AlertWorld) -> None:
    """A segment named like a header stays a name, in the subject and in the text."""
    world.tell()
    segment = failed(world, "Fine")
    hostile = "Fine\r\nBcc: all@example.org\r\n\r\nInjected: body\u2028Second\x00"
    world.sql("UPDATE segments SET name = :name WHERE segment_id = :s", name=hostile.replace("\x00", ""), s=segment)
    with mail_server() as box:
        assert send(world, mail_post(box)) == {"delivered": 1}
    (letter,) = box.letters
    assert box.recipients == [["team@example.org"]]
    assert set(letter.keys()) >= {"From", "To", "Subject"}
    assert {"Bcc", "Injected"} & set(letter.keys()) == set()
    assert "Fine Bcc: all@example.org Injected: body Second" in letter["Subject"]
    assert [line for line in letter.get_content().splitlines() if line.startswith(("Bcc", "Injected", "Second"))] == []


def test_login_and_encryption(world: AlertWorld, tmp_path: Path) -> None:
    """STARTTLS before the password; a certificate that cannot be verified, or a wrong password, delivers nothing."""
    world.tell()
    failed(world)
    server, client = certificate(tmp_path, ["127.0.0.1"])
    with mail_server(login=("alerts", "right"), tls=server) as box:

        def post(password: str, context: object) -> Post:
            return Post(
                MailServer("127.0.0.1", box.port, "alerts", password, False, "alerts@example.org", context)  # pyright: ignore[reportArgumentType] -- None or a context
            )

        assert send(world, post("right", None)) == {"later": 1}
        assert send(world, post("wrong", client), after=60) == {"later": 1}
        assert box.letters == []
        assert send(world, post("right", client), after=600) == {"delivered": 1}
    assert box.encrypted == [True]


def test_a_mail_server_that_refuses_is_tried_again(world: AlertWorld) -> None:
    """A temporary refusal waits and is then delivered; without a server the message waits as well, and says why."""
    world.tell()
    failed(world)
    assert send(world, Post()) == {"later": 1}
    (card,) = world.open()
    (waiting,) = world.engine.alerts.get(world.context, card.alert_id).deliveries
    assert (waiting.state, waiting.attempts) == (DeliveryState.WAITING, 1)
    assert "SEGMENT_ENGINE_SMTP_URL" in (waiting.error or "")
    with mail_server() as box:
        box.answers = ["451 later"]
        assert send(world, mail_post(box), after=WAIT_SECONDS[0]) == {"later": 1}
        assert send(world, mail_post(box), after=WAIT_SECONDS[1] - 2) == {}
        assert send(world, mail_post(box), after=2) == {"delivered": 1}
        assert len(box.letters) == 1


def test_a_worker_does_all_of_it_by_itself(world: AlertWorld) -> None:
    """The whole way: a run fails in a real worker, which notices it, opens the alert and sends the e-mail."""
    world.tell()
    segment = world.segment("By itself")
    gone = '{"kind": "attribute", "field": "contact.gone", "op": "is_filled"}'
    criteria = '{"format": "segment-criteria", "version": 1, "base": "contacts", "root": {"group": "all", "of": [%s]}}'
    world.sql("UPDATE runs SET status = 'cancelled', finished_at = now() WHERE organization_id = :o")
    world.sql(
        "INSERT INTO runs (organization_id, segment_id, version, criteria, reason) "
        "VALUES (:o, :s, 1, cast(:criteria AS jsonb), 'requested')", s=segment, criteria=criteria % gone,
    )  # fmt: skip
    metrics, arrived = WorkerMetrics(), threading.Event()
    with mail_server() as box:

        def messages(database: Database) -> None:
            metrics.delivered(deliver(database, mail_post(box)))
            if box.letters:
                arrived.set()

        chores = (Chore("troubles", 0.1, look), Chore("messages", 0.1, messages))
        worker = Worker(world.databases.worker, pace=Pace(poll=0.1), chores=chores, metrics=metrics)
        thread = threading.Thread(target=worker.work)
        thread.start()
        assert arrived.wait(30)
        worker.stop()
        thread.join()
    assert box.letters[0]["Subject"] == "[Test organization] Calculation failed: By itself"
    told = metrics.text().decode()
    assert 'segment_deliveries_total{outcome="delivered"} 1.0' in told
    assert 'segment_chores_total{chore="troubles",result="done"}' in told


# Webhooks ----------------------------------------------------------------------------------------------------------


def test_a_webhook_is_signed_and_complete(world: AlertWorld) -> None:
    """The signature of id, timestamp and body can be checked with the secret alone; a changed body does not pass."""
    with http_server() as hook:
        secret = hooked(world, hook)
        segment = failed(world)
        assert send(world, Post(webhooks=HERE, address=ADDRESS)) == {"delivered": 1}
    (request,) = hook.requests
    told, headers = json.loads(request.body), request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == wanted
    forged = base64.b64encode(hmac.new(key, signed + b" ", hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] != f"v1,{forged}"
    assert abs(int(headers["webhook-timestamp"]) - world.now.timestamp()) < 1
    assert (told["type"], told["kind"], told["cause"]) == ("alert.opened", "run_failed", "field_missing")
    assert (told["id"], told["segments"]) == (headers["webhook-id"], [{"id": str(segment), "name": "Regulars"}])
    assert told["link"].startswith(f"{ADDRESS}/operations?o_tab=Alerts&alert=")
    assert secret not in request.body.decode() + str(headers)


def test_failures_are_tried_again_with_the_same_id_and_given_up_at_last(world: AlertWorld) -> None:
    """500, nobody there, then 204: one message, one id. After the last try the error stands where people look."""
    with http_server() as hook:
        hooked(world, hook)
        failed(world)
        hook.answers = [500]
        assert send(world, Post(webhooks=HERE)) == {"later": 1}
        assert send(world, Post(webhooks=HERE), after=WAIT_SECONDS[0]) == {"delivered": 1}
        assert len({request.headers["webhook-id"] for request in hook.requests}) == 1
        failed(world, "Second")
        world.sql("UPDATE alert_deliveries SET delivered_at = NULL, attempts = 0, not_before = now()")
    outcomes = [send(world, Post(webhooks=HERE), after=wait) for wait in (1, *WAIT_SECONDS)]
    assert outcomes == [{"later": 1}] * len(WAIT_SECONDS) + [{"given_up": 1}]
    (card, *_) = world.open()
    (sent, *_) = world.engine.alerts.get(world.context, card.alert_id).deliveries
    assert (sent.state, sent.error) == (DeliveryState.GIVEN_UP, "The receiver cannot be reached.")
    assert world.engine.alerts.rules(world.context)[0].last_error == "The receiver cannot be reached."
    assert send(world, Post(webhooks=HERE), after=1_000_000) == {}


class Killed(BaseException):
    """The worker ends at this moment, as with kill -9: nothing after it happens."""


class KilledAfterSending(WebhookSender):
    """A sender whose worker is killed as soon as the receiver has answered."""

    def send(self, *positional: object, **named: object) -> None:
        """Send, and die."""
        super().send(*positional, **named)  # pyright: ignore[reportArgumentType] -- handed on as it came
        raise Killed


def test_killed_between_sending_and_marking_it_is_sent_again_with_the_same_id(world: AlertWorld) -> None:
    """At least once: nothing while the lease lasts, then the same id, so that a receiver can tell the repetition."""
    with http_server() as hook:
        hooked(world, hook)
        failed(world)
        with pytest.raises(Killed):
            send(world, Post(webhooks=KilledAfterSending((ip_network("127.0.0.0/8"),))))
        assert len(hook.requests) == 1
        assert send(world, Post(webhooks=HERE), after=60) == {}
        assert send(world, Post(webhooks=HERE), after=120) == {"delivered": 1}
    first, second = hook.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_a_sender_that_slept_past_its_lease_changes_nothing(world: AlertWorld) -> None:
    """Another one delivered meanwhile; what the first one finds out when it wakes is not written."""
    world.tell()
    failed(world)
    with mail_server() as box:

        class Sleeper(MailServer):
            def send(self, *, to: str, subject: str, text: str, message_id: str) -> None:
                assert (to, subject != "", text != "", message_id != "") == ("team@example.org", True, True, True)
                assert deliver_one(world.databases.worker, mail_post(box), now=world.now + timedelta(minutes=5))
                raise DeliveryFailed

        sleeper = Sleeper("127.0.0.1", 1, None, None, False, "alerts@example.org")
        assert send(world, Post(sleeper)) == {"later": 1}
        assert send(world, mail_post(box), after=100_000) == {}
        assert len(box.letters) == 1
    assert [(attempts, delivered) for *_, attempts, delivered, _ in world.outbox()] == [(2, True)]


def test_many_senders_deliver_each_message_once(world: AlertWorld) -> None:
    """Twenty messages and four senders: every id arrives exactly once as long as nobody dies."""
    with http_server() as hook:
        for _ in range(20):
            hooked(world, hook)
        failed(world)
        moment = world.now + timedelta(seconds=1)

        def work() -> None:
            deliver(world.databases.worker, Post(webhooks=HERE), now=moment)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    ids = [request.headers["webhook-id"] for request in hook.requests]
    assert (len(ids), len(set(ids))) == (20, 20)


def test_the_end_is_never_told_before_the_beginning(world: AlertWorld) -> None:
    """While the first message is tried again, the second waits, however long it takes."""
    with http_server() as hook:
        hooked(world, hook)
        segment = failed(world)
        hook.answers = [503]
        assert send(world, Post(webhooks=HERE)) == {"later": 1}
        world.succeed(segment)
        world.sql("UPDATE organization_work SET look_at = now() - interval '1 hour'")
        world.look(timedelta(seconds=1))
        assert [news for _, news in world.told()] == ["opened", "recovered"]
        assert send(world, Post(webhooks=HERE), after=1) == {}
        assert send(world, Post(webhooks=HERE), after=WAIT_SECONDS[0]) == {"delivered": 2}
    assert [json.loads(each.body)["type"] for each in hook.requests][1:] == ["alert.opened", "alert.recovered"]


def test_a_rule_that_was_switched_off_gets_nothing(world: AlertWorld) -> None:
    """What waits for it is put away unsent; a test message is sent all the same, because somebody asked for it."""
    with mail_server() as box:
        rule = world.tell()
        failed(world)
        world.sql("UPDATE alert_rules SET enabled = false")
        assert send(world, mail_post(box)) == {"withdrawn": 1}
        (card,) = world.open()
        (put_away,) = world.engine.alerts.get(world.context, card.alert_id).deliveries
        assert (put_away.state, put_away.attempts) == (DeliveryState.WITHDRAWN, 0)
        assert world.engine.alerts.rules(world.context)[0].last_error is None
        sent = world.engine.alerts.test_rule(world.context, rule)
        world.now = world.databases_now()
        assert send(world, mail_post(box)) == {"delivered": 1}
        assert world.engine.alerts.delivery(world.context, sent).state is DeliveryState.DELIVERED
    (letter,) = box.letters
    assert (letter["Subject"], "Nothing is wrong." in letter.get_content()) == (
        "[Test organization] Test message",
        True,
    )


# Where webhooks do not go ------------------------------------------------------------------------------------------

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
INSIDE = (
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
)  # fmt: skip


def post_to(sender: WebhookSender, url: str, world: AlertWorld) -> None:
    """Send an empty document."""
    sender.send(url, secret=SECRET, message_id="one", body=b"{}", now=world.now)


def test_webhooks_go_nowhere_inside(world: AlertWorld) -> None:
    """What only insiders reach is refused after the name was resolved, also as the second of two, in any spelling."""
    reached: list[str] = []
    for address in INSIDE:
        for answers in ([address], ["203.0.113.9", address], ["93.184.216.34", address]):
            sender = WebhookSender(resolve=lambda _host, _port, answers=answers: answers)
            try:
                post_to(sender, "https://innocent.example.org/", world)
                reached.append(address)
            except DeliveryFailed as error:
                if not error.final or "private network" not in str(error):
                    reached.append(f"{address}: {error}")
    assert reached == []
    for spelling in (
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://localhost/",
    ):
        with pytest.raises(DeliveryFailed, match=r"private network|leads to no address"):
            post_to(WebhookSender(), spelling, world)


def test_a_name_that_changes_its_answer_leads_nowhere_else(world: AlertWorld) -> None:
    """The connection goes to the address that was judged; a second question to the name is never asked."""
    with http_server() as hook, http_server() as secret_place:
        asked: list[str] = []

        def rebinding(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

        sender = WebhookSender((ip_network("127.0.0.1/32"),), resolve=rebinding)
        post_to(sender, f"http://rebinding.example.org:{hook.port}/x", world)
        assert (len(hook.requests), secret_place.requests, len(asked)) == (1, [], 1)
        assert hook.requests[0].headers["host"] == f"rebinding.example.org:{hook.port}"
        with pytest.raises(DeliveryFailed):
            post_to(sender, f"http://rebinding.example.org:{hook.port}/x", world)


def test_redirections_are_not_followed(world: AlertWorld) -> None:
    """A receiver cannot send us on to a place inside."""
    with http_server() as hook, http_server() as inside:
        hook.answers, hook.location = [302, 307], inside.url
        for _ in range(2):
            with pytest.raises(DeliveryFailed, match="Redirections are not followed"):
                post_to(HERE, hook.url, world)
        assert inside.requests == []


def test_plain_http_goes_to_this_computer_only_and_only_where_allowed(world: AlertWorld) -> None:
    """Without the setting not even to this computer; with any network allowed, never elsewhere."""
    with http_server() as hook:
        with pytest.raises(DeliveryFailed, match="https addresses only"):
            post_to(WebhookSender(), hook.url, world)
        assert hook.requests == []
    public = WebhookSender(resolve=lambda _host, _port: ["93.184.216.34"])
    wide = WebhookSender((ip_network("10.0.0.0/8"),), resolve=lambda _host, _port: ["10.0.0.1"])
    for sender in (public, wide):
        with pytest.raises(DeliveryFailed, match="https addresses only"):
            post_to(sender, "http://hooks.example.org/", world)


def test_the_certificate_is_that_of_the_name(world: AlertWorld, tmp_path: Path) -> None:
    """Connecting to an address does not switch off the question who is there: a stranger's certificate is refused."""
    server, _client = certificate(tmp_path, ["127.0.0.1"])
    with http_server(tls=server) as hook, pytest.raises(DeliveryFailed, match="cannot be reached"):
        post_to(HERE, hook.url.replace("http:", "https:"), world)
    assert hook.requests == []


def test_a_receiver_that_never_ends_its_answer_is_left(world: AlertWorld) -> None:
    """Whoever answers drop by drop, or not at all, holds no worker for longer than altogether allowed."""
    with http_server() as hook:
        hook.drips = True
        with pytest.raises(DeliveryFailed):
            post_to(WebhookSender(HERE.inside, altogether=0.1), hook.url, world)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(DeliveryFailed, match="did not answer in time"):
            post_to(WebhookSender(HERE.inside, answer=0.05), f"http://127.0.0.1:{port}/", world)
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        post_to(HERE, f"http://127.0.0.1:{port}/", world)


def test_the_ways_out_are_those_of_the_settings() -> None:
    """Without settings no mail goes out and no webhook inside; links lead to the pages on this computer."""
    bare = Post.of(load_settings({}))
    assert (bare.mail, bare.webhooks.inside, bare.address) == (None, (), "http://localhost:8501")
    full = Post.of(
        load_settings(
            {
                "SEGMENT_ENGINE_SMTP_URL": "smtps://a%40b:p%2Fw@mail.example.org",
                "SEGMENT_ENGINE_MAIL_FROM": "alerts@example.org",
                "SEGMENT_ENGINE_WEBHOOK_NETWORKS": "10.1.0.0/16, ::1/128",
            }
        )
    )
    assert full.mail is not None
    assert (full.mail.host, full.mail.port, full.mail.user, full.mail.password) == (
        "mail.example.org",
        465,
        "a@b",
        "p/w",
    )
    assert full.webhooks.inside == (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert "p/w" not in repr(full)
