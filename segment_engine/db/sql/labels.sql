-- name: describe
-- What people say about a segment beside its criteria. The revision moves, so that the next editor's save notices.
UPDATE segments SET owner_id = :owner, notes = :notes, review_on = :review_on, revision = revision + 1,
    updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = :segment;

-- name: remove_tags
-- Takes these tags from these segments; says which segments had one.
DELETE FROM segment_tags
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
    AND tag_fold = ANY(cast(:folds AS text[]))
RETURNING segment_id;

-- name: add_tags
-- Gives these tags to these segments; says which segments had not all of them.
INSERT INTO segment_tags (organization_id, segment_id, tag, tag_fold)
SELECT :organization, wanted.segment_id, given.tag, given.tag_fold
FROM unnest(cast(:segments AS uuid[])) AS wanted (segment_id)
CROSS JOIN unnest(cast(:tags AS text[]), cast(:folds AS text[])) AS given (tag, tag_fold)
ON CONFLICT (organization_id, segment_id, tag_fold) DO NOTHING
RETURNING segment_id;

-- name: tags_of
-- The tags of these segments, by name.
SELECT segment_id, tag, tag_fold FROM segment_tags
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
ORDER BY segment_id, tag_fold COLLATE "C";

-- name: spellings
-- How tags are spelt that exist already: a tag has one spelling in an organization.
SELECT tag_fold, min(tag COLLATE "C") AS tag FROM segment_tags
WHERE organization_id = :organization AND tag_fold = ANY(cast(:folds AS text[])) GROUP BY tag_fold;

-- name: tags
-- Every tag with how many segments carry it.
SELECT min(tag COLLATE "C") AS tag, count(*) AS segment_count FROM segment_tags
WHERE organization_id = :organization GROUP BY tag_fold ORDER BY tag_fold COLLATE "C";

-- name: owners
-- Whoever holds a seat may answer for a segment.
SELECT people.person_id, coalesce(people.display_name, people.email, people.subject) AS name
FROM seats JOIN people ON people.person_id = seats.person_id
WHERE seats.organization_id = :organization AND people.disabled_at IS NULL
ORDER BY lower(coalesce(people.display_name, people.email, people.subject)) COLLATE "C", people.person_id;

-- name: set_owner
-- Puts one owner, or none, in charge of these segments; those that have that owner already do not move.
UPDATE segments SET owner_id = :owner, revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]))
    AND owner_id IS DISTINCT FROM cast(:owner AS uuid)
RETURNING segment_id;

-- name: touch
-- Tags are rows of their own: the segment they belong to counts as edited.
UPDATE segments SET revision = revision + 1, updated_at = clock_timestamp(), updated_by = :person
WHERE organization_id = :organization AND segment_id = ANY(cast(:segments AS uuid[]));
