"""Sends one signed webhook, to no place that an outsider could not reach as well.

The name of the host is resolved here, every address it has is judged, and the connection goes to one of exactly those:
a name that answers differently a moment later changes nothing. Nothing is followed; of an answer the status counts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from segment_engine.errors import DeliveryFailed

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
ALTOGETHER_SECONDS = 30.0
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, not one
_GONE = 410

# It would write every address in full, and that of a webhook often is its password.
logging.getLogger("httpx").setLevel(logging.WARNING)

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


def new_secret() -> str:
    """Make a secret that signs webhooks."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a message: `v1,` and the HMAC-SHA256 over id, timestamp and body, in base64.

    Shape: the secret is the base64 text behind its prefix.
    Source: Standard Webhooks 1.0 (www.standardwebhooks.com), with its test message in tests/unit/test_alerts.py.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@cache
def _trust() -> ssl.SSLContext:
    """Give what certificates are checked with; reading all authorities takes longer than sending does."""
    return httpx.create_ssl_context(trust_env=False)


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask for every address of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class WebhookSender:
    """Sends webhooks. `inside` are networks that are allowed although the world cannot reach them.

    Units: seconds; `answer` is the longest silence, after `altogether` one that answers drop by drop is left alone.
    """

    inside: tuple[IpNetwork, ...] = ()
    resolve: Resolve = field(default=resolve)
    answer: float = ANSWER_SECONDS
    altogether: float = ALTOGETHER_SECONDS
    context: ssl.SSLContext = field(default_factory=_trust)

    def send(self, url: str, *, secret: str, message_id: str, body: bytes, now: datetime) -> None:
        """Post a body, signed. A repeated message has the same id, so that a receiver can leave it out.

        Raises: DeliveryFailed, with `final` where trying again cannot help.
        """
        asked = _parsed(url)
        address = self._address_of(asked)
        timestamp = int(now.timestamp())
        headers = {
            "host": asked.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": "contact-segments",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, message_id=message_id, timestamp=timestamp, body=body),
        }
        status = self._post(asked, address, headers, body)
        if not 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
            sentence = f"The receiver answered {status}."
            if 300 <= status < 400:  # noqa: PLR2004 - the statuses of redirection
                sentence += " Redirections are not followed; write the final address into the rule."
            raise DeliveryFailed(sentence, final=status == _GONE)

    def _post(self, asked: httpx.URL, address: IpAddress, headers: dict[str, str], body: bytes) -> int:
        """Connect to the address that was judged, and to nothing else; the certificate is that of the name."""
        pinned = asked.copy_with(host=f"[{address}]" if isinstance(address, IPv6Address) else str(address))
        timeout = httpx.Timeout(self.answer, connect=CONNECT_SECONDS)
        try:
            # No proxies of the environment: they would connect to wherever the name leads by then.
            with httpx.Client(
                timeout=timeout, follow_redirects=False, trust_env=False, verify=self.context
            ) as client:  # fmt: skip
                patience = threading.Timer(self.altogether, client.close)
                patience.start()
                extensions = {"sni_hostname": asked.host}
                try:
                    with client.stream("POST", pinned, content=body, headers=headers, extensions=extensions) as answer:
                        return answer.status_code  # whatever else it says is not read
                finally:
                    patience.cancel()
        except httpx.TimeoutException as error:
            raise DeliveryFailed("The receiver did not answer in time.") from error
        except httpx.HTTPError as error:
            raise DeliveryFailed("The receiver cannot be reached.") from error

    def _address_of(self, asked: httpx.URL) -> IpAddress:
        """Judge where the message would go. Raises: DeliveryFailed."""
        port = asked.port or (443 if asked.scheme == "https" else 80)
        try:
            found = [ip_address(text.partition("%")[0]) for text in self.resolve(asked.host, port)]
        except (OSError, ValueError) as error:
            raise DeliveryFailed(f"The name {asked.host} leads to no address.") from error
        if not found:
            raise DeliveryFailed(f"The name {asked.host} leads to no address.")
        for address in found:
            self._judge(asked, address)
        return found[0]

    def _judge(self, asked: httpx.URL, address: IpAddress) -> None:
        plain = unmapped(address)
        inside = any(plain in network for network in self.inside if network.version == plain.version)
        if asked.scheme != "https" and not (inside and plain.is_loopback):
            raise DeliveryFailed("Webhooks go to https addresses only. Correct the rule.", final=True)
        if not inside and not is_public(plain):
            sentence = f"{asked.host} leads to an address inside a private network, where webhooks do not go."
            raise DeliveryFailed(sentence, final=True)


def _parsed(url: str) -> httpx.URL:
    """Read the address of a rule, with its name decoded once. Raises: DeliveryFailed for one that leads nowhere."""
    try:
        asked = httpx.URL(url)
        named = bool(asked.host)
    except (httpx.InvalidURL, ValueError) as error:
        raise DeliveryFailed(
            "The address of the webhook cannot be used. Correct it in the rule.", final=True
        ) from error
    if not named:
        raise DeliveryFailed("The address of the webhook names no host. Correct it in the rule.", final=True)
    return asked


def unmapped(address: IpAddress) -> IpAddress:
    """Give the address that is really meant: IPv6 has several ways to carry an IPv4 address."""
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if embedded is not None:
            return embedded
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IpAddress) -> bool:
    """Tell whether everybody can reach an address: not private, local, reserved, multicast or without meaning."""
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
        or address.is_link_local
    )  # fmt: skip
