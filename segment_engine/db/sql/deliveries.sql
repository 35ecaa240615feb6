-- name: next_due
-- The message of anyone that has waited longest and may go out; of those that wait for the same moment, what happened
-- first. That a trouble is over is never told before its beginning.
SELECT organization_id, delivery_id, attempts FROM alert_deliveries AS waiting
WHERE delivered_at IS NULL AND given_up_at IS NULL AND not_before <= cast(:now AS timestamptz)
    AND (lease_until IS NULL OR lease_until < cast(:now AS timestamptz))
    AND (news = 'opened' OR NOT EXISTS (
        SELECT FROM alert_deliveries AS first
        WHERE first.organization_id = waiting.organization_id AND first.alert_id = waiting.alert_id
            AND first.rule_id = waiting.rule_id AND first.news = 'opened'
            AND first.delivered_at IS NULL AND first.given_up_at IS NULL))
ORDER BY not_before, created_at, delivery_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: claim
-- The message belongs to one sender until the lease passes; attempts is the number that fences later writes.
UPDATE alert_deliveries SET attempts = attempts + 1,
    lease_until = cast(:now AS timestamptz) + make_interval(secs => :lease)
WHERE organization_id = :organization AND delivery_id = :delivery AND attempts = :attempts
RETURNING attempts;

-- name: content
-- What is told, to whom, with the first segments by name.
SELECT deliveries.delivery_id, deliveries.news, alerts.alert_id, alerts.kind, alerts.cause, alerts.sentence,
    alerts.opened_at, alerts.recovered_at, alerts.occurrences, rules.channel, rules.target, rules.secret, rules.enabled,
    rules.segment_id AS only_segment, rules.quiet_from, rules.quiet_until, organizations.time_zone,
    organizations.name AS organization_name, (
        SELECT count(*) FROM alert_segments
        WHERE alert_segments.organization_id = :organization AND alert_segments.alert_id = alerts.alert_id) AS segments
FROM alert_deliveries AS deliveries
JOIN alerts ON alerts.organization_id = :organization AND alerts.alert_id = deliveries.alert_id
JOIN alert_rules AS rules ON rules.organization_id = :organization AND rules.rule_id = deliveries.rule_id
JOIN organizations ON organizations.organization_id = :organization
WHERE deliveries.organization_id = :organization AND deliveries.delivery_id = :delivery;

-- name: put_off
-- Quiet hours: it goes out at their end, and nothing was tried.
UPDATE alert_deliveries SET not_before = :until
WHERE organization_id = :organization AND delivery_id = :delivery AND attempts = :attempts;

-- name: segments
-- The first segments of an alert by name, those first for which it goes on.
SELECT segments.segment_id, segments.name FROM alert_segments
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = alert_segments.segment_id
WHERE alert_segments.organization_id = :organization AND alert_segments.alert_id = :alert
    AND (cast(:only AS uuid) IS NULL OR segments.segment_id = cast(:only AS uuid))
ORDER BY alert_segments.recovered_at IS NOT NULL, segments.name_fold COLLATE "C", segments.segment_id LIMIT :limit;

-- name: delivered
-- It arrived.
UPDATE alert_deliveries SET delivered_at = :now, lease_until = NULL, error = NULL
WHERE organization_id = :organization AND delivery_id = :delivery AND attempts = :attempts AND delivered_at IS NULL;

-- name: later
-- It did not arrive; it is tried again later.
UPDATE alert_deliveries SET lease_until = NULL, error = :error,
    not_before = cast(:now AS timestamptz) + make_interval(secs => :wait)
WHERE organization_id = :organization AND delivery_id = :delivery AND attempts = :attempts AND delivered_at IS NULL;

-- name: give_up
-- It will not be tried again; the error stays to be read.
UPDATE alert_deliveries SET given_up_at = :now, lease_until = NULL, error = :error
WHERE organization_id = :organization AND delivery_id = :delivery AND attempts = :attempts AND delivered_at IS NULL;

-- name: give_up_end
-- What nobody was told has no end to tell: the end of the trouble that is given up goes with its beginning.
UPDATE alert_deliveries AS ending SET given_up_at = :now, lease_until = NULL, error = :error
FROM alert_deliveries AS beginning
WHERE beginning.organization_id = :organization AND beginning.delivery_id = :delivery AND beginning.news = 'opened'
    AND ending.organization_id = :organization AND ending.alert_id = beginning.alert_id
    AND ending.rule_id = beginning.rule_id AND ending.news = 'recovered'
    AND ending.delivered_at IS NULL AND ending.given_up_at IS NULL;
