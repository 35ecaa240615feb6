-- name: record
-- One line per act, in the transaction of the act.
INSERT INTO audit_events (organization_id, person_id, person_name, action, object_kind, object_id, result, detail,
    request_id)
VALUES (:organization, :person, :person_name, :action, :object_kind, :object_id, :result, cast(:detail AS jsonb),
    :request);

-- name: alone
-- The same refusal by the same person waits for the one before, so that both do not write a line.
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ',
    cast(:organization AS text), cast(:person AS text), cast(:action AS text)), 20261122));

-- name: refuse
-- One line for what somebody was refused, at most once a minute for the same person and act.
INSERT INTO audit_events (organization_id, person_id, person_name, action, object_kind, object_id, result, detail,
    request_id)
SELECT :organization, cast(:person AS uuid), cast(:person_name AS text), cast(:action AS text),
    cast(:object_kind AS text), cast(:object_id AS text), 'refused', cast(:detail AS jsonb), cast(:request AS text)
WHERE NOT EXISTS (
    SELECT FROM audit_events AS earlier
    WHERE earlier.organization_id = :organization AND earlier.happened_at > clock_timestamp() - interval '1 minute'
        AND earlier.person_id = cast(:person AS uuid) AND earlier.action = cast(:action AS text)
        AND earlier.result = 'refused');

-- name: find
-- Some lines, the newest first, narrowed by whatever is not NULL.
SELECT audit_number, happened_at, person_id, person_name, action, object_kind, object_id, result, detail, request_id
FROM audit_events
WHERE organization_id = :organization
    AND (cast(:before AS bigint) IS NULL OR audit_number < cast(:before AS bigint))
    AND (cast(:person AS uuid) IS NULL OR person_id = cast(:person AS uuid))
    AND (cast(:actions AS text[]) IS NULL OR action = ANY(cast(:actions AS text[])))
    AND (cast(:object_kind AS text) IS NULL OR object_kind = cast(:object_kind AS text))
    AND (cast(:object_id AS text) IS NULL OR object_id = cast(:object_id AS text))
    AND (cast(:result AS text) IS NULL OR result = cast(:result AS text))
    AND (cast(:since AS timestamptz) IS NULL OR happened_at >= cast(:since AS timestamptz))
    AND (cast(:until AS timestamptz) IS NULL OR happened_at < cast(:until AS timestamptz))
    AND (cast(:text AS text) IS NULL OR strpos(
        lower(concat_ws(' ', person_name, action, object_id, cast(detail AS text), request_id)), :text) > 0)
ORDER BY audit_number DESC LIMIT :limit;

-- name: names
-- What the things of some lines are called now; what is gone keeps the name in its lines.
SELECT segment_id AS id, cast(name AS text) AS name FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:ids AS uuid[]))
UNION ALL SELECT campaign_id, name FROM campaigns
WHERE organization_id = :organization AND campaign_id = ANY(cast(:ids AS uuid[]))
UNION ALL SELECT list_id, name FROM static_lists
WHERE organization_id = :organization AND list_id = ANY(cast(:ids AS uuid[]))
UNION ALL SELECT data_source_id, name FROM data_sources
WHERE organization_id = :organization AND data_source_id = ANY(cast(:ids AS uuid[]));

-- name: people
-- Everybody who stands in the log, by the latest name: one look into the index for each, however long the log is.
WITH RECURSIVE each AS (
    (SELECT person_id FROM audit_events WHERE organization_id = :organization ORDER BY person_id LIMIT 1)
    UNION ALL
    SELECT (SELECT audit_events.person_id FROM audit_events
        WHERE audit_events.organization_id = :organization AND audit_events.person_id > each.person_id
        ORDER BY audit_events.person_id LIMIT 1)
    FROM each WHERE each.person_id IS NOT NULL
)
SELECT each.person_id, coalesce(latest.person_name, people.display_name, people.email, 'Unknown') AS name
FROM each CROSS JOIN LATERAL (SELECT person_name FROM audit_events
    WHERE organization_id = :organization AND audit_events.person_id = each.person_id
    ORDER BY audit_number DESC LIMIT 1) AS latest
LEFT JOIN people ON people.person_id = each.person_id
WHERE each.person_id IS NOT NULL ORDER BY 2, 1;

-- name: actions
-- Every action that stands in the log, found like the people.
WITH RECURSIVE each AS (
    (SELECT action FROM audit_events WHERE organization_id = :organization ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT audit_events.action FROM audit_events
        WHERE audit_events.organization_id = :organization AND audit_events.action > each.action
        ORDER BY audit_events.action LIMIT 1)
    FROM each WHERE each.action IS NOT NULL
)
SELECT action FROM each WHERE action IS NOT NULL ORDER BY action;
