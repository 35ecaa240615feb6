-- name: find
-- Who holds a seat here, admins first; one of them when a person is named.
SELECT people.person_id, people.display_name, people.email, people.issuer, people.subject, people.last_signed_in_at,
    people.disabled_at, seats.role, seats.created_at, seats.revision, seats.given_by,
    coalesce(givers.display_name, givers.email) AS giver
FROM seats JOIN people ON people.person_id = seats.person_id
LEFT JOIN people AS givers ON givers.person_id = seats.given_by
WHERE seats.organization_id = :organization
    AND (cast(:person AS uuid) IS NULL OR seats.person_id = cast(:person AS uuid))
ORDER BY array_position(ARRAY['admin', 'ops_lead', 'campaign_manager', 'analyst', 'viewer'], seats.role),
    lower(coalesce(people.display_name, people.email, people.subject)), people.person_id;

-- name: one_at_a_time
-- Acts on the seats of an organization wait for each other, so that no two of them together leave it without an admin.
SELECT organization_id FROM organizations WHERE organization_id = :organization FOR NO KEY UPDATE;

-- name: role_of
-- What a person may do here at this moment, whatever the context was built from.
SELECT seats.role FROM seats WHERE seats.organization_id = :organization AND seats.person_id = :person;

-- name: other_admins
-- How many others could administer the organization: admins who can sign in.
SELECT count(*) FROM seats JOIN people ON people.person_id = seats.person_id
WHERE seats.organization_id = :organization AND seats.role = 'admin' AND seats.person_id <> :person
    AND people.disabled_at IS NULL AND people.issuer <> :local;

-- name: change_role
-- Gives a seat another role.
UPDATE seats SET role = :role, revision = revision + 1
WHERE organization_id = :organization AND person_id = :person;

-- name: take
-- Ends a seat; what the person made stays.
DELETE FROM seats WHERE organization_id = :organization AND person_id = :person;

-- name: give
-- Gives a seat to whoever was invited; one that is there already stays as it is.
INSERT INTO seats (organization_id, person_id, role, given_by)
VALUES (:organization, :person, :role, cast(:given_by AS uuid))
ON CONFLICT (organization_id, person_id) DO NOTHING
RETURNING role;
