-- name: get
-- The schedule of one segment, with what decides whether it is kept; no row when there is no such segment.
SELECT segments.segment_id, segments.name, segments.state, segments.status, segments.member_count,
    segments.failed_in_row, segment_schedules.kind, segment_schedules.every_minutes, segment_schedules.at_time,
    segment_schedules.weekday, segment_schedules.time_zone, segment_schedules.next_due_at,
    segment_schedules.last_due_at, segment_schedules.due_since, segment_schedules.due_reason,
    segment_schedules.suspended_at, segment_schedules.suspended_because, segment_schedules.revision,
    segment_schedules.updated_at, coalesce(people.display_name, people.email, people.subject) AS updated_by_name,
    work.schedules_paused_at AS paused_at, clock_timestamp() AS now
FROM segments LEFT JOIN segment_schedules
    ON segment_schedules.organization_id = :organization AND segment_schedules.segment_id = segments.segment_id
LEFT JOIN people ON people.person_id = segment_schedules.updated_by
LEFT JOIN organization_work AS work ON work.organization_id = segments.organization_id
WHERE segments.organization_id = :organization AND segments.segment_id = :segment;

-- name: find
-- Every schedule of an organization: suspended ones first, then by when they are due.
SELECT segments.segment_id, segments.name, segments.state, segments.status, segments.member_count,
    segments.failed_in_row, segment_schedules.kind, segment_schedules.every_minutes, segment_schedules.at_time,
    segment_schedules.weekday, segment_schedules.time_zone, segment_schedules.next_due_at,
    segment_schedules.last_due_at, segment_schedules.due_since, segment_schedules.due_reason,
    segment_schedules.suspended_at, segment_schedules.suspended_because, segment_schedules.revision,
    segment_schedules.updated_at, coalesce(people.display_name, people.email, people.subject) AS updated_by_name,
    work.schedules_paused_at AS paused_at, clock_timestamp() AS now
FROM segment_schedules JOIN segments
    ON segments.organization_id = :organization AND segments.segment_id = segment_schedules.segment_id
LEFT JOIN people ON people.person_id = segment_schedules.updated_by
LEFT JOIN organization_work AS work ON work.organization_id = segments.organization_id
WHERE segment_schedules.organization_id = :organization AND segments.state <> 'archived'
ORDER BY segment_schedules.suspended_at NULLS LAST, segment_schedules.next_due_at NULLS LAST,
    segments.name_fold COLLATE "C", segments.segment_id;

-- name: pause
-- Whether the schedules of an organization are paused, since when and by whom.
SELECT work.schedules_paused_at, coalesce(people.display_name, people.email, people.subject) AS paused_by_name
FROM organization_work AS work LEFT JOIN people ON people.person_id = work.paused_by
WHERE work.organization_id = :organization;

-- name: suspended_count
-- How many schedules are suspended.
SELECT count(*) FROM segment_schedules JOIN segments
    ON segments.organization_id = :organization AND segments.segment_id = segment_schedules.segment_id
WHERE segment_schedules.organization_id = :organization AND segment_schedules.suspended_at IS NOT NULL
    AND segments.state <> 'archived';

-- name: add
-- A segment has one schedule; whoever comes second sees that nothing was inserted.
INSERT INTO segment_schedules (organization_id, segment_id, kind, every_minutes, at_time, weekday, time_zone,
    next_due_at, due_since, due_reason, updated_by)
VALUES (:organization, :segment, :kind, :every_minutes, :at_time, :weekday, :time_zone, :next_due_at, :due_since,
    :due_reason, :person)
ON CONFLICT (organization_id, segment_id) DO NOTHING;

-- name: change
-- Another schedule in place of the one that was read; a suspension stays.
UPDATE segment_schedules SET kind = :kind, every_minutes = :every_minutes, at_time = :at_time, weekday = :weekday,
    time_zone = :time_zone, next_due_at = :next_due_at, due_since = :due_since, due_reason = :due_reason,
    revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = :segment AND revision = :revision;

-- name: remove
-- From then on the segment is calculated by hand only.
DELETE FROM segment_schedules
WHERE organization_id = :organization AND segment_id = :segment AND revision = :revision;

-- name: lock_suspended
-- Those of these segments whose schedule is suspended. Segments are locked before their schedules, everywhere.
SELECT segments.segment_id FROM segments
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]))
    AND EXISTS (SELECT FROM segment_schedules
        WHERE segment_schedules.organization_id = :organization
            AND segment_schedules.segment_id = segments.segment_id AND segment_schedules.suspended_at IS NOT NULL)
ORDER BY segments.segment_id FOR UPDATE OF segments;

-- name: resume
-- The schedule is kept again, from this moment on; what became due meanwhile is one run.
UPDATE segment_schedules SET suspended_at = NULL, suspended_because = NULL, revision = revision + 1,
    updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[])) AND suspended_at IS NOT NULL
RETURNING segment_id;

-- name: forgive
-- A resumed segment may fail as often again before it is suspended.
UPDATE segments SET failed_in_row = 0
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));

-- name: names
-- The names of those of these segments that there are.
SELECT segment_id, name FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));

-- name: pause_all
-- No schedule of the organization starts anything from now on. The first to pause is the one who is named.
UPDATE organization_work SET schedules_paused_at = clock_timestamp(), paused_by = :person
WHERE organization_id = :organization AND schedules_paused_at IS NULL;

-- name: resume_all
-- What became due during the pause is one run a segment.
UPDATE organization_work SET schedules_paused_at = NULL, paused_by = NULL
WHERE organization_id = :organization AND schedules_paused_at IS NOT NULL;

-- name: source_changed
-- Those that follow the data and read this source, themselves or through segments they read, are due when the delivery
-- has settled: a while after its last file, but not long after its first.
WITH RECURSIVE reading (segment_id) AS (
    SELECT segment_id FROM segment_sources WHERE organization_id = :organization AND data_source_id = :source
    UNION
    SELECT segment_uses.segment_id FROM segment_uses JOIN reading ON reading.segment_id = segment_uses.used_segment_id
    WHERE segment_uses.organization_id = :organization
), following AS (
    SELECT segment_schedules.segment_id FROM segment_schedules JOIN reading USING (segment_id)
    WHERE segment_schedules.organization_id = :organization AND segment_schedules.kind = 'source'
    ORDER BY segment_schedules.segment_id FOR UPDATE OF segment_schedules
)
UPDATE segment_schedules SET due_since = coalesce(due_since, clock_timestamp()), due_reason = 'source',
    next_due_at = least(clock_timestamp() + make_interval(secs => :settle),
        coalesce(due_since, clock_timestamp()) + make_interval(secs => :longest_settle))
FROM following
WHERE segment_schedules.organization_id = :organization AND segment_schedules.segment_id = following.segment_id;

-- name: criteria_changed
-- Those that follow what they read and evaluate the criteria of this segment live are due soon, also where the edit leaves its
-- own members alone. A result read no members of what it evaluated live; the run that the edit queued comes first.
WITH RECURSIVE live (segment_id) AS (
    SELECT cast(:segment AS uuid)
    UNION
    SELECT reader.segment_id FROM live JOIN segment_uses
        ON segment_uses.organization_id = :organization AND segment_uses.used_segment_id = live.segment_id
    JOIN segments AS reader
        ON reader.organization_id = :organization AND reader.segment_id = segment_uses.segment_id
    LEFT JOIN runs AS published
        ON published.organization_id = :organization AND published.run_id = reader.published_run_id
    WHERE NOT jsonb_exists(coalesce(published.read_runs, '{}'), cast(live.segment_id AS text))
), following AS (
    SELECT segment_schedules.segment_id FROM segment_schedules JOIN live USING (segment_id)
    WHERE segment_schedules.organization_id = :organization AND segment_schedules.kind = 'source'
        AND segment_schedules.segment_id <> :segment
    ORDER BY segment_schedules.segment_id FOR UPDATE OF segment_schedules
)
-- include: due_when_settled

-- name: in_order_again
-- Those that follow what they read and failed for the state of a segment they read are due soon, now that this one has a result:
-- also where its members stayed the same, because what was the matter was not its members.
WITH RECURSIVE reading (segment_id) AS (
    SELECT segment_id FROM segment_uses WHERE organization_id = :organization AND used_segment_id = :segment
    UNION
    SELECT segment_uses.segment_id FROM segment_uses JOIN reading ON reading.segment_id = segment_uses.used_segment_id
    WHERE segment_uses.organization_id = :organization
), following AS (
    SELECT segment_schedules.segment_id FROM segment_schedules JOIN reading USING (segment_id)
    JOIN segments ON segments.organization_id = :organization AND segments.segment_id = segment_schedules.segment_id
    WHERE segment_schedules.organization_id = :organization AND segment_schedules.kind = 'source'
        AND segments.status = 'failed' AND (
            SELECT failed.error_class FROM runs AS failed
            WHERE failed.organization_id = :organization AND failed.segment_id = segments.segment_id
                AND failed.status = 'failed'
            ORDER BY failed.requested_at DESC LIMIT 1) = ANY(cast(:causes AS text[]))
    ORDER BY segment_schedules.segment_id FOR UPDATE OF segment_schedules
)
-- include: due_when_settled

-- name: due_organizations
-- Whose schedules are due, whoever waits longest first. A paused organization is passed over.
SELECT segment_schedules.organization_id, min(segment_schedules.next_due_at) AS waits_since
FROM segment_schedules LEFT JOIN organization_work AS work
    ON work.organization_id = segment_schedules.organization_id
WHERE segment_schedules.suspended_at IS NULL AND segment_schedules.next_due_at <= clock_timestamp()
    AND work.schedules_paused_at IS NULL
    AND NOT EXISTS (SELECT FROM runs
        WHERE segment_schedules.kind = 'source' AND runs.organization_id = segment_schedules.organization_id
            AND runs.segment_id = segment_schedules.segment_id AND runs.status = 'processing')
GROUP BY segment_schedules.organization_id ORDER BY 2, 1 LIMIT :limit;

-- name: alone
-- One tick at a time in an organization, and none while people save or request many: they take the same lock.
SELECT pg_try_advisory_xact_lock(20190414, :organization);

-- name: room
-- How many more runs may wait because of schedules, so that others are not kept waiting behind them.
SELECT greatest(0, :most_waiting - count(*)) FROM runs WHERE organization_id = :organization AND status = 'queued';

-- name: due
-- What is due, the oldest first, still without a lock. Data that arrive while a run works are in the next one.
SELECT segment_schedules.segment_id FROM segment_schedules
WHERE segment_schedules.organization_id = :organization AND segment_schedules.suspended_at IS NULL
    AND segment_schedules.next_due_at <= clock_timestamp()
    AND NOT EXISTS (SELECT FROM organization_work AS work
        WHERE work.organization_id = :organization AND work.schedules_paused_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM runs
        WHERE segment_schedules.kind = 'source' AND runs.organization_id = :organization
            AND runs.segment_id = segment_schedules.segment_id AND runs.status = 'processing')
ORDER BY segment_schedules.next_due_at, segment_schedules.segment_id LIMIT :limit;

-- name: take
-- Those that are still due, held until the transaction ends; what somebody else holds or has taken is left out.
SELECT segment_schedules.segment_id, segment_schedules.kind, segment_schedules.every_minutes,
    segment_schedules.at_time, segment_schedules.weekday, segment_schedules.time_zone, segment_schedules.next_due_at,
    segment_schedules.due_reason, clock_timestamp() AS now
FROM segment_schedules
WHERE segment_schedules.organization_id = :organization
    AND segment_schedules.segment_id = ANY(cast(:segments AS uuid[]))
    AND segment_schedules.suspended_at IS NULL AND segment_schedules.next_due_at <= clock_timestamp()
ORDER BY segment_schedules.next_due_at, segment_schedules.segment_id FOR UPDATE SKIP LOCKED;

-- name: move_on
-- The schedule is due again at another time, provided it still is what was read. What a source schedule of a segment that is not
-- active has missed is remembered.
UPDATE segment_schedules SET last_due_at = next_due_at, next_due_at = :next_due_at,
    due_since = CASE WHEN cast(:missed AS boolean) THEN due_since END,
    due_reason = CASE WHEN cast(:missed AS boolean) THEN due_reason END
WHERE organization_id = :organization AND segment_id = :segment AND next_due_at = :due_at;

-- name: suspend
-- A schedule that nobody can keep is suspended with the reason, until somebody changes and resumes it.
UPDATE segment_schedules SET suspended_at = clock_timestamp(), suspended_because = :because
WHERE organization_id = :organization AND segment_id = :segment AND suspended_at IS NULL;

-- name: reads_below
-- Everything some segments read, down to the last, as pairs.
WITH RECURSIVE below (segment_id, used_segment_id) AS (
    SELECT segment_id, used_segment_id FROM segment_uses
    WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
    UNION
    SELECT segment_uses.segment_id, segment_uses.used_segment_id
    FROM segment_uses JOIN below ON below.used_segment_id = segment_uses.segment_id
    WHERE segment_uses.organization_id = :organization
)
SELECT segment_id, used_segment_id FROM below;

-- name: facts
-- What decides whether segments need a run now.
SELECT segments.segment_id, segments.state, segments.failed_in_row, segments.published_version = segments.version
    AS current, published.as_of, active.run_id AS active_run_id, active.status AS active_status,
    coalesce(active.as_of < active.requested_at, false) AS active_is_of_before,
    coalesce(segment_schedules.next_due_at <= clock_timestamp(), false)
        OR coalesce(segment_schedules.last_due_at > published.as_of, false) AS behind
FROM segments
LEFT JOIN runs AS published
    ON published.organization_id = :organization AND published.run_id = segments.published_run_id
LEFT JOIN runs AS active ON active.organization_id = :organization AND active.segment_id = segments.segment_id
    AND active.status IN ('queued', 'processing')
LEFT JOIN segment_schedules
    ON segment_schedules.organization_id = :organization AND segment_schedules.segment_id = segments.segment_id
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]));

-- name: wait_for_more
-- A run that no worker has taken yet also waits for these.
UPDATE runs SET waits_for = (SELECT array_agg(DISTINCT each) FROM unnest(waits_for || cast(:waits_for AS uuid[])) AS each)
WHERE organization_id = :organization AND run_id = :run AND status = 'queued'
    AND NOT waits_for @> cast(:waits_for AS uuid[]);
