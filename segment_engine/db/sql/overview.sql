-- name: judged
-- All segments in groups that are judged alike; the page adds them up. Nothing is evaluated.
WITH
-- include: standing
SELECT state, status, readiness, reasons, count(*) AS segments FROM standing GROUP BY 1, 2, 3, 4;

-- name: kept
-- What nobody uses, what should be looked at again, when anything was calculated last, and whether there is anybody.
SELECT count(*) FILTER (WHERE segments.state = 'active' AND used.segment_id IS NULL) AS unused,
    count(*) FILTER (WHERE segments.state = 'active'
        AND segments.review_on <= cast(clock_timestamp() AT TIME ZONE :zone AS date)) AS review_due,
    max(segments.last_calculated_at) AS last_calculated_at,
    EXISTS (SELECT FROM contacts WHERE contacts.organization_id = :organization
        AND contacts.deleted_at IS NULL) AS has_contacts
FROM segments LEFT JOIN (
    SELECT campaign_segments.segment_id FROM campaign_segments JOIN campaigns
        ON campaigns.organization_id = :organization AND campaigns.campaign_id = campaign_segments.campaign_id
    WHERE campaign_segments.organization_id = :organization AND campaigns.state <> 'archived'
    UNION
    SELECT segment_uses.used_segment_id FROM segment_uses JOIN segments AS reader
        ON reader.organization_id = :organization AND reader.segment_id = segment_uses.segment_id
    WHERE segment_uses.organization_id = :organization AND reader.state <> 'archived'
) AS used ON used.segment_id = segments.segment_id
WHERE segments.organization_id = :organization;

-- name: failed
-- Active segments whose newest run failed, the newest failure first, with its sentence. What is tried again may heal.
SELECT segments.segment_id, segments.name, segments.member_count, newest.finished_at, newest.error_sentence
FROM segments CROSS JOIN LATERAL (
    SELECT runs.status, runs.finished_at, runs.error_sentence FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = segments.segment_id
        AND runs.status IN ('success', 'failed')
    ORDER BY runs.requested_at DESC LIMIT 1) AS newest
WHERE segments.organization_id = :organization AND segments.state = 'active'
    AND segments.status = 'failed' AND newest.status = 'failed'
ORDER BY newest.finished_at DESC, segments.segment_id LIMIT :limit;

-- name: changed
-- Active segments whose result differs most from the one before, by their share; a few contacts are no change.
SELECT changed.*, (SELECT array_agg(recent.member_count ORDER BY recent.published_sequence) FROM (
        SELECT runs.member_count, runs.published_sequence FROM runs
        WHERE runs.organization_id = :organization AND runs.segment_id = changed.segment_id
            AND runs.published_sequence IS NOT NULL
        ORDER BY runs.published_sequence DESC LIMIT 30) AS recent) AS recent_counts
FROM (
    SELECT segment_id, name, member_count, previous_member_count, last_calculated_at,
        cast(abs(member_count - previous_member_count) AS double precision)
            / greatest(previous_member_count, 1) AS share
    FROM segments
    WHERE organization_id = :organization AND state = 'active'
        AND abs(member_count - previous_member_count) >= greatest(:fewest, :least_share * previous_member_count)
    ORDER BY share DESC, segment_id LIMIT :limit
) AS changed
ORDER BY changed.share DESC, changed.segment_id;

-- name: planned
-- The segments that campaigns and sequences use which are planned or running.
SELECT DISTINCT campaign_segments.segment_id FROM campaign_segments JOIN campaigns
    ON campaigns.organization_id = :organization AND campaigns.campaign_id = campaign_segments.campaign_id
WHERE campaign_segments.organization_id = :organization AND campaigns.state IN ('draft', 'scheduled', 'running');

-- name: at_risk
-- Campaigns and sequences with segments that are not ready: what runs, then by day, and drafts without a day last.
WITH
-- include: standing
,
found AS (
    SELECT campaigns.campaign_id, campaigns.name, campaigns.kind, campaigns.state AS campaign_state,
        campaigns.starts_on, campaigns.starts_on - cast(clock_timestamp() AT TIME ZONE :zone AS date) AS days_left,
        campaign_segments.part, campaign_segments.segment_id,
        min(CASE standing.readiness WHEN 'do_not_use' THEN 0 ELSE 1 END) OVER (
            PARTITION BY campaigns.campaign_id) AS badness
    FROM campaigns JOIN campaign_segments
        ON campaign_segments.organization_id = :organization AND campaign_segments.campaign_id = campaigns.campaign_id
    JOIN standing ON standing.segment_id = campaign_segments.segment_id
    WHERE campaigns.organization_id = :organization AND campaigns.state IN ('draft', 'scheduled', 'running')
        AND standing.readiness <> 'ready'
),
ranked AS (
    SELECT found.*, dense_rank() OVER (ORDER BY
        CASE WHEN found.campaign_state = 'running' OR found.days_left <= :soon THEN 0 ELSE 1 END, found.badness,
        CASE found.campaign_state WHEN 'running' THEN 0 WHEN 'scheduled' THEN 1 ELSE 2 END,
        found.starts_on NULLS LAST, found.name, found.campaign_id) AS place
    FROM found
)
SELECT ranked.campaign_id, ranked.name AS campaign_name, ranked.kind, ranked.campaign_state, ranked.starts_on,
    ranked.days_left, ranked.part, ranked.place, (SELECT max(place) FROM ranked) AS campaigns,
    segments.name AS segment_name, standing.*
FROM ranked JOIN standing ON standing.segment_id = ranked.segment_id
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = ranked.segment_id
WHERE ranked.place <= :limit
ORDER BY ranked.place, standing.readiness <> 'do_not_use', segments.name_fold COLLATE "C";

-- name: late
-- Data sources that have delivered nothing for longer than they may; those that most active segments read first.
SELECT data_sources.data_source_id, data_sources.name, data_sources.last_imported_at, data_sources.stale_after_hours,
    extract(epoch FROM clock_timestamp() - data_sources.last_imported_at) / 3600 AS hours,
    (SELECT count(*) FROM segment_sources JOIN segments
            ON segments.organization_id = :organization AND segments.segment_id = segment_sources.segment_id
        WHERE segment_sources.organization_id = :organization AND segments.state = 'active'
            AND segment_sources.data_source_id = data_sources.data_source_id) AS readers
FROM data_sources
WHERE data_sources.organization_id = :organization AND data_sources.stale_after_hours IS NOT NULL
    AND coalesce(data_sources.last_imported_at
        < clock_timestamp() - make_interval(hours => data_sources.stale_after_hours), true)
ORDER BY readers DESC, data_sources.name;

-- name: longest_wait
-- How long the oldest run of this organization has been due.
SELECT extract(epoch FROM clock_timestamp() - min(could_begin.since)) FROM runs
-- include: could_begin
WHERE runs.organization_id = :organization AND runs.status = 'queued' AND could_begin.since <= clock_timestamp();
