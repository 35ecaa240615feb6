-- name: get
-- Everything of one segment with the criteria of its current version.
SELECT segments.*, segment_versions.criteria, segment_versions.accepted_warnings,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = segments.created_by) AS created_by_name,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = segments.updated_by) AS updated_by_name,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = segments.owner_id) AS owner_name,
    (SELECT array_agg(cast(segment_tags.tag AS text) ORDER BY segment_tags.tag_fold COLLATE "C") FROM segment_tags
        WHERE segment_tags.organization_id = :organization AND segment_tags.segment_id = :segment) AS tags,
    (SELECT array_agg(cast(campaigns.name AS text) ORDER BY campaigns.name) FROM campaign_segments AS used
        JOIN campaigns ON campaigns.organization_id = used.organization_id AND campaigns.campaign_id = used.campaign_id
        WHERE used.organization_id = :organization AND used.segment_id = :segment) AS campaigns
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
WHERE segments.organization_id = :organization AND segments.segment_id = :segment;

-- name: lock
-- The row as it is, held until the end of the transaction.
SELECT segment_id, name, state, version, revision FROM segments
WHERE organization_id = :organization AND segment_id = :segment FOR UPDATE;

-- name: version
-- The document of a version as it was saved. Read after the lock: a join would show the version before the wait.
SELECT criteria, accepted_warnings FROM segment_versions
WHERE organization_id = :organization AND segment_id = :segment AND version = :version;

-- name: doubles
-- Other segments whose current criteria have this hash.
SELECT segments.segment_id, segments.name, segments.state
FROM segment_versions JOIN segments
    ON segments.organization_id = segment_versions.organization_id
    AND segments.segment_id = segment_versions.segment_id AND segments.version = segment_versions.version
WHERE segment_versions.organization_id = :organization AND segment_versions.criteria_hash = :criteria_hash
    AND (cast(:segment AS uuid) IS NULL OR segments.segment_id <> :segment)
ORDER BY segments.name_fold COLLATE "C";

-- name: without_hash
-- Current versions whose hash was not computed yet: saved before there were hashes.
SELECT segments.segment_id, segments.version, segment_versions.criteria
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
WHERE segments.organization_id = :organization AND segment_versions.criteria_hash IS NULL
ORDER BY segments.segment_id LIMIT :limit;

-- name: set_hash
-- The hash of a version that has none yet.
UPDATE segment_versions SET criteria_hash = :criteria_hash
WHERE organization_id = :organization AND segment_id = :segment AND version = :version AND criteria_hash IS NULL;

-- name: create
-- A new segment; its name is unique in the organization whatever the case of its letters.
INSERT INTO segments (organization_id, segment_id, name, name_fold, description, state, created_by, updated_by)
VALUES (:organization, :segment, :name, :name_fold, :description, :state, :person, :person);

-- name: add_version
-- A saved criteria never changes again; an edit is a new version.
INSERT INTO segment_versions (organization_id, segment_id, version, criteria, criteria_hash, accepted_warnings,
    created_by)
VALUES (:organization, :segment, :version, cast(:criteria AS jsonb), :criteria_hash,
    cast(:accepted_warnings AS jsonb), :person);

-- name: update
-- The revision moves with every edit, so that the next editor's save notices.
UPDATE segments SET name = :name, name_fold = :name_fold, description = :description, state = :state,
    archived_from = CASE WHEN :state = 'archived' THEN coalesce(archived_from, nullif(state, 'archived')) END,
    version = :version, revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = :segment;

-- name: by_name
-- For the command line, where a person types a name.
SELECT segment_id FROM segments WHERE organization_id = :organization AND name_fold = :name_fold;

-- name: sources
-- When each named source was last imported; stale when longer ago than it allows.
SELECT name, last_imported_at, stale_after_hours FROM data_sources
WHERE organization_id = :organization AND name = ANY(cast(:names AS text[])) ORDER BY name;

-- name: history
-- Every transition of every run of the segment, newest first.
SELECT run_id, from_status, to_status, attempt, happened_at, detail FROM run_status_events
WHERE organization_id = :organization AND segment_id = :segment
ORDER BY happened_at DESC, sequence DESC LIMIT :limit;

-- name: count_base
-- Everyone criteria can reach: not deleted, of this organization.
SELECT count(*) FROM contacts WHERE organization_id = :organization AND deleted_at IS NULL;
