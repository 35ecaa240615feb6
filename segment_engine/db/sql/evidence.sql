-- name: last_number
-- Numbers of contacts run from 1 to this one; samples are drawn from them.
SELECT last_contact_number FROM organization_counters WHERE organization_id = :organization;

-- name: members
-- What tells a person who the contacts of a sample are, in the order of their numbers.
SELECT number, external_key, first_name, last_name, email, city, country FROM contacts
WHERE organization_id = :organization AND number = ANY(cast(:numbers AS integer[])) AND deleted_at IS NULL
ORDER BY number;

-- name: own_key
-- The own key of a contact of the base, by its number.
SELECT external_key FROM contacts
WHERE organization_id = :organization AND number = :number AND deleted_at IS NULL;

-- name: consents
-- Everything on record about a contact's consent; which record counts is decided by whoever reads them.
SELECT channel, topic, state, recorded_at, consent_number FROM consents
WHERE organization_id = :organization AND contact_number = :number ORDER BY consent_number;

-- name: channels
-- How a contact can be reached.
SELECT channel, address, address_valid, suppressed_at FROM contact_channels
WHERE organization_id = :organization AND contact_number = :number;

-- name: in_segments
-- Which of these segments hold the contact, by their latest successful run.
SELECT segment_id FROM membership_blocks
WHERE organization_id = :organization AND segment_id = ANY(cast(:ids AS uuid[])) AND block = :number / 4096
    AND get_bit(members, :number % 4096) = 1;

-- name: in_lists
-- Which of these static lists hold the contact.
SELECT list_id FROM static_list_blocks
WHERE organization_id = :organization AND list_id = ANY(cast(:ids AS uuid[])) AND block = :number / 4096
    AND get_bit(members, :number % 4096) = 1;

-- name: was_member
-- Whether a published result held the contact: the members now with the later changes taken back.
SELECT (
    coalesce((SELECT get_bit(members, :number % 4096) FROM membership_blocks
        WHERE organization_id = :organization AND segment_id = :segment AND block = :number / 4096), 0)
    + (SELECT count(*) FROM membership_changes
        WHERE organization_id = :organization AND segment_id = :segment AND published_sequence > :sequence
            AND block = :number / 4096 AND get_bit(joined | departed, :number % 4096) = 1)
    ) % 2 = 1;

-- name: published_blocks
-- The members of the latest successful run as bytes. The first four bytes of a sent bit string are its length.
SELECT block, substring(bit_send(members) FROM 5) AS bits FROM membership_blocks
WHERE organization_id = :organization AND segment_id = :segment AND bit_count(members) > 0 ORDER BY block;

-- name: users
-- The campaigns and sequences that take their contacts from the segment.
SELECT campaigns.kind, cast(campaigns.name AS text) AS name FROM campaign_segments AS used
    JOIN campaigns ON campaigns.organization_id = used.organization_id AND campaigns.campaign_id = used.campaign_id
WHERE used.organization_id = :organization AND used.segment_id = :segment
ORDER BY 1, 2;

-- name: run_document
-- The criteria as they were frozen in a run.
SELECT criteria FROM runs WHERE organization_id = :organization AND run_id = :run;

-- name: campaign_names
-- What the campaigns in a contact's history are called.
SELECT campaign_id, cast(name AS text) AS name FROM campaigns
WHERE organization_id = :organization AND campaign_id = ANY(cast(:ids AS uuid[]));
