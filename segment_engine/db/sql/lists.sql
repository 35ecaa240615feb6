-- name: create
-- A list without members; its name is unique in the organization whatever the case of its letters.
INSERT INTO static_lists (organization_id, list_id, name, name_fold, rows_read, matched, duplicate, unknown, invalid,
    created_by)
VALUES (:organization, :list, :name, :name_fold, 0, 0, 0, 0, 0, :person);

-- name: lock
-- The list as it is, held until the end of the transaction.
SELECT list_id, name FROM static_lists WHERE organization_id = :organization AND list_id = :list FOR UPDATE;

-- name: no_idle_limit
-- The keys may come from a slow reader; every statement keeps its own limit.
SET LOCAL idle_in_transaction_session_timeout = 0;

-- name: numbers
-- The contact each of these rows leads to. A deleted contact is nobody's key.
SELECT given.place, identities.contact_number AS number
FROM unnest(cast(:keys AS text[])) WITH ORDINALITY AS given (key, place)
JOIN identities ON identities.organization_id = :organization AND identities.kind = 'key'
    AND identities.value = given.key
JOIN contacts ON contacts.organization_id = :organization AND contacts.number = identities.contact_number
    AND contacts.deleted_at IS NULL
ORDER BY given.place;

-- name: clear
-- The contents are about to be replaced; readers see the old ones until the transaction ends.
DELETE FROM static_list_blocks WHERE organization_id = :organization AND list_id = :list;

-- name: add_blocks
-- Members as bits, like those of segments.
INSERT INTO static_list_blocks (organization_id, list_id, block, members)
SELECT :organization, :list, given.block, cast('x' || encode(given.bits, 'hex') AS bit(4096))
FROM unnest(cast(:blocks AS integer[]), cast(:bits AS bytea[])) AS given (block, bits);

-- name: report
-- The figures stand or fall with the members.
UPDATE static_lists SET rows_read = :read, matched = :matched, duplicate = :duplicate, unknown = :unknown,
    invalid = :invalid
WHERE organization_id = :organization AND list_id = :list;

-- name: find
-- Every list, by name.
SELECT static_lists.*, coalesce(people.display_name, people.email, people.subject) AS created_by_name
FROM static_lists LEFT JOIN people ON people.person_id = static_lists.created_by
WHERE static_lists.organization_id = :organization ORDER BY static_lists.name_fold COLLATE "C";

-- name: get
-- One list.
SELECT static_lists.*, coalesce(people.display_name, people.email, people.subject) AS created_by_name
FROM static_lists LEFT JOIN people ON people.person_id = static_lists.created_by
WHERE static_lists.organization_id = :organization AND static_lists.list_id = :list;

-- name: by_name
-- For the command line, where a person types a name.
SELECT list_id FROM static_lists WHERE organization_id = :organization AND name_fold = :name_fold;

-- name: delete
-- Its members go with it; contacts stay.
DELETE FROM static_lists WHERE organization_id = :organization AND list_id = :list;
