-- name: read
-- What an administrator may set, from the organization and from what workers know of it.
SELECT organizations.time_zone, organizations.week_starts_on, organizations.fiscal_year_start_month,
    organizations.leap_day, organizations.stale_after_hours, organizations.unusable_after_hours,
    organizations.history_days, organizations.runs_kept_days, organization_work.runs_at_once, organizations.revision
FROM organizations JOIN organization_work ON organization_work.organization_id = organizations.organization_id
WHERE organizations.organization_id = :organization;

-- name: lock
-- Holds the settings until the transaction ends; whoever only refers to the organization does not wait.
SELECT organization_id FROM organizations WHERE organization_id = :organization FOR NO KEY UPDATE;

-- name: update
-- Stores the settings of the organization itself.
UPDATE organizations SET time_zone = :time_zone, week_starts_on = :week_starts_on,
    fiscal_year_start_month = :fiscal_year_start_month, leap_day = :leap_day, stale_after_hours = :stale_after_hours,
    unusable_after_hours = :unusable_after_hours, history_days = :history_days, runs_kept_days = :runs_kept_days,
    revision = revision + 1
WHERE organization_id = :organization;

-- name: update_work
-- Stores how many runs of the organization workers may compute at once.
UPDATE organization_work SET runs_at_once = :runs_at_once WHERE organization_id = :organization;

-- name: figures
-- What the settings of this moment mean for segments, runs and schedules; stored figures only.
WITH
-- include: standing
SELECT count(*) FILTER (WHERE standing.readiness = 'ready') AS ready,
    count(*) FILTER (WHERE 'stale_age' = ANY(standing.reasons)) AS stale,
    count(*) FILTER (WHERE 'too_old' = ANY(standing.reasons)) AS too_old,
    (SELECT count(*) FROM runs JOIN organizations ON organizations.organization_id = runs.organization_id
        WHERE runs.organization_id = :organization
            AND runs.finished_at < now() - make_interval(days => organizations.runs_kept_days)) AS runs_to_sweep,
    (SELECT count(*) FROM segment_schedules
        JOIN organizations ON organizations.organization_id = segment_schedules.organization_id
        WHERE segment_schedules.organization_id = :organization
            AND segment_schedules.time_zone <> organizations.time_zone) AS schedules_in_other_zones
FROM standing;
