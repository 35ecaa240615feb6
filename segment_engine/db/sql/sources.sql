-- name: find
-- Every source with stored figures, those that are late first. Segments in the archive read nothing any more.
SELECT sources.data_source_id, sources.name, sources.last_imported_at, sources.watermark, sources.stale_after_hours,
    sources.retention_days,
    (SELECT count(*) FROM fields WHERE fields.organization_id = :organization
        AND fields.data_source_id = sources.data_source_id) AS field_count,
    readers.segment_count, readers.campaign_count,
    (SELECT array_agg(recent.row_total ORDER BY recent.finished_at) FROM (
        SELECT imports.row_total, imports.finished_at FROM imports
        WHERE imports.organization_id = :organization AND imports.data_source_id = sources.data_source_id
            AND imports.row_total IS NOT NULL
        ORDER BY imports.finished_at DESC LIMIT 30) AS recent) AS recent_totals
FROM data_sources AS sources CROSS JOIN LATERAL (
    SELECT count(DISTINCT segments.segment_id) AS segment_count,
        count(DISTINCT campaign_segments.campaign_id) AS campaign_count
    FROM segment_sources JOIN segments
        ON segments.organization_id = :organization AND segments.segment_id = segment_sources.segment_id
        AND segments.state <> 'archived'
    LEFT JOIN campaign_segments
        ON campaign_segments.organization_id = :organization
        AND campaign_segments.segment_id = segment_sources.segment_id
    WHERE segment_sources.organization_id = :organization
        AND segment_sources.data_source_id = sources.data_source_id) AS readers
WHERE sources.organization_id = :organization
    AND (cast(:source AS uuid) IS NULL OR sources.data_source_id = :source)
ORDER BY coalesce(sources.last_imported_at < clock_timestamp() - make_interval(hours => sources.stale_after_hours),
        sources.last_imported_at IS NULL) DESC, lower(sources.name) COLLATE "C";

-- name: row_kinds
-- What every source delivers; consents and channels by the imports that brought them.
SELECT DISTINCT data_source_id, 'contact' AS key, 'contacts' AS label, 0 AS place FROM fields
WHERE organization_id = :organization AND data_source_id IS NOT NULL AND event_type IS NULL AND relation IS NULL
UNION ALL
SELECT data_source_id, key, label, 1 FROM event_types WHERE organization_id = :organization
UNION ALL
SELECT data_source_id, key, label, 2 FROM relations WHERE organization_id = :organization
UNION ALL
SELECT DISTINCT data_source_id, kind, kind, 3 FROM imports
WHERE organization_id = :organization AND kind IN ('consents', 'channels')
ORDER BY place, key;

-- name: imports
-- Imports of a source, newest first, with what is needed to read them in a list.
SELECT imports.*, coalesce(people.display_name, people.email, people.subject) AS person
FROM imports LEFT JOIN people ON people.person_id = imports.imported_by
WHERE imports.organization_id = :organization AND imports.data_source_id = :source
ORDER BY imports.finished_at DESC, imports.import_id LIMIT :limit OFFSET :offset;

-- name: count_imports
-- How many pages the list of imports has.
SELECT count(*) FROM imports WHERE organization_id = :organization AND data_source_id = :source;

-- name: last_imports
-- The newest import of every source.
SELECT DISTINCT ON (imports.data_source_id) imports.*,
    coalesce(people.display_name, people.email, people.subject) AS person
FROM imports LEFT JOIN people ON people.person_id = imports.imported_by
WHERE imports.organization_id = :organization
ORDER BY imports.data_source_id, imports.finished_at DESC, imports.import_id;

-- name: aliases
-- Names that fields had before; a field may go by the first of its own names again.
SELECT alias, key FROM field_aliases WHERE organization_id = :organization ORDER BY created_at, alias COLLATE "C";

-- name: lock
-- The source as it is, held until the end of the transaction.
SELECT data_source_id, name, stale_after_hours FROM data_sources
WHERE organization_id = :organization AND data_source_id = :source FOR UPDATE;

-- name: set_limits
-- After how many hours without an import a source is late; without a figure it is not watched.
UPDATE data_sources SET stale_after_hours = cast(:hours AS integer)
WHERE organization_id = :organization AND data_source_id = :source;

-- name: named_keys
-- Which segments name which keys in their current criteria, under the names fields have today, with campaigns on top.
WITH current_criteria AS (
    SELECT segments.segment_id, segments.name, segment_versions.criteria
    FROM segments JOIN segment_versions
        ON segment_versions.organization_id = segments.organization_id
        AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
    WHERE segments.organization_id = :organization AND segments.state <> 'archived'
), named AS (
    SELECT DISTINCT current_criteria.segment_id, current_criteria.name, found.value #>> '{}' AS word
    FROM current_criteria CROSS JOIN LATERAL (
        SELECT jsonb_path_query(current_criteria.criteria, '$.**.field') UNION ALL
        SELECT jsonb_path_query(current_criteria.criteria, '$.**.of') UNION ALL
        SELECT jsonb_path_query(current_criteria.criteria, '$.**.event') UNION ALL
        SELECT jsonb_path_query(current_criteria.criteria, '$.**.path[*]')) AS found (value)
    WHERE jsonb_typeof(found.value) = 'string'
), keyed AS (
    SELECT DISTINCT named.segment_id, named.name, coalesce(field_aliases.key, named.word) AS key
    FROM named LEFT JOIN field_aliases
        ON field_aliases.organization_id = :organization AND field_aliases.alias = named.word
), users AS (
    SELECT key, 'segment' AS kind, segment_id AS user_id, name FROM keyed
    UNION
    SELECT keyed.key, campaigns.kind, campaigns.campaign_id, campaigns.name
    FROM keyed JOIN campaign_segments
        ON campaign_segments.organization_id = :organization AND campaign_segments.segment_id = keyed.segment_id
    JOIN campaigns ON campaigns.organization_id = :organization
        AND campaigns.campaign_id = campaign_segments.campaign_id AND campaigns.state <> 'archived'
)
SELECT key, kind, user_id, cast(name AS text) AS name FROM users
WHERE cast(:keys AS text[]) IS NULL OR key = ANY(cast(:keys AS text[]))
ORDER BY key COLLATE "C", kind DESC, lower(name) COLLATE "C", user_id;

-- name: published
-- The run whose members a segment shows, with the criteria it computed.
SELECT segments.segment_id, runs.run_id, runs.criteria
FROM segments LEFT JOIN runs
    ON runs.organization_id = segments.organization_id AND runs.run_id = segments.published_run_id
WHERE segments.organization_id = :organization AND segments.segment_id = :segment;

-- name: run_sources
-- How far each source had been delivered when a run read it, and its newest import now.
SELECT read.data_source_id, sources.name, read.import_id AS before_id, newest.import_id AS now_id
FROM run_sources AS read JOIN data_sources AS sources
    ON sources.organization_id = :organization AND sources.data_source_id = read.data_source_id
LEFT JOIN LATERAL (
    SELECT imports.import_id FROM imports
    WHERE imports.organization_id = :organization AND imports.data_source_id = read.data_source_id
    ORDER BY imports.finished_at DESC, imports.import_id LIMIT 1) AS newest ON true
WHERE read.organization_id = :organization AND read.run_id = :run
ORDER BY lower(sources.name) COLLATE "C";

-- name: newest_pairs
-- For every kind of rows of a source, the newest import that brought them and the import of the source before that.
SELECT newest.rows, newest.import_id AS now_id, earlier.import_id AS before_id
FROM (
    SELECT DISTINCT ON (report ->> 'rows') report ->> 'rows' AS rows, import_id, finished_at FROM imports
    WHERE organization_id = :organization AND data_source_id = :source AND report ->> 'rows' IS NOT NULL
    ORDER BY report ->> 'rows', finished_at DESC, import_id) AS newest
CROSS JOIN LATERAL (
    SELECT imports.import_id FROM imports
    WHERE imports.organization_id = :organization AND imports.data_source_id = :source
        AND imports.report ->> 'rows' = newest.rows AND imports.finished_at < newest.finished_at
    ORDER BY imports.finished_at DESC, imports.import_id LIMIT 1) AS earlier
ORDER BY newest.finished_at DESC;

-- name: moment
-- What a source held after one import.
SELECT import_id, finished_at, report FROM imports
WHERE organization_id = :organization AND data_source_id = :source AND import_id = :import;

-- name: deliveries
-- The newest file of every kind of rows as of an import.
SELECT DISTINCT ON (imports.report ->> 'rows') imports.report ->> 'rows' AS rows, imports.import_id,
    imports.file_columns, imports.rows_read
FROM imports JOIN imports AS until
    ON until.organization_id = :organization AND until.import_id = :import
WHERE imports.organization_id = :organization AND imports.data_source_id = :source
    AND imports.report ->> 'rows' IS NOT NULL AND imports.finished_at <= until.finished_at
ORDER BY imports.report ->> 'rows', imports.finished_at DESC, imports.import_id;

-- name: count_imports_of_field
-- How many imports brought a field, whatever it was called then.
SELECT count(*) FROM field_profiles
WHERE organization_id = :organization AND key = ANY(cast(:keys AS text[]));

-- name: taken_key
-- Whether a key belongs to a field, or once did.
SELECT key FROM fields WHERE organization_id = :organization AND key = :key
UNION ALL
SELECT key FROM field_aliases WHERE organization_id = :organization AND alias = :key
LIMIT 1;

-- name: keep_alias
-- The name a field has now leads to it for ever; where it had that name before, the first time counts.
INSERT INTO field_aliases (organization_id, alias, key, created_by)
VALUES (:organization, :alias, :key, :person)
ON CONFLICT (organization_id, alias) DO NOTHING;

-- name: rename
-- Key and label; rows that refer to the key follow by themselves.
UPDATE fields SET key = :new_key, label = :label WHERE organization_id = :organization AND key = :key;
