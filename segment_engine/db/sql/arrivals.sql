-- name: find
-- Who this is; a disabled person is nobody.
SELECT person_id, coalesce(display_name, email, subject) AS name, signed_out_at
FROM people WHERE issuer = :issuer AND subject = :subject AND disabled_at IS NULL;

-- name: arrive
-- The provider's word replaces what was known: an address it no longer calls verified is forgotten. A reload of the
-- page changes nothing, and writes nothing.
INSERT INTO people (issuer, subject, email, display_name, last_signed_in_at)
VALUES (:issuer, :subject, cast(:email AS text), cast(:display_name AS text), cast(:issued_at AS timestamptz))
ON CONFLICT (issuer, subject) DO UPDATE SET email = excluded.email,
    display_name = coalesce(excluded.display_name, people.display_name),
    last_signed_in_at = greatest(people.last_signed_in_at, excluded.last_signed_in_at)
WHERE people.disabled_at IS NULL
    AND (people.email IS DISTINCT FROM excluded.email
        OR people.display_name IS DISTINCT FROM coalesce(excluded.display_name, people.display_name)
        OR people.last_signed_in_at IS DISTINCT FROM greatest(people.last_signed_in_at, excluded.last_signed_in_at));

-- name: sign_out_everywhere
-- What was issued until this moment holds no more.
UPDATE people SET signed_out_at = clock_timestamp() WHERE issuer = :issuer AND subject = :subject;
