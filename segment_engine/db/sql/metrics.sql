-- name: queue
-- How many runs of anybody wait and work, and since when the oldest that could begin waits.
SELECT count(*) FILTER (WHERE runs.status = 'queued') AS waiting,
    count(*) FILTER (WHERE runs.status = 'processing') AS processing,
    coalesce(extract(epoch FROM clock_timestamp() - min(could_begin.since)
        FILTER (WHERE could_begin.since <= clock_timestamp())), 0) AS oldest
FROM runs LEFT JOIN LATERAL (
    -- The same as within one organization (could_begin.sql), of everybody.
    SELECT greatest(runs.requested_at, runs.not_before, CASE
        WHEN bool_or(first.status IN ('queued', 'processing')) THEN 'infinity'
        ELSE max(first.finished_at) END) AS since
    FROM runs AS first
    WHERE first.organization_id = runs.organization_id AND first.run_id = ANY(runs.waits_for)
) AS could_begin ON runs.status = 'queued'
WHERE runs.status IN ('queued', 'processing');

-- name: outbox
-- How many messages about alerts of anybody could go out, and have not arrived.
SELECT count(*) FROM alert_deliveries
WHERE delivered_at IS NULL AND given_up_at IS NULL AND not_before <= clock_timestamp();

-- name: applied
-- How many migrations the database has.
SELECT count(*) FROM schema_migrations;
