-- name: add
-- At most one open record per contact and segment: a second one inserts nothing.
INSERT INTO segment_overrides (organization_id, segment_id, contact_number, decision, reason, created_by)
VALUES (:organization, :segment, :contact, :decision, :reason, :person)
ON CONFLICT (organization_id, segment_id, contact_number) WHERE ended_at IS NULL DO NOTHING
RETURNING override_id;

-- name: end
-- It stays on record.
UPDATE segment_overrides SET ended_at = clock_timestamp(), ended_by = :person
WHERE organization_id = :organization AND segment_id = :segment AND override_id = :override AND ended_at IS NULL;

-- name: find
-- Open ones first, then those that ended; the newest first.
SELECT decided.override_id, decided.contact_number, decided.decision, decided.reason, decided.created_at,
    decided.ended_at, contacts.external_key, contacts.first_name, contacts.last_name,
    coalesce(author.display_name, author.email, author.subject) AS created_by_name,
    coalesce(ender.display_name, ender.email, ender.subject) AS ended_by_name
FROM segment_overrides AS decided
LEFT JOIN contacts ON contacts.organization_id = decided.organization_id
    AND contacts.number = decided.contact_number AND contacts.deleted_at IS NULL
LEFT JOIN people AS author ON author.person_id = decided.created_by
LEFT JOIN people AS ender ON ender.person_id = decided.ended_by
WHERE decided.organization_id = :organization AND decided.segment_id = :segment
    AND (cast(:contact AS integer) IS NULL OR decided.contact_number = :contact)
    AND (:with_ended OR decided.ended_at IS NULL)
ORDER BY decided.ended_at IS NOT NULL, decided.created_at DESC, decided.override_id LIMIT :limit;

-- name: count_open
-- How many of either decision count now: the sentence says it, without showing a contact.
SELECT decision, count(*) AS records FROM segment_overrides
WHERE organization_id = :organization AND segment_id = :segment AND ended_at IS NULL GROUP BY decision;
