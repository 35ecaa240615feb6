-- name: newest
-- What the newest import of a source left behind.
SELECT import_id, report, watermark FROM imports
WHERE organization_id = :organization AND data_source_id = :source
ORDER BY finished_at DESC, import_id LIMIT 1;

-- name: count_contacts
-- Everyone criteria can reach.
SELECT count(*) FROM contacts WHERE organization_id = :organization AND deleted_at IS NULL;

-- name: count_events
-- Every event of one type.
SELECT count(*) FROM events WHERE organization_id = :organization AND event_type = :number;

-- name: count_related
-- Every row of one relation.
SELECT count(*) FROM related_rows WHERE organization_id = :organization AND relation = :number;

-- name: count_consents
-- Every record of consent; they do not know their source.
SELECT count(*) FROM consents WHERE organization_id = :organization;

-- name: count_channels
-- Every channel of a contact; they do not know their source.
SELECT count(*) FROM contact_channels WHERE organization_id = :organization;

-- name: last_contact
-- The highest number given.
SELECT last_contact_number FROM organization_counters WHERE organization_id = :organization;

-- name: latest_staged
-- How far the file delivers: its latest time that is not ahead. The table belongs to this transaction alone.
SELECT max(occurred_at) FILTER (WHERE occurred_at <= clock_timestamp()) FROM staged_rows;

-- name: write
-- One row a field.
INSERT INTO field_profiles (organization_id, import_id, key, label, type, row_total, missing, distinct_count, lowest,
    highest, distribution, sampled)
VALUES (:organization, :import_id, :key, :label, :type, :row_total, :missing, :distinct_count, :lowest, :highest,
    cast(:distribution AS jsonb), :sampled);

-- name: carry_over
-- What an import did not touch looks as it did; a field that was renamed since goes by its new name.
INSERT INTO field_profiles (organization_id, import_id, key, label, type, row_total, missing, distinct_count, lowest,
    highest, distribution, sampled)
SELECT :organization, :now, fields.key, fields.label, before.type, before.row_total, before.missing,
    before.distinct_count, before.lowest, before.highest, before.distribution, before.sampled
FROM field_profiles AS before
LEFT JOIN field_aliases ON field_aliases.organization_id = :organization AND field_aliases.alias = before.key
JOIN fields ON fields.organization_id = :organization AND fields.key = coalesce(field_aliases.key, before.key)
WHERE before.organization_id = :organization AND before.import_id = :before
    AND fields.key = ANY(cast(:keys AS text[]));

-- name: of_imports
-- Profiles under the names the fields have today; a field that is gone keeps its last one.
SELECT profiles.import_id, coalesce(field_aliases.key, profiles.key) AS current_key, profiles.label, profiles.type,
    profiles.row_total, profiles.missing, profiles.distinct_count, profiles.lowest, profiles.highest,
    profiles.distribution, profiles.sampled
FROM field_profiles AS profiles
LEFT JOIN field_aliases ON field_aliases.organization_id = :organization AND field_aliases.alias = profiles.key
WHERE profiles.organization_id = :organization AND profiles.import_id = ANY(cast(:imports AS uuid[]))
ORDER BY coalesce(field_aliases.key, profiles.key) COLLATE "C";

-- name: of_field
-- How one field looked after each import, whatever it was called then.
SELECT imports.finished_at, coalesce(field_aliases.key, profiles.key) AS current_key, profiles.label, profiles.type,
    profiles.row_total, profiles.missing, profiles.distinct_count, profiles.lowest, profiles.highest,
    profiles.distribution, profiles.sampled
FROM field_profiles AS profiles
JOIN imports ON imports.organization_id = :organization AND imports.import_id = profiles.import_id
LEFT JOIN field_aliases ON field_aliases.organization_id = :organization AND field_aliases.alias = profiles.key
WHERE profiles.organization_id = :organization AND coalesce(field_aliases.key, profiles.key) = :key
ORDER BY imports.finished_at, imports.import_id;
