"""Settings of what leaves this installation: e-mail, webhooks, and the figures and health of workers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from segment_engine.settings.secret import Secret
from segment_engine.settings.urls import read_url

LOOPBACK = "127.0.0.1"
_MAIL_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,180}[A-Za-z0-9]")
# docs/operations.md lists these; a test compares the two.
OUTWARD_KEYS = frozenset(
    {
        "SEGMENT_ENGINE_SMTP_URL",
        "SEGMENT_ENGINE_MAIL_FROM",
        "SEGMENT_ENGINE_WEBHOOK_NETWORKS",
        "SEGMENT_ENGINE_METRICS_ADDRESS",
    }
)


@dataclass(frozen=True, slots=True)
class OutwardSettings:
    """How messages leave, and where figures can be read.

    Shape: `webhook_networks` are allowed although the world cannot reach them. `public_url` is where the pages are.
    """

    smtp_url: Secret | None = None
    mail_from: str | None = None
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    public_url: str | None = None
    metrics_address: str = LOOPBACK


def read_outward(values: Mapping[str, str], problems: list[str]) -> OutwardSettings:
    """Read these settings, and note every problem; nothing that may hold a password is repeated."""
    smtp_url = _smtp_url(values, problems)
    mail_from = _mail_from(values, problems)
    for key, other, there, here in (
        ("SEGMENT_ENGINE_MAIL_FROM", "SEGMENT_ENGINE_SMTP_URL", mail_from, smtp_url),
        ("SEGMENT_ENGINE_SMTP_URL", "SEGMENT_ENGINE_MAIL_FROM", smtp_url, mail_from),
    ):
        if here is not None and there is None and key not in values:
            problems.append(f"{other} is set but {key} is not; e-mail needs both, so set it, or remove both.")
    public_url = values.get("SEGMENT_ENGINE_PUBLIC_URL")
    return OutwardSettings(
        smtp_url, mail_from, _networks(values, problems), None if public_url is None else public_url.rstrip("/"),
        _metrics_address(values, problems),
    )  # fmt: skip


def _smtp_url(values: Mapping[str, str], problems: list[str]) -> Secret | None:
    key = "SEGMENT_ENGINE_SMTP_URL"
    text = values.get(key)
    if text is None:
        return None
    advice = f"set {key} to smtp://user:password@host:587 (with STARTTLS) or smtps://user:password@host:465."
    parts = read_url(text)
    if parts is None:
        problems.append(f"{key} cannot be read as a URL; {advice}")
        return None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        problems.append(f"{key} is not the address of a mail server; {advice}")
        return None
    if (parts.username is None) != (parts.password is None):
        problems.append(f"{key} has a user or a password, but not both; {advice}")
    return Secret(text)


def _mail_from(values: Mapping[str, str], problems: list[str]) -> str | None:
    text = values.get("SEGMENT_ENGINE_MAIL_FROM")
    if text is not None and not _MAIL_ADDRESS.fullmatch(text):
        problems.append("SEGMENT_ENGINE_MAIL_FROM is not an e-mail address; write one, such as alerts@example.org.")
    return text


def _networks(values: Mapping[str, str], problems: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    key, found = "SEGMENT_ENGINE_WEBHOOK_NETWORKS", list[IPv4Network | IPv6Network]()
    for part in values.get(key, "").split(","):
        if not part.strip():
            continue
        try:
            found.append(ip_network(part.strip()))
        except ValueError:
            problems.append(f"{key} holds {part.strip()!r}, which is no network; write networks like 10.1.0.0/16.")
    return tuple(found)


def _metrics_address(values: Mapping[str, str], problems: list[str]) -> str:
    key = "SEGMENT_ENGINE_METRICS_ADDRESS"
    text = values.get(key, LOOPBACK)
    try:
        return str(ip_address(text))
    except ValueError:
        problems.append(f"{key} is not an address of this computer; write one such as 127.0.0.1 or 0.0.0.0.")
        return LOOPBACK
