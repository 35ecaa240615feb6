-- name: versions
-- The newest versions of a segment with their authors and the newest result each of them had.
SELECT versions.version, versions.created_at, versions.criteria, versions.accepted_warnings,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = versions.created_by) AS created_by_name,
    newest.member_count, newest.as_of
FROM segment_versions AS versions LEFT JOIN LATERAL (
    SELECT runs.member_count, runs.as_of FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = :segment AND runs.version = versions.version
        AND runs.published_sequence IS NOT NULL
    ORDER BY runs.published_sequence DESC LIMIT 1) AS newest ON true
WHERE versions.organization_id = :organization AND versions.segment_id = :segment
ORDER BY versions.version DESC LIMIT :limit;

-- name: version
-- One version as it was saved.
SELECT criteria, accepted_warnings FROM segment_versions
WHERE organization_id = :organization AND segment_id = :segment AND version = :version;

-- name: segments_by_id
-- What a list of related segments shows of each.
SELECT segment_id, name, state, status, member_count FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:ids AS uuid[]))
ORDER BY name_fold COLLATE "C", segment_id;

-- name: campaigns
-- The campaigns and sequences that name the segment: those that run first, then by name.
SELECT campaigns.campaign_id, cast(campaigns.name AS text) AS name, campaigns.kind, campaigns.channel, campaigns.state,
    used.part, campaigns.starts_on, campaigns.ends_on
FROM campaign_segments AS used JOIN campaigns
    ON campaigns.organization_id = used.organization_id AND campaigns.campaign_id = used.campaign_id
WHERE used.organization_id = :organization AND used.segment_id = :segment
ORDER BY array_position(ARRAY['running', 'scheduled', 'paused', 'draft', 'finished', 'archived'], campaigns.state),
    campaigns.name, campaigns.campaign_id;

-- name: audiences
-- Every time the members of the segment were frozen into an audience, newest first.
SELECT frozen.campaign_id, cast(campaigns.name AS text) AS name, campaigns.kind, campaigns.channel, frozen.part,
    frozen.frozen_at, frozen.run_id, runs.as_of, frozen.contact_count
FROM campaign_audiences AS frozen JOIN campaigns
    ON campaigns.organization_id = frozen.organization_id AND campaigns.campaign_id = frozen.campaign_id
LEFT JOIN runs ON runs.organization_id = frozen.organization_id AND runs.run_id = frozen.run_id
WHERE frozen.organization_id = :organization AND frozen.segment_id = :segment
ORDER BY frozen.frozen_at DESC, campaigns.name LIMIT :limit;

-- name: engagement_by_week
-- What all campaigns reported, and of it what those reported that included the segment when they were frozen.
WITH own AS (
    SELECT DISTINCT campaign_id FROM campaign_audiences
    WHERE organization_id = :organization AND segment_id = :segment AND part = 'included'
)
SELECT cast(date_trunc('week', metrics.day) AS date) AS starts_on, own.campaign_id IS NOT NULL AS is_own,
    array_agg(DISTINCT metrics.campaign_id) AS campaigns,
    sum(metrics.sent) AS sent, sum(metrics.delivered) AS delivered, sum(metrics.opened) AS opened,
    sum(metrics.clicked) AS clicked, sum(metrics.converted) AS converted, sum(metrics.unsubscribed) AS unsubscribed,
    sum(metrics.bounced) AS bounced
FROM campaign_daily_metrics AS metrics LEFT JOIN own ON own.campaign_id = metrics.campaign_id
WHERE metrics.organization_id = :organization
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: engagement_of_others
-- The same sums for the other segments, by the campaigns that included each; those with the most deliveries.
WITH totals AS (
    SELECT campaign_id, sum(sent) AS sent, sum(delivered) AS delivered, sum(opened) AS opened, sum(clicked) AS clicked,
        sum(converted) AS converted, sum(unsubscribed) AS unsubscribed, sum(bounced) AS bounced
    FROM campaign_daily_metrics WHERE organization_id = :organization GROUP BY campaign_id
), included AS (
    SELECT DISTINCT segment_id, campaign_id FROM campaign_audiences
    WHERE organization_id = :organization AND part = 'included' AND segment_id <> :segment
)
SELECT segments.segment_id, segments.name, count(*) AS campaigns, sum(totals.sent) AS sent,
    sum(totals.delivered) AS delivered, sum(totals.opened) AS opened, sum(totals.clicked) AS clicked,
    sum(totals.converted) AS converted, sum(totals.unsubscribed) AS unsubscribed, sum(totals.bounced) AS bounced
FROM included JOIN totals ON totals.campaign_id = included.campaign_id
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = included.segment_id
GROUP BY segments.segment_id, segments.name, segments.name_fold
ORDER BY sum(totals.delivered) DESC, segments.name_fold COLLATE "C" LIMIT :limit;

-- name: comparable
-- The other segments that have members stored, the largest first: they share most.
SELECT segment_id FROM segments
WHERE organization_id = :organization AND segment_id <> :segment AND member_count > 0
ORDER BY member_count DESC, segment_id;

-- name: shared_members
-- How many members each of these segments shares with one; blocks are compared whole, no contact is read.
SELECT other.segment_id, segments.name, segments.state, segments.member_count AS other_count,
    sum(bit_count(other.members & own.members)) AS shared
FROM membership_blocks AS own JOIN membership_blocks AS other
    ON other.organization_id = own.organization_id AND other.block = own.block
JOIN segments ON segments.organization_id = other.organization_id AND segments.segment_id = other.segment_id
WHERE own.organization_id = :organization AND own.segment_id = :segment AND bit_count(own.members) > 0
    AND other.organization_id = :organization AND other.segment_id = ANY(cast(:ids AS uuid[]))
GROUP BY other.segment_id, segments.name, segments.state, segments.member_count;

-- name: exactly
-- The contacts whose key or e-mail address is exactly this: found at once, however many members there are.
SELECT contact_number FROM identities
WHERE organization_id = :organization
    AND (kind = 'key' AND value = :key OR kind = 'email' AND value = :email)
ORDER BY contact_number;

-- name: search
-- Members by a part of their key, e-mail address or name, in the order of their numbers.
WITH stored AS (
    SELECT block, members FROM membership_blocks
    WHERE organization_id = :organization AND segment_id = :segment AND block >= (:after + 1) / 4096
)
SELECT contacts.number FROM stored JOIN contacts
    ON contacts.organization_id = :organization AND contacts.number / 4096 = stored.block
    AND contacts.number BETWEEN stored.block * 4096 AND stored.block * 4096 + 4095
WHERE contacts.number > :after AND contacts.deleted_at IS NULL AND get_bit(stored.members, contacts.number % 4096) = 1
    AND strpos(lower(contacts.external_key) || ' ' || coalesce(contacts.email_fold, '') || ' '
        || concat_ws(' ', contacts.first_name_fold, contacts.last_name_fold), :text) > 0
ORDER BY contacts.number LIMIT :limit;

-- name: search_as_of
-- The same among the members of an earlier run: today's blocks with every later change taken back.
WITH later AS (
    SELECT block, bit_xor(joined | departed) AS flips FROM membership_changes
    WHERE organization_id = :organization AND segment_id = :segment AND published_sequence > :sequence
        AND block >= (:after + 1) / 4096
    GROUP BY block
), stored AS (
    SELECT present.block, present.members # coalesce(later.flips, cast(0 AS bit(4096))) AS members
    FROM membership_blocks AS present LEFT JOIN later ON later.block = present.block
    WHERE present.organization_id = :organization AND present.segment_id = :segment
        AND present.block >= (:after + 1) / 4096
)
SELECT contacts.number FROM stored JOIN contacts
    ON contacts.organization_id = :organization AND contacts.number / 4096 = stored.block
    AND contacts.number BETWEEN stored.block * 4096 AND stored.block * 4096 + 4095
WHERE contacts.number > :after AND contacts.deleted_at IS NULL AND get_bit(stored.members, contacts.number % 4096) = 1
    AND strpos(lower(contacts.external_key) || ' ' || coalesce(contacts.email_fold, '') || ' '
        || concat_ws(' ', contacts.first_name_fold, contacts.last_name_fold), :text) > 0
ORDER BY contacts.number LIMIT :limit;

-- name: joined
-- For these contacts, the run with which each joined last, and how many times it joined, up to a result.
SELECT looked_at.number, max(runs.finished_at) AS since, count(*) AS times
FROM unnest(cast(:numbers AS integer[])) AS looked_at (number)
JOIN membership_changes AS changed
    ON changed.organization_id = :organization AND changed.segment_id = :segment
    AND changed.block = looked_at.number / 4096 AND get_bit(changed.joined, looked_at.number % 4096) = 1
    AND changed.published_sequence <= :sequence
JOIN runs ON runs.organization_id = :organization AND runs.segment_id = :segment
    AND runs.published_sequence = changed.published_sequence
GROUP BY looked_at.number;

-- name: members_by_number
-- These contacts in the order of their numbers, each with what a person had decided about it at a moment.
SELECT contacts.number, contacts.external_key, contacts.first_name, contacts.last_name, contacts.email, contacts.city,
    contacts.country, (
        SELECT decided.decision FROM segment_overrides AS decided
        WHERE decided.organization_id = :organization AND decided.segment_id = :segment
            AND decided.contact_number = contacts.number AND decided.created_at <= cast(:moment AS timestamptz)
            AND (decided.ended_at IS NULL OR decided.ended_at > cast(:moment AS timestamptz))
        ORDER BY decided.created_at DESC LIMIT 1) AS by_hand
FROM contacts
WHERE contacts.organization_id = :organization AND contacts.number = ANY(cast(:numbers AS integer[]))
    AND contacts.deleted_at IS NULL
ORDER BY contacts.number;
