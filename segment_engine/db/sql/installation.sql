-- name: everybody
-- For the command line of the operator only: whoever ever came or was given a seat, with where they work.
SELECT people.person_id, people.issuer, people.subject, people.display_name, people.email, people.last_signed_in_at,
    people.disabled_at, people.signed_out_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('organization', organizations.name, 'role', seats.role)
            ORDER BY organizations.name), '[]')
        FROM seats JOIN organizations ON organizations.organization_id = seats.organization_id
        WHERE seats.person_id = people.person_id) AS seats
FROM people ORDER BY people.issuer, people.subject;

-- name: find
-- Somebody by issuer and subject, whether or not they are shut out.
SELECT person_id, coalesce(display_name, email, subject) AS name FROM people
WHERE issuer = :issuer AND subject = :subject;

-- name: organizations_of
-- Where a person works: each of these logs gets a line.
SELECT organization_id FROM seats WHERE person_id = :person ORDER BY organization_id;

-- name: disable
-- Shuts somebody out of the whole installation, from the next click on.
UPDATE people SET disabled_at = clock_timestamp() WHERE person_id = :person AND disabled_at IS NULL;

-- name: enable
-- Lets somebody in again who was shut out.
UPDATE people SET disabled_at = NULL WHERE person_id = :person AND disabled_at IS NOT NULL;

-- name: sign_out
-- What was issued until this moment holds no more.
UPDATE people SET signed_out_at = clock_timestamp() WHERE person_id = :person;

-- name: role_in
-- What somebody's seat in an organization entitles to.
SELECT role FROM seats WHERE organization_id = :organization AND person_id = :person;

-- name: give_seat
-- A second seat in the same organization replaces the role of the first.
INSERT INTO seats (organization_id, person_id, role, given_by)
VALUES (:organization, :person, :role, cast(:given_by AS uuid))
ON CONFLICT (organization_id, person_id) DO UPDATE SET role = excluded.role, revision = seats.revision + 1;

-- name: take_seat
-- Ends a seat; what the person made stays.
DELETE FROM seats WHERE organization_id = :organization AND person_id = :person;
