-- name: beat
-- A worker says that it is there; the first time, and after it was swept, this writes it down.
INSERT INTO workers (worker, runs_done) VALUES (:worker, :runs_done)
ON CONFLICT (worker) DO UPDATE SET seen_at = clock_timestamp(), stopped_at = NULL, runs_done = excluded.runs_done;

-- name: stop
-- A worker that ends on purpose says so: it is missed by nobody.
UPDATE workers SET seen_at = clock_timestamp(), stopped_at = clock_timestamp(), runs_done = :runs_done
WHERE worker = :worker;

-- name: sweep
-- Workers nobody has heard of for long, stopped or not; one that still lives writes itself down again.
DELETE FROM workers WHERE seen_at < clock_timestamp() - make_interval(days => :days);

-- name: find
-- Every worker that is remembered, by the database's clock, the one heard last first.
SELECT worker, started_at, seen_at, stopped_at, runs_done,
    extract(epoch FROM clock_timestamp() - seen_at) AS silent_seconds
FROM workers ORDER BY stopped_at IS NOT NULL, seen_at DESC, worker;

-- name: keeps_nothing
-- Only a server that is thrown away after tests writes without waiting for the disk.
SELECT current_setting('fsync') = 'off';
