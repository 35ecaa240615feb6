-- name: segments
-- What criteria need to know of the segments they name: their current criteria and the run that is read.
SELECT segments.segment_id, segments.name, segments.state, segments.status, segments.published_run_id,
    segments.member_count, runs.as_of, segment_versions.criteria
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
LEFT JOIN runs ON runs.organization_id = segments.organization_id AND runs.run_id = segments.published_run_id
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:ids AS uuid[]));

-- name: lists
-- The static lists criteria name.
SELECT list_id, name, matched FROM static_lists
WHERE organization_id = :organization AND list_id = ANY(cast(:ids AS uuid[]));

-- name: campaigns
-- The campaigns criteria name.
SELECT campaign_id, name FROM campaigns
WHERE organization_id = :organization AND campaign_id = ANY(cast(:ids AS uuid[]));

-- name: one_at_a_time
-- Acts that make or forbid references wait for each other, so that no two of them together close a circle.
SELECT pg_advisory_xact_lock(20190414, :organization);

-- name: naming
-- Segments whose current criteria may name one of these ids; which they name exactly is read from the document.
SELECT segments.segment_id, segments.name, segments.state, segment_versions.criteria
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
WHERE segments.organization_id = :organization AND EXISTS (
    SELECT FROM unnest(cast(:ids AS text[])) AS wanted (id)
    WHERE strpos(lower(cast(segment_versions.criteria AS text)), wanted.id) > 0)
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;
