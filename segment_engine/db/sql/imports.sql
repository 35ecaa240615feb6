-- name: no_time_limits
-- An import takes as long as the file is; waiting for another import of the organization is fine too.
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('lock_timeout', '0', true), set_config('work_mem', '128MB', true),
    set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true);

-- name: one_at_a_time
-- Imports of one organization wait for each other: numbers are given once, and no two can lock each other out.
SELECT pg_advisory_xact_lock(20190413, :organization);

-- name: last_contact_number
-- The last number given; held until the end, because others add contacts too.
SELECT last_contact_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: last_event_number
-- As for contacts.
SELECT last_event_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: move_contact_counter
-- Contact numbers are never given twice.
UPDATE organization_counters SET last_contact_number = :number
WHERE organization_id = :organization AND last_contact_number < :number;

-- name: move_event_counter
-- Beyond the last event of this type that was really added; none added, nothing moves.
UPDATE organization_counters SET last_event_number = last_event_number + :rows
WHERE organization_id = :organization;

-- name: analyze_staged
-- A temporary table has no statistics, and the joins below depend on its size.
ANALYZE staged_rows (row_number, external_key);

-- name: reject_duplicate_keys
-- The last row of a key counts.
WITH latest AS (
    SELECT external_key, max(row_number) AS row_number FROM staged_rows GROUP BY external_key HAVING count(*) > 1
), gone AS (
    DELETE FROM staged_rows USING latest
    WHERE staged_rows.external_key = latest.external_key AND staged_rows.row_number < latest.row_number
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_deleted
-- Whoever was deleted does not come back because a file still names them.
WITH gone AS (
    DELETE FROM staged_rows USING identities, contacts
    WHERE identities.organization_id = :organization AND identities.kind = 'key'
        AND identities.value = staged_rows.external_key
        AND contacts.organization_id = :organization AND contacts.number = identities.contact_number
        AND contacts.deleted_at IS NOT NULL
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_unknown
-- Events of keys no contact has.
WITH gone AS (
    DELETE FROM staged_rows WHERE NOT EXISTS (
        SELECT FROM identities WHERE identities.organization_id = :organization AND identities.kind = 'key'
            AND identities.value = staged_rows.external_key)
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_duplicate_ids
-- The last row of an id counts.
WITH latest AS (
    SELECT event_key, max(row_number) AS row_number FROM staged_rows GROUP BY event_key HAVING count(*) > 1
), gone AS (
    DELETE FROM staged_rows USING latest
    WHERE staged_rows.event_key = latest.event_key AND staged_rows.row_number < latest.row_number
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: number_repeats
-- Rows alike in everything are different events: the second, third … get keys of their own, the same in every import.
-- Only the keys that occur twice are sorted.
WITH repeated AS (
    SELECT event_key FROM staged_rows GROUP BY event_key HAVING count(*) > 1
), numbered AS (
    SELECT staged_rows.row_number, staged_rows.event_key,
        row_number() OVER (PARTITION BY staged_rows.event_key ORDER BY staged_rows.row_number) AS ordinal
    FROM staged_rows JOIN repeated ON repeated.event_key = staged_rows.event_key
)
UPDATE staged_rows
SET event_key = encode(substring(sha256(convert_to(numbered.event_key::text || '#' || numbered.ordinal, 'UTF8'))
    FOR 16), 'hex')::uuid
FROM numbered
WHERE staged_rows.row_number = numbered.row_number AND numbered.ordinal > 1;

-- name: count_staged
-- What is left after the rejections.
SELECT count(*) FROM staged_rows;

-- name: create_bare_contacts
-- Contacts known by their key alone, in the order of their first event.
INSERT INTO contacts (organization_id, number, external_key)
SELECT :organization, :base + row_number() OVER (ORDER BY min(staged_rows.row_number)), staged_rows.external_key
FROM staged_rows
WHERE NOT EXISTS (
    SELECT FROM identities WHERE identities.organization_id = :organization AND identities.kind = 'key'
        AND identities.value = staged_rows.external_key)
GROUP BY staged_rows.external_key;

-- name: outgrown
-- Whether the planner's figures are from a time when a table was far smaller, or the change alone is large enough to
-- be a tenant's whole data. After a small import into a large table they still hold, and autovacuum comes anyway.
SELECT reltuples < 10 * :changed OR :changed >= 10000 FROM pg_class WHERE oid = cast(:table_name AS regclass);

-- name: analyze_new_contacts
-- Checking the contact of each new event with figures of an empty table took the wrong index: 54 µs an event, not 18.
ANALYZE contacts (organization_id, external_key, number), identities (organization_id, kind, value, contact_number);

-- name: create_key_identities
-- Contacts after this number are new; their key leads to them from now on.
INSERT INTO identities (organization_id, kind, value, contact_number)
SELECT organization_id, 'key', external_key, number FROM contacts
WHERE organization_id = :organization AND number > :base;

-- name: create_emails_of_new
-- The first holder of an address keeps it; sorted, so that the index is filled in order.
INSERT INTO identities (organization_id, kind, value, contact_number)
SELECT organization_id, 'email', email_fold, number FROM contacts
WHERE organization_id = :organization AND number > :base AND email_fold IS NOT NULL
ORDER BY email_fold COLLATE "C", number
ON CONFLICT (organization_id, kind, value) DO NOTHING;

-- name: create_channels_of_new
-- Read from the contacts just made: a join with the staged rows would find the same at twice the cost.
INSERT INTO contact_channels (organization_id, contact_number, channel, address)
SELECT contacts.organization_id, contacts.number, channels.channel, channels.address
FROM contacts CROSS JOIN LATERAL (VALUES ('email', contacts.email), ('phone', contacts.phone))
    AS channels (channel, address)
WHERE contacts.organization_id = :organization AND contacts.number > :base AND channels.address IS NOT NULL;

-- name: drop_old_emails
-- An address that a known contact no longer has no longer leads to it.
DELETE FROM identities USING staged_rows, identities AS own
WHERE own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
    AND own.contact_number <= :base
    AND identities.organization_id = :organization AND identities.kind = 'email'
    AND identities.contact_number = own.contact_number
    AND identities.value IS DISTINCT FROM staged_rows.email_fold;

-- name: create_emails_of_known
-- A known contact that has a new address, unless somebody else holds it.
INSERT INTO identities (organization_id, kind, value, contact_number)
SELECT :organization, 'email', staged_rows.email_fold, own.contact_number
FROM staged_rows JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
WHERE staged_rows.email_fold IS NOT NULL AND own.contact_number <= :base
ORDER BY staged_rows.email_fold COLLATE "C", own.contact_number
ON CONFLICT (organization_id, kind, value) DO NOTHING;

-- name: count_emails
-- If as many identities were made, no address is shared and nobody needs to look.
SELECT count(email_fold) FROM staged_rows;

-- name: count_shared_emails
-- Rows whose address leads to another contact.
SELECT count(*) FROM staged_rows
JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
JOIN identities AS holder
    ON holder.organization_id = :organization AND holder.kind = 'email' AND holder.value = staged_rows.email_fold
WHERE holder.contact_number <> own.contact_number;

-- name: update_email_channel
-- A changed address starts afresh: a hard bounce belonged to the old one; a complaint or a stop belongs to the contact.
UPDATE contact_channels SET address = staged_rows.email, address_valid = true,
    suppressed_at = CASE WHEN suppression <> 'hard_bounce' THEN suppressed_at END,
    suppression = CASE WHEN suppression <> 'hard_bounce' THEN suppression END
FROM staged_rows, identities AS own
WHERE own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
    AND own.contact_number <= :base
    AND contact_channels.organization_id = :organization AND contact_channels.contact_number = own.contact_number
    AND contact_channels.channel = 'email' AND contact_channels.address IS DISTINCT FROM staged_rows.email;

-- name: create_email_channel
-- Known contacts that have an address for the first time.
INSERT INTO contact_channels (organization_id, contact_number, channel, address)
SELECT :organization, own.contact_number, 'email', staged_rows.email
FROM staged_rows JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
WHERE staged_rows.email IS NOT NULL AND own.contact_number <= :base
ORDER BY own.contact_number
ON CONFLICT (organization_id, contact_number, channel) DO NOTHING;

-- name: update_phone_channel
-- A changed address starts afresh: a hard bounce belonged to the old one; a complaint or a stop belongs to the contact.
UPDATE contact_channels SET address = staged_rows.phone, address_valid = true,
    suppressed_at = CASE WHEN suppression <> 'hard_bounce' THEN suppressed_at END,
    suppression = CASE WHEN suppression <> 'hard_bounce' THEN suppression END
FROM staged_rows, identities AS own
WHERE own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
    AND own.contact_number <= :base
    AND contact_channels.organization_id = :organization AND contact_channels.contact_number = own.contact_number
    AND contact_channels.channel = 'phone' AND contact_channels.address IS DISTINCT FROM staged_rows.phone;

-- name: create_phone_channel
-- Known contacts that have an address for the first time.
INSERT INTO contact_channels (organization_id, contact_number, channel, address)
SELECT :organization, own.contact_number, 'phone', staged_rows.phone
FROM staged_rows JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
WHERE staged_rows.phone IS NOT NULL AND own.contact_number <= :base
ORDER BY own.contact_number
ON CONFLICT (organization_id, contact_number, channel) DO NOTHING;

-- name: has_events
-- A new type needs no search for events that are already there.
SELECT EXISTS (SELECT FROM events WHERE organization_id = :organization AND event_type = :event_type);

-- name: record_import
-- What happened, in figures that must add up.
INSERT INTO imports (organization_id, import_id, data_source_id, kind, file_name, rows_read, added, updated, unchanged,
    rejected, report, started_at, finished_at)
VALUES (:organization, :import_id, :source, :kind, :file_name, :rows_read, :added, :updated, :unchanged, :rejected,
    cast(:report AS jsonb), :started_at, :finished_at);

-- name: touch_source
-- From now on the source is as fresh as this import.
UPDATE data_sources SET last_imported_at = :finished_at
WHERE organization_id = :organization AND data_source_id = :source;

-- name: record_audit
-- Imports run on the command line, where nobody is signed in.
INSERT INTO audit_events (organization_id, action, object_kind, object_id, detail)
VALUES (:organization, 'source.import', 'data_source', :source, cast(:detail AS jsonb));

-- name: clock
-- The time of the database decides, not that of the machine that reads the file.
SELECT clock_timestamp();

-- name: analyze_contacts
-- The planner's figures follow a large import at once instead of waiting for the next round of autovacuum.
ANALYZE contacts, identities;

-- name: analyze_events
-- As for contacts.
ANALYZE events;
