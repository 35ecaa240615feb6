-- name: server_version
-- As a number: 180006 is 18.6.
SELECT current_setting('server_version_num')::integer;

-- name: powerful_roles
-- None of the three roles may do what row-level security does not hold, or make a role that may.
SELECT rolname FROM pg_roles
WHERE rolname IN ('segment_owner', 'segment_app', 'segment_worker')
    AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
ORDER BY rolname;

-- name: unprotected_tables
-- Every table that holds an organization's rows must have row-level security enabled, forced, and a policy.
SELECT relname::text FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id' AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
ORDER BY 1;

-- name: ways_round
-- What reads tables with the rights of somebody else: views that do not ask as their reader, and functions that act as
-- their owner.
SELECT CASE relkind WHEN 'm' THEN 'the materialized view ' ELSE 'the view ' END || relname AS way FROM pg_class
WHERE relnamespace = 'public'::regnamespace
    AND (relkind = 'm' OR (relkind = 'v'
        AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']))
UNION ALL
SELECT 'the function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
ORDER BY 1;

-- name: database_size
-- How much room this database takes. Units: bytes.
SELECT pg_database_size(current_database());

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
