"""Imports records of consent: what contacts decided about a channel or one of its topics, and when. None is changed."""

from __future__ import annotations

from segment_engine.db.session import Database
from segment_engine.domain.operators import CONSENT_STATES
from segment_engine.imports.columns import FilePlan, plan_reserved
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.lines import OwnColumn, key_column, read_lines, time_reader, time_type
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ConsentImport
from segment_engine.imports.session import ImportSession, analyze, close_session, open_session
from segment_engine.imports.words import absent, channel_column, optional_column, read_text, read_word

_STAGED = ("row_number", "external_key", "channel", "state", "topic", "occurred_at")
_STATES = tuple(state for state in CONSENT_STATES if state != "no_record")
_TOPIC_CHARACTERS = 255


def import_consents(
    database: Database, organization_id: int, request: ConsentImport, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import one file of consents; everything of it happens, or nothing.

    Shape: a record that is there already, alike in everything, is left alone, so the same file again changes nothing.
        Of two records of one moment the later row counts.
    Raises: InputError when the file or the request cannot be used, and the errors of `Database.transaction`.
    """
    file = open_file(request.path, delimiter=request.delimiter, name=request.file_name)
    topic = optional_column(file, request.topic, "topic")
    reserved = tuple(filter(None, (request.key, request.channel, request.state, request.time, topic)))
    with conduct.transaction(database, organization_id) as transaction:
        session = open_session(transaction, organization_id, request, file, conduct)
        plan = plan_reserved(file, request, reserved=reserved, time=request.time)
        time_type(request.time, plan.time)
        columns = _own_columns(session, request, plan, topic)
        session.stage(_STAGED, read_lines(session, columns, (), staged=_STAGED))
        session.run("analyze_staged")
        session.reject("unknown_contact", "reject_unknown")
        session.reject("deleted_contact", "reject_deleted")
        left = session.scalar("count_staged")
        added = session.run("add_consents", base=session.scalar("last_consent_number"))
        if added:
            session.run("move_consent_counter", rows=session.rows_read)
        report = close_session(session, (), plan, added=added, updated=0, left=left)
    analyze(database, organization_id, "consents", conduct, changed=report.added)
    return report


def _own_columns(session: ImportSession, request: ConsentImport, plan: FilePlan, topic: str | None) -> list[OwnColumn]:
    times = time_reader(session, plan, request.time)
    states = read_word(_STATES, plan.markers[request.state], name="state", required=True)
    columns = [
        key_column(request.key, plan),
        channel_column(request.channel, plan),
        OwnColumn(request.state, "state", states),
        OwnColumn(request.time, "occurred_at", times.read_required),
    ]
    if topic is None:
        return [*columns, absent(request.key, "topic")]
    texts = read_text(plan.markers[topic], name="topic", most=_TOPIC_CHARACTERS)
    return [*columns, OwnColumn(topic, "topic", texts)]
