-- name: create_organization
-- A tenant begins with its name and zone; the rest keeps its defaults.
INSERT INTO organizations (name, time_zone) VALUES (:name, :time_zone) RETURNING organization_id;

-- name: create_counters
-- The numbers of a new tenant start at nothing.
INSERT INTO organization_counters (organization_id) VALUES (:organization);

-- name: create_work
-- What workers may know of it, with the defaults.
INSERT INTO organization_work (organization_id) VALUES (:organization);

-- name: all_organizations
-- For the command line of the operator only: every tenant, with how many people hold a seat.
SELECT organizations.organization_id, organizations.name, organizations.time_zone, organizations.created_at,
    (SELECT count(*) FROM seats WHERE seats.organization_id = organizations.organization_id) AS seat_count
FROM organizations ORDER BY organizations.organization_id;

-- name: ensure_person
-- The same issuer and subject are the same person, however often they come.
INSERT INTO people (issuer, subject, display_name) VALUES (:issuer, :subject, :display_name)
ON CONFLICT (issuer, subject) DO UPDATE SET display_name = coalesce(people.display_name, excluded.display_name)
RETURNING person_id;

-- name: give_seat
-- A second seat in the same organization replaces the role of the first.
INSERT INTO seats (organization_id, person_id, role) VALUES (:organization, :person, :role)
ON CONFLICT (organization_id, person_id) DO UPDATE SET role = excluded.role;

-- name: seats_of_person
-- Where the person may work, and as what. The calendar comes along, because every context needs it.
SELECT organizations.organization_id, organizations.name, organizations.time_zone, organizations.week_starts_on,
    organizations.fiscal_year_start_month, organizations.leap_day, seats.role
FROM seats JOIN organizations ON organizations.organization_id = seats.organization_id
WHERE seats.person_id = :person
ORDER BY organizations.name;
