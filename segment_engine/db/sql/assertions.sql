-- name: find
-- The checks people set up for a segment, oldest first.
SELECT assertions.assertion_id, assertions.kind, assertions.level, assertions.lowest, assertions.highest,
    assertions.percent, assertions.contact_numbers, assertions.other_segment_id, assertions.note, assertions.revision,
    assertions.created_at, assertions.updated_at, cast(others.name AS text) AS other_name,
    others.published_run_id IS NOT NULL AS other_calculated, others.state = 'archived' AS other_archived,
    (SELECT coalesce(display_name, email, subject) FROM people
        WHERE people.person_id = assertions.created_by) AS created_by_name
FROM segment_assertions AS assertions
LEFT JOIN segments AS others
    ON others.organization_id = :organization AND others.segment_id = assertions.other_segment_id
WHERE assertions.organization_id = :organization AND assertions.segment_id = :segment
    AND (cast(:assertion AS uuid) IS NULL OR assertions.assertion_id = :assertion)
ORDER BY assertions.created_at, assertions.assertion_id;

-- name: add
-- A new check; what belongs to another kind is empty.
INSERT INTO segment_assertions (organization_id, segment_id, kind, level, lowest, highest, percent, contact_numbers,
    other_segment_id, note, created_by)
VALUES (:organization, :segment, :kind, :level, :lowest, :highest, :percent, cast(:numbers AS integer[]),
    :other_segment, :note, :person)
RETURNING assertion_id;

-- name: change
-- The revision moves, so that the next editor notices and what was accepted before is accepted no longer.
UPDATE segment_assertions SET kind = :kind, level = :level, lowest = :lowest, highest = :highest, percent = :percent,
    contact_numbers = cast(:numbers AS integer[]), other_segment_id = :other_segment, note = :note,
    revision = revision + 1, updated_at = clock_timestamp()
WHERE organization_id = :organization AND segment_id = :segment AND assertion_id = :assertion;

-- name: lock
-- The revision of a check, held until the end of the transaction.
SELECT revision FROM segment_assertions
WHERE organization_id = :organization AND segment_id = :segment AND assertion_id = :assertion FOR UPDATE;

-- name: remove
-- It is gone; runs keep what they found.
DELETE FROM segment_assertions
WHERE organization_id = :organization AND segment_id = :segment AND assertion_id = :assertion;

-- name: named_contacts
-- Whom keys and e-mail addresses name, each once.
SELECT DISTINCT given.word, identities.contact_number AS number
FROM unnest(cast(:words AS text[]), cast(:folded AS text[])) AS given (word, folded)
JOIN identities ON identities.organization_id = :organization
    AND (identities.kind = 'key' AND identities.value = given.word
        OR identities.kind = 'email' AND identities.value = given.folded)
JOIN contacts ON contacts.organization_id = :organization AND contacts.number = identities.contact_number
    AND contacts.deleted_at IS NULL;

-- name: contact_names
-- The keys of contacts, for whoever may see them; a contact that is gone has none.
SELECT number, external_key FROM contacts
WHERE organization_id = :organization AND number = ANY(cast(:numbers AS integer[])) AND deleted_at IS NULL;

-- name: last_judged
-- The newest run whose result was judged: published, or withheld by a check.
SELECT runs.run_id, runs.status, runs.started_at, runs.finished_at, runs.checks, runs.withheld_count
FROM runs
WHERE runs.organization_id = :organization AND runs.segment_id = :segment
    AND (runs.status = 'success' OR runs.status = 'failed' AND runs.withheld_count IS NOT NULL)
ORDER BY runs.requested_at DESC LIMIT 1;

-- name: findings
-- Results in which something was found, newest first; withheld ones are among them.
SELECT run_id, coalesce(finished_at, requested_at) AS at, checks, withheld_count, member_count FROM runs
WHERE organization_id = :organization AND segment_id = :segment AND checks <> '[]'
ORDER BY requested_at DESC LIMIT :limit;

-- name: withhold
-- What was found in a result that is not published, and how many it had; the run ends in the same transaction.
UPDATE runs SET withheld_count = :count, checks = cast(:findings AS jsonb)
WHERE organization_id = :organization AND run_id = :run AND attempt = :attempt AND status = 'processing';

-- name: accept
-- For this run alone a person lets these checks pass.
UPDATE runs SET accepted_checks = cast(:tokens AS jsonb), accepted_by = :person
WHERE organization_id = :organization AND run_id = :run AND status = 'queued';

-- name: accepted
-- What a person let pass for a run, and who it was.
SELECT runs.accepted_checks, coalesce(people.display_name, people.email, people.subject) AS person
FROM runs LEFT JOIN people ON people.person_id = runs.accepted_by
WHERE runs.organization_id = :organization AND runs.run_id = :run;
