-- name: find
-- The person's own views and those that others share, by name.
SELECT saved_views.view_id, saved_views.name, saved_views.query, saved_views.shared,
    saved_views.created_by = :person AS mine,
    coalesce(people.display_name, people.email, people.subject) AS saved_by
FROM saved_views LEFT JOIN people ON people.person_id = saved_views.created_by
WHERE saved_views.organization_id = :organization AND (saved_views.created_by = :person OR saved_views.shared)
ORDER BY saved_views.name_fold COLLATE "C", saved_views.view_id;

-- name: save
-- A person has one view of a name: the second takes the place of the first.
INSERT INTO saved_views (organization_id, name, name_fold, query, shared, created_by)
VALUES (:organization, :name, :name_fold, :query, :shared, :person)
ON CONFLICT (organization_id, created_by, name_fold)
    DO UPDATE SET name = excluded.name, query = excluded.query, shared = excluded.shared
RETURNING view_id;

-- name: count_own
-- How many views a person keeps.
SELECT count(*) FROM saved_views WHERE organization_id = :organization AND created_by = :person;

-- name: get
-- One view, if the person may see it.
SELECT view_id, name, shared, created_by = :person AS mine FROM saved_views
WHERE organization_id = :organization AND view_id = :view AND (created_by = :person OR shared);

-- name: delete
-- The view alone; what it showed stays.
DELETE FROM saved_views WHERE organization_id = :organization AND view_id = :view;
