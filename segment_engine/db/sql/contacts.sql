-- name: by_numbers
-- Contacts by numbers that an identity led to.
SELECT number, external_key, first_name, last_name, email, city, country FROM contacts
WHERE organization_id = :organization AND number = ANY(cast(:numbers AS integer[])) AND deleted_at IS NULL;

-- name: by_identity
-- The contact that a key or an e-mail address leads to.
SELECT contact_number FROM identities
WHERE organization_id = :organization AND kind = :kind AND value = :value;

-- name: by_email_start
-- Addresses that begin with a text. Written as a range of bytes: patterns use no index under row-level security.
SELECT contact_number FROM identities
WHERE organization_id = :organization AND kind = 'email' AND value >= :text AND value < :text || chr(1114111)
ORDER BY value LIMIT :limit;

-- name: by_key_start
-- Contacts whose key begins with a text, in the byte order of the key.
SELECT number, external_key, first_name, last_name, email, city, country FROM contacts
WHERE organization_id = :organization AND deleted_at IS NULL AND external_key COLLATE "C" >= :text
    AND external_key COLLATE "C" < :text || chr(1114111)
ORDER BY external_key COLLATE "C", number LIMIT :limit;

-- name: by_phone
-- Contacts with one of these numbers, exactly as it was delivered. Reads every contact; equality lets it read in parallel.
SELECT number, external_key, first_name, last_name, email, city, country FROM contacts
WHERE organization_id = :organization AND deleted_at IS NULL AND phone = ANY(cast(:phones AS text[]))
LIMIT :limit;

-- name: by_name
-- Contacts in whose first or last name each of these texts begins a word; unused ones are empty. Reads contacts until
-- enough are found, because more indexes on contacts would cost every import a seventh of its rate. Written as equalities,
-- of which the planner expects so few rows that it lets several processes read.
SELECT number, external_key, first_name, last_name, email, city, country FROM contacts
WHERE organization_id = :organization AND deleted_at IS NULL
    AND 1 = CASE WHEN first_name_fold IS NULL AND last_name_fold IS NULL THEN 0 ELSE 1 END AND 1 = CASE WHEN
    (starts_with(last_name_fold, :first) OR starts_with(first_name_fold, :first)
        OR strpos(last_name_fold, ' ' || :first) > 0 OR strpos(first_name_fold, ' ' || :first) > 0
        OR strpos(last_name_fold, '-' || :first) > 0)
    AND (:second = '' OR starts_with(last_name_fold, :second) OR starts_with(first_name_fold, :second)
        OR strpos(last_name_fold, ' ' || :second) > 0 OR strpos(first_name_fold, ' ' || :second) > 0
        OR strpos(last_name_fold, '-' || :second) > 0)
    AND (:third = '' OR starts_with(last_name_fold, :third) OR starts_with(first_name_fold, :third)
        OR strpos(last_name_fold, ' ' || :third) > 0 OR strpos(first_name_fold, ' ' || :third) > 0
        OR strpos(last_name_fold, '-' || :third) > 0)
    AND (:fourth = '' OR starts_with(last_name_fold, :fourth) OR starts_with(first_name_fold, :fourth)
        OR strpos(last_name_fold, ' ' || :fourth) > 0 OR strpos(first_name_fold, ' ' || :fourth) > 0
        OR strpos(last_name_fold, '-' || :fourth) > 0)
    THEN 1 ELSE 0 END
LIMIT :limit;

-- name: identity
-- Who a contact of the base is.
SELECT number, external_key, first_name, last_name, email, created_at, updated_at FROM contacts
WHERE organization_id = :organization AND number = :number AND deleted_at IS NULL;

-- name: channels
-- Every channel of a contact, with why and since when it is stopped.
SELECT channel, address, address_valid, suppressed_at, suppression FROM contact_channels
WHERE organization_id = :organization AND contact_number = :number ORDER BY channel;

-- name: consents
-- Every record of consent: by channel, the whole of it before its topics, the newest first as criteria read them.
SELECT channel, topic, state, recorded_at FROM consents
WHERE organization_id = :organization AND contact_number = :number
ORDER BY channel, topic NULLS FIRST, recorded_at DESC, consent_number DESC LIMIT :limit;

-- name: events
-- How many events of each type a contact has, and when the last was.
SELECT event_types.key, event_types.label, event_types.date_only, counted.rows, counted.last_at
FROM (
    SELECT event_type, count(*) AS rows, max(occurred_at) AS last_at FROM events
    WHERE organization_id = :organization AND contact_number = :number GROUP BY event_type
) AS counted
JOIN event_types ON event_types.organization_id = :organization AND event_types.number = counted.event_type
ORDER BY counted.last_at DESC, event_types.key;

-- name: relations
-- How many rows of each relation belong to a contact, and when the last was.
SELECT relations.key, relations.label, relations.time = 'date' AS date_only, counted.rows, counted.last_at
FROM (
    SELECT relation, count(*) AS rows, max(occurred_at) AS last_at FROM related_rows
    WHERE organization_id = :organization AND contact_number = :number GROUP BY relation
) AS counted
JOIN relations ON relations.organization_id = :organization AND relations.number = counted.relation
ORDER BY relations.key;

-- name: lists
-- The static lists that hold a contact.
SELECT cast(static_lists.name AS text) AS name FROM static_list_blocks AS stored
JOIN static_lists ON static_lists.organization_id = stored.organization_id AND static_lists.list_id = stored.list_id
WHERE stored.organization_id = :organization AND stored.block = :number / 4096
    AND get_bit(stored.members, :number % 4096) = 1
ORDER BY static_lists.name_fold;

-- name: memberships
-- Every segment that ever held a member of the contact's block: emptied blocks stay, so that none is missed.
SELECT segments.segment_id, cast(segments.name AS text) AS name, segments.state, segments.last_calculated_at,
    get_bit(stored.members, :number % 4096) = 1 AS is_member
FROM membership_blocks AS stored JOIN segments
    ON segments.organization_id = stored.organization_id AND segments.segment_id = stored.segment_id
WHERE stored.organization_id = :organization AND stored.block = :number / 4096
ORDER BY segments.name_fold, segments.segment_id;

-- name: membership
-- One segment, whether or not it ever held the contact.
SELECT segments.segment_id, cast(segments.name AS text) AS name, segments.state, segments.last_calculated_at,
    coalesce(get_bit(stored.members, :number % 4096) = 1, false) AS is_member
FROM segments LEFT JOIN membership_blocks AS stored
    ON stored.organization_id = segments.organization_id AND stored.segment_id = segments.segment_id
    AND stored.block = :number / 4096
WHERE segments.organization_id = :organization AND segments.segment_id = :segment;

-- name: changes
-- Every result with which the contact joined one of these segments or left it, with its run.
SELECT changed.segment_id, changed.published_sequence AS sequence,
    get_bit(changed.joined, :number % 4096) = 1 AS joined, runs.run_id, runs.finished_at
FROM unnest(cast(:segments AS uuid[])) AS asked (segment_id)
JOIN membership_changes AS changed
    ON changed.organization_id = :organization AND changed.segment_id = asked.segment_id
    AND changed.block = :number / 4096 AND get_bit(changed.joined | changed.departed, :number % 4096) = 1
LEFT JOIN runs ON runs.organization_id = :organization AND runs.segment_id = changed.segment_id
    AND runs.published_sequence = changed.published_sequence;

-- name: by_hand
-- Everything that was ever decided by hand about a contact, the newest first, with the segment's name and state.
SELECT segments.segment_id, cast(segments.name AS text) AS name, segments.state, segments.last_calculated_at,
    decided.decision, decided.reason, decided.created_at, decided.ended_at,
    coalesce(author.display_name, author.email, author.subject) AS created_by_name,
    coalesce(ender.display_name, ender.email, ender.subject) AS ended_by_name
FROM segment_overrides AS decided
JOIN segments ON segments.organization_id = decided.organization_id AND segments.segment_id = decided.segment_id
LEFT JOIN people AS author ON author.person_id = decided.created_by
LEFT JOIN people AS ender ON ender.person_id = decided.ended_by
WHERE decided.organization_id = :organization AND decided.contact_number = :number
ORDER BY decided.created_at DESC, decided.override_id;

-- name: campaigns
-- Campaigns and sequences as one contact sees them: selected now, in the newest frozen audience, and what happened.
SELECT campaigns.campaign_id, cast(campaigns.name AS text) AS name, campaigns.kind, campaigns.channel, campaigns.state,
    frozen.frozen_at, (
        SELECT get_bit(held.members, :number % 4096) = 1 FROM campaign_audience_blocks AS held
        WHERE held.organization_id = :organization AND held.campaign_id = campaigns.campaign_id
            AND held.frozen_at = frozen.frozen_at AND held.block = :number / 4096) AS was_in, EXISTS (
        SELECT FROM campaign_segments AS used JOIN membership_blocks AS stored
            ON stored.organization_id = used.organization_id AND stored.segment_id = used.segment_id
        WHERE used.organization_id = :organization AND used.campaign_id = campaigns.campaign_id
            AND used.part = 'included' AND stored.block = :number / 4096
            AND get_bit(stored.members, :number % 4096) = 1) AS selects
FROM campaigns LEFT JOIN LATERAL (
    SELECT max(audience.frozen_at) AS frozen_at FROM campaign_audiences AS audience
    WHERE audience.organization_id = :organization AND audience.campaign_id = campaigns.campaign_id) AS frozen ON true
WHERE campaigns.organization_id = :organization
ORDER BY campaigns.state = 'archived', campaigns.created_at DESC, campaigns.name LIMIT :limit;

-- name: interactions
-- What happened between a contact and each campaign, by kind.
SELECT events.campaign_id, event_types.interaction, count(*) AS rows FROM events
JOIN event_types ON event_types.organization_id = :organization AND event_types.number = events.event_type
WHERE events.organization_id = :organization AND events.contact_number = :number AND events.campaign_id IS NOT NULL
GROUP BY events.campaign_id, event_types.interaction;

-- name: campaign
-- What a campaign or sequence is called, and how far it is.
SELECT cast(name AS text) AS name, kind, state FROM campaigns
WHERE organization_id = :organization AND campaign_id = :campaign;

-- name: used_now
-- The segments of a campaign with the run whose members are published.
SELECT segments.segment_id, cast(segments.name AS text) AS name, used.part, runs.finished_at, runs.started_at,
    runs.published_sequence, runs.member_count
FROM campaign_segments AS used JOIN segments
    ON segments.organization_id = used.organization_id AND segments.segment_id = used.segment_id
LEFT JOIN runs ON runs.organization_id = :organization AND runs.run_id = segments.published_run_id
WHERE used.organization_id = :organization AND used.campaign_id = :campaign
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: used_then
-- The segments of a frozen audience with the run each was frozen from.
SELECT segments.segment_id, cast(segments.name AS text) AS name, audience.part, runs.finished_at, runs.started_at,
    -- Without it what the run held cannot be told: history before the merged result is gone.
    CASE WHEN runs.published_sequence >= segments.compacted_sequence THEN runs.published_sequence END
        AS published_sequence, runs.member_count
FROM campaign_audiences AS audience JOIN segments
    ON segments.organization_id = audience.organization_id AND segments.segment_id = audience.segment_id
LEFT JOIN runs ON runs.organization_id = :organization AND runs.run_id = audience.run_id
WHERE audience.organization_id = :organization AND audience.campaign_id = :campaign
    AND audience.frozen_at = cast(:frozen_at AS timestamptz)
ORDER BY segments.name_fold COLLATE "C", segments.segment_id;

-- name: received_at
-- When the first message of a campaign reached the contact, by what its channel reported.
SELECT min(events.occurred_at) FROM events
JOIN event_types ON event_types.organization_id = :organization AND event_types.number = events.event_type
WHERE events.organization_id = :organization AND events.contact_number = :number AND events.campaign_id = :campaign
    AND event_types.interaction IN ('received', 'delivered', 'opened', 'clicked', 'replied');
