-- name: hold
-- The rows as they are, held until the end of the transaction; in one order, so that two acts wait and never deadlock.
SELECT segment_id, name, state, archived_from FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
ORDER BY segment_id FOR UPDATE;

-- name: names
-- For who may not act: what the segments are called.
SELECT segment_id, name FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));

-- name: set_state
-- The archive remembers where a segment came from; whoever leaves it forgets.
UPDATE segments SET state = :state, revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person,
    archived_from = CASE WHEN :state = 'archived' THEN state END
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));

-- name: delete
-- Versions, runs and members go with them; contacts stay.
DELETE FROM segments WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));

-- name: plans_using
-- The campaigns and sequences in these states, or in any, that hold on to the segments.
SELECT used.segment_id, campaigns.kind, campaigns.name FROM campaign_segments AS used
    JOIN campaigns ON campaigns.organization_id = used.organization_id AND campaigns.campaign_id = used.campaign_id
WHERE used.organization_id = :organization AND used.segment_id = ANY(cast(:segments AS uuid[]))
    AND (cast(:states AS text[]) IS NULL OR campaigns.state = ANY(cast(:states AS text[])))
ORDER BY campaigns.kind, campaigns.name;

-- name: readers
-- The segments whose current criteria read any of these.
SELECT segments.segment_id, segments.name, segments.state, array_agg(segment_uses.used_segment_id) AS named
FROM segment_uses JOIN segments
    ON segments.organization_id = :organization AND segments.segment_id = segment_uses.segment_id
WHERE segment_uses.organization_id = :organization
    AND segment_uses.used_segment_id = ANY(cast(:segments AS uuid[]))
GROUP BY segments.segment_id, segments.name, segments.state, segments.name_fold
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: used_among
-- Which of these segments reads which other of them.
SELECT segment_id, used_segment_id FROM segment_uses
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
    AND used_segment_id = ANY(cast(:segments AS uuid[]));
