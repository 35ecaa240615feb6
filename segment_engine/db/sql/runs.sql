-- name: request
-- One active run per segment: a second request inserts nothing, and the caller reads the active one.
INSERT INTO runs (organization_id, segment_id, version, criteria, reason, requested_by, as_of)
SELECT segments.organization_id, segments.segment_id, segments.version, segment_versions.criteria, :reason, :person,
    cast(:as_of AS timestamptz)
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
WHERE segments.organization_id = :organization AND segments.segment_id = :segment
ON CONFLICT (organization_id, segment_id) WHERE status IN ('queued', 'processing') DO NOTHING
RETURNING run_id;

-- name: active
-- The run that waits or works for this segment.
SELECT run_id FROM runs
WHERE organization_id = :organization AND segment_id = :segment AND status IN ('queued', 'processing');

-- name: get
-- One run as people see it. Not its place: that of a run from before there were places is no time Python has.
SELECT runs.run_id, runs.segment_id, runs.version, runs.status, runs.reason, runs.requested_at, runs.as_of, runs.attempt,
    runs.step, runs.started_at, runs.finished_at, runs.member_count, runs.joined_count, runs.left_count,
    runs.error_class, runs.error_sentence, runs.read_runs, runs.failing,
    coalesce(people.display_name, people.email, people.subject) AS requested_by_name
FROM runs LEFT JOIN people ON people.person_id = runs.requested_by
WHERE runs.organization_id = :organization AND runs.run_id = :run;

-- name: result
-- What a run published, and whether its members can still be told: history before the merged result is gone.
SELECT runs.segment_id, runs.published_sequence, coalesce(runs.started_at, runs.finished_at) AS read_at,
    runs.published_sequence < segments.compacted_sequence AS forgotten
FROM runs JOIN segments ON segments.organization_id = :organization AND segments.segment_id = runs.segment_id
WHERE runs.organization_id = :organization AND runs.run_id = :run AND runs.published_sequence IS NOT NULL;

-- name: find
-- The runs of a segment, newest first.
SELECT runs.run_id, runs.segment_id, runs.version, runs.status, runs.reason, runs.requested_at, runs.as_of, runs.attempt,
    runs.step, runs.started_at, runs.finished_at, runs.member_count, runs.joined_count, runs.left_count,
    runs.error_class, runs.error_sentence, runs.read_runs, runs.failing,
    coalesce(people.display_name, people.email, people.subject) AS requested_by_name
FROM runs LEFT JOIN people ON people.person_id = runs.requested_by
WHERE runs.organization_id = :organization AND runs.segment_id = :segment
ORDER BY runs.requested_at DESC LIMIT :limit;

-- name: lock_active
-- Runs are locked before their segment, everywhere, so that two acts on one segment wait instead of deadlocking.
SELECT run_id FROM runs
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
    AND status IN ('queued', 'processing')
ORDER BY run_id FOR UPDATE;

-- name: cancel
-- Only a run that waits or works can be cancelled; its worker notices at its next heartbeat or write.
UPDATE runs SET status = 'cancelled', finished_at = clock_timestamp(), lease_until = NULL, step = NULL
WHERE organization_id = :organization AND run_id = :run AND status IN ('queued', 'processing');

-- name: cancel_active
-- A new version replaces what an older one would still compute.
UPDATE runs SET status = 'cancelled', finished_at = clock_timestamp(), lease_until = NULL, step = NULL
WHERE organization_id = :organization AND segment_id = :segment AND status IN ('queued', 'processing');

-- name: cancel_processing
-- A run that works already has read what was true when it began.
UPDATE runs SET status = 'cancelled', finished_at = clock_timestamp(), lease_until = NULL, step = NULL
WHERE organization_id = :organization AND segment_id = :segment AND status = 'processing';

-- name: next_waiting
-- The run to compute next, of anyone; it and the turn of its organization are held. The organization that was served
-- longest ago comes first, unless it computes as many as it may; within it the first in place that is due, or whose
-- worker let its lease pass. Whoever has worked longest takes no long runs while there are others, so that short ones
-- never wait for all of them. What others hold is passed over, and what changed since the look is not taken.
WITH reserved AS MATERIALIZED (
    SELECT count(*) > 1 AND (array_agg(workers.worker ORDER BY workers.started_at, workers.worker))[1] = :worker AS me
    FROM workers
    WHERE workers.stopped_at IS NULL AND workers.seen_at > statement_timestamp() - make_interval(secs => :live)
), offered AS MATERIALIZED (
    SELECT work.organization_id, work.last_claimed_at, best.run_id, best.attempt
    FROM organization_work AS work
    CROSS JOIN LATERAL (
        SELECT waiting.run_id, waiting.attempt FROM runs AS waiting
        WHERE waiting.organization_id = work.organization_id AND waiting.status IN ('queued', 'processing')
            AND CASE waiting.status
                WHEN 'processing' THEN waiting.lease_until < statement_timestamp()
                ELSE coalesce(waiting.not_before <= statement_timestamp(), true) AND (
                    waiting.waits_for = '{}' OR waiting.requested_at < statement_timestamp() - make_interval(secs => :patience)
                    OR NOT EXISTS (
                        SELECT FROM runs AS first
                        WHERE first.organization_id = work.organization_id AND first.run_id = ANY (waiting.waits_for)
                            AND first.status IN ('queued', 'processing')))
                END
            AND (waiting.expected_seconds < :long OR NOT (SELECT reserved.me FROM reserved))
        ORDER BY waiting.place_at, waiting.run_id LIMIT 1
    ) AS best
    WHERE work.runs_at_once > (
        SELECT count(*) FROM runs AS computed
        WHERE computed.organization_id = work.organization_id AND computed.status = 'processing'
            AND computed.lease_until >= statement_timestamp())
    ORDER BY work.last_claimed_at NULLS FIRST, work.organization_id LIMIT :offers
)
SELECT runs.organization_id, runs.run_id, runs.status, runs.attempt, runs.given_back FROM offered
JOIN organization_work AS work ON work.organization_id = offered.organization_id
JOIN runs ON runs.organization_id = offered.organization_id AND runs.run_id = offered.run_id
WHERE work.last_claimed_at IS NOT DISTINCT FROM offered.last_claimed_at
    AND runs.attempt = offered.attempt AND runs.status IN ('queued', 'processing')
ORDER BY offered.last_claimed_at NULLS FIRST, offered.organization_id LIMIT 1
FOR UPDATE OF runs, work SKIP LOCKED;

-- name: served
-- The turn of an organization passes to the others.
UPDATE organization_work SET last_claimed_at = clock_timestamp() WHERE organization_id = :organization;

-- name: claim
-- attempt is the fencing token; as_of is fixed by the first attempt and kept by all others.
UPDATE runs SET status = 'processing', attempt = attempt + 1, worker = :worker, step = 'evaluating',
    lease_until = clock_timestamp() + make_interval(secs => :lease), started_at = clock_timestamp(),
    as_of = coalesce(as_of, clock_timestamp())
WHERE organization_id = :organization AND run_id = :run
RETURNING organization_id, run_id, segment_id, attempt, given_back, version, criteria, as_of;

-- name: heartbeat
-- The lease lives by the database's clock. No row means that the run is no longer this worker's.
UPDATE runs SET lease_until = clock_timestamp() + make_interval(secs => :lease)
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing';

-- name: fence
-- The first statement of every publishing: whoever lost the run stops here. Locks the run before its segment.
UPDATE runs SET step = 'publishing'
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing'
RETURNING segment_id;

-- name: lock_published
-- What is published at this moment, held until the new result stands.
SELECT published_sequence FROM segments
WHERE organization_id = :organization AND segment_id = :segment FOR UPDATE;

-- name: earlier_counts
-- What is usual for a segment: the counts of its last results with the same criteria, newest first.
SELECT member_count FROM runs
WHERE organization_id = :organization AND segment_id = :segment AND version = :version
    AND published_sequence IS NOT NULL
ORDER BY published_sequence DESC LIMIT :limit;

-- name: succeed
-- Counts and end in the transaction that changed the members.
UPDATE runs SET status = 'success', finished_at = clock_timestamp(), lease_until = NULL, step = NULL,
    published_sequence = :sequence, member_count = :member_count, joined_count = :joined, left_count = :departed,
    read_runs = cast(:read_runs AS jsonb), checks = cast(:findings AS jsonb)
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing'
RETURNING finished_at;

-- name: publish_segment
-- What lists and pages read: one row, changed together with the members.
UPDATE segments SET published_run_id = :run, published_version = :version, published_sequence = :sequence,
    previous_member_count = member_count, member_count = :member_count, checks = :checks,
    last_calculated_at = :finished_at, failed_in_row = 0
WHERE organization_id = :organization AND segment_id = :segment;

-- name: give_back
-- An attempt that failed in a way worth repeating, or a worker that stops, whose attempt does not count: queued again,
-- not before the given wait, give or take a quarter, so that what failed together does not come back together.
UPDATE runs SET status = 'queued', lease_until = NULL, worker = NULL, step = NULL, given_back = given_back + :polite,
    not_before = clock_timestamp() + make_interval(secs => :wait * (0.75 + random() / 2))
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing';

-- name: fail
-- The members published before stay; the sentence says what happened and what to do.
UPDATE runs SET status = 'failed', finished_at = clock_timestamp(), lease_until = NULL, step = NULL,
    error_class = :error_class, error_sentence = :error_sentence, failing = cast(:failing AS jsonb)
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing'
RETURNING segment_id;

-- name: count_failure
-- How often a segment failed since its last success; nobody has to count runs for it.
UPDATE segments SET failed_in_row = failed_in_row + 1
WHERE organization_id = :organization AND segment_id = :segment;
