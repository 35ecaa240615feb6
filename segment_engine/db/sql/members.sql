-- name: publish
-- Compares new blocks with the stored ones, writes only those that differ, and keeps what joined and left.
WITH fresh AS (
    SELECT block, cast('x' || encode(bits, 'hex') AS bit(4096)) AS members
    FROM unnest(cast(:blocks AS integer[]), cast(:bits AS bytea[])) AS given (block, bits)
), difference AS (
    SELECT fresh.block, fresh.members,
        fresh.members & ~coalesce(stored.members, cast(0 AS bit(4096))) AS joined,
        coalesce(stored.members, cast(0 AS bit(4096))) & ~fresh.members AS departed
    FROM fresh LEFT JOIN membership_blocks AS stored
        ON stored.organization_id = :organization AND stored.segment_id = :segment AND stored.block = fresh.block
    WHERE fresh.members <> coalesce(stored.members, cast(0 AS bit(4096)))
), written AS (
    INSERT INTO membership_blocks (organization_id, segment_id, block, members)
    SELECT :organization, :segment, block, members FROM difference
    ON CONFLICT (organization_id, segment_id, block) DO UPDATE SET members = excluded.members
), changed AS (
    INSERT INTO membership_changes (organization_id, segment_id, published_sequence, block, joined, departed)
    SELECT :organization, :segment, :sequence, block, joined, departed FROM difference
)
SELECT (SELECT coalesce(sum(bit_count(members)), 0)::integer FROM fresh) AS member_count,
    coalesce(sum(bit_count(joined)), 0)::integer AS joined,
    coalesce(sum(bit_count(departed)), 0)::integer AS departed
FROM difference;

-- name: empty_the_rest
-- Blocks that had members and have none any more. They stay as rows of zeros: the segment may fill them again.
WITH emptied AS (
    SELECT block, members FROM membership_blocks
    WHERE organization_id = :organization AND segment_id = :segment
        AND block <> ALL (cast(:blocks AS integer[])) AND bit_count(members) > 0
), written AS (
    UPDATE membership_blocks SET members = cast(0 AS bit(4096)) FROM emptied
    WHERE membership_blocks.organization_id = :organization AND membership_blocks.segment_id = :segment
        AND membership_blocks.block = emptied.block
), changed AS (
    INSERT INTO membership_changes (organization_id, segment_id, published_sequence, block, joined, departed)
    SELECT :organization, :segment, :sequence, block, cast(0 AS bit(4096)), members FROM emptied
)
SELECT coalesce(sum(bit_count(members)), 0)::integer AS departed FROM emptied;

-- name: page
-- Members in the order of their numbers. Empty blocks are skipped, so a small segment among many contacts stays quick.
SELECT member.number, member.external_key, member.first_name, member.last_name, member.email, member.city,
    member.country, (
        SELECT decided.decision FROM segment_overrides AS decided
        WHERE decided.organization_id = :organization AND decided.segment_id = :segment
            AND decided.contact_number = member.number AND decided.ended_at IS NULL) AS by_hand
FROM membership_blocks AS stored CROSS JOIN LATERAL (
    SELECT contacts.number, contacts.external_key, contacts.first_name, contacts.last_name, contacts.email,
        contacts.city, contacts.country
    FROM contacts
    WHERE contacts.organization_id = :organization AND contacts.deleted_at IS NULL
        AND contacts.number BETWEEN greatest(stored.block * 4096, :after + 1) AND stored.block * 4096 + 4095
        AND get_bit(stored.members, contacts.number % 4096) = 1
    ORDER BY contacts.number LIMIT :limit) AS member
WHERE stored.organization_id = :organization AND stored.segment_id = :segment
    AND stored.block >= (:after + 1) / 4096 AND bit_count(stored.members) > 0
ORDER BY stored.block, member.number LIMIT :limit;

-- name: page_as_of
-- The same as of an earlier run: today's blocks with every later change taken back by exclusive or. By hand counts
-- what was decided when that run began to read.
WITH later AS (
    SELECT block, bit_xor(joined | departed) AS flips FROM membership_changes
    WHERE organization_id = :organization AND segment_id = :segment AND published_sequence > :sequence
        AND block >= (:after + 1) / 4096
    GROUP BY block
), earlier AS (
    SELECT stored.block, stored.members # coalesce(later.flips, cast(0 AS bit(4096))) AS members
    FROM membership_blocks AS stored LEFT JOIN later ON later.block = stored.block
    WHERE stored.organization_id = :organization AND stored.segment_id = :segment
        AND stored.block >= (:after + 1) / 4096
)
SELECT member.number, member.external_key, member.first_name, member.last_name, member.email, member.city,
    member.country, (
        SELECT decided.decision FROM segment_overrides AS decided
        WHERE decided.organization_id = :organization AND decided.segment_id = :segment
            AND decided.contact_number = member.number AND decided.created_at <= cast(:moment AS timestamptz)
            AND (decided.ended_at IS NULL OR decided.ended_at > cast(:moment AS timestamptz))
        ORDER BY decided.created_at DESC LIMIT 1) AS by_hand
FROM earlier CROSS JOIN LATERAL (
    SELECT contacts.number, contacts.external_key, contacts.first_name, contacts.last_name, contacts.email,
        contacts.city, contacts.country
    FROM contacts
    WHERE contacts.organization_id = :organization AND contacts.deleted_at IS NULL
        AND contacts.number BETWEEN greatest(earlier.block * 4096, :after + 1) AND earlier.block * 4096 + 4095
        AND get_bit(earlier.members, contacts.number % 4096) = 1
    ORDER BY contacts.number LIMIT :limit) AS member
WHERE bit_count(earlier.members) > 0
ORDER BY earlier.block, member.number LIMIT :limit;

-- name: contact_number
-- The dense number behind a contact's own key.
SELECT identities.contact_number FROM identities
    JOIN contacts ON contacts.organization_id = identities.organization_id
        AND contacts.number = identities.contact_number AND contacts.deleted_at IS NULL
WHERE identities.organization_id = :organization AND identities.kind = 'key' AND identities.value = :key;

-- name: segments_of_contact
-- Which segments hold this contact now, and the run with which it last joined each.
SELECT segments.segment_id, segments.name, segments.state, (
    SELECT runs.finished_at FROM membership_changes AS changed
        JOIN runs ON runs.organization_id = changed.organization_id AND runs.segment_id = changed.segment_id
            AND runs.published_sequence = changed.published_sequence
    WHERE changed.organization_id = :organization AND changed.segment_id = segments.segment_id
        AND changed.block = :number / 4096 AND get_bit(changed.joined, :number % 4096) = 1
    ORDER BY changed.published_sequence DESC LIMIT 1) AS since
FROM membership_blocks AS stored JOIN segments
    ON segments.organization_id = stored.organization_id AND segments.segment_id = stored.segment_id
WHERE stored.organization_id = :organization AND stored.block = :number / 4096
    AND get_bit(stored.members, :number % 4096) = 1
ORDER BY segments.name_fold, segments.segment_id;
