-- name: figures
-- Segments that are not archived: who uses each, since when nobody has, and what its runs cost in the last days. Without
-- `everything` those for which no reason can apply are left out; the reasons themselves are judged in domain/cleanup.py.
WITH
-- include: standing
, plans AS (
    SELECT used.segment_id, array_agg(campaigns.kind || ' “' || campaigns.name || '”' ORDER BY campaigns.name) AS names
    FROM campaign_segments AS used JOIN campaigns
        ON campaigns.organization_id = used.organization_id AND campaigns.campaign_id = used.campaign_id
    WHERE used.organization_id = :organization AND campaigns.state NOT IN ('finished', 'archived')
    GROUP BY used.segment_id
), readers AS (
    SELECT segment_uses.used_segment_id AS segment_id, array_agg(cast(reader.name AS text) ORDER BY reader.name) AS names
    FROM segment_uses JOIN segments AS reader
        ON reader.organization_id = segment_uses.organization_id AND reader.segment_id = segment_uses.segment_id
    WHERE segment_uses.organization_id = :organization AND reader.state <> 'archived'
    GROUP BY segment_uses.used_segment_id
), last_uses AS (
    SELECT segment_id, max(used_at) AS used_at FROM (
        SELECT segment_id, max(frozen_at) AS used_at FROM campaign_audiences
        WHERE organization_id = :organization GROUP BY segment_id
        UNION ALL
        SELECT cast(object_id AS uuid), max(happened_at) FROM audit_events
        WHERE organization_id = :organization AND action = 'segment.export' AND object_kind = 'segment'
        GROUP BY object_id) AS uses
    GROUP BY segment_id
), spent AS (
    SELECT segment_id, count(*) AS runs, sum(extract(epoch FROM finished_at - started_at)) AS seconds FROM runs
    WHERE organization_id = :organization AND started_at IS NOT NULL
        AND finished_at > clock_timestamp() - make_interval(days => :days)
    GROUP BY segment_id
), doubled AS (
    SELECT segment_versions.criteria_hash FROM segments JOIN segment_versions
        ON segment_versions.organization_id = segments.organization_id
        AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
    WHERE segments.organization_id = :organization AND segments.state <> 'archived'
        AND segment_versions.criteria_hash IS NOT NULL
    GROUP BY segment_versions.criteria_hash HAVING count(*) > 1
)
SELECT segments.segment_id, segments.name, segments.state, segments.status, segments.created_at,
    coalesce(people.display_name, people.email, people.subject) AS owner_name, segments.member_count,
    segments.last_calculated_at, segments.review_on, standing.reasons, segment_versions.criteria_hash,
    plans.names AS plans, readers.names AS readers, last_uses.used_at,
    extract(epoch FROM clock_timestamp() - segments.created_at) / 86400 AS age_days,
    CASE WHEN plans.names IS NOT NULL OR readers.names IS NOT NULL THEN 0 ELSE extract(
        epoch FROM clock_timestamp() - greatest(last_uses.used_at, segments.created_at)) / 86400 END AS idle_days,
    coalesce(spent.runs, 0) AS runs, coalesce(spent.seconds, 0) AS seconds
FROM segments JOIN standing ON standing.segment_id = segments.segment_id
JOIN segment_versions ON segment_versions.organization_id = :organization
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
LEFT JOIN people ON people.person_id = segments.owner_id
LEFT JOIN plans ON plans.segment_id = segments.segment_id
LEFT JOIN readers ON readers.segment_id = segments.segment_id
LEFT JOIN last_uses ON last_uses.segment_id = segments.segment_id
LEFT JOIN spent ON spent.segment_id = segments.segment_id
LEFT JOIN doubled ON doubled.criteria_hash = segment_versions.criteria_hash
WHERE segments.organization_id = :organization AND segments.state <> 'archived'
    AND (cast(:everything AS boolean) OR segments.segment_id = ANY(cast(:alike AS uuid[]))
        OR segments.member_count = 0 OR segments.last_calculated_at IS NULL
        OR standing.reasons && cast(:stale AS text[]) OR segments.review_on <= clock_timestamp() + interval '1 day'
        OR doubled.criteria_hash IS NOT NULL
        OR plans.names IS NULL AND readers.names IS NULL AND greatest(last_uses.used_at, segments.created_at)
            <= clock_timestamp() - make_interval(days => :unused_days))
ORDER BY segments.segment_id;

-- name: how_many
-- How many segments are looked at, and which day it is in the organization's time zone.
SELECT (SELECT count(*) FROM segments WHERE organization_id = :organization AND state <> 'archived') AS segments,
    cast(clock_timestamp() AT TIME ZONE time_zone AS date) AS today
FROM organizations WHERE organization_id = :organization;

-- name: saying_the_same
-- The segments whose current criteria say the same as those of one of these, and these themselves.
SELECT DISTINCT other.segment_id
FROM segments JOIN segment_versions AS own
    ON own.organization_id = segments.organization_id AND own.segment_id = segments.segment_id
    AND own.version = segments.version
JOIN segment_versions AS same
    ON same.organization_id = own.organization_id
    AND (same.criteria_hash = own.criteria_hash OR same.segment_id = own.segment_id)
JOIN segments AS other
    ON other.organization_id = same.organization_id AND other.segment_id = same.segment_id
    AND other.version = same.version AND other.state <> 'archived'
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]));

-- name: archived
-- What was archived lately, the newest first, with the state that leaving the archive restores.
SELECT segment_id, name, updated_at, archived_from FROM segments
WHERE organization_id = :organization AND state = 'archived'
    AND updated_at > clock_timestamp() - make_interval(days => :days)
ORDER BY updated_at DESC, name_fold COLLATE "C" LIMIT :limit;

-- name: fullest_blocks
-- How many members these segments have in each block: the fullest block tells most pairs apart.
SELECT block, sum(bit_count(members)) AS members FROM membership_blocks
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
GROUP BY block HAVING sum(bit_count(members)) > 0
ORDER BY sum(bit_count(members)) DESC, block;

-- name: block
-- The members that these segments have in one block, as bits.
SELECT segment_id, substr(bit_send(members), 5) AS bits FROM membership_blocks
WHERE organization_id = :organization AND block = :block AND segment_id = ANY(cast(:segments AS uuid[]));
