-- name: segments
-- What criteria could name, from stored figures; archived segments only where they are named already.
SELECT segment_id, name, state, status, member_count, last_calculated_at FROM segments
WHERE organization_id = :organization AND state <> 'archived' ORDER BY name_fold COLLATE "C" LIMIT :limit;

-- name: lists
-- Static lists by name.
SELECT list_id, name, matched, created_at FROM static_lists
WHERE organization_id = :organization ORDER BY name_fold COLLATE "C" LIMIT :limit;

-- name: campaigns
-- Campaigns by name.
SELECT campaign_id, name, channel, state FROM campaigns
WHERE organization_id = :organization AND state <> 'archived' ORDER BY name LIMIT :limit;

-- name: topics
-- Which topics consent was asked for, by channel.
SELECT channel, topic, count(*) AS records FROM consents
WHERE organization_id = :organization AND topic IS NOT NULL
GROUP BY channel, topic ORDER BY channel, topic COLLATE "C" LIMIT :limit;
