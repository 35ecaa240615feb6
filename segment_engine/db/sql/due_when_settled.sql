-- What is "following" is due when all has settled: a while after the last change, but not long after the first.
UPDATE segment_schedules SET due_since = coalesce(due_since, clock_timestamp()),
    due_reason = coalesce(due_reason, 'dependency'),
    next_due_at = least(clock_timestamp() + make_interval(secs => :settle),
        coalesce(due_since, clock_timestamp()) + make_interval(secs => :longest_settle))
FROM following
WHERE segment_schedules.organization_id = :organization AND segment_schedules.segment_id = following.segment_id
