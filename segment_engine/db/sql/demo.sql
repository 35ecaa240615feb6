-- name: hold
-- One loading at a time: a second start must not take the first one's half for a leftover.
SELECT pg_advisory_xact_lock(:key);

-- name: remove_campaigns
-- A loading that was cut short leaves a part under its provisional name. What holds on to segments goes first.
DELETE FROM campaigns WHERE organization_id = :organization;

-- name: remove_segments
-- With their versions, runs and members.
DELETE FROM segments WHERE organization_id = :organization;

-- name: remove_events
-- Before their types, which a foreign key protects, and before contacts, which would take them one by one.
DELETE FROM events WHERE organization_id = :organization;

-- name: remove_related
-- Before contacts, as for events.
DELETE FROM related_rows WHERE organization_id = :organization;

-- name: remove_contacts
-- With their identities, channels and consents.
DELETE FROM contacts WHERE organization_id = :organization;

-- name: remove_organization
-- The organization with what is left of it.
DELETE FROM organizations WHERE organization_id = :organization;

-- name: rename_organization
-- The last act of loading: only now the demo counts as there.
UPDATE organizations SET name = :name WHERE organization_id = :organization;

-- name: set_source
-- How old a source may grow, and when it delivered last.
UPDATE data_sources SET stale_after_hours = :stale_after_hours,
    last_imported_at = coalesce(cast(:last_imported_at AS timestamptz), last_imported_at)
WHERE organization_id = :organization AND name = :name;

-- name: remove_field
-- The source stopped delivering this field. Its column keeps the values; nobody can ask for them any more.
DELETE FROM fields WHERE organization_id = :organization AND key = :key;

-- name: one_process
-- Two segments are calculated at a time already; helpers inside a statement would only take turns with the other one.
SET LOCAL max_parallel_workers_per_gather = 0;

-- name: create_segment
-- A segment with the age its history needs.
INSERT INTO segments (organization_id, segment_id, name, name_fold, description, state, created_at, created_by,
    updated_at, updated_by)
VALUES (:organization, :segment, :name, :name_fold, :description, :state, :created_at, :person, :created_at, :person);

-- name: add_version
-- The criteria it was created with.
INSERT INTO segment_versions (organization_id, segment_id, version, criteria, criteria_hash, created_at, created_by)
VALUES (:organization, :segment, 1, cast(:criteria AS jsonb), :criteria_hash, :created_at, :person);

-- name: describe_segment
-- Who answers for it, what they wrote about it, and when somebody should look again.
UPDATE segments SET owner_id = :owner, notes = :notes, review_on = cast(:review_on AS date)
WHERE organization_id = :organization AND segment_id = :segment;

-- name: tag_segment
-- A word that groups segments.
INSERT INTO segment_tags (organization_id, segment_id, tag, tag_fold)
VALUES (:organization, :segment, :tag, :tag_fold);

-- name: record_run
-- A finished run of the past with the two steps before its end; the trigger adds the end itself.
WITH recorded AS (
    INSERT INTO runs (organization_id, run_id, segment_id, version, criteria, status, reason, requested_by,
        requested_at, as_of, attempt, worker, started_at, finished_at, published_sequence, member_count, joined_count,
        left_count, error_class, error_sentence, checks)
    SELECT versions.organization_id, :run, versions.segment_id, versions.version, versions.criteria, :status, :reason,
        cast(:person AS uuid), :requested_at, :as_of, :attempt, :worker, :as_of, :finished_at,
        cast(:sequence AS integer), cast(:member_count AS integer), cast(:joined AS integer),
        cast(:departed AS integer), cast(:error_class AS text), cast(:error_sentence AS text),
        cast(:checks AS jsonb)
    FROM segment_versions AS versions
    WHERE versions.organization_id = :organization AND versions.segment_id = :segment AND versions.version = 1
    RETURNING organization_id, run_id, segment_id
)
INSERT INTO run_status_events
    (organization_id, run_id, sequence, segment_id, from_status, to_status, attempt, happened_at, detail)
SELECT recorded.organization_id, recorded.run_id, step.sequence, recorded.segment_id, step.from_status, step.to_status,
    step.attempt, step.happened_at, step.detail
FROM recorded CROSS JOIN (VALUES
    (1, cast(NULL AS text), 'queued', 0, cast(:requested_at AS timestamptz), cast(NULL AS text)),
    (2, 'queued', 'processing', cast(:attempt AS integer), cast(:as_of AS timestamptz), :worker)
) AS step (sequence, from_status, to_status, attempt, happened_at, detail);

-- name: stand
-- The segment's own row says what its last success published.
UPDATE segments SET published_run_id = :run, published_version = 1, published_sequence = :sequence,
    member_count = :member_count, previous_member_count = :previous, last_calculated_at = :finished_at,
    checks = :checks
WHERE organization_id = :organization AND segment_id = :segment;

-- name: create_campaign
-- A plan to send something on one channel.
INSERT INTO campaigns (organization_id, campaign_id, name, description, channel, state, starts_on, ends_on, created_at,
    launched_at, updated_at)
VALUES (:organization, :campaign, :name, :description, :channel, :state, cast(:starts_on AS date),
    cast(:ends_on AS date), :created_at, cast(:launched_at AS timestamptz), coalesce(:launched_at, :created_at));

-- name: campaigns
-- The ids that criteria name campaigns by.
SELECT name, campaign_id FROM campaigns WHERE organization_id = :organization;

-- name: use_in_campaign
-- Whom it includes or leaves out.
INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part)
VALUES (:organization, :campaign, :segment, :part);

-- name: freeze_segment
-- Which result of a segment the audience was made of.
INSERT INTO campaign_audiences (organization_id, campaign_id, frozen_at, segment_id, run_id, part, contact_count)
VALUES (:organization, :campaign, :frozen_at, :segment, :run, :part, :contact_count);

-- name: freeze_blocks
-- Who was in the audience, as bits.
INSERT INTO campaign_audience_blocks (organization_id, campaign_id, frozen_at, block, members)
SELECT :organization, :campaign, :frozen_at, given.block, cast(given.bits AS bit(4096))
FROM unnest(cast(:blocks AS integer[]), cast(:bits AS text[])) AS given (block, bits);

-- name: add_metrics
-- What came of it on one day.
INSERT INTO campaign_daily_metrics (organization_id, campaign_id, day, sent, delivered, opened, clicked, converted,
    unsubscribed, bounced)
VALUES (:organization, :campaign, :day, :sent, :delivered, :opened, :clicked, :converted, :unsubscribed, :bounced);

-- name: create_sequence
-- A series of messages that contacts enter by being in a segment.
INSERT INTO campaigns (organization_id, campaign_id, kind, name, channel, state, created_at, launched_at, updated_at)
VALUES (:organization, :campaign, 'sequence', :name, 'email', :state, :created_at, :created_at, :created_at);

-- name: totals
-- What was loaded.
SELECT (SELECT count(*) FROM contacts WHERE organization_id = :organization) AS contacts,
    (SELECT count(*) FROM events WHERE organization_id = :organization) AS events,
    (SELECT count(*) FROM segments WHERE organization_id = :organization) AS segments,
    (SELECT count(*) FROM runs WHERE organization_id = :organization) AS runs,
    (SELECT count(*) FROM campaigns WHERE organization_id = :organization AND kind = 'campaign') AS campaigns,
    (SELECT count(*) FROM campaigns WHERE organization_id = :organization AND kind = 'sequence') AS sequences;
