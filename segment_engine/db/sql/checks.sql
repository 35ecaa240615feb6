-- name: days
-- The count of each day before an instant, of results with the same criteria, oldest first: of several on one day that
-- nearest to the same time of day, because what is asked may grow from morning to evening.
SELECT DISTINCT ON (results.day) results.day, results.member_count FROM (
    SELECT cast(runs.as_of AT TIME ZONE :zone AS date) AS day, cast(runs.as_of AT TIME ZONE :zone AS time) AS clock,
        runs.member_count, runs.published_sequence
    FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = :segment AND runs.version = :version
        AND runs.published_sequence IS NOT NULL AND runs.as_of < :as_of
        AND runs.as_of > :as_of - make_interval(days => :days)) AS results
ORDER BY results.day, abs(extract(
    epoch FROM results.clock - cast(cast(:as_of AS timestamptz) AT TIME ZONE :zone AS time))),
    results.published_sequence DESC;

-- name: last_imports
-- How many rows each source that is read had before its last import, and after it.
SELECT cast(data_sources.name AS text) AS name, counted.totals
FROM data_sources CROSS JOIN LATERAL (
    SELECT array_agg(recent.row_total ORDER BY recent.finished_at) AS totals FROM (
        SELECT imports.row_total, imports.finished_at FROM imports
        WHERE imports.organization_id = :organization AND imports.data_source_id = data_sources.data_source_id
            AND imports.row_total IS NOT NULL
        ORDER BY imports.finished_at DESC LIMIT 2) AS recent) AS counted
WHERE data_sources.organization_id = :organization
    AND data_sources.data_source_id = ANY(cast(:sources AS uuid[])) AND cardinality(counted.totals) = 2
ORDER BY data_sources.name;

-- name: last_files
-- For each kind of rows of sources that are read: how many its last file brought, and the fewest of the files before it.
SELECT cast(data_sources.name AS text) AS name, max(files.brought) FILTER (WHERE files.place = 1) AS brought,
    min(files.brought) FILTER (WHERE files.place > 1) AS fewest, count(*) - 1 AS before
FROM data_sources CROSS JOIN LATERAL (
    SELECT recent.kind, recent.brought, row_number() OVER (PARTITION BY recent.kind ORDER BY recent.finished_at DESC) AS place
    FROM (
        SELECT coalesce(imports.report ->> 'rows', imports.kind) AS kind, imports.rows_read - imports.rejected AS brought,
            imports.finished_at
        FROM imports
        WHERE imports.organization_id = :organization AND imports.data_source_id = data_sources.data_source_id
        ORDER BY imports.finished_at DESC LIMIT 10 * :files) AS recent) AS files
WHERE data_sources.organization_id = :organization
    AND data_sources.data_source_id = ANY(cast(:sources AS uuid[])) AND files.place <= :files + 1
GROUP BY data_sources.name, files.kind HAVING count(*) > 1
ORDER BY data_sources.name, files.kind;

-- name: last_number
-- The last number that was given to a contact.
SELECT last_contact_number FROM organization_counters WHERE organization_id = :organization;

-- name: base
-- How many contacts there are, counted only where nobody has one of the numbers that are outside of a result.
SELECT CASE WHEN NOT EXISTS (
    SELECT FROM contacts AS others WHERE others.organization_id = :organization
        AND others.number = ANY(cast(:outside AS integer[])) AND others.deleted_at IS NULL)
THEN (SELECT count(*) FROM contacts WHERE organization_id = :organization AND deleted_at IS NULL) END;

-- name: set_clock
-- Whether and when time alone changes the members that are being published.
UPDATE segments SET clock = :clock, changes_at = :changes_at, outdated_at = :outdated_at
WHERE organization_id = :organization AND segment_id = :segment;

-- name: clock
-- Whether and when time alone changes the members that are published.
SELECT clock, changes_at FROM segments
WHERE organization_id = :organization AND segment_id = :segment;
