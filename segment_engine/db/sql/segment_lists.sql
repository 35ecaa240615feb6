-- name: matching
-- One page of ids with the number of all matches; a page beyond the end becomes the last one. What a query does not ask
-- for is a constant, so that the planner leaves its joins out. An ORDER BY cannot be a parameter: three keys, by type.
WITH
-- include: standing
,
used AS (
    SELECT found.segment_id, count(*) AS uses FROM (
        SELECT campaign_segments.segment_id FROM campaign_segments JOIN campaigns
            ON campaigns.organization_id = :organization AND campaigns.campaign_id = campaign_segments.campaign_id
        WHERE campaign_segments.organization_id = :organization AND campaigns.state <> 'archived'
        UNION ALL
        SELECT segment_uses.used_segment_id FROM segment_uses JOIN segments AS reader
            ON reader.organization_id = :organization AND reader.segment_id = segment_uses.segment_id
        WHERE segment_uses.organization_id = :organization AND reader.state <> 'archived'
    ) AS found WHERE cast(:counts_uses AS boolean) GROUP BY found.segment_id
),
tagged AS (
    SELECT segment_id, string_agg(tag_fold, chr(10)) AS words FROM segment_tags
    WHERE organization_id = :organization AND cardinality(cast(:terms AS text[])) > 0 GROUP BY segment_id
),
alike AS (
    SELECT segment_versions.criteria_hash FROM segments JOIN segment_versions
        ON segment_versions.organization_id = :organization AND segment_versions.segment_id = segments.segment_id
        AND segment_versions.version = segments.version
    WHERE segments.organization_id = :organization AND segments.state <> 'archived'
    GROUP BY segment_versions.criteria_hash HAVING count(*) > 1
),
doubles AS (
    SELECT segments.segment_id FROM segments JOIN segment_versions
        ON segment_versions.organization_id = :organization AND segment_versions.segment_id = segments.segment_id
        AND segment_versions.version = segments.version
    JOIN alike ON alike.criteria_hash = segment_versions.criteria_hash
    WHERE segments.organization_id = :organization AND segments.state <> 'archived'
),
matching AS (
    SELECT segments.segment_id, segments.name_fold,
        cast(CASE cast(:sort AS text)
            WHEN 'status' THEN array_position(cast(:every_status AS text[]), segments.status)
            WHEN 'state' THEN array_position(cast(:every_state AS text[]), segments.state)
            WHEN 'readiness' THEN array_position(cast(:every_readiness AS text[]), judged_now.readiness)
            WHEN 'members' THEN segments.member_count
            WHEN 'change' THEN segments.member_count - segments.previous_member_count
            WHEN 'uses' THEN coalesce(used.uses, 0) END AS bigint) AS number_key,
        CASE cast(:sort AS text) WHEN 'name' THEN cast(segments.name_fold AS text)
            WHEN 'owner' THEN owned.name END AS text_key,
        CASE cast(:sort AS text)
            WHEN 'updated' THEN segments.updated_at WHEN 'created' THEN segments.created_at
            WHEN 'calculated' THEN segments.last_calculated_at
            WHEN 'review' THEN cast(segments.review_on AS timestamptz) END AS moment_key
    FROM segments
    LEFT JOIN used ON used.segment_id = segments.segment_id
    LEFT JOIN tagged ON tagged.segment_id = segments.segment_id
    -- lower() is not folding: ß and the final sigma are what it leaves apart. Normalizing is slow, and text of one octet
    -- a sign is normal already.
    CROSS JOIN LATERAL (SELECT segments.description || chr(10) || segments.notes AS text) AS whole
    CROSS JOIN LATERAL (SELECT CASE WHEN cardinality(cast(:terms AS text[])) = 0 THEN ''
        WHEN octet_length(whole.text) = length(whole.text) THEN lower(whole.text)
        ELSE replace(replace(lower(normalize(whole.text)), 'ß', 'ss'), 'ς', 'σ') END AS words) AS said
    LEFT JOIN (SELECT segment_id, readiness, reasons FROM standing WHERE cast(:judges AS boolean)) AS judged_now
        ON judged_now.segment_id = segments.segment_id
    LEFT JOIN (SELECT person_id, lower(coalesce(display_name, email, subject)) AS name FROM people
        WHERE cast(:sort AS text) = 'owner') AS owned ON owned.person_id = segments.owner_id
    WHERE segments.organization_id = :organization
        AND (cardinality(cast(:terms AS text[])) = 0 OR NOT EXISTS (
            SELECT FROM unnest(cast(:terms AS text[])) AS term (word)
            WHERE strpos(segments.name_fold, term.word) = 0 AND strpos(coalesce(tagged.words, ''), term.word) = 0
                AND strpos(said.words, term.word) = 0))
        AND (cardinality(cast(:statuses AS text[])) = 0 OR segments.status = ANY(cast(:statuses AS text[])))
        AND (cardinality(cast(:states AS text[])) = 0 OR segments.state = ANY(cast(:states AS text[])))
        AND (cardinality(cast(:readiness AS text[])) = 0
            OR judged_now.readiness = ANY(cast(:readiness AS text[])))
        AND (NOT cast(:stale AS boolean) OR judged_now.reasons && cast(:stale_codes AS text[]))
        AND (cardinality(cast(:tags AS text[])) = 0 OR segments.segment_id IN (
            SELECT segment_tags.segment_id FROM segment_tags
            WHERE segment_tags.organization_id = :organization
                AND segment_tags.tag_fold = ANY(cast(:tags AS text[]))))
        AND (NOT cast(:of_owners AS boolean) OR segments.owner_id = ANY(cast(:owners AS uuid[]))
            OR cast(:of_nobody AS boolean) AND segments.owner_id IS NULL)
        AND (cardinality(cast(:sources AS text[])) = 0 OR segments.segment_id IN (
            SELECT segment_sources.segment_id FROM segment_sources JOIN data_sources
                ON data_sources.organization_id = :organization
                AND data_sources.data_source_id = segment_sources.data_source_id
            WHERE segment_sources.organization_id = :organization
                AND data_sources.name = ANY(cast(:sources AS text[]))))
        AND (cast(:least AS bigint) IS NULL OR segments.member_count >= cast(:least AS bigint))
        AND (cast(:most AS bigint) IS NULL OR segments.member_count <= cast(:most AS bigint))
        AND (NOT cast(:used AS boolean) OR used.uses IS NOT NULL)
        AND (NOT cast(:unused AS boolean) OR used.uses IS NULL)
        AND (NOT cast(:duplicate AS boolean) OR segments.segment_id IN (SELECT doubles.segment_id FROM doubles))
        AND (NOT cast(:review_due AS boolean)
            OR segments.review_on <= cast(clock_timestamp() AT TIME ZONE :zone AS date))
        AND (NOT cast(:scheduled AS boolean) OR segments.segment_id IN (
            SELECT segment_schedules.segment_id FROM segment_schedules
            WHERE segment_schedules.organization_id = :organization
                AND (NOT cast(:suspended AS boolean) OR segment_schedules.suspended_at IS NOT NULL)))
)
SELECT segment_id, (SELECT count(*) FROM matching) AS total FROM matching
ORDER BY
    CASE WHEN NOT cast(:descending AS boolean) THEN number_key END NULLS LAST,
    CASE WHEN cast(:descending AS boolean) THEN number_key END DESC NULLS LAST,
    CASE WHEN NOT cast(:descending AS boolean) THEN text_key END COLLATE "C" NULLS LAST,
    CASE WHEN cast(:descending AS boolean) THEN text_key END COLLATE "C" DESC NULLS LAST,
    CASE WHEN NOT cast(:descending AS boolean) THEN moment_key END NULLS LAST,
    CASE WHEN cast(:descending AS boolean) THEN moment_key END DESC NULLS LAST,
    name_fold COLLATE "C", segment_id
LIMIT :size
OFFSET least(cast(:offset AS bigint), greatest(0, (SELECT count(*) FROM matching) - 1) / :size * :size);

-- name: cards
-- What is shown of the segments of one page, from stored figures.
SELECT segments.segment_id, segments.name, segments.description, segments.state, segments.status,
    segments.member_count, segments.last_calculated_at, segments.updated_at, segments.created_at, segments.review_on,
    segments.member_count - segments.previous_member_count AS change,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = segments.owner_id) AS owner_name,
    segments.owner_id,
    (SELECT array_agg(cast(segment_tags.tag AS text) ORDER BY segment_tags.tag_fold COLLATE "C") FROM segment_tags
        WHERE segment_tags.organization_id = :organization
            AND segment_tags.segment_id = segments.segment_id) AS tags,
    (SELECT array_agg(cast(data_sources.name AS text) ORDER BY data_sources.name) FROM segment_sources
        JOIN data_sources ON data_sources.organization_id = :organization
            AND data_sources.data_source_id = segment_sources.data_source_id
        WHERE segment_sources.organization_id = :organization
            AND segment_sources.segment_id = segments.segment_id) AS sources,
    (SELECT count(*) FROM campaign_segments JOIN campaigns
            ON campaigns.organization_id = :organization AND campaigns.campaign_id = campaign_segments.campaign_id
        WHERE campaign_segments.organization_id = :organization
            AND campaign_segments.segment_id = segments.segment_id AND campaigns.state <> 'archived') AS campaign_count,
    (SELECT count(*) FROM segment_uses JOIN segments AS reader
            ON reader.organization_id = :organization AND reader.segment_id = segment_uses.segment_id
        WHERE segment_uses.organization_id = :organization
            AND segment_uses.used_segment_id = segments.segment_id AND reader.state <> 'archived') AS reader_count,
    (SELECT runs.error_sentence FROM runs
        WHERE runs.organization_id = :organization AND runs.run_id = segments.latest_run_id
            AND runs.status = 'failed') AS failure,
    (SELECT array_agg(recent.member_count ORDER BY recent.published_sequence) FROM (
        SELECT runs.member_count, runs.published_sequence FROM runs
        WHERE runs.organization_id = :organization AND runs.segment_id = segments.segment_id
            AND runs.published_sequence IS NOT NULL
        ORDER BY runs.published_sequence DESC LIMIT 30) AS recent) AS recent_counts
FROM segments
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]));

-- name: summary
-- The figures above the list, from the same stored columns.
SELECT status, state = 'archived' AS archived, count(*) AS segment_count,
    count(*) FILTER (WHERE state = 'active') AS active_count, max(last_calculated_at) AS last_calculated_at
FROM segments WHERE organization_id = :organization GROUP BY 1, 2;

-- name: by_readiness
-- How many segments outside the archive may be used now.
WITH
-- include: standing
SELECT readiness, count(*) AS segment_count FROM standing WHERE state <> 'archived' GROUP BY readiness;

-- name: has_contacts
-- Decides between the two zero states; stops at the first contact.
SELECT EXISTS (SELECT FROM contacts WHERE organization_id = :organization AND deleted_at IS NULL);

-- name: owners_of_segments
-- Whoever owns at least one segment; who has lost the seat is not shown by name any more.
SELECT DISTINCT segments.owner_id, coalesce(people.display_name, people.email, people.subject) AS name
FROM segments LEFT JOIN people ON people.person_id = segments.owner_id
WHERE segments.organization_id = :organization AND segments.owner_id IS NOT NULL
ORDER BY 2, 1;

-- name: sources_of_segments
-- The data sources that the criteria of any segment read.
SELECT name FROM data_sources
WHERE organization_id = :organization AND data_source_id IN (
    SELECT segment_sources.data_source_id FROM segment_sources WHERE segment_sources.organization_id = :organization)
ORDER BY name;
