"""Delivering: sends what stands in the outbox of alerts, at least once each, by whichever worker comes first.

A message is claimed in one transaction and marked in another; whoever dies between sending and marking leaves a lease
that passes, and the message is sent again with the same id. Failures wait longer and longer, and are given up at last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from segment_engine.db import deliveries
from segment_engine.db.deliveries import ClaimedDelivery
from segment_engine.db.session import Database
from segment_engine.domain.alert_rules import Channel
from segment_engine.domain.messages import document_of, subject_of, text_of
from segment_engine.errors import DeliveryFailed
from segment_engine.logs import note_incident
from segment_engine.settings import Settings
from segment_engine.worker.mailing import MailServer
from segment_engine.worker.webhooks import WebhookSender

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
# Nine tries within about fifteen hours.
WAIT_SECONDS = (30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0)
NO_MAIL_SERVER = "No mail server is set. Whoever runs the workers sets SEGMENT_ENGINE_SMTP_URL and …_MAIL_FROM."
UNFORESEEN = (
    "It could not be sent, and nobody foresaw why. Look at the address; the log tells more as incident {incident}."
)
SWITCHED_OFF = "The rule was switched off before it was sent."


@dataclass(frozen=True)
class Post:
    """The ways out: a mail server where one is set, webhooks, and the address of the pages for links."""

    mail: MailServer | None = None
    webhooks: WebhookSender = field(default_factory=WebhookSender)
    address: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Post:
        """Build the ways out that the settings allow."""
        outward, mail = settings.outward, None
        if outward.smtp_url is not None and outward.mail_from is not None:
            mail = MailServer.from_url(outward.smtp_url.reveal(), outward.mail_from)
        address = outward.public_url or f"http://localhost:{settings.app_port}"
        return cls(mail, WebhookSender(outward.webhook_networks), address)

    def send(self, claimed: ClaimedDelivery, *, now: datetime) -> None:
        """Send one message. Raises: DeliveryFailed."""
        message = claimed.message
        if claimed.channel == Channel.WEBHOOK:
            self.webhooks.send(
                claimed.target, secret=claimed.secret or "", message_id=str(claimed.delivery_id),
                body=document_of(message, self.address), now=now,
            )  # fmt: skip
            return
        if self.mail is None:
            raise DeliveryFailed(NO_MAIL_SERVER)
        self.mail.send(
            to=claimed.target, subject=subject_of(message), text=text_of(message, self.address),
            message_id=str(claimed.delivery_id),
        )  # fmt: skip


def deliver(
    database: Database, post: Post, *, now: datetime | None = None, most: int = 50,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:  # fmt: skip
    """Send what may go out, until nothing is left, so many were tried or the worker stops.

    Shape: how many were `delivered`, will be tried `later`, were `given_up` or `withdrawn`.
    Raises: Unavailable when the database cannot be reached.
    """
    done: dict[str, int] = {}
    for _ in range(most):
        outcome = None if stopping() else deliver_one(database, post, now=now)
        if outcome is None:
            break
        done[outcome] = done.get(outcome, 0) + 1
    return done


def deliver_one(database: Database, post: Post, *, now: datetime | None = None) -> str | None:
    """Send one message, and say what became of it; None when nothing waits."""
    with database.transaction() as transaction:
        moment = now or transaction.now()
        claimed = deliveries.claim(transaction, now=moment, lease_seconds=LEASE_SECONDS)
    if claimed is None:
        return None
    if claimed.is_put_off:
        return "later"
    if not claimed.wanted:
        with database.transaction(claimed.organization_id) as transaction:
            deliveries.give_up(transaction, claimed, now=moment, error=SWITCHED_OFF)
        return "withdrawn"
    try:
        post.send(claimed, now=moment)
    except DeliveryFailed as error:
        return _failed(database, claimed, error, now)
    except Exception as error:  # noqa: BLE001 - a message that breaks its sender is given up at last, like any other
        incident = note_incident(error, f"delivery {claimed.delivery_id}")
        return _failed(database, claimed, DeliveryFailed(UNFORESEEN.format(incident=incident)), now)
    with database.transaction(claimed.organization_id) as transaction:
        deliveries.delivered(transaction, claimed, now=now or transaction.now())
    log.info("delivery %s arrived", claimed.delivery_id, extra=_fields(claimed))
    return "delivered"


def _failed(database: Database, claimed: ClaimedDelivery, error: DeliveryFailed, now: datetime | None) -> str:
    last = error.final or claimed.attempt > len(WAIT_SECONDS)
    with database.transaction(claimed.organization_id) as transaction:
        moment = now or transaction.now()
        if last:
            deliveries.give_up(transaction, claimed, now=moment, error=str(error))
        else:
            wait = WAIT_SECONDS[claimed.attempt - 1]
            deliveries.later(transaction, claimed, now=moment, wait=wait, error=str(error))
    log.warning("delivery %s did not arrive: %s", claimed.delivery_id, error, extra=_fields(claimed))
    return "given_up" if last else "later"


def _fields(claimed: ClaimedDelivery) -> dict[str, object]:
    """Say which message it is, and nothing of whom it goes to."""
    return {"organization": claimed.organization_id, "channel": claimed.channel, "attempt": claimed.attempt}
