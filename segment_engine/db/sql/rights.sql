-- name: of_connection
-- Who a connection really acts as, and what of it would walk round row-level security.
SELECT session_user::text AS login, current_user::text AS acting_as, rolsuper AS superuser,
    rolbypassrls AS bypasses,
    EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND pg_has_role(current_user, relowner, 'MEMBER')
    ) AS owns_tables,
    EXISTS (
        SELECT FROM pg_roles AS wanted
        WHERE wanted.rolname = :expected AND pg_has_role(current_user, wanted.oid, 'MEMBER')
    ) AS as_expected
FROM pg_roles WHERE rolname = current_user;
