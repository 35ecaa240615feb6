-- Since when a run that waits could have begun: not before its time, and not before the runs it waits for have ended.
LEFT JOIN LATERAL (
    SELECT greatest(runs.requested_at, runs.not_before, CASE
        WHEN bool_or(first.status IN ('queued', 'processing')) THEN 'infinity'
        ELSE max(first.finished_at) END) AS since
    FROM runs AS first
    WHERE first.organization_id = :organization AND first.run_id = ANY(runs.waits_for)
) AS could_begin ON runs.status = 'queued'
