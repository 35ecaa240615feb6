-- How segments stand, from stored columns: the last of these expressions, `standing`, has one row a segment with the codes of
-- its reasons (worst first) and the facts that their sentences need. db/standing.py gives the parameters: `only`, an array
-- of ids or NULL for every segment, and `forbidding`, the codes with which a segment must not be used.
-- What is judged depends on how everything stands that it reads, down to the last.
looked_at AS (
    WITH RECURSIVE below (segment_id) AS (
        SELECT unnest(cast(:only AS uuid[]))
        UNION
        SELECT segment_uses.used_segment_id FROM below JOIN segment_uses
            ON segment_uses.organization_id = :organization AND segment_uses.segment_id = below.segment_id
    )
    SELECT segment_id FROM below
),
judged_segments AS (
    SELECT segments.segment_id, segments.state, segments.status, segments.version, segments.published_version,
        segments.published_run_id, segments.member_count, segments.previous_member_count, segments.checks,
        segments.outdated_at,
        -- Other criteria, and not only other words for the same.
        segments.published_version <> segments.version AND NOT EXISTS (
            SELECT FROM segment_versions AS asked JOIN segment_versions AS answered
                ON answered.organization_id = :organization AND answered.segment_id = segments.segment_id
                AND answered.version = segments.published_version AND answered.criteria_hash = asked.criteria_hash
            WHERE asked.organization_id = :organization AND asked.segment_id = segments.segment_id
                AND asked.version = segments.version AND asked.criteria_hash <> '') AS edited,
        -- Nobody is warned of the age of what nobody may use.
        segments.state = 'active' AND segments.published_run_id IS NOT NULL AS watched,
        coalesce(published.read_runs, '{}') AS read_runs, coalesce(published.checks, '[]') AS findings,
        -- When it began to read; a run as of an earlier day is as old as that day.
        coalesce(published.started_at, published.finished_at) AS read_at,
        least(published.as_of, segments.last_calculated_at) AS true_at
    -- One look each, so that the time does not grow with the number of runs that ever were.
    FROM segments LEFT JOIN LATERAL (
        SELECT runs.read_runs, runs.checks, runs.started_at, runs.finished_at, runs.as_of FROM runs
        WHERE runs.organization_id = :organization AND runs.run_id = segments.published_run_id
        LIMIT 1) AS published ON true
    WHERE segments.organization_id = :organization
        AND (cast(:only AS uuid[]) IS NULL OR segments.segment_id = ANY(ARRAY(SELECT segment_id FROM looked_at)))
),
-- The newest run that ended by itself. Where the status is success, it is the published one.
newest_results AS (
    SELECT judged_segments.segment_id, newest.error_sentence
    FROM judged_segments CROSS JOIN LATERAL (
        SELECT runs.status, runs.error_sentence FROM runs
        WHERE runs.organization_id = :organization AND runs.segment_id = judged_segments.segment_id
            AND runs.status IN ('success', 'failed')
        ORDER BY runs.requested_at DESC LIMIT 1) AS newest
    WHERE judged_segments.status IN ('failed', 'queued', 'processing') AND newest.status = 'failed'
),
delivered_sources AS (
    SELECT data_source_id, name, last_imported_at,
        stale_after_hours IS NOT NULL AND coalesce(
            last_imported_at < now() - make_interval(hours => stale_after_hours), true) AS late,
        jsonb_build_object('name', name, 'allowed', stale_after_hours,
            'hours', extract(epoch FROM now() - last_imported_at) / 3600) AS fact
    FROM data_sources WHERE organization_id = :organization
),
-- What the published run had before it; where that was not recorded, what the criteria read, as of when it began.
read_sources AS (
    SELECT judged_segments.segment_id, run_sources.data_source_id, run_sources.imported_at AS seen_until
    FROM judged_segments JOIN run_sources
        ON run_sources.organization_id = :organization AND run_sources.run_id = judged_segments.published_run_id
    WHERE judged_segments.watched
    UNION ALL
    SELECT judged_segments.segment_id, segment_sources.data_source_id, judged_segments.read_at
    FROM judged_segments JOIN segment_sources
        ON segment_sources.organization_id = :organization
        AND segment_sources.segment_id = judged_segments.segment_id
    LEFT JOIN run_sources AS recorded
        ON recorded.organization_id = :organization AND recorded.run_id = judged_segments.published_run_id
        AND recorded.data_source_id = segment_sources.data_source_id
    WHERE judged_segments.watched AND recorded.run_id IS NULL
),
troubled_sources AS (
    SELECT read_sources.segment_id,
        array_agg(cast(delivered_sources.name AS text) ORDER BY delivered_sources.name) FILTER (
            WHERE delivered_sources.last_imported_at > coalesce(read_sources.seen_until, '-infinity')) AS imported,
        jsonb_agg(delivered_sources.fact ORDER BY delivered_sources.name) FILTER (
            WHERE delivered_sources.late) AS late
    FROM read_sources JOIN delivered_sources USING (data_source_id)
    WHERE delivered_sources.late
        OR delivered_sources.last_imported_at > coalesce(read_sources.seen_until, '-infinity')
    GROUP BY read_sources.segment_id
),
-- Segments that were evaluated live, also those whose criteria these name in turn.
live_segments AS (
    WITH RECURSIVE live (segment_id, read_at, read_runs, used_segment_id) AS (
        SELECT judged_segments.segment_id, judged_segments.read_at, judged_segments.read_runs,
            segment_uses.used_segment_id
        FROM judged_segments JOIN segment_uses
            ON segment_uses.organization_id = :organization AND segment_uses.segment_id = judged_segments.segment_id
        WHERE judged_segments.watched
            AND NOT jsonb_exists(judged_segments.read_runs, cast(segment_uses.used_segment_id AS text))
        UNION
        SELECT live.segment_id, live.read_at, live.read_runs, segment_uses.used_segment_id
        FROM live JOIN segment_uses
            ON segment_uses.organization_id = :organization AND segment_uses.segment_id = live.used_segment_id
        WHERE NOT jsonb_exists(live.read_runs, cast(segment_uses.used_segment_id AS text))
    )
    SELECT segment_id, read_at, used_segment_id FROM live
),
-- Segments whose stored members were read, with the run; and those that were evaluated live, without one.
read_segments AS (
    SELECT judged_segments.segment_id, judged_segments.read_at, cast(read.key AS uuid) AS used_segment_id,
        cast(read.value AS uuid) AS run_id
    FROM judged_segments CROSS JOIN LATERAL jsonb_each_text(judged_segments.read_runs) AS read (key, value)
    WHERE judged_segments.watched AND judged_segments.read_runs <> '{}'
    UNION ALL
    SELECT segment_id, read_at, used_segment_id, NULL FROM live_segments
),
troubled_segments AS (
    SELECT found.segment_id,
        array_agg(found.name ORDER BY found.name) FILTER (WHERE found.changed) AS changed,
        array_agg(found.name ORDER BY found.name) FILTER (WHERE found.failed) AS failed,
        array_agg(found.name ORDER BY found.name) FILTER (WHERE found.inactive) AS inactive
    FROM (
        SELECT read_segments.segment_id, cast(used.name AS text) AS name,
            used.status = 'failed' AS failed, used.state <> 'active' AS inactive,
            CASE WHEN read_segments.run_id IS NULL THEN edited.created_at > read_segments.read_at
                    AND edited.criteria_hash IS DISTINCT FROM (
                        SELECT nullif(in_force.criteria_hash, '') FROM segment_versions AS in_force
                        WHERE in_force.organization_id = :organization AND in_force.segment_id = used.segment_id
                            AND in_force.created_at <= read_segments.read_at
                        ORDER BY in_force.version DESC LIMIT 1)
                ELSE used.published_version IS NULL
                    OR used.published_version <> used.version AND NOT EXISTS (
                        SELECT FROM segment_versions AS answered
                        WHERE answered.organization_id = :organization AND answered.segment_id = used.segment_id
                            AND answered.version = used.published_version
                            AND answered.criteria_hash = nullif(edited.criteria_hash, ''))
                    -- Calculated again with the same members, it is still what was read.
                    OR used.published_run_id IS DISTINCT FROM read_segments.run_id AND EXISTS (
                        SELECT FROM runs AS later
                        WHERE later.organization_id = :organization AND later.segment_id = used.segment_id
                            AND later.joined_count + later.left_count > 0
                            AND later.published_sequence > coalesce((
                                SELECT was_read.published_sequence FROM runs AS was_read
                                WHERE was_read.organization_id = :organization
                                    AND was_read.run_id = read_segments.run_id), 0)) END AS changed
        FROM read_segments JOIN segments AS used
            ON used.organization_id = :organization AND used.segment_id = read_segments.used_segment_id
        JOIN segment_versions AS edited
            ON edited.organization_id = :organization AND edited.segment_id = used.segment_id
            AND edited.version = used.version
    ) AS found
    WHERE found.changed OR found.failed OR found.inactive
    GROUP BY found.segment_id
),
-- Decisions the published run did not know; one that was made and ended since changes nothing.
decided_since AS (
    SELECT judged_segments.segment_id, count(*) AS decisions
    FROM judged_segments JOIN segment_overrides AS decided
        ON decided.organization_id = :organization AND decided.segment_id = judged_segments.segment_id
    WHERE judged_segments.watched
        AND (decided.created_at > judged_segments.read_at AND decided.ended_at IS NULL
            OR decided.created_at <= judged_segments.read_at AND decided.ended_at > judged_segments.read_at)
    GROUP BY judged_segments.segment_id
),
limits AS (
    SELECT stale_after_hours, unusable_after_hours FROM organizations WHERE organization_id = :organization
),
-- What was made from stored members that are out of date is so itself: it must not be used where these must not.
outdated_segments AS (
    WITH RECURSIVE outdated (segment_id, forbids) AS (
        SELECT found.segment_id, found.forbids FROM (
            SELECT judged_segments.segment_id, judged_segments.edited
                    OR troubled_segments.segment_id IS NOT NULL
                    OR judged_segments.true_at < now() - make_interval(hours => limits.unusable_after_hours) AS forbids,
                troubled_sources.segment_id IS NOT NULL OR decided_since.segment_id IS NOT NULL
                    OR judged_segments.true_at < now() - make_interval(hours => limits.stale_after_hours)
                    OR coalesce(judged_segments.outdated_at < now(), false) AS warns
            FROM judged_segments CROSS JOIN limits
            LEFT JOIN troubled_sources USING (segment_id)
            LEFT JOIN troubled_segments USING (segment_id)
            LEFT JOIN decided_since USING (segment_id)
            WHERE judged_segments.watched AND EXISTS (SELECT FROM read_segments
                WHERE read_segments.used_segment_id = judged_segments.segment_id
                    AND read_segments.run_id IS NOT NULL)) AS found
        WHERE found.forbids OR found.warns
        UNION
        SELECT read_segments.segment_id, outdated.forbids FROM outdated JOIN read_segments
            ON read_segments.used_segment_id = outdated.segment_id AND read_segments.run_id IS NOT NULL
    )
    SELECT read_segments.segment_id,
        array_agg(DISTINCT cast(used.name AS text)) FILTER (WHERE outdated.forbids) AS outdated,
        array_agg(DISTINCT cast(used.name AS text)) AS behind
    FROM outdated
    JOIN read_segments ON read_segments.used_segment_id = outdated.segment_id AND read_segments.run_id IS NOT NULL
    JOIN segments AS used ON used.organization_id = :organization AND used.segment_id = outdated.segment_id
    GROUP BY read_segments.segment_id
),
judged AS (
    SELECT judged_segments.*, limits.stale_after_hours, limits.unusable_after_hours,
        extract(epoch FROM now() - judged_segments.true_at) / 3600 AS hours,
        extract(epoch FROM judged_segments.read_at - judged_segments.true_at) / 3600 AS hours_back,
        newest_results.segment_id IS NOT NULL AS run_failed, newest_results.error_sentence AS failure,
        troubled_sources.imported AS imported_sources, troubled_sources.late AS late_sources,
        troubled_segments.changed AS changed_segments, troubled_segments.failed AS failed_segments,
        troubled_segments.inactive AS inactive_segments, outdated_segments.outdated AS outdated_segments,
        outdated_segments.behind AS behind_segments, coalesce(decided_since.decisions, 0) AS decisions,
        suspended.suspended_because
    FROM judged_segments CROSS JOIN limits
    LEFT JOIN newest_results USING (segment_id)
    LEFT JOIN troubled_sources USING (segment_id)
    LEFT JOIN troubled_segments USING (segment_id)
    LEFT JOIN outdated_segments USING (segment_id)
    LEFT JOIN decided_since USING (segment_id)
    LEFT JOIN segment_schedules AS suspended
        ON suspended.organization_id = :organization AND suspended.segment_id = judged_segments.segment_id
    WHERE cast(:only AS uuid[]) IS NULL OR judged_segments.segment_id = ANY(cast(:only AS uuid[]))
),
standing AS (
    SELECT judged.*, codes.reasons,
        CASE WHEN codes.reasons && cast(:forbidding AS text[]) THEN 'do_not_use'
            WHEN codes.reasons = '{}' THEN 'ready' ELSE 'use_with_care' END AS readiness
    FROM judged CROSS JOIN LATERAL (SELECT array_remove(ARRAY[
        CASE WHEN judged.state <> 'active' THEN 'not_active' END,
        CASE WHEN judged.published_run_id IS NULL THEN 'never_calculated' END,
        CASE WHEN judged.run_failed THEN 'last_run_failed' END,
        CASE WHEN judged.watched AND judged.edited THEN 'stale_criteria' END,
        CASE WHEN judged.changed_segments IS NOT NULL OR judged.failed_segments IS NOT NULL
            OR judged.inactive_segments IS NOT NULL OR judged.outdated_segments IS NOT NULL THEN 'stale_dependency' END,
        CASE WHEN judged.watched AND judged.hours > judged.unusable_after_hours THEN 'too_old' END,
        CASE WHEN judged.checks = 'failed' AND judged.member_count > 0 THEN 'check_failed' END,
        CASE WHEN judged.member_count = 0 THEN 'empty' END,
        CASE WHEN judged.state = 'active' AND judged.suspended_because IS NOT NULL THEN 'schedule_suspended' END,
        CASE WHEN judged.imported_sources IS NOT NULL THEN 'stale_source' END,
        CASE WHEN judged.late_sources IS NOT NULL THEN 'source_late' END,
        -- Only where nothing worse is said of what it reads.
        CASE WHEN judged.behind_segments IS NOT NULL AND judged.outdated_segments IS NULL
            AND judged.changed_segments IS NULL AND judged.failed_segments IS NULL
            AND judged.inactive_segments IS NULL THEN 'dependency_behind' END,
        CASE WHEN judged.decisions > 0 THEN 'changed_by_hand' END,
        CASE WHEN judged.watched AND judged.hours > judged.stale_after_hours
            AND judged.hours <= judged.unusable_after_hours THEN 'stale_age' END,
        -- Members that are too old anyway need not be told that time has passed.
        CASE WHEN judged.watched AND judged.outdated_at < now() AND judged.hours <= judged.stale_after_hours
            THEN 'time_passed' END,
        CASE WHEN judged.checks = 'warned' AND judged.findings = '[]'
            OR judged.findings @> '[{"code": "sudden_change", "level": "warned"}]' THEN 'sudden_change' END,
        CASE WHEN judged.findings @> '[{"code": "everyone", "level": "warned"}]' THEN 'everyone' END,
        CASE WHEN judged.findings @> '[{"code": "source_dropped", "level": "warned"}]' THEN 'source_dropped' END,
        CASE WHEN judged.findings @> '[{"code": "assertion", "level": "warned"}]' THEN 'check_warned' END
    ], NULL) AS reasons) AS codes
)
