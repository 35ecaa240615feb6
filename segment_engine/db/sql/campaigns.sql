-- name: count_matching
-- How many campaigns of this kind match; without states, everything but the archive.
SELECT count(*) FROM campaigns
WHERE organization_id = :organization AND kind = :kind
    AND (:search = '' OR strpos(lower(name), :search) > 0 OR strpos(lower(description), :search) > 0)
    AND CASE WHEN cardinality(cast(:states AS text[])) = 0 THEN state <> 'archived'
        ELSE state = ANY(cast(:states AS text[])) END;

-- name: summary
-- How many campaigns of a kind are in each state.
SELECT state, count(*) AS campaigns FROM campaigns
WHERE organization_id = :organization AND kind = :kind GROUP BY state;

-- name: find
-- One page of the list, from stored figures: the newest frozen audience counted from its bits, and the sum of the days.
SELECT campaigns.campaign_id, campaigns.kind, campaigns.name, campaigns.description, campaigns.channel,
    campaigns.state, campaigns.starts_on, campaigns.ends_on, campaigns.updated_at, campaigns.launched_at,
    newest.audience, figures.*
FROM campaigns
    LEFT JOIN LATERAL (
        SELECT (SELECT coalesce(sum(bit_count(blocks.members)), 0) FROM campaign_audience_blocks AS blocks
            WHERE blocks.organization_id = :organization AND blocks.campaign_id = campaigns.campaign_id
                AND blocks.frozen_at = frozen.frozen_at) AS audience
        FROM campaign_audiences AS frozen
        WHERE frozen.organization_id = :organization AND frozen.campaign_id = campaigns.campaign_id
        ORDER BY frozen.frozen_at DESC LIMIT 1) AS newest ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(delivered), 0) AS delivered,
            coalesce(sum(opened), 0) AS opened, coalesce(sum(clicked), 0) AS clicked,
            coalesce(sum(converted), 0) AS converted, coalesce(sum(unsubscribed), 0) AS unsubscribed,
            coalesce(sum(bounced), 0) AS bounced
        FROM campaign_daily_metrics AS days
        WHERE days.organization_id = :organization AND days.campaign_id = campaigns.campaign_id) AS figures
WHERE campaigns.organization_id = :organization AND campaigns.kind = :kind
    AND (:search = '' OR strpos(lower(campaigns.name), :search) > 0
        OR strpos(lower(campaigns.description), :search) > 0)
    AND CASE WHEN cardinality(cast(:states AS text[])) = 0 THEN campaigns.state <> 'archived'
        ELSE campaigns.state = ANY(cast(:states AS text[])) END
ORDER BY
    CASE WHEN :sort = 'name' AND NOT :descending THEN lower(campaigns.name) END COLLATE "C",
    CASE WHEN :sort = 'name' AND :descending THEN lower(campaigns.name) END COLLATE "C" DESC,
    CASE WHEN :sort = 'starts' AND NOT :descending THEN campaigns.starts_on END NULLS LAST,
    CASE WHEN :sort = 'starts' AND :descending THEN campaigns.starts_on END DESC NULLS LAST,
    CASE WHEN :sort = 'audience' AND NOT :descending THEN newest.audience END NULLS LAST,
    CASE WHEN :sort = 'audience' AND :descending THEN newest.audience END DESC NULLS LAST,
    CASE WHEN :sort = 'updated' AND NOT :descending THEN campaigns.updated_at END,
    CASE WHEN :sort = 'updated' AND :descending THEN campaigns.updated_at END DESC,
    lower(campaigns.name) COLLATE "C", campaigns.campaign_id
LIMIT :size OFFSET :offset;

-- name: get
-- Everything of one campaign but its segments.
SELECT campaigns.*,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = campaigns.created_by) AS created_by_name,
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = campaigns.updated_by) AS updated_by_name
FROM campaigns WHERE campaigns.organization_id = :organization AND campaigns.campaign_id = :campaign;

-- name: lock
-- The row as it is, held until the end of the transaction.
SELECT campaign_id, kind, name, channel, state, starts_on, ends_on, revision, updated_at, launched_at FROM campaigns
WHERE organization_id = :organization AND campaign_id = :campaign FOR UPDATE;

-- name: uses
-- The segments of these campaigns, included ones first, each side by name.
SELECT used.campaign_id, used.part, segments.segment_id, segments.name, segments.member_count,
    segments.last_calculated_at
FROM campaign_segments AS used
    JOIN segments ON segments.organization_id = used.organization_id AND segments.segment_id = used.segment_id
WHERE used.organization_id = :organization AND used.campaign_id = ANY(cast(:campaigns AS uuid[]))
ORDER BY used.part DESC, segments.name_fold COLLATE "C", segments.segment_id;

-- name: chosen
-- The segments a draft names, with their states; who is not among the rows does not exist.
SELECT segment_id, name, state, member_count, last_calculated_at FROM segments
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
ORDER BY name_fold COLLATE "C", segment_id;

-- name: hold_segments
-- Keeps the segments of a campaign from being published, edited or removed until the end of the transaction.
SELECT segments.segment_id FROM segments
WHERE segments.organization_id = :organization AND segments.segment_id IN (
    SELECT used.segment_id FROM campaign_segments AS used
    WHERE used.organization_id = :organization AND used.campaign_id = :campaign)
ORDER BY segments.segment_id FOR SHARE;

-- name: create
-- A new draft; its name is unique among those of its kind.
INSERT INTO campaigns (organization_id, campaign_id, kind, name, description, channel, starts_on, ends_on, created_by,
    updated_by)
VALUES (:organization, :campaign, :kind, :name, :description, :channel, :starts_on, :ends_on, :person, :person);

-- name: update
-- The revision moves with every edit, so that the next editor's save notices.
UPDATE campaigns SET name = :name, description = :description, channel = :channel, starts_on = :starts_on,
    ends_on = :ends_on, revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND campaign_id = :campaign;

-- name: clear_segments
-- The choice of before; the new one is written right after.
DELETE FROM campaign_segments WHERE organization_id = :organization AND campaign_id = :campaign;

-- name: use_segments
-- One side of the choice.
INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part)
SELECT :organization, cast(:campaign AS uuid), chosen.segment_id, :part
FROM unnest(cast(:segments AS uuid[])) AS chosen (segment_id);

-- name: set_state
-- A move, or the launch: then with its moment. What is a draft again was never launched.
UPDATE campaigns SET state = :state, revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person,
    launched_at = CASE WHEN :state = 'draft' THEN NULL ELSE coalesce(cast(:launched_at AS timestamptz), launched_at) END
WHERE organization_id = :organization AND campaign_id = :campaign;

-- name: offered
-- Active segments whose name or description holds the text; those whose name begins with it first.
SELECT segment_id, name, description, member_count, last_calculated_at FROM segments
WHERE organization_id = :organization AND state = 'active'
    AND (:search = '' OR strpos(name_fold, :search) > 0 OR strpos(lower(description), :search) > 0)
ORDER BY strpos(name_fold, :search) = 1 DESC, name_fold COLLATE "C", segment_id LIMIT :limit;

-- name: current_day
-- The day it is for an organization; dates of campaigns are days of its time zone.
SELECT cast(clock_timestamp() AT TIME ZONE time_zone AS date) FROM organizations
WHERE organization_id = :organization;
