-- name: freeze_runs
-- Which published run of each segment an audience is frozen from.
INSERT INTO campaign_audiences (organization_id, campaign_id, frozen_at, segment_id, run_id, part, contact_count)
SELECT used.organization_id, used.campaign_id, cast(:frozen_at AS timestamptz), used.segment_id,
    segments.published_run_id, used.part, coalesce(segments.member_count, 0)
FROM campaign_segments AS used
    JOIN segments ON segments.organization_id = used.organization_id AND segments.segment_id = used.segment_id
WHERE used.organization_id = :organization AND used.campaign_id = :campaign;

-- name: freeze_blocks
-- The contacts themselves, as bits: in an included segment, in no excluded one, and not deleted since.
WITH sides AS (
    SELECT stored.block, bit_or(stored.members) FILTER (WHERE used.part = 'included') AS taken,
        coalesce(bit_or(stored.members) FILTER (WHERE used.part = 'excluded'), cast(0 AS bit(4096))) AS barred
    FROM campaign_segments AS used JOIN membership_blocks AS stored
        ON stored.organization_id = used.organization_id AND stored.segment_id = used.segment_id
    WHERE used.organization_id = :organization AND used.campaign_id = :campaign
    GROUP BY stored.block
), wanted AS MATERIALIZED (
    SELECT block, taken & ~barred AS members FROM sides WHERE bit_count(taken & ~barred) > 0
), gone AS (
    SELECT wanted.block, bit_or(set_bit(cast(0 AS bit(4096)), contacts.number % 4096, 1)) AS members
    FROM contacts JOIN wanted ON wanted.block = contacts.number / 4096
    WHERE contacts.organization_id = :organization AND contacts.deleted_at IS NOT NULL
        AND get_bit(wanted.members, contacts.number % 4096) = 1
    GROUP BY wanted.block
)
INSERT INTO campaign_audience_blocks (organization_id, campaign_id, frozen_at, block, members)
SELECT :organization, cast(:campaign AS uuid), cast(:frozen_at AS timestamptz), wanted.block,
    wanted.members & ~coalesce(gone.members, cast(0 AS bit(4096)))
FROM wanted LEFT JOIN gone ON gone.block = wanted.block;

-- name: freeze_reach
-- How many contacts each gate let through at that moment; place 0 is where the first gate began.
INSERT INTO campaign_reach (organization_id, campaign_id, frozen_at, place, gate, contacts)
SELECT :organization, cast(:campaign AS uuid), cast(:frozen_at AS timestamptz), step.place - 1, step.gate, step.contacts
FROM unnest(cast(:gates AS text[]), cast(:contacts AS integer[])) WITH ORDINALITY AS step (gate, contacts, place);

-- name: sources
-- Every frozen audience of a campaign, the newest first, with the run each side came from.
SELECT frozen.frozen_at, frozen.segment_id, segments.name, frozen.part, frozen.run_id, runs.as_of,
    frozen.contact_count
FROM campaign_audiences AS frozen
    LEFT JOIN segments ON segments.organization_id = frozen.organization_id
        AND segments.segment_id = frozen.segment_id
    LEFT JOIN runs ON runs.organization_id = frozen.organization_id AND runs.run_id = frozen.run_id
WHERE frozen.organization_id = :organization AND frozen.campaign_id = :campaign
ORDER BY frozen.frozen_at DESC, frozen.part DESC, segments.name_fold COLLATE "C", frozen.segment_id;

-- name: sizes
-- How many contacts every frozen audience holds.
SELECT frozen_at, cast(sum(bit_count(members)) AS integer) AS size FROM campaign_audience_blocks
WHERE organization_id = :organization AND campaign_id = :campaign GROUP BY frozen_at;

-- name: reach
-- The gates of every frozen audience, in their order.
SELECT frozen_at, gate, contacts FROM campaign_reach
WHERE organization_id = :organization AND campaign_id = :campaign ORDER BY frozen_at, place;

-- name: metrics
-- What came of it, day by day.
SELECT day, sent, delivered, opened, clicked, converted, unsubscribed, bounced FROM campaign_daily_metrics
WHERE organization_id = :organization AND campaign_id = :campaign ORDER BY day;
