"""What is sent about an alert: the subject and text of an e-mail, and the document of a webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from segment_engine.domain.alerts import ALERT_TITLES, AlertKind

LONGEST_SUBJECT = 180
TEST_KIND = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """Everything a message tells. Units: times in UTC; `segments` are the first ones, `segment_count` counts all."""

    delivery_id: UUID
    news: str
    alert_id: UUID
    kind: str
    cause: str | None
    sentence: str
    opened_at: datetime
    recovered_at: datetime | None
    occurrences: int
    organization: str
    segments: tuple[tuple[UUID, str], ...]
    segment_count: int

    @property
    def title(self) -> str:
        """What kind of trouble it is, in words."""
        return "Test message" if self.kind == TEST_KIND else ALERT_TITLES[AlertKind(self.kind)]


def one_line(text: str) -> str:
    """Make one line of a text: whatever ends a line, or is not to be seen, becomes a blank."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def subject_of(message: Message) -> str:
    """Write the subject of an e-mail: one line, whatever a segment or an organization is called."""
    about = message.title
    if message.segment_count == 1 and message.segments:
        about += f": {message.segments[0][1]}"
    elif message.segment_count > 1:
        about += f": {message.segment_count:,} segments"
    mark = "Recovered: " if message.news == "recovered" else ""
    line = one_line(f"[{message.organization}] {mark}{about}")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def text_of(message: Message, address: str | None) -> str:
    """Write the text of an e-mail: what happened, to which segments, and where to look; plain text, no markup."""
    return "\n".join(_lines(message, address)) + "\n"


def _lines(message: Message, address: str | None) -> Iterator[str]:
    if message.kind == TEST_KIND:
        yield one_line(message.sentence)
    elif message.news == "recovered":
        yield f"This is over: {one_line(message.title)}."
        yield one_line(message.sentence)
    else:
        yield f"{one_line(message.title)}."
        yield one_line(message.sentence)
    if message.segments:
        yield ""
        yield "Segments:" if message.segment_count != 1 else "Segment:"
        for segment_id, name in message.segments:
            yield f"- {one_line(name)}" + (f"  {address}/segment?id={segment_id}" if address else "")
        if message.segment_count > len(message.segments):
            yield f"- and {message.segment_count - len(message.segments):,} more"
    yield ""
    yield f"Organization: {one_line(message.organization)}"
    yield f"Since: {_moment(message.opened_at)}"
    if message.news == "recovered" and message.recovered_at is not None:
        yield f"Over: {_moment(message.recovered_at)}"
    if address and message.kind != TEST_KIND:
        yield f"Look: {link_of(message, address)}"


def link_of(message: Message, address: str) -> str:
    """Write the address of the alert on the pages."""
    return f"{address}/operations?o_tab=Alerts&alert={quote(str(message.alert_id))}"


def document_of(message: Message, address: str | None) -> bytes:
    """Write the body of a webhook: one JSON object in UTF-8; docs/alerts.md lists its keys."""
    document: dict[str, object] = {
        "type": "alert.test" if message.kind == TEST_KIND else f"alert.{message.news}",
        "id": str(message.delivery_id),
        "alert": str(message.alert_id),
        "kind": message.kind,
        "title": message.title,
        "sentence": message.sentence,
        "cause": message.cause,
        "organization": message.organization,
        "opened_at": _moment(message.opened_at),
        "recovered_at": None if message.recovered_at is None else _moment(message.recovered_at),
        "occurrences": message.occurrences,
        "segment_count": message.segment_count,
        "segments": [{"id": str(segment_id), "name": name} for segment_id, name in message.segments],
        "link": link_of(message, address) if address and message.kind != TEST_KIND else None,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
