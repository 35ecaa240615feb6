-- name: previous
-- The result that is published now, with what it was made from; without a run where that was removed since.
SELECT segments.published_sequence, segments.member_count, runs.run_id, runs.version, runs.as_of, runs.started_at,
    runs.criteria, runs.read_runs, runs.last_event_number, runs.last_related_number, runs.last_consent_number
FROM segments LEFT JOIN runs ON runs.organization_id = :organization AND runs.run_id = segments.published_run_id
WHERE segments.organization_id = :organization AND segments.segment_id = :segment;

-- name: counters
-- How far the rows of the organization go: what comes later has larger numbers.
SELECT last_event_number, last_related_number, last_consent_number FROM organization_counters
WHERE organization_id = :organization;

-- name: decided_since
-- Contacts about which another decision counts now than counted at an earlier moment, in any of these segments.
WITH earlier AS (
    SELECT segment_id, contact_number, decision FROM segment_overrides
    WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
        AND created_at <= :moment AND (ended_at IS NULL OR ended_at > :moment)
), current AS (
    SELECT segment_id, contact_number, decision FROM segment_overrides
    WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[])) AND ended_at IS NULL
)
SELECT DISTINCT contact_number FROM earlier FULL JOIN current USING (segment_id, contact_number)
WHERE earlier.decision IS DISTINCT FROM current.decision;

-- name: results_read
-- Which results runs published, and up to which one the history of their segments was merged.
SELECT runs.run_id, runs.published_sequence, segments.compacted_sequence
FROM runs JOIN segments ON segments.organization_id = :organization AND segments.segment_id = runs.segment_id
WHERE runs.organization_id = :organization AND runs.run_id = ANY(cast(:runs AS uuid[]))
    AND runs.published_sequence IS NOT NULL;

-- name: moved_between
-- Whose membership differs between two results of a segment, as bytes: what flipped an odd number of times.
SELECT block, substring(bit_send(bit_xor(joined | departed)) FROM 5) AS bits FROM membership_changes
WHERE organization_id = :organization AND segment_id = :segment
    AND published_sequence > :after AND published_sequence <= :until
GROUP BY block;

-- name: edited_since
-- The criteria these segments had at an earlier moment, where they have others now.
SELECT DISTINCT ON (segments.segment_id) segments.segment_id, segment_versions.criteria
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = :organization AND segment_versions.segment_id = segments.segment_id
    AND segment_versions.created_at <= :moment
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]))
    AND EXISTS (
        SELECT FROM segment_versions AS later WHERE later.organization_id = :organization
            AND later.segment_id = segments.segment_id AND later.created_at > :moment)
ORDER BY segments.segment_id, segment_versions.version DESC;

-- name: touched_since
-- Which contacts were changed themselves since a moment, of these or of all: two bytes each, by blocks.
SELECT number >> 12 AS block, string_agg(int2send(cast(number & 4095 AS smallint)), '') AS words FROM contacts
WHERE organization_id = :organization AND updated_at > :moment
    AND (cast(:numbers AS integer[]) IS NULL OR number = ANY(cast(:numbers AS integer[])))
GROUP BY 1;

-- name: with_later_rows
-- Contacts with rows behind the last ones that were known, in the tables that have any: two bytes each, by blocks.
SELECT contact_number >> 12 AS block, string_agg(int2send(cast(contact_number & 4095 AS smallint)), '') AS words FROM (
    SELECT contact_number FROM events
    WHERE organization_id = :organization AND event_number > cast(:last_event AS bigint)
    UNION
    SELECT contact_number FROM related_rows
    WHERE organization_id = :organization AND row_number > cast(:last_related AS bigint)
    UNION
    SELECT contact_number FROM consents
    WHERE organization_id = :organization AND consent_number > cast(:last_consent AS bigint)) AS found
GROUP BY 1;

-- name: note_reading
-- How far the rows went that the run saw, while it is still this attempt's.
UPDATE runs SET last_event_number = :last_event, last_related_number = :last_related,
    last_consent_number = :last_consent, causes_partial = :is_partial
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing';

-- name: add_counts
-- Why members joined and left with a run; the counts add up to those of the run.
INSERT INTO run_causes (organization_id, run_id, cause, joined, departed)
VALUES (:organization, :run, :cause, :joined, :departed);

-- name: add_contacts
-- The same contact by contact, for the causes that claim contacts.
INSERT INTO membership_causes (organization_id, segment_id, published_sequence, cause, block, contacts)
SELECT :organization, :segment, :sequence, :cause, block, cast('x' || encode(bits, 'hex') AS bit(4096))
FROM unnest(cast(:blocks AS integer[]), cast(:bits AS bytea[])) AS given (block, bits);

-- name: of_segment
-- The last results of a segment with what made their members change, newest first.
SELECT runs.run_id, coalesce(runs.as_of, runs.finished_at) AS at, runs.version, runs.joined_count, runs.left_count,
    runs.causes_partial, (
        SELECT jsonb_agg(jsonb_build_array(run_causes.cause, run_causes.joined, run_causes.departed)) FROM run_causes
        WHERE run_causes.organization_id = :organization AND run_causes.run_id = runs.run_id) AS causes
FROM runs
WHERE runs.organization_id = :organization AND runs.segment_id = :segment AND runs.published_sequence IS NOT NULL
ORDER BY runs.published_sequence DESC LIMIT :limit;

-- name: of_run
-- What made the members change with one run.
SELECT runs.run_id, coalesce(runs.as_of, runs.finished_at) AS at, runs.version, runs.joined_count, runs.left_count,
    runs.causes_partial, (
        SELECT jsonb_agg(jsonb_build_array(run_causes.cause, run_causes.joined, run_causes.departed)) FROM run_causes
        WHERE run_causes.organization_id = :organization AND run_causes.run_id = runs.run_id) AS causes
FROM runs
WHERE runs.organization_id = :organization AND runs.run_id = :run AND runs.published_sequence IS NOT NULL;

-- name: moves_of_contact
-- Every time a contact joined or left a segment that is still told, newest first, with its cause where one claims it.
SELECT changes.published_sequence, runs.run_id, coalesce(runs.as_of, runs.finished_at) AS at, runs.causes_partial,
    get_bit(changes.joined, :number % 4096) = 1 AS joined,
    coalesce((
        SELECT claimed.cause FROM membership_causes AS claimed
        WHERE claimed.organization_id = :organization AND claimed.segment_id = :segment
            AND claimed.published_sequence = changes.published_sequence AND claimed.block = changes.block
            AND get_bit(claimed.contacts, :number % 4096) = 1 LIMIT 1),
        (SELECT run_causes.cause FROM run_causes
            WHERE run_causes.organization_id = :organization AND run_causes.run_id = runs.run_id
                AND run_causes.cause IN ('first', 'data') LIMIT 1)) AS cause
FROM membership_changes AS changes JOIN runs
    ON runs.organization_id = :organization AND runs.segment_id = :segment
    AND runs.published_sequence = changes.published_sequence
WHERE changes.organization_id = :organization AND changes.segment_id = :segment AND changes.block = :number / 4096
    AND get_bit(changes.joined | changes.departed, :number % 4096) = 1
ORDER BY changes.published_sequence DESC LIMIT :limit;

-- name: audience_difference
-- Whom the segments of the newest frozen audience hold today and it does not, and the other way round. Who was deleted is
-- in no audience of today, whatever the last run of a segment still holds.
WITH newest AS (
    SELECT max(frozen_at) AS frozen_at FROM campaign_audiences
    WHERE organization_id = :organization AND campaign_id = :campaign
), frozen AS (
    SELECT held.block, held.members FROM campaign_audience_blocks AS held JOIN newest USING (frozen_at)
    WHERE held.organization_id = :organization AND held.campaign_id = :campaign
), sides AS (
    SELECT stored.block, bit_or(stored.members) FILTER (WHERE used.part = 'included') AS taken,
        coalesce(bit_or(stored.members) FILTER (WHERE used.part = 'excluded'), cast(0 AS bit(4096))) AS barred
    FROM campaign_audiences AS used JOIN newest USING (frozen_at)
    JOIN membership_blocks AS stored
        ON stored.organization_id = :organization AND stored.segment_id = used.segment_id
    WHERE used.organization_id = :organization AND used.campaign_id = :campaign
    GROUP BY stored.block
), held AS MATERIALIZED (
    SELECT block, coalesce(frozen.members, cast(0 AS bit(4096))) AS then_held,
        coalesce(sides.taken & ~sides.barred, cast(0 AS bit(4096))) AS still_held
    FROM frozen FULL JOIN sides USING (block)
), deleted AS (
    SELECT held.block, bit_or(set_bit(cast(0 AS bit(4096)), contacts.number % 4096, 1)) AS members
    FROM contacts JOIN held ON held.block = contacts.number / 4096
    WHERE contacts.organization_id = :organization AND contacts.deleted_at IS NOT NULL
        AND get_bit(held.then_held | held.still_held, contacts.number % 4096) = 1
    GROUP BY held.block
), compared AS (
    SELECT held.then_held, held.still_held & ~coalesce(deleted.members, cast(0 AS bit(4096))) AS now_held,
        coalesce(deleted.members, cast(0 AS bit(4096))) AS deleted
    FROM held LEFT JOIN deleted ON deleted.block = held.block
)
SELECT newest.frozen_at, counted.joined, counted.departed, counted.deleted FROM newest CROSS JOIN (
    SELECT cast(coalesce(sum(bit_count(now_held & ~then_held)), 0) AS integer) AS joined,
        cast(coalesce(sum(bit_count(then_held & ~now_held)), 0) AS integer) AS departed,
        cast(coalesce(sum(bit_count(then_held & deleted)), 0) AS integer) AS deleted
    FROM compared) AS counted
WHERE newest.frozen_at IS NOT NULL;

-- name: causes_since_frozen
-- For each segment of the newest frozen audience: its members then and now, and why they changed in between.
SELECT used.segment_id, cast(segments.name AS text) AS name, used.part, used.contact_count, segments.member_count, (
        SELECT jsonb_agg(jsonb_build_array(summed.cause, summed.joined, summed.departed)) FROM (
            SELECT run_causes.cause, sum(run_causes.joined) AS joined, sum(run_causes.departed) AS departed
            FROM runs JOIN run_causes
                ON run_causes.organization_id = :organization AND run_causes.run_id = runs.run_id
            WHERE runs.organization_id = :organization AND runs.segment_id = used.segment_id
                AND runs.published_sequence > frozen.published_sequence
            GROUP BY run_causes.cause) AS summed) AS causes
FROM campaign_audiences AS used
LEFT JOIN segments ON segments.organization_id = :organization AND segments.segment_id = used.segment_id
LEFT JOIN runs AS frozen ON frozen.organization_id = :organization AND frozen.run_id = used.run_id
WHERE used.organization_id = :organization AND used.campaign_id = :campaign AND used.frozen_at = :frozen_at
ORDER BY used.part DESC, segments.name_fold COLLATE "C", used.segment_id;
