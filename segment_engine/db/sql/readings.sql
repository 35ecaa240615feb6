-- name: clear_sources
-- Before those of a new version are written.
DELETE FROM segment_sources WHERE organization_id = :organization AND segment_id = :segment;

-- name: clear_uses
-- Before those of a new version are written.
DELETE FROM segment_uses WHERE organization_id = :organization AND segment_id = :segment;

-- name: add_sources
-- The sources of these names, and those that ever delivered one of these kinds.
INSERT INTO segment_sources (organization_id, segment_id, data_source_id)
SELECT :organization, :segment, data_sources.data_source_id FROM data_sources
WHERE data_sources.organization_id = :organization AND (
    data_sources.name = ANY(cast(:sources AS text[]))
    OR cardinality(cast(:kinds AS text[])) > 0 AND EXISTS (
        SELECT FROM imports WHERE imports.organization_id = :organization
            AND imports.data_source_id = data_sources.data_source_id AND imports.kind = ANY(cast(:kinds AS text[]))))
ON CONFLICT DO NOTHING;

-- name: add_uses
-- Those of the segments that are there; a document may name others.
INSERT INTO segment_uses (organization_id, segment_id, used_segment_id)
SELECT :organization, :segment, used.segment_id FROM segments AS used
WHERE used.organization_id = :organization AND used.segment_id = ANY(cast(:segments AS uuid[]))
    AND used.segment_id <> :segment
ON CONFLICT DO NOTHING;

-- name: has_any
-- Whether it was written what the current version reads. Of a version that reads nothing it is written every time.
SELECT EXISTS (SELECT FROM segment_sources WHERE organization_id = :organization AND segment_id = :segment)
    OR EXISTS (SELECT FROM segment_uses WHERE organization_id = :organization AND segment_id = :segment);

-- name: delivered
-- How far every source that is read had been delivered, as this snapshot sees it.
SELECT data_sources.data_source_id, data_sources.last_imported_at, data_sources.watermark,
    (SELECT imports.import_id FROM imports
        WHERE imports.organization_id = :organization AND imports.data_source_id = data_sources.data_source_id
        ORDER BY imports.finished_at DESC LIMIT 1) AS import_id
FROM data_sources
WHERE data_sources.organization_id = :organization AND (
    data_sources.name = ANY(cast(:sources AS text[]))
    OR cardinality(cast(:kinds AS text[])) > 0 AND EXISTS (
        SELECT FROM imports WHERE imports.organization_id = :organization
            AND imports.data_source_id = data_sources.data_source_id AND imports.kind = ANY(cast(:kinds AS text[]))))
ORDER BY data_sources.data_source_id;

-- name: record
-- Kept with the run, so that whatever was imported later is known not to be in it.
INSERT INTO run_sources (organization_id, run_id, data_source_id, import_id, imported_at, watermark)
VALUES (:organization, :run, :data_source, :import_id, :imported_at, :watermark);
