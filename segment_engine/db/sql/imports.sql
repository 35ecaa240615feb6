-- name: no_time_limits
-- An import takes as long as the file is; waiting for another import of the organization is fine too.
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('lock_timeout', '0', true), set_config('work_mem', '128MB', true),
    set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true);

-- name: one_at_a_time
-- Imports of one organization wait for each other: numbers are given once, and no two can lock each other out.
SELECT pg_advisory_xact_lock(20190413, :organization);

-- name: free_for_an_import
-- Takes the same lock when nobody holds it, so that whoever has to wait can be told so.
SELECT pg_try_advisory_xact_lock(20190413, :organization);

-- name: last_contact_number
-- The last number given; held until the end, because others add contacts too.
SELECT last_contact_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: last_event_number
-- As for contacts.
SELECT last_event_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: last_related_number
-- As for contacts.
SELECT last_related_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: last_consent_number
-- As for contacts.
SELECT last_consent_number FROM organization_counters WHERE organization_id = :organization FOR UPDATE;

-- name: move_contact_counter
-- Contact numbers are never given twice.
UPDATE organization_counters SET last_contact_number = :number
WHERE organization_id = :organization AND last_contact_number < :number;

-- name: move_event_counter
-- Beyond the last event of this type that was really added; none added, nothing moves.
UPDATE organization_counters SET last_event_number = last_event_number + :rows
WHERE organization_id = :organization;

-- name: move_related_counter
-- As for events.
UPDATE organization_counters SET last_related_number = last_related_number + :rows
WHERE organization_id = :organization;

-- name: move_consent_counter
-- As for events.
UPDATE organization_counters SET last_consent_number = last_consent_number + :rows
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

-- name: reject_duplicate_rows
-- The last row of an id counts; ids are those of the related table, whoever the rows belong to.
WITH latest AS (
    SELECT row_key, max(row_number) AS row_number FROM staged_rows GROUP BY row_key HAVING count(*) > 1
), gone AS (
    DELETE FROM staged_rows USING latest
    WHERE staged_rows.row_key = latest.row_key AND staged_rows.row_number < latest.row_number
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_duplicate_channels
-- The last row of a contact and channel counts.
WITH latest AS (
    SELECT external_key, channel, max(row_number) AS row_number FROM staged_rows
    GROUP BY external_key, channel HAVING count(*) > 1
), gone AS (
    DELETE FROM staged_rows USING latest
    WHERE staged_rows.external_key = latest.external_key AND staged_rows.channel = latest.channel
        AND staged_rows.row_number < latest.row_number
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_unknown_parents
-- Rows that hang on a row which is not there.
WITH gone AS (
    DELETE FROM staged_rows WHERE NOT EXISTS (
        SELECT FROM related_rows WHERE related_rows.organization_id = :organization
            AND related_rows.relation = :parent AND related_rows.row_key = staged_rows.external_key)
    RETURNING staged_rows.row_number
)
SELECT count(*) AS row_count, (array_agg(row_number ORDER BY row_number))[1:5] AS first_rows FROM gone;

-- name: reject_parents_of_deleted
-- Rows that hang on a row of a contact who was deleted.
WITH gone AS (
    DELETE FROM staged_rows USING related_rows, contacts
    WHERE related_rows.organization_id = :organization AND related_rows.relation = :parent
        AND related_rows.row_key = staged_rows.external_key
        AND contacts.organization_id = :organization AND contacts.number = related_rows.contact_number
        AND contacts.deleted_at IS NOT NULL
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

-- name: campaigns
-- Every campaign by name: history may name it by either.
SELECT campaign_id, name FROM campaigns WHERE organization_id = :organization;

-- name: create_campaigns
-- Campaigns that history names and nobody planned here; what has a history is over or under way elsewhere.
INSERT INTO campaigns (organization_id, campaign_id, name, channel, state)
SELECT :organization, given.campaign_id, given.name, :channel, 'finished'
FROM unnest(cast(:ids AS uuid[]), cast(:names AS text[])) AS given (campaign_id, name)
WHERE EXISTS (SELECT FROM staged_rows WHERE staged_rows.campaign_id = given.campaign_id);

-- name: has_related
-- A new relation needs no search for rows that are already there.
SELECT EXISTS (SELECT FROM related_rows WHERE organization_id = :organization AND relation = :relation);

-- name: move_related
-- A row that belongs to another contact than before takes along what hangs on it, in one statement: the reference from
-- row to row is checked at its end.
WITH moved AS (
    SELECT related_rows.contact_number, related_rows.row_number, own.contact_number AS new_contact
    FROM staged_rows
    JOIN related_rows ON related_rows.organization_id = :organization AND related_rows.relation = :relation
        AND related_rows.row_key = staged_rows.row_key
    JOIN identities AS own
        ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
    WHERE own.contact_number <> related_rows.contact_number
)
UPDATE related_rows SET contact_number = moved.new_contact
FROM moved
WHERE related_rows.organization_id = :organization AND related_rows.contact_number = moved.contact_number
    AND (related_rows.row_number = moved.row_number OR related_rows.parent_number = moved.row_number);

-- name: add_consents
-- Records that are not there yet. Of records alike in everything one is enough; the order of the file decides between
-- those of one moment.
INSERT INTO consents (organization_id, contact_number, channel, consent_number, topic, state, recorded_at)
SELECT :organization, own.contact_number, given.channel, :base + max(given.row_number), given.topic, given.state,
    given.occurred_at
FROM staged_rows AS given JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = given.external_key
WHERE NOT EXISTS (
    SELECT FROM consents AS known
    WHERE known.organization_id = :organization AND known.contact_number = own.contact_number
        AND known.channel = given.channel AND known.state = given.state AND known.recorded_at = given.occurred_at
        AND known.topic IS NOT DISTINCT FROM given.topic)
GROUP BY own.contact_number, given.channel, given.topic, given.state, given.occurred_at
ORDER BY own.contact_number;

-- name: update_channels
-- What the file delivers replaces what was there; a changed address starts afresh, as with contacts.
UPDATE contact_channels SET
    address = CASE WHEN :has_address THEN staged_rows.address ELSE contact_channels.address END,
    address_valid = CASE WHEN :has_valid THEN staged_rows.address_valid
        WHEN :has_address AND staged_rows.address IS DISTINCT FROM contact_channels.address THEN true
        ELSE contact_channels.address_valid END,
    suppressed_at = CASE WHEN :has_suppression THEN staged_rows.suppressed_at
        WHEN :has_address AND staged_rows.address IS DISTINCT FROM contact_channels.address
            AND contact_channels.suppression = 'hard_bounce' THEN NULL
        ELSE contact_channels.suppressed_at END,
    suppression = CASE WHEN :has_suppression THEN staged_rows.suppression
        WHEN :has_address AND staged_rows.address IS DISTINCT FROM contact_channels.address
            AND contact_channels.suppression = 'hard_bounce' THEN NULL
        ELSE contact_channels.suppression END
FROM staged_rows, identities AS own
WHERE own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
    AND contact_channels.organization_id = :organization AND contact_channels.contact_number = own.contact_number
    AND contact_channels.channel = staged_rows.channel
    AND (:has_address AND contact_channels.address IS DISTINCT FROM staged_rows.address
        OR :has_valid AND contact_channels.address_valid <> staged_rows.address_valid
        OR :has_suppression AND (contact_channels.suppressed_at, contact_channels.suppression)
            IS DISTINCT FROM (staged_rows.suppressed_at, staged_rows.suppression));

-- name: add_channels
-- Channels of contacts that had none of the kind.
INSERT INTO contact_channels (organization_id, contact_number, channel, address, address_valid, suppressed_at,
    suppression)
SELECT :organization, own.contact_number, staged_rows.channel, staged_rows.address, staged_rows.address_valid,
    staged_rows.suppressed_at, staged_rows.suppression
FROM staged_rows JOIN identities AS own
    ON own.organization_id = :organization AND own.kind = 'key' AND own.value = staged_rows.external_key
ORDER BY own.contact_number
ON CONFLICT (organization_id, contact_number, channel) DO NOTHING;

-- name: record_import
-- What happened, in figures that must add up.
INSERT INTO imports (organization_id, import_id, data_source_id, kind, file_name, rows_read, added, updated, unchanged,
    rejected, report, started_at, finished_at, imported_by, file_columns, row_total, watermark)
VALUES (:organization, :import_id, :source, :kind, :file_name, :rows_read, :added, :updated, :unchanged, :rejected,
    cast(:report AS jsonb), :started_at, :finished_at, cast(:imported_by AS uuid),
    cast(:file_columns AS jsonb), :row_total, :watermark);

-- name: touch_source
-- From now on the source is as fresh as this import, and delivered as far as its rows go.
UPDATE data_sources SET last_imported_at = :finished_at,
    watermark = greatest(watermark, cast(:watermark AS timestamptz))
WHERE organization_id = :organization AND data_source_id = :source;

-- name: keep_rows
-- How long the source keeps its rows; without a figure, for ever.
UPDATE data_sources SET retention_days = cast(:retention_days AS integer)
WHERE organization_id = :organization AND data_source_id = :source;

-- name: record_audit
-- Whoever imported; nobody where the engine itself made the data, as for the demo.
INSERT INTO audit_events (organization_id, person_id, person_name, action, object_kind, object_id, detail, request_id)
VALUES (:organization, cast(:person AS uuid),
    (SELECT coalesce(display_name, email, subject) FROM people WHERE person_id = cast(:person AS uuid)),
    'source.import', 'data_source', :source, cast(:detail AS jsonb), cast(:request AS text));

-- name: clock
-- The time of the database decides, not that of the machine that reads the file.
SELECT clock_timestamp();

-- name: analyze_contacts
-- The planner's figures follow a large import at once instead of waiting for the next round of autovacuum.
ANALYZE contacts, identities, contact_channels;

-- name: analyze_events
-- As for contacts.
ANALYZE events;

-- name: analyze_related_rows
-- As for contacts.
ANALYZE related_rows;

-- name: analyze_consents
-- As for contacts.
ANALYZE consents;

-- name: analyze_contact_channels
-- As for contacts.
ANALYZE contact_channels;

-- name: source_names
-- Who has delivered so far, by name.
SELECT name FROM data_sources WHERE organization_id = :organization ORDER BY name;

-- name: same_columns
-- The latest import of a file with exactly these columns: what was decided about it will hold again.
SELECT imports.file_name, imports.finished_at, data_sources.name AS source, imports.report -> 'mapping' AS mapping
FROM imports JOIN data_sources
    ON data_sources.organization_id = imports.organization_id
    AND data_sources.data_source_id = imports.data_source_id
WHERE imports.organization_id = :organization AND imports.report ? 'mapping'
    AND (SELECT array_agg(given.name ORDER BY given.name COLLATE "C")
        FROM jsonb_to_recordset(imports.file_columns) AS given (name text)) = cast(:names AS text[])
ORDER BY imports.finished_at DESC
LIMIT 1;

-- name: source_of_name
-- The id behind the name of a source, for links.
SELECT data_source_id FROM data_sources WHERE organization_id = :organization AND name = :name;

-- name: segments_reading
-- Segments whose criteria read fields or rows of this source, by name.
SELECT segments.segment_id, segments.name, segments.state
FROM segment_sources JOIN segments
    ON segments.organization_id = segment_sources.organization_id
    AND segments.segment_id = segment_sources.segment_id
WHERE segment_sources.organization_id = :organization AND segment_sources.data_source_id = :source
ORDER BY segments.name_fold, segments.segment_id;

-- name: campaigns_reading
-- Plans that use such a segment and are not over, by name.
SELECT DISTINCT campaigns.campaign_id, campaigns.name, campaigns.kind
FROM segment_sources JOIN campaign_segments
    ON campaign_segments.organization_id = segment_sources.organization_id
    AND campaign_segments.segment_id = segment_sources.segment_id
JOIN campaigns
    ON campaigns.organization_id = campaign_segments.organization_id
    AND campaigns.campaign_id = campaign_segments.campaign_id
WHERE segment_sources.organization_id = :organization AND segment_sources.data_source_id = :source
    AND campaigns.state NOT IN ('finished', 'archived')
ORDER BY campaigns.name, campaigns.campaign_id;
