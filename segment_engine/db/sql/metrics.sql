-- name: queue
-- How many runs of anybody wait and work, and since when the oldest that could begin waits.
SELECT count(*) FILTER (WHERE runs.status = 'queued') AS waiting,
    count(*) FILTER (WHERE runs.status = 'processing') AS processing,
    coalesce(extract(epoch FROM clock_timestamp() - min(could_begin.since)
        FILTER (WHERE could_begin.since <= clock_timestamp())), 0) AS oldest
FROM runs
-- include: could_begin
WHERE runs.status IN ('queued', 'processing');

-- name: outbox
-- How many messages about alerts of anybody could go out, and have not arrived.
SELECT count(*) FROM alert_deliveries
WHERE delivered_at IS NULL AND given_up_at IS NULL AND not_before <= clock_timestamp();

-- name: applied
-- How many migrations the database has.
SELECT count(*) FROM schema_migrations;
