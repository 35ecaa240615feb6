-- name: waterfall
-- How many contacts every gate leaves, a row per channel. The audience is one map of bits, and every row of channels and
-- consents is tested by the bit of its own contact: one pass each, where a look-up per contact took twice as long.
-- Deleted contacts are told apart by NOT IN, because it is hashed whatever the planner expects.
WITH moment AS MATERIALIZED (
    SELECT coalesce(cast(:as_of AS timestamptz), statement_timestamp()) AS as_of
), sides AS (
    SELECT block, bit_or(members) FILTER (WHERE segment_id = ANY(cast(:included AS uuid[]))) AS taken,
        coalesce(bit_or(members) FILTER (WHERE segment_id = ANY(cast(:excluded AS uuid[]))), cast(0 AS bit(4096)))
            AS barred
    FROM membership_blocks
    WHERE organization_id = :organization
        AND segment_id = ANY(cast(:included AS uuid[]) || cast(:excluded AS uuid[]))
    GROUP BY block
), blocks AS MATERIALIZED (
    SELECT block, taken, taken & ~barred AS wanted FROM sides WHERE bit_count(taken) > 0
), maps AS MATERIALIZED (
    SELECT string_agg(coalesce(substr(bit_send(blocks.taken), 5), empty.words), '' ORDER BY every.block) AS taken,
        string_agg(coalesce(substr(bit_send(blocks.wanted), 5), empty.words), '' ORDER BY every.block) AS wanted
    FROM generate_series(0, (SELECT max(number) / 4096 FROM contacts WHERE organization_id = :organization))
            AS every (block)
        LEFT JOIN blocks ON blocks.block = every.block
        CROSS JOIN (SELECT decode(repeat('00', 512), 'hex') AS words) AS empty
), gone AS MATERIALIZED (
    SELECT number, get_bit((SELECT wanted FROM maps), number # 7) = 1 AS wanted FROM contacts
    WHERE organization_id = :organization AND deleted_at IS NOT NULL
        AND get_bit((SELECT taken FROM maps), number # 7) = 1
), held AS MATERIALIZED (
    SELECT contact_number, channel, address_valid,
        address_valid AND (suppressed_at IS NULL OR suppressed_at >= (SELECT as_of FROM moment)) AS usable
    FROM contact_channels
    WHERE organization_id = :organization AND channel = ANY(cast(:channels AS text[])) AND address IS NOT NULL
        AND get_bit((SELECT wanted FROM maps), contact_number # 7) = 1
        AND contact_number NOT IN (SELECT number FROM gone)
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (contact_number, channel) contact_number, channel, state FROM consents
    WHERE organization_id = :organization AND channel = ANY(cast(:channels AS text[])) AND topic IS NULL
        AND recorded_at < (SELECT as_of FROM moment) AND get_bit((SELECT wanted FROM maps), contact_number # 7) = 1
    ORDER BY contact_number, channel, recorded_at DESC, consent_number DESC
), addressed AS (
    SELECT held.channel, count(*) AS has_address, count(*) FILTER (WHERE held.address_valid) AS address_valid,
        count(*) FILTER (WHERE held.usable) AS not_suppressed,
        count(*) FILTER (WHERE held.usable AND newest.state = 'granted') AS consented
    FROM held LEFT JOIN newest ON newest.contact_number = held.contact_number AND newest.channel = held.channel
    GROUP BY held.channel
), totals AS (
    SELECT coalesce(sum(bit_count(taken)), 0) AS stored, coalesce(sum(bit_count(wanted)), 0) AS wanted,
        (SELECT count(*) FROM gone) AS deleted, (SELECT count(*) FROM gone WHERE gone.wanted) AS deleted_wanted
    FROM blocks
)
SELECT asked.channel, cast(totals.stored AS integer) AS stored,
    cast(totals.stored - totals.deleted AS integer) AS member,
    cast(totals.wanted - totals.deleted_wanted AS integer) AS not_excluded,
    coalesce(addressed.has_address, 0) AS has_address, coalesce(addressed.address_valid, 0) AS address_valid,
    coalesce(addressed.not_suppressed, 0) AS not_suppressed, coalesce(addressed.consented, 0) AS consented
FROM unnest(cast(:channels AS text[])) WITH ORDINALITY AS asked (channel, place) CROSS JOIN totals
    LEFT JOIN addressed ON addressed.channel = asked.channel
ORDER BY asked.place;

-- name: gates
-- What one contact has to show at every gate of one campaign; no row for a campaign that is not there.
SELECT campaigns.channel, moment.as_of,
    EXISTS (SELECT FROM contacts WHERE contacts.organization_id = :organization AND contacts.number = :number
        AND contacts.deleted_at IS NULL) AS found,
    ways.address IS NOT NULL AS has_address, coalesce(ways.address_valid, false) AS address_valid,
    ways.suppressed_at, ways.suppression
FROM campaigns
    CROSS JOIN (SELECT coalesce(cast(:as_of AS timestamptz), statement_timestamp()) AS as_of) AS moment
    LEFT JOIN contact_channels AS ways ON ways.organization_id = campaigns.organization_id
        AND ways.contact_number = :number AND ways.channel = campaigns.channel
WHERE campaigns.organization_id = :organization AND campaigns.campaign_id = :campaign;

-- name: holds
-- Whether the published members of each segment of a campaign hold a contact.
SELECT segments.segment_id, segments.name, used.part,
    coalesce(get_bit(stored.members, :number % 4096) = 1, false) AS holds
FROM campaign_segments AS used
    JOIN segments ON segments.organization_id = used.organization_id AND segments.segment_id = used.segment_id
    LEFT JOIN membership_blocks AS stored ON stored.organization_id = used.organization_id
        AND stored.segment_id = used.segment_id AND stored.block = :number / 4096
WHERE used.organization_id = :organization AND used.campaign_id = :campaign
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: newest_consents
-- A contact's newest record of consent for a channel as a whole, and for each topic of it.
SELECT DISTINCT ON (topic) topic, state, recorded_at FROM consents
WHERE organization_id = :organization AND contact_number = :number AND channel = :channel
    AND recorded_at < cast(:as_of AS timestamptz)
ORDER BY topic NULLS FIRST, recorded_at DESC, consent_number DESC;

-- name: frozen_audiences
-- Every audience of a campaign that was frozen, and whether it holds a contact; the newest first.
SELECT frozen.frozen_at, coalesce(get_bit(stored.members, :number % 4096) = 1, false) AS holds
FROM (SELECT DISTINCT frozen_at FROM campaign_audiences
        WHERE organization_id = :organization AND campaign_id = :campaign) AS frozen
    LEFT JOIN campaign_audience_blocks AS stored ON stored.organization_id = :organization
        AND stored.campaign_id = :campaign AND stored.frozen_at = frozen.frozen_at AND stored.block = :number / 4096
ORDER BY frozen.frozen_at DESC;
