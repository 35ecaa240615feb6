-- name: queue
-- The runs that wait or work, those that work first, then in the order in which workers take them. A segment's usual
-- duration is the median of its last ten successes.
SELECT runs.run_id, runs.segment_id, segments.name, runs.status, runs.reason,
    coalesce(people.display_name, people.email, people.subject) AS requested_by_name, runs.requested_at,
    extract(epoch FROM clock_timestamp() - runs.requested_at) AS waited_seconds,
    runs.not_before, runs.started_at, runs.step, runs.attempt, runs.worker, runs.lease_until,
    CASE WHEN runs.status = 'processing' THEN extract(epoch FROM clock_timestamp() - runs.started_at) END
        AS working_seconds,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM past.finished_at - past.started_at))
        FROM (SELECT earlier.started_at, earlier.finished_at FROM runs AS earlier
            WHERE earlier.organization_id = :organization AND earlier.segment_id = runs.segment_id
                AND earlier.status = 'success' AND earlier.started_at IS NOT NULL
            ORDER BY earlier.requested_at DESC LIMIT 10) AS past) AS usual_seconds,
    CASE WHEN runs.status = 'queued' THEN row_number() OVER (
        PARTITION BY runs.status ORDER BY runs.place_at, runs.run_id) END AS position
FROM runs JOIN segments ON segments.organization_id = runs.organization_id AND segments.segment_id = runs.segment_id
LEFT JOIN people ON people.person_id = runs.requested_by
WHERE runs.organization_id = :organization AND runs.status IN ('queued', 'processing')
ORDER BY runs.status = 'queued', runs.place_at, runs.run_id LIMIT :limit;

-- name: queue_size
-- How many runs wait and work, and how long the one that waits longest has done so although it could have begun.
SELECT count(*) FILTER (WHERE runs.status = 'queued') AS waiting,
    count(*) FILTER (WHERE runs.status = 'processing') AS processing,
    extract(epoch FROM clock_timestamp() - min(could_begin.since)
        FILTER (WHERE could_begin.since <= clock_timestamp())) AS longest_wait
FROM runs
-- include: could_begin
WHERE runs.organization_id = :organization AND runs.status IN ('queued', 'processing');

-- name: usual_seconds
-- How long a run takes: the median of the newest successes of all segments.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM past.finished_at - past.started_at)) FROM (
    SELECT started_at, finished_at FROM runs
    WHERE organization_id = :organization AND finished_at IS NOT NULL AND status = 'success' AND started_at IS NOT NULL
    ORDER BY finished_at DESC LIMIT 100) AS past;

-- name: failed_count
-- How many segments stand as failed.
SELECT count(*) FROM segments WHERE organization_id = :organization AND status = 'failed' AND state <> 'archived';

-- name: failed
-- The segments whose last run failed, with that failure and since when there has been no success.
SELECT segments.segment_id, segments.name, segments.member_count, segments.last_calculated_at,
    coalesce(last.error_class, 'error') AS error_class, coalesce(last.error_sentence, '') AS error_sentence,
    last.finished_at AS failed_at, last.failing, streak.failures, streak.failing_since
FROM segments
CROSS JOIN LATERAL (
    SELECT runs.error_class, runs.error_sentence, runs.finished_at, runs.failing FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = segments.segment_id AND runs.status = 'failed'
    ORDER BY runs.requested_at DESC LIMIT 1) AS last
CROSS JOIN LATERAL (
    SELECT count(*) AS failures, min(runs.finished_at) AS failing_since FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = segments.segment_id AND runs.status = 'failed'
        AND runs.requested_at > coalesce((
            SELECT earlier.requested_at FROM runs AS earlier
            WHERE earlier.organization_id = :organization AND earlier.segment_id = segments.segment_id
                AND earlier.status = 'success'
            ORDER BY earlier.requested_at DESC LIMIT 1), '-infinity')) AS streak
WHERE segments.organization_id = :organization AND segments.status = 'failed' AND segments.state <> 'archived'
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: stale
-- The active segments whose members are out of date, with the facts that the sentences of the reasons need.
WITH
-- include: standing
SELECT standing.*, segments.name, segments.last_calculated_at
FROM standing JOIN segments ON segments.organization_id = :organization AND segments.segment_id = standing.segment_id
WHERE standing.state = 'active' AND standing.reasons && cast(:codes AS text[])
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: days
-- What ended on each of the last days of the organization's time zone, and how long it took and had waited.
SELECT cast(runs.finished_at AT TIME ZONE :zone AS date) AS day,
    count(*) FILTER (WHERE runs.status = 'success') AS succeeded,
    count(*) FILTER (WHERE runs.status = 'failed') AS failed,
    count(*) FILTER (WHERE runs.status = 'cancelled') AS cancelled,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM runs.finished_at - runs.started_at))
        FILTER (WHERE runs.status = 'success' AND runs.started_at IS NOT NULL) AS took,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM runs.started_at - runs.requested_at))
        FILTER (WHERE runs.started_at IS NOT NULL) AS waited
FROM runs
WHERE runs.organization_id = :organization AND runs.finished_at IS NOT NULL
    AND runs.finished_at >= cast(cast(:today AS date) - (:days - 1) AS timestamp) AT TIME ZONE :zone
GROUP BY 1 ORDER BY 1;

-- name: calendar_day
-- Which day it is in the organization's time zone.
SELECT cast(clock_timestamp() AT TIME ZONE time_zone AS date) AS today, time_zone
FROM organizations WHERE organization_id = :organization;

-- name: costs
-- The segments whose runs took the most time of workers in the last days.
SELECT segments.segment_id, segments.name, segments.member_count, spent.runs, spent.failed, spent.seconds,
    sum(spent.seconds) OVER () AS all_seconds
FROM (
    SELECT segment_id, count(*) AS runs, count(*) FILTER (WHERE status = 'failed') AS failed,
        sum(extract(epoch FROM finished_at - started_at)) AS seconds
    FROM runs
    WHERE organization_id = :organization AND started_at IS NOT NULL
        AND finished_at > clock_timestamp() - make_interval(days => :days)
    GROUP BY segment_id) AS spent
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = spent.segment_id
ORDER BY spent.seconds DESC, segments.name_fold COLLATE "C" LIMIT :limit;

-- name: used
-- Of the time the workers were there in the last 24 hours, how much went into runs of this organization. A worker that
-- was killed counts until it was heard of last.
SELECT busy.seconds AS busy_seconds, there.seconds AS worker_seconds
FROM (
    SELECT coalesce(sum(extract(epoch FROM least(coalesce(runs.finished_at, clock_timestamp()), clock_timestamp())
        - greatest(runs.started_at, clock_timestamp() - interval '24 hours'))), 0) AS seconds
    FROM runs
    WHERE runs.organization_id = :organization AND runs.worker IN (SELECT worker FROM workers)
        AND (runs.finished_at > clock_timestamp() - interval '24 hours' OR runs.status = 'processing')) AS busy,
    (SELECT coalesce(sum(extract(epoch FROM coalesce(stopped_at, seen_at)
        - greatest(started_at, clock_timestamp() - interval '24 hours'))), 0) AS seconds
    FROM workers WHERE coalesce(stopped_at, seen_at) > clock_timestamp() - interval '24 hours') AS there;

-- name: named_runs
-- What runs are called and how they stand.
SELECT runs.run_id, runs.segment_id, runs.status, segments.name
FROM runs JOIN segments ON segments.organization_id = runs.organization_id AND segments.segment_id = runs.segment_id
WHERE runs.organization_id = :organization AND runs.run_id = ANY(cast(:runs AS uuid[]))
ORDER BY runs.run_id;

-- name: hold_runs
-- Runs are locked before their segments, everywhere, and in one order, so that two acts wait instead of deadlocking.
SELECT run_id FROM runs
WHERE organization_id = :organization AND run_id = ANY(cast(:runs AS uuid[])) AND status IN ('queued', 'processing')
ORDER BY run_id FOR UPDATE;

-- name: cancel_runs
-- Those that have not ended; their workers notice at the next heartbeat or write.
UPDATE runs SET status = 'cancelled', finished_at = clock_timestamp(), lease_until = NULL, step = NULL
WHERE organization_id = :organization AND run_id = ANY(cast(:runs AS uuid[])) AND status IN ('queued', 'processing')
RETURNING run_id;
