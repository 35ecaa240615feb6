"""Alerts without a database: comparing, quiet hours across clock changes, messages, and what the documents say."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from segment_engine.command_line.monitoring import Condition
from segment_engine.domain.alert_rules import Channel, QuietHours, RuleDraft, checked_rule
from segment_engine.domain.alerts import (
    ALERT_TITLES,
    KIND_OF_REASON,
    OF_THE_ORGANIZATION,
    AlertId,
    AlertKind,
    OpenAlert,
    Trouble,
    compare,
)
from segment_engine.domain.messages import Message, document_of, subject_of
from segment_engine.domain.readiness import CODES
from segment_engine.domain.segment import SegmentId
from segment_engine.errors import InputError, SettingsError
from segment_engine.settings import load_settings
from segment_engine.worker.webhooks import new_secret, signature
from tests.documents import table, text_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO, THREE = (SegmentId(UUID(int=n)) for n in (1, 2, 3))


def trouble(key: str, *segments: SegmentId) -> Trouble:
    """Something wrong with these segments."""
    return Trouble(key, AlertKind.EMPTY, "Empty.", frozenset(segments))


def test_comparing_finds_what_began_goes_on_and_is_over() -> None:
    """Troubles of one key are one; segments join and recover one by one."""
    known = OpenAlert(AlertId(UUID(int=9)), "a", "Empty.", frozenset({ONE, TWO}), NOW)
    other = OpenAlert(AlertId(UUID(int=8)), "gone", "Empty.", frozenset({ONE}), NOW)
    found = compare([known, other], [trouble("a", TWO), trouble("a", THREE), trouble("new", ONE)])
    (goes_on,) = found.continued
    assert (goes_on.joined, goes_on.recovered, goes_on.anew) == ({THREE}, {ONE}, True)
    assert [each.key for each in found.opened] == ["new"]
    assert found.recovered == (other,)
    (same,) = compare([known], [trouble("a", ONE, TWO)]).continued
    assert not same.changed


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-01-15T20:59", None),
        ("2026-01-15T21:00", "2026-01-16T06:00"),
        ("2026-01-16T05:59", "2026-01-16T06:00"),
        ("2026-01-16T06:00", None),
        ("2026-03-28T23:00", "2026-03-29T05:00"),
        ("2026-10-24T22:30", "2026-10-25T06:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(moment: str, end: str | None) -> None:
    """22:00 to 07:00 in Amsterdam, in winter, and in the nights in which the clocks change."""
    asked = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = QuietHours(time(22), time(7)).over_at(asked, "Europe/Amsterdam")
    assert found == (None if end is None else datetime.fromisoformat(end).replace(tzinfo=UTC))
    assert QuietHours(time(9), time(17)).over_at(NOW, "UTC") == NOW.replace(hour=17)
    assert QuietHours(time(13), time(17)).over_at(NOW, "UTC") is None


@pytest.mark.parametrize(
    "zone", ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
def test_quiet_hours_always_end_later_and_at_a_time_that_is_not_quiet(zone: str) -> None:
    """Around every clock change of a year, also where the hour in which they end comes twice or never."""
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=each) for each in range(365)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    changing = [days[0], *(day for place, day in enumerate(days) if offsets[place] != offsets[place - 1])]
    moments = [day + timedelta(minutes=10 * each) for day in changing for each in range(-216, 216)]
    for quiet in (
        QuietHours(time(22), time(2, 30)),
        QuietHours(time(1, 15), time(1, 45)),
        QuietHours(time(0), time(3)),
    ):
        ends = {moment: quiet.over_at(moment, zone) for moment in moments}
        told = {moment: end for moment, end in ends.items() if end is not None}
        assert len(told) > 3
        assert [moment for moment, end in told.items() if not moment < end < moment + timedelta(hours=27)] == []
        assert [moment for moment, end in told.items() if quiet.over_at(end, zone) is not None] == []


def test_rules_that_mean_nothing_are_refused() -> None:
    """No kind, kinds that are not of a segment, and quiet hours without length are refused with what to do."""
    fine = RuleDraft(frozenset({AlertKind.EMPTY}), Channel.EMAIL, "a@example.org")
    for wrong in (
        replace(fine, kinds=frozenset()),
        replace(fine, kinds=OF_THE_ORGANIZATION, segment_id=ONE),
        replace(fine, quiet=QuietHours(time(1), time(1))),
    ):
        with pytest.raises(InputError):
            checked_rule(wrong)
    assert checked_rule(replace(fine, target=" a@example.org ")) == fine


def test_how_urgent_it_is() -> None:
    """Each figure alone decides as docs/alerts.md says."""
    fine = Condition(3, 0, 0, 1, 5, 1, 60.0)
    codes = {
        fine.exit_code, replace(fine, unseen_alerts=1).exit_code, replace(fine, suspended_schedules=1).exit_code,
        replace(fine, live_workers=0).exit_code, replace(fine, longest_wait=901.0).exit_code,
    }  # fmt: skip
    assert codes == {int(code) for code in table("docs/alerts.md", "code").column("code")} == {0, 6, 7}


# What the documents say --------------------------------------------------------------------------------------------


def test_every_kind_is_documented_and_has_a_title() -> None:
    """docs/alerts.md lists the kinds in their order; reasons of readiness are alerts or left out on purpose."""
    assert list(table("docs/alerts.md", "kind").column("kind")) == [kind.value for kind in AlertKind]
    assert set(ALERT_TITLES) == set(AlertKind)
    told_otherwise = {"schedule_suspended", "source_late"}
    decided_or_told_by_age = {
        "not_active", "never_calculated", "stale_criteria", "stale_dependency", "stale_source", "changed_by_hand",
        "dependency_behind", "time_passed",
    }  # fmt: skip
    assert set(CODES) == set(KIND_OF_REASON) | told_otherwise | decided_or_told_by_age


def message(**changes: object) -> Message:
    """A message about one segment."""
    made = Message(
        UUID(int=7), "opened", UUID(int=9), "empty", None, "Empty.", NOW, None, 1, "Shop", ((ONE, "Regulars"),), 1
    )
    return replace(made, **changes)  # pyright: ignore[reportArgumentType] -- any of its fields


def test_the_documented_check_of_a_webhook_works() -> None:
    """The example of docs/alerts.md takes a genuine message and no forged, changed or old one."""
    (example,) = re.findall(r"```python\n(.*?)```", text_of("docs/alerts.md"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, "docs/alerts.md", "exec"), names)  # noqa: S102 - the example is what is tested
    is_genuine = names["is_genuine"]
    assert callable(is_genuine)
    secret, body = new_secret(), document_of(message(), None)
    signed = signature(secret, message_id="7", timestamp=1_000, body=body)
    headers = {"webhook-id": "7", "webhook-timestamp": "1000", "webhook-signature": signed}
    assert is_genuine(secret, headers, body, 1_010.0) is True
    assert is_genuine(new_secret(), headers, body, 1_010.0) is False
    assert is_genuine(secret, headers, body + b" ", 1_010.0) is False
    assert is_genuine(secret, {**headers, "webhook-id": "8"}, body, 1_010.0) is False
    assert is_genuine(secret, headers, body, 2_000.0) is False


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks: secret, id, timestamp, body and signature as published there."""
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )  # fmt: skip
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32


def test_every_key_of_a_webhook_is_documented() -> None:
    """docs/alerts.md lists the keys in their order, and the headers."""
    keys = re.findall(r'"(\w+)":', document_of(message(segments=()), None).decode())
    assert list(table("docs/alerts.md", "key").column("key")) == keys
    assert len(table("docs/alerts.md", "header").rows) == 3


def test_subjects_are_one_line_and_not_endless() -> None:
    """Whatever things are called: no line end, no control sign, at most 180 signs."""
    hostile = "A\r\nBcc: x@example.org\u2028\u202e\x00" + "b" * 500
    subject = subject_of(message(organization=hostile, segments=((ONE, hostile),)))
    assert len(subject) <= 180
    assert subject.isprintable()
    assert subject_of(message(segment_count=4)) == "[Shop] Nobody is in it: 4 segments"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SEGMENT_ENGINE_SMTP_URL": "smtp://host"}, "SEGMENT_ENGINE_MAIL_FROM"),
        ({"SEGMENT_ENGINE_MAIL_FROM": "a@example.org"}, "SEGMENT_ENGINE_SMTP_URL"),
        ({"SEGMENT_ENGINE_SMTP_URL": "http://u:topsecret@h", "SEGMENT_ENGINE_MAIL_FROM": "a@b.org"}, "mail server"),
        ({"SEGMENT_ENGINE_SMTP_URL": "smtp://topsecret@h", "SEGMENT_ENGINE_MAIL_FROM": "a@b.org"}, "not both"),
        (
            {"SEGMENT_ENGINE_SMTP_URL": "smtp://h", "SEGMENT_ENGINE_MAIL_FROM": "a@b.org\nBcc: c"},
            "an e-mail",
        ),
        ({"SEGMENT_ENGINE_WEBHOOK_NETWORKS": "10.0.0.1/8"}, "no network"),
        ({"SEGMENT_ENGINE_METRICS_ADDRESS": "everywhere"}, "SEGMENT_ENGINE_METRICS_ADDRESS"),
        ({"SEGMENT_ENGINE_METRICS_PORT": "70000"}, "SEGMENT_ENGINE_METRICS_PORT"),
    ],
)
def test_settings_of_what_leaves_are_checked(settings: dict[str, str], named: str) -> None:
    """Half a mail server, a network that is none, a strange address: named at the start, without any password."""
    with pytest.raises(SettingsError, match=named) as refused:
        load_settings(settings)
    assert "topsecret" not in str(refused.value)
