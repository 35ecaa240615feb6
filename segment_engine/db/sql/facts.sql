-- name: sources
-- How far the named sources have delivered, and after how many hours they count as stale.
SELECT name, coalesce(watermark, last_imported_at) AS delivered_at, stale_after_hours FROM data_sources
WHERE organization_id = :organization AND name = ANY (cast(:names AS text[]));

-- name: similar
-- Segments whose stored members are nearly those of one segment: only those of nearly its size are compared.
WITH own AS (
    SELECT segment_id, member_count FROM segments
    WHERE organization_id = :organization AND segment_id = :segment AND member_count > 0
), others AS (
    SELECT segments.segment_id, segments.name, segments.name_fold, segments.member_count FROM segments, own
    WHERE segments.organization_id = :organization AND segments.segment_id <> own.segment_id
        AND segments.state <> 'archived' AND segments.member_count > 0
        AND least(segments.member_count, own.member_count)
            >= cast(:share AS numeric) * greatest(segments.member_count, own.member_count)
), shared AS (
    SELECT theirs.segment_id, sum(bit_count(theirs.members & ours.members)) AS members
    FROM membership_blocks AS theirs JOIN membership_blocks AS ours
        ON ours.organization_id = :organization AND ours.segment_id = :segment AND ours.block = theirs.block
    WHERE theirs.organization_id = :organization AND theirs.segment_id IN (SELECT segment_id FROM others)
    GROUP BY theirs.segment_id
)
SELECT others.segment_id, others.name,
    cast(shared.members / (others.member_count + own.member_count - shared.members) AS float) AS jaccard
FROM own, others JOIN shared ON shared.segment_id = others.segment_id
WHERE shared.members >= cast(:share AS numeric) * (others.member_count + own.member_count - shared.members)
ORDER BY jaccard DESC, others.name_fold COLLATE "C" LIMIT :limit;

-- name: naming
-- Other segments whose current criteria name a key anywhere.
SELECT segments.name FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
WHERE segments.organization_id = :organization AND segments.state <> 'archived'
    AND (cast(:segment AS uuid) IS NULL OR segments.segment_id <> :segment)
    AND jsonb_path_exists(segment_versions.criteria, '$.** ? (@ == $key)', jsonb_build_object('key', cast(:key AS text)))
ORDER BY segments.name_fold COLLATE "C" LIMIT :limit;
