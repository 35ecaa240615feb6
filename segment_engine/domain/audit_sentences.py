"""The lines of the audit log in plain English: every action there is, and what it says of what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping

from segment_engine.domain.access import Permission, act_of
from segment_engine.domain.audit import AuditLine, AuditResult

# docs/audit.md lists these; tests compare the two, and both with the source. Words in braces stand in a line's detail;
# {object} is the thing the line is about.
ACTIONS: Mapping[str, str] = {
    "segment.create": "created the segment {object}",
    "segment.update": "edited the segment {object} (version {version})",
    "segment.describe": "changed description, notes, tags or owner of the segment {object}",
    "segment.tag": "tagged the segment {object} with {tags}",
    "segment.untag": "took the tags {tags} from the segment {object}",
    "segment.set_owner": "changed the owner of the segment {object}",
    "segment.active": "activated the segment {object}",
    "segment.inactive": "deactivated the segment {object}",
    "segment.archived": "archived the segment {object}",
    "segment.draft": "made the segment {object} a draft",
    "segment.delete": "deleted the segment {object}",
    "segment.export": "exported the members of the segment {object}",
    "run.request": "requested a run of {object}",
    "run.cancel": "cancelled a run of {object}",
    "override.put_in": "put a contact into the segment {object} by hand: {reason}",
    "override.taken_out": "took a contact out of the segment {object} by hand: {reason}",
    "override.end": "ended a decision by hand in the segment {object}",
    "assertion.add": "added a check to the segment {object}: {demands}",
    "assertion.change": "changed a check of the segment {object}: {demands}",
    "assertion.remove": "removed a check of the segment {object}: {demands}",
    "run.publish_anyway": "let the members of {object} be published in spite of a check",
    "schedule.set": "gave the segment {object} a schedule: {schedule}",
    "schedule.remove": "removed the schedule of the segment {object}: {schedule}",
    "schedule.resume": "resumed the schedule of the segment {object}",
    "schedules.pause": "paused every schedule of the organization",
    "schedules.resume": "let the schedules of the organization run again",
    "alert.acknowledge": "acknowledged an alert",
    "alert_rule.add": "added a rule that tells {target} by {channel}",
    "alert_rule.change": "changed a rule that tells {target} by {channel}",
    "alert_rule.remove": "removed the rule that told {target} by {channel}",
    "alert_rule.test": "sent a test message for a rule",
    "list.create": "made the list {object}",
    "list.replace": "replaced the contacts of the list {object}",
    "list.delete": "deleted the list {object}",
    "campaign.create": "created the campaign {object}",
    "campaign.update": "edited the campaign {object}",
    "campaign.launch": "launched the campaign {object}",
    "campaign.take_back": "took the campaign {object} back to a draft",
    "campaign.pause": "paused the campaign {object}",
    "campaign.resume": "resumed the campaign {object}",
    "campaign.finish": "finished the campaign {object}",
    "campaign.archive": "archived the campaign {object}",
    "campaign.restore": "restored the campaign {object} from the archive",
    "sequence.create": "created the sequence {object}",
    "sequence.update": "edited the sequence {object}",
    "sequence.launch": "launched the sequence {object}",
    "sequence.take_back": "took the sequence {object} back to a draft",
    "sequence.pause": "paused the sequence {object}",
    "sequence.resume": "resumed the sequence {object}",
    "sequence.finish": "finished the sequence {object}",
    "sequence.archive": "archived the sequence {object}",
    "sequence.restore": "restored the sequence {object} from the archive",
    "source.import": "imported a file into the data source {object}",
    "source.limits": "changed when the data source {object} is late, from {from} to {to} hours",
    "field.rename": "renamed the field {object}",
    "view.save": "saved the view {object}",
    "view.delete": "deleted the view {object}",
    "seat.give": "gave {name} a seat as {role}",
    "seat.change_role": "changed the role of {name} from {from} to {to}",
    "seat.take": "took the seat of {name}, who was {role}",
    "invitation.create": "invited {email} as {role}",
    "invitation.revoke": "revoked the invitation of {email} as {role}",
    "invitation.accept": "accepted the invitation of {email} as {role}",
    "person.disable": "shut {name} out of this installation",
    "person.enable": "let {name} into this installation again",
    "person.sign_out": "ended every sign-in of {name}",
    "settings.update": "changed the settings of the organization: {changed}",
    "audit.export": "exported the audit log",
}

_LONGEST_VALUE = 80
_PART = re.compile(r"\{(\w+)\}")
_ROLES = frozenset({"from", "to", "role"})


def audit_sentence(line: AuditLine) -> str:
    """Say what happened, to stand after the name of who did it."""
    if line.result is AuditResult.REFUSED:
        return f"was not allowed to {_wanted(line)}"
    template = ACTIONS.get(line.action)
    if template is None:
        return f"did “{line.action}” to {_object(line)}"
    return _PART.sub(lambda part: _value(line, part[1]), template)


def audit_phrase(action: str) -> str:
    """Say what an action is, without what it was done to."""
    template = ACTIONS.get(action)
    return action if template is None else " ".join(_PART.sub("…", template).split())


def _wanted(line: AuditLine) -> str:
    known = {each.value: each for each in Permission}
    permission = known.get(str(line.detail.get("permission")))
    return f"{act_of(permission)} ({line.action})" if permission else line.action


def _value(line: AuditLine, part: str) -> str:
    if part == "object":
        return _object(line)
    found = line.detail.get(part)
    if isinstance(found, list | tuple):
        return ", ".join(f"“{each}”" for each in found) or "nothing"  # pyright: ignore[reportUnknownVariableType] -- JSON
    if isinstance(found, Mapping):
        return ", ".join(sorted(str(key).replace("_", " ") for key in found))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- JSON
    if found is None or found == "":
        return "…"
    text = str(found)
    text = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
    return text.replace("_", " ") if part in _ROLES else text


def _object(line: AuditLine) -> str:
    return f"“{line.object_name}”" if line.object_name else "…"
