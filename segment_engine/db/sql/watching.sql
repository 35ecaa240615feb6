-- name: due
-- A worker takes the organizations whose time has come, each for itself alone; the next look is put off at once, so that no
-- row stays locked while the look goes on.
UPDATE organization_work SET look_at = cast(:now AS timestamptz) + make_interval(secs => :pause)
WHERE organization_id IN (
    SELECT waiting.organization_id FROM organization_work AS waiting
    WHERE waiting.look_at <= cast(:now AS timestamptz)
    ORDER BY waiting.look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING organization_id;

-- name: hold
-- Two looks at one organization do not mix, however late the first one is.
SELECT pg_try_advisory_xact_lock(hashtextextended('look', cast(:organization AS integer)));

-- name: limits
-- What is told to an organization about ages, its name and its time zone.
SELECT name, time_zone, stale_after_hours, unusable_after_hours FROM organizations WHERE organization_id = :organization;

-- name: standings
-- How every active segment stands.
WITH
-- include: standing
SELECT standing.* FROM standing JOIN segments
    ON segments.organization_id = :organization AND segments.segment_id = standing.segment_id
WHERE standing.state = 'active' AND standing.reasons && cast(:codes AS text[]);

-- name: failures
-- The failed run for which each of these segments stands as failed.
SELECT asked.segment_id, coalesce(newest.error_class, 'error') AS error_class, newest.error_sentence,
    newest.finished_at, newest.withheld_count IS NOT NULL AS withheld
FROM unnest(cast(:segments AS uuid[])) AS asked (segment_id)
CROSS JOIN LATERAL (
    SELECT runs.error_class, runs.error_sentence, runs.finished_at, runs.withheld_count FROM runs
    WHERE runs.organization_id = :organization AND runs.segment_id = asked.segment_id AND runs.status = 'failed'
    ORDER BY runs.requested_at DESC LIMIT 1) AS newest;

-- name: suspended
-- The schedules of active segments that stopped by themselves.
SELECT segment_schedules.segment_id, segment_schedules.suspended_because, segment_schedules.suspended_at
FROM segment_schedules JOIN segments
    ON segments.organization_id = :organization AND segments.segment_id = segment_schedules.segment_id
WHERE segment_schedules.organization_id = :organization AND segment_schedules.suspended_at IS NOT NULL
    AND segments.state = 'active';

-- name: silent
-- The data sources that are late, with the active segments that have members and read them.
SELECT data_sources.data_source_id, data_sources.name, data_sources.stale_after_hours, data_sources.last_imported_at,
    array_agg(segments.segment_id) AS segments
FROM data_sources JOIN segment_sources
    ON segment_sources.organization_id = :organization
    AND segment_sources.data_source_id = data_sources.data_source_id
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = segment_sources.segment_id
WHERE data_sources.organization_id = :organization AND data_sources.stale_after_hours IS NOT NULL
    AND coalesce(data_sources.last_imported_at < now() - make_interval(hours => data_sources.stale_after_hours), true)
    AND segments.state = 'active' AND segments.published_run_id IS NOT NULL
GROUP BY data_sources.data_source_id, data_sources.name, data_sources.stale_after_hours, data_sources.last_imported_at;

-- name: queue
-- How long the oldest run that could begin has waited, and how many workers were heard of lately.
SELECT (
    SELECT extract(epoch FROM clock_timestamp() - min(could_begin.since)) FROM runs
-- include: could_begin
    WHERE runs.organization_id = :organization AND runs.status = 'queued'
        AND could_begin.since <= clock_timestamp()) AS longest_wait,
    (SELECT count(*) FROM workers
        WHERE stopped_at IS NULL AND seen_at >= clock_timestamp() - make_interval(secs => :silent)) AS live_workers;

-- name: open_alerts
-- The alerts that are open, with the segments that have not recovered.
SELECT alerts.alert_id, alerts.trouble_key, alerts.sentence, alerts.last_seen_at, coalesce((
    SELECT array_agg(alert_segments.segment_id) FROM alert_segments
    WHERE alert_segments.organization_id = :organization AND alert_segments.alert_id = alerts.alert_id
        AND alert_segments.recovered_at IS NULL), '{}') AS segments
FROM alerts WHERE alerts.organization_id = :organization AND alerts.recovered_at IS NULL
ORDER BY alerts.opened_at, alerts.alert_id;

-- name: open
-- A trouble begins. Where another look was quicker, nothing is written and nobody is told twice.
INSERT INTO alerts (organization_id, trouble_key, kind, cause, sentence, opened_at, last_seen_at)
VALUES (:organization, :key, :kind, :cause, :sentence, :now, :now)
ON CONFLICT (organization_id, trouble_key) WHERE recovered_at IS NULL DO NOTHING
RETURNING alert_id;

-- name: go_on
-- A trouble goes on: it was seen, and perhaps it happened anew.
UPDATE alerts SET last_seen_at = :now, sentence = :sentence, cause = :cause,
    occurrences = occurrences + cast(:anew AS integer)
WHERE organization_id = :organization AND alert_id = :alert;

-- name: recover
-- A trouble is over.
UPDATE alerts SET recovered_at = :now WHERE organization_id = :organization AND alert_id = :alert AND recovered_at IS NULL;

-- name: join_segments
-- The trouble concerns these segments from now on, or again. One that was deleted meanwhile is left out.
INSERT INTO alert_segments (organization_id, alert_id, segment_id, since)
SELECT :organization, :alert, segments.segment_id, :now FROM segments
WHERE segments.organization_id = :organization AND segments.segment_id = ANY(cast(:segments AS uuid[]))
ON CONFLICT (organization_id, alert_id, segment_id)
    DO UPDATE SET recovered_at = NULL, since = excluded.since WHERE alert_segments.recovered_at IS NOT NULL;

-- name: recover_segments
-- For these segments the trouble is over.
UPDATE alert_segments SET recovered_at = :now
WHERE organization_id = :organization AND alert_id = :alert AND segment_id = ANY(cast(:segments AS uuid[]))
    AND recovered_at IS NULL;

-- name: rules
-- Who is told of what, as long as the rule is switched on.
SELECT rule_id, segment_id, kinds, quiet_from, quiet_until FROM alert_rules
WHERE organization_id = :organization AND enabled;

-- name: tell
-- A message for the outbox, once for each rule and news. Where a trouble came back to the same alert, it is a new message.
INSERT INTO alert_deliveries (organization_id, alert_id, rule_id, news, not_before)
VALUES (:organization, :alert, :rule, :news, :not_before)
ON CONFLICT (organization_id, alert_id, rule_id, news) DO UPDATE SET delivery_id = gen_random_uuid(),
    not_before = excluded.not_before, attempts = 0, lease_until = NULL, delivered_at = NULL, given_up_at = NULL,
    error = NULL, created_at = clock_timestamp()
    WHERE alert_deliveries.delivered_at IS NOT NULL OR alert_deliveries.given_up_at IS NOT NULL;

-- name: withdraw
-- What has not been tried yet and must wait longer than the trouble lasted is not sent at all.
UPDATE alert_deliveries SET given_up_at = :now, error = :why
WHERE organization_id = :organization AND alert_id = :alert AND rule_id = ANY(cast(:rules AS uuid[]))
    AND news = 'opened' AND attempts = 0 AND delivered_at IS NULL AND given_up_at IS NULL AND not_before > :now
RETURNING rule_id;

-- name: take_back
-- A trouble that comes back before its end was told is not told to be over. Gives who was to hear of it, and whether it was
-- tried, so that it may have arrived.
UPDATE alert_deliveries SET given_up_at = :now, error = :why
WHERE organization_id = :organization AND alert_id = :alert AND rule_id = ANY(cast(:rules AS uuid[]))
    AND news = 'recovered' AND delivered_at IS NULL AND given_up_at IS NULL
RETURNING rule_id, attempts > 0 AS tried;

-- name: told
-- The rules that were told, or are being told, that the alert was opened.
SELECT rule_id FROM alert_deliveries
WHERE organization_id = :organization AND alert_id = :alert AND news = 'opened'
    AND (delivered_at IS NOT NULL OR given_up_at IS NULL);
