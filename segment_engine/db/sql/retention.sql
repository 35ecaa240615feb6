-- name: due
-- The organization that was not swept for longest; nobody else takes it today.
UPDATE organization_work SET swept_at = :now
WHERE organization_id = (
    SELECT waiting.organization_id FROM organization_work AS waiting
    WHERE waiting.swept_at IS NULL OR waiting.swept_at < cast(:now AS timestamptz) - interval '1 day'
    ORDER BY waiting.swept_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING organization_id;

-- name: kept
-- For how long history and runs are kept.
SELECT history_days, runs_kept_days FROM organizations WHERE organization_id = :organization;

-- name: mergeable
-- Segments with changes before the result that was in force when the kept time began, and that result. The one published now
-- and the one before it always stay.
SELECT segments.segment_id, least(first_kept.sequence, segments.published_sequence - 1) AS until
FROM segments CROSS JOIN LATERAL (
    SELECT max(runs.published_sequence) AS sequence FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = segments.segment_id
        AND runs.published_sequence IS NOT NULL
        AND runs.finished_at <= cast(:now AS timestamptz) - make_interval(days => :days)) AS first_kept
WHERE segments.organization_id = :organization AND first_kept.sequence IS NOT NULL
    AND least(first_kept.sequence, segments.published_sequence - 1) > segments.compacted_sequence
ORDER BY segments.segment_id;

-- name: hold
-- A publishing of the segment waits until its history is merged, or the other way round.
SELECT compacted_sequence FROM segments
WHERE organization_id = :organization AND segment_id = :segment FOR UPDATE;

-- name: forget_changes
-- What changed up to a result: states before it can no longer be told, those from it on need none of this.
DELETE FROM membership_changes
WHERE organization_id = :organization AND segment_id = :segment AND published_sequence <= :until;

-- name: forget_causes
-- Why it changed goes with it.
DELETE FROM membership_causes
WHERE organization_id = :organization AND segment_id = :segment AND published_sequence <= :until;

-- name: note
-- From which result on states can be told.
UPDATE segments SET compacted_sequence = :until
WHERE organization_id = :organization AND segment_id = :segment AND compacted_sequence < :until;

-- name: forget_runs
-- Old runs that nothing needs: not published, not the newest of their segment, not one of its last results, not part of
-- history that can still be told, not named by an audience, by another run or by the audit log.
DELETE FROM runs WHERE organization_id = :organization AND run_id IN (
    SELECT old.run_id FROM runs AS old JOIN segments
        ON segments.organization_id = :organization AND segments.segment_id = old.segment_id
    WHERE old.organization_id = :organization
        AND old.finished_at < cast(:now AS timestamptz) - make_interval(days => :days)
        AND old.run_id IS DISTINCT FROM segments.published_run_id
        AND old.run_id IS DISTINCT FROM segments.latest_run_id
        AND (old.published_sequence IS NULL
            OR old.published_sequence < segments.compacted_sequence
            AND old.published_sequence <= segments.published_sequence - :results)
        AND EXISTS (
            SELECT FROM runs AS newer
            WHERE newer.organization_id = :organization AND newer.segment_id = old.segment_id
                AND newer.status IN ('success', 'failed') AND newer.requested_at > old.requested_at)
        AND NOT EXISTS (
            SELECT FROM campaign_audiences
            WHERE campaign_audiences.organization_id = :organization AND campaign_audiences.run_id = old.run_id)
        AND NOT EXISTS (
            SELECT FROM audit_events
            WHERE audit_events.organization_id = :organization AND audit_events.object_kind = 'run'
                AND audit_events.object_id = cast(old.run_id AS text))
        AND cast(old.run_id AS text) NOT IN (
            SELECT named.value FROM runs AS reader CROSS JOIN LATERAL jsonb_each_text(reader.read_runs) AS named
            WHERE reader.organization_id = :organization AND reader.read_runs <> '{}')
        AND old.run_id NOT IN (
            SELECT unnest(active.waits_for) FROM runs AS active
            WHERE active.organization_id = :organization AND active.status IN ('queued', 'processing'))
    ORDER BY old.finished_at LIMIT :limit);

-- name: forget_alerts
-- Alerts that have been over for long, with what was sent about them.
DELETE FROM alerts WHERE organization_id = :organization AND alert_id IN (
    SELECT old.alert_id FROM alerts AS old
    WHERE old.organization_id = :organization
        AND old.recovered_at < cast(:now AS timestamptz) - make_interval(days => :days)
    ORDER BY old.recovered_at LIMIT :limit);
