-- name: find
-- Open alerts, or those that are over, the newest first; of one segment or of all. Test messages are no alerts.
SELECT alerts.*, coalesce(people.display_name, people.email, people.subject) AS acknowledged_by_name,
    concerned.segments, concerned.failing, concerned.first_names
FROM alerts LEFT JOIN people ON people.person_id = alerts.acknowledged_by
CROSS JOIN LATERAL (
    SELECT count(*) AS segments, count(*) FILTER (WHERE held.recovered_at IS NULL) AS failing,
        (array_agg(cast(segments.name AS text)
            ORDER BY held.recovered_at IS NOT NULL, segments.name_fold COLLATE "C"))[1:3] AS first_names
    FROM alert_segments AS held
    JOIN segments ON segments.organization_id = :organization AND segments.segment_id = held.segment_id
    WHERE held.organization_id = :organization AND held.alert_id = alerts.alert_id) AS concerned
WHERE alerts.organization_id = :organization AND alerts.kind <> 'test'
    AND (alerts.recovered_at IS NULL) = :open
    AND (cast(:alert AS uuid) IS NULL OR alerts.alert_id = cast(:alert AS uuid))
    AND (cast(:segment AS uuid) IS NULL OR EXISTS (
        SELECT FROM alert_segments AS one
        WHERE one.organization_id = :organization AND one.alert_id = alerts.alert_id
            AND one.segment_id = cast(:segment AS uuid) AND (NOT :open OR one.recovered_at IS NULL)))
ORDER BY alerts.opened_at DESC, alerts.alert_id LIMIT :limit;

-- name: count_open
-- How many alerts are open, and how many of them nobody has acknowledged.
SELECT count(*) AS open, count(*) FILTER (WHERE acknowledged_at IS NULL) AS unseen
FROM alerts WHERE organization_id = :organization AND recovered_at IS NULL;

-- name: is_open
-- Whether an alert is open; nothing for an unknown one.
SELECT recovered_at IS NULL AS open FROM alerts
WHERE organization_id = :organization AND alert_id = :alert AND kind <> 'test';

-- name: segments
-- The segments of an alert by name, those first for which it goes on.
SELECT held.segment_id, segments.name, held.since, held.recovered_at
FROM alert_segments AS held
JOIN segments ON segments.organization_id = :organization AND segments.segment_id = held.segment_id
WHERE held.organization_id = :organization AND held.alert_id = :alert
ORDER BY held.recovered_at IS NOT NULL, segments.name_fold COLLATE "C", held.segment_id;

-- name: deliveries
-- What was sent about an alert, and what waits, the newest first.
SELECT deliveries.*, alert_rules.channel, alert_rules.target FROM alert_deliveries AS deliveries
JOIN alert_rules ON alert_rules.organization_id = :organization AND alert_rules.rule_id = deliveries.rule_id
WHERE deliveries.organization_id = :organization AND deliveries.alert_id = :alert
ORDER BY deliveries.created_at DESC, deliveries.delivery_id;

-- name: hold
-- An alert that somebody is about to acknowledge.
SELECT acknowledged_at, recovered_at FROM alerts
WHERE organization_id = :organization AND alert_id = :alert AND kind <> 'test' FOR UPDATE;

-- name: acknowledge
-- Somebody knows of it.
UPDATE alerts SET acknowledged_at = clock_timestamp(), acknowledged_by = :person
WHERE organization_id = :organization AND alert_id = :alert;

-- name: rules
-- Who is told: about the organization, about one segment, or everything there is; with how the last message went.
SELECT rules.rule_id, rules.revision, rules.segment_id, segments.name AS segment_name, rules.kinds, rules.channel,
    rules.target, rules.quiet_from, rules.quiet_until, rules.enabled, rules.created_at,
    coalesce(people.display_name, people.email, people.subject) AS created_by_name, (
        SELECT max(delivered_at) FROM alert_deliveries AS sent
        WHERE sent.organization_id = :organization AND sent.rule_id = rules.rule_id) AS last_delivered_at, (
        SELECT failed.error FROM alert_deliveries AS failed
        WHERE failed.organization_id = :organization AND failed.rule_id = rules.rule_id AND failed.attempts > 0
        ORDER BY failed.created_at DESC LIMIT 1) AS last_error
FROM alert_rules AS rules
LEFT JOIN segments ON segments.organization_id = :organization AND segments.segment_id = rules.segment_id
LEFT JOIN people ON people.person_id = rules.created_by
WHERE rules.organization_id = :organization
    AND (cast(:rule AS uuid) IS NULL OR rules.rule_id = cast(:rule AS uuid))
    AND (cast(:segment AS uuid) IS NULL OR rules.segment_id = cast(:segment AS uuid))
ORDER BY rules.segment_id IS NOT NULL, segments.name_fold COLLATE "C", rules.created_at, rules.rule_id;

-- name: count_rules
-- How many rules there are.
SELECT count(*) FROM alert_rules WHERE organization_id = :organization;

-- name: hold_rule
-- A rule that is about to be changed or removed.
SELECT segment_id, revision, channel, target FROM alert_rules
WHERE organization_id = :organization AND rule_id = :rule FOR UPDATE;

-- name: add_rule
-- One more to be told. The secret signs its webhooks.
INSERT INTO alert_rules
    (organization_id, segment_id, kinds, channel, target, secret, quiet_from, quiet_until, enabled, created_by)
VALUES (:organization, :segment, cast(:kinds AS text[]), :channel, :target, :secret, :quiet_from, :quiet_until, :enabled,
    :person)
RETURNING rule_id;

-- name: change_rule
-- Everything but its segment, and the secret of a webhook.
UPDATE alert_rules SET kinds = cast(:kinds AS text[]), target = :target, quiet_from = :quiet_from,
    quiet_until = :quiet_until, enabled = :enabled, revision = revision + 1
WHERE organization_id = :organization AND rule_id = :rule;

-- name: remove_rule
-- The rule, with what waits to be sent for it.
DELETE FROM alert_rules WHERE organization_id = :organization AND rule_id = :rule;

-- name: test
-- A message that is about nothing: over as soon as it began, so it is no open alert.
INSERT INTO alerts (organization_id, trouble_key, kind, sentence, opened_at, last_seen_at, recovered_at)
SELECT :organization, 'test:' || :rule, 'test', :sentence, moment, moment, moment
FROM clock_timestamp() AS moment
RETURNING alert_id;

-- name: send_test
-- The test message itself, whatever the quiet hours.
INSERT INTO alert_deliveries (organization_id, alert_id, rule_id, news) VALUES (:organization, :alert, :rule, 'opened')
RETURNING delivery_id;

-- name: delivery
-- How far one message is.
SELECT deliveries.*, alert_rules.channel, alert_rules.target FROM alert_deliveries AS deliveries
JOIN alert_rules ON alert_rules.organization_id = :organization AND alert_rules.rule_id = deliveries.rule_id
WHERE deliveries.organization_id = :organization AND deliveries.delivery_id = :delivery;
