-- name: server_version
-- As a number: 180006 is 18.6.
SELECT current_setting('server_version_num')::integer;

-- name: powerful_roles
-- The two roles of daily work must own nothing they could use to walk round row-level security.
SELECT rolname FROM pg_roles
WHERE rolname IN ('segment_app', 'segment_worker')
    AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication);

-- name: acting_as
-- Who a pool really is once connected.
SELECT current_user::text AS role, rolsuper OR rolbypassrls AS powerful FROM pg_roles WHERE rolname = current_user;

-- name: unprotected_tables
-- Every table that holds an organization's rows must have row-level security enabled and forced.
SELECT relname::text FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id' AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity)
ORDER BY 1;

-- name: zones_in_use
-- The zones in which days of some organization begin.
SELECT DISTINCT time_zone FROM organizations ORDER BY time_zone;

-- name: local_times
-- The database's own idea of local times, to compare with Python's zone data.
SELECT zone, instant, instant AT TIME ZONE zone AS local
FROM unnest(cast(:zones AS text[]), cast(:instants AS timestamptz[])) AS probe (zone, instant);

-- name: waiting
-- How long the oldest run has been waiting, of every organization: a stopped worker shows here first.
SELECT extract(epoch FROM clock_timestamp() - min(requested_at))::integer FROM runs WHERE status = 'queued';
