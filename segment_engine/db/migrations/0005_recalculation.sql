-- Recalculation that can be left alone: schedules, the order of dependent runs, fairness, checks people set up, causes
-- of change, alerts, and how long history is kept. The rules of 0001 hold.

SET ROLE segment_owner;

-- What a worker may know of an organization without entering it --------------------------------------------------
CREATE TABLE organization_work (
    organization_id integer PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    runs_at_once integer NOT NULL DEFAULT 4 CHECK (runs_at_once BETWEEN 1 AND 100),
    schedules_paused_at timestamptz,
    paused_by uuid REFERENCES people ON DELETE SET NULL,
    last_claimed_at timestamptz,
    look_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    swept_at timestamptz
);
COMMENT ON COLUMN organization_work.look_at IS 'when a worker next looks for troubles that time alone brings';
COMMENT ON COLUMN organization_work.swept_at IS 'when old history was last removed';
INSERT INTO organization_work (organization_id) SELECT organization_id FROM organizations;

ALTER TABLE organizations
    ADD COLUMN history_days integer NOT NULL DEFAULT 400 CHECK (history_days BETWEEN 7 AND 3660),
    ADD COLUMN runs_kept_days integer NOT NULL DEFAULT 400 CHECK (runs_kept_days BETWEEN 7 AND 3660);
GRANT UPDATE (history_days, runs_kept_days) ON organizations TO segment_app;

-- Schedules --------------------------------------------------------------------------------------------------------
-- A segment without a row is calculated by hand only. `source` waits for an import of anything the segment reads, or for
-- a changed result of a segment it reads: these set next_due_at, and due_since to the first of them that no run has seen
-- yet. The other kinds always have a next_due_at.
CREATE TABLE segment_schedules (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('every', 'daily', 'weekly', 'source')),
    every_minutes integer CHECK (every_minutes BETWEEN 5 AND 43200),
    at_time time,
    weekday integer CHECK (weekday BETWEEN 1 AND 7),
    time_zone text,
    next_due_at timestamptz,
    last_due_at timestamptz,
    due_since timestamptz,
    due_reason text CHECK (due_reason IN ('source', 'dependency')),
    suspended_at timestamptz,
    suspended_because text,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, segment_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    CHECK ((kind = 'every') = (every_minutes IS NOT NULL)),
    CHECK ((kind IN ('daily', 'weekly')) = (at_time IS NOT NULL)),
    CHECK ((kind = 'weekly') = (weekday IS NOT NULL)),
    CHECK ((suspended_at IS NULL) = (suspended_because IS NULL)),
    CHECK (kind = 'source' OR next_due_at IS NOT NULL),
    CHECK (kind = 'source' OR due_since IS NULL),
    CHECK ((due_since IS NULL) = (due_reason IS NULL))
);
-- The tick asks for what is due, of anyone.
CREATE INDEX segment_schedules_due ON segment_schedules (next_due_at)
    WHERE suspended_at IS NULL AND next_due_at IS NOT NULL;

-- Runs -------------------------------------------------------------------------------------------------------------
-- waits_for: runs of segments it reads that have to end first. expected_seconds: how long such runs took lately.
-- place_at: its place among the runs of the organization that wait. given_back: attempts that ended because the worker
-- was stopped; they do not count as tries.
-- failing: the condition that failed, {"path": …, "sentence": …}. withheld_count: a result that a check kept back.
ALTER TABLE runs
    ADD COLUMN waits_for uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN expected_seconds real NOT NULL DEFAULT 0,
    ADD COLUMN failing jsonb,
    ADD COLUMN withheld_count integer,
    ADD COLUMN place_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN given_back integer NOT NULL DEFAULT 0,
    ADD COLUMN accepted_checks jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN accepted_by uuid REFERENCES people ON DELETE SET NULL,
    ADD COLUMN causes_partial boolean NOT NULL DEFAULT false,
    ADD COLUMN last_event_number bigint,
    ADD COLUMN last_related_number bigint,
    ADD COLUMN last_consent_number bigint;
COMMENT ON COLUMN runs.accepted_checks IS 'checks a person let pass for this run alone: ["assertion id:revision", …]';
COMMENT ON COLUMN runs.causes_partial IS 'the causes of some changes could not be told apart; they count as data';
COMMENT ON COLUMN runs.last_event_number IS 'how far the rows went that it saw: what has a larger number came later';
ALTER TABLE runs DROP CONSTRAINT runs_reason_check;
ALTER TABLE runs ADD CONSTRAINT runs_reason_check
    CHECK (reason IN ('created', 'edited', 'requested', 'scheduled', 'source', 'dependency'));

-- Short runs come first, and nothing waits for ever: a run stands where it would stand if it had been requested later
-- by five times what such runs took, at most by half an hour. Runs that waited before there were places come first.
CREATE FUNCTION place_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.place_at := NEW.requested_at;
    IF NEW.status = 'queued' THEN
        SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM past.finished_at - past.started_at)),
            NEW.expected_seconds) INTO NEW.expected_seconds
        FROM (
            SELECT earlier.started_at, earlier.finished_at FROM runs AS earlier
            WHERE earlier.organization_id = NEW.organization_id AND earlier.segment_id = NEW.segment_id
                AND earlier.status IN ('success', 'failed') AND earlier.started_at IS NOT NULL
            ORDER BY earlier.requested_at DESC LIMIT 5) AS past;
        NEW.place_at := NEW.requested_at + make_interval(secs => least(5 * NEW.expected_seconds, 1800));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER runs_place BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION place_run();

-- What a claim asks, organization by organization: which run is next, and how many are being computed.
DROP INDEX runs_waiting;
CREATE INDEX runs_place ON runs (organization_id, place_at, run_id) WHERE status IN ('queued', 'processing');
CREATE INDEX runs_leased ON runs (organization_id, lease_until) WHERE status = 'processing';

-- Why members joined and left, as counts, run by run; they add up to joined_count and left_count of the run.
CREATE TABLE run_causes (
    organization_id integer NOT NULL,
    run_id uuid NOT NULL,
    cause text NOT NULL CHECK (cause IN ('first', 'criteria', 'time', 'data', 'dependency', 'manual')),
    joined integer NOT NULL CHECK (joined >= 0),
    departed integer NOT NULL CHECK (departed >= 0),
    PRIMARY KEY (organization_id, run_id, cause),
    FOREIGN KEY (organization_id, run_id) REFERENCES runs ON DELETE CASCADE
);
-- The same contact by contact. What stands under no cause here was changed by data (or, in the first result, is first).
CREATE TABLE membership_causes (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    published_sequence integer NOT NULL,
    cause text NOT NULL CHECK (cause IN ('criteria', 'time', 'dependency', 'manual')),
    block integer NOT NULL,
    contacts bit(4096) NOT NULL,
    PRIMARY KEY (organization_id, segment_id, published_sequence, cause, block),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
ALTER TABLE membership_causes ALTER COLUMN contacts SET STORAGE MAIN;
ALTER TABLE membership_causes SET (toast_tuple_target = 128);

-- Segments ---------------------------------------------------------------------------------------------------------
-- clock: whether time alone will change the members (docs/checks.md); changes_at is the earliest such instant known,
-- outdated_at the instant from which on more than a few of them may be wrong.
-- compacted_sequence: changes up to this result were merged; an earlier state can no longer be told.
ALTER TABLE segments
    ADD COLUMN clock text NOT NULL DEFAULT 'unknown' CHECK (clock IN ('unknown', 'never', 'at')),
    ADD COLUMN changes_at timestamptz,
    ADD COLUMN outdated_at timestamptz,
    ADD COLUMN failed_in_row integer NOT NULL DEFAULT 0,
    ADD COLUMN compacted_sequence integer NOT NULL DEFAULT 0,
    ADD CHECK ((clock = 'at') = (changes_at IS NOT NULL));

-- What a schedule owes to its segment, whoever changes that: the fifth failure in a row suspends it; a success, or other
-- criteria, end the suspension. A changed result makes those due that follow what they read, unless their next run waits
-- for this very one. A segment that becomes active again follows what it missed. Schedules are locked after runs and
-- segments, several of them in the order of their ids.
CREATE FUNCTION keep_schedules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> OLD.version THEN
        NEW.failed_in_row := 0;
    END IF;
    IF NEW.failed_in_row >= 5 AND NEW.failed_in_row > OLD.failed_in_row THEN
        UPDATE segment_schedules SET suspended_at = clock_timestamp(),
            suspended_because = format('%s calculations in a row failed.', NEW.failed_in_row)
        WHERE organization_id = NEW.organization_id AND segment_id = NEW.segment_id AND suspended_at IS NULL;
    ELSIF NEW.failed_in_row = 0 AND OLD.failed_in_row > 0 THEN
        UPDATE segment_schedules SET suspended_at = NULL, suspended_because = NULL
        WHERE organization_id = NEW.organization_id AND segment_id = NEW.segment_id AND suspended_at IS NOT NULL;
    END IF;
    IF NEW.state = 'active' AND OLD.state <> 'active' THEN
        UPDATE segment_schedules SET next_due_at = clock_timestamp()
        WHERE organization_id = NEW.organization_id AND segment_id = NEW.segment_id
            AND due_since IS NOT NULL AND next_due_at IS NULL;
    END IF;
    IF NEW.published_run_id IS DISTINCT FROM OLD.published_run_id AND EXISTS (
        SELECT FROM runs WHERE runs.organization_id = NEW.organization_id AND runs.run_id = NEW.published_run_id
            AND runs.joined_count + runs.left_count > 0)
    THEN
        WITH following AS (
            SELECT segment_schedules.segment_id FROM segment_schedules JOIN segment_uses
                ON segment_uses.organization_id = NEW.organization_id
                AND segment_uses.segment_id = segment_schedules.segment_id
            WHERE segment_schedules.organization_id = NEW.organization_id AND segment_schedules.kind = 'source'
                AND segment_uses.used_segment_id = NEW.segment_id
                AND NOT EXISTS (SELECT FROM runs AS waiting
                    WHERE waiting.organization_id = NEW.organization_id
                        AND waiting.segment_id = segment_schedules.segment_id AND waiting.status = 'queued'
                        AND NEW.published_run_id = ANY(waiting.waits_for))
            ORDER BY segment_schedules.segment_id FOR UPDATE OF segment_schedules
        )
        UPDATE segment_schedules SET due_since = coalesce(due_since, clock_timestamp()),
            due_reason = coalesce(due_reason, 'dependency'),
            next_due_at = least(clock_timestamp() + interval '60 seconds',
                coalesce(due_since, clock_timestamp()) + interval '600 seconds')
        FROM following
        WHERE segment_schedules.organization_id = NEW.organization_id
            AND segment_schedules.segment_id = following.segment_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER segments_schedules BEFORE UPDATE OF version, state, failed_in_row, published_run_id ON segments
    FOR EACH ROW EXECUTE FUNCTION keep_schedules();

-- What people demand of a result. `block` keeps the old members published when it does not hold.
CREATE TABLE segment_assertions (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    assertion_id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN (
        'count_between', 'change_at_most', 'must_include', 'must_not_include', 'subset_of', 'disjoint_from')),
    level text NOT NULL CHECK (level IN ('warn', 'block')),
    lowest integer CHECK (lowest >= 0),
    highest integer CHECK (highest >= 0),
    percent numeric(7, 2) CHECK (percent > 0),
    contact_numbers integer[] NOT NULL DEFAULT '{}',
    other_segment_id uuid,
    note text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, segment_id, assertion_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    FOREIGN KEY (organization_id, other_segment_id) REFERENCES segments (organization_id, segment_id)
        ON DELETE SET NULL (other_segment_id),
    CHECK ((kind = 'count_between') = (lowest IS NOT NULL OR highest IS NOT NULL)),
    CHECK (lowest <= highest),
    CHECK ((kind = 'change_at_most') = (percent IS NOT NULL)),
    CHECK ((kind IN ('must_include', 'must_not_include')) = (cardinality(contact_numbers) > 0)),
    CHECK (other_segment_id IS NULL OR kind IN ('subset_of', 'disjoint_from'))
);

-- Alerts -----------------------------------------------------------------------------------------------------------
-- A trouble that goes on: opened once, told once, closed when it is over. trouble_key says which trouble it is.
CREATE TABLE alerts (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    alert_id uuid NOT NULL DEFAULT gen_random_uuid(),
    trouble_key text NOT NULL,
    kind text NOT NULL,
    cause text,
    sentence text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    occurrences integer NOT NULL DEFAULT 1,
    acknowledged_at timestamptz,
    acknowledged_by uuid REFERENCES people ON DELETE SET NULL,
    recovered_at timestamptz,
    PRIMARY KEY (organization_id, alert_id)
);
CREATE UNIQUE INDEX alerts_open ON alerts (organization_id, trouble_key) WHERE recovered_at IS NULL;
CREATE INDEX alerts_by_time ON alerts (organization_id, opened_at);
CREATE TABLE alert_segments (
    organization_id integer NOT NULL,
    alert_id uuid NOT NULL,
    segment_id uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    recovered_at timestamptz,
    PRIMARY KEY (organization_id, alert_id, segment_id),
    FOREIGN KEY (organization_id, alert_id) REFERENCES alerts ON DELETE CASCADE,
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
CREATE INDEX alert_segments_of_segment ON alert_segments (organization_id, segment_id);

-- Who is told: about one segment or, without one, about all of the organization.
CREATE TABLE alert_rules (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    rule_id uuid NOT NULL DEFAULT gen_random_uuid(),
    segment_id uuid,
    kinds text[] NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
    target present_text NOT NULL,
    secret text,
    quiet_from time,
    quiet_until time,
    enabled boolean NOT NULL DEFAULT true,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, rule_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK ((channel = 'webhook') = (secret IS NOT NULL))
);

-- What has to be sent, once each; written with the alert, sent by any worker, at least once.
CREATE TABLE alert_deliveries (
    organization_id integer NOT NULL,
    delivery_id uuid NOT NULL DEFAULT gen_random_uuid(),
    alert_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    news text NOT NULL CHECK (news IN ('opened', 'recovered')),
    not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    delivered_at timestamptz,
    given_up_at timestamptz,
    error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, delivery_id),
    UNIQUE (organization_id, alert_id, rule_id, news),
    FOREIGN KEY (organization_id, alert_id) REFERENCES alerts ON DELETE CASCADE,
    FOREIGN KEY (organization_id, rule_id) REFERENCES alert_rules ON DELETE CASCADE
);
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (not_before)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;

-- A run that ends is looked at soon. It waits for nobody: where the row is held, its holder looks soon anyway.
CREATE FUNCTION watch_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organization_work SET look_at = clock_timestamp() + interval '2 seconds'
    WHERE organization_id = (
        SELECT organization_id FROM organization_work
        WHERE organization_id = NEW.organization_id AND look_at > clock_timestamp() + interval '2 seconds'
        FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_watched AFTER UPDATE ON runs FOR EACH ROW
    WHEN (OLD.status = 'processing' AND NEW.status IN ('success', 'failed')) EXECUTE FUNCTION watch_run();

-- Row-level security and rights ------------------------------------------------------------------------------------
DO $$
DECLARE
    table_name text;
    everyones boolean;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'organization_work', 'segment_schedules', 'run_causes', 'membership_causes', 'segment_assertions', 'alerts',
        'alert_segments', 'alert_rules', 'alert_deliveries'
    ] LOOP
        -- What a worker takes up before it has entered an organization: it sees that something is due, for whom.
        everyones := table_name IN ('organization_work', 'segment_schedules', 'alert_deliveries');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO segment_app%s '
            'USING (organization_id = (SELECT current_setting(''app.organization'')::integer)) '
            'WITH CHECK (organization_id = (SELECT current_setting(''app.organization'')::integer))',
            table_name, CASE WHEN everyones THEN '' ELSE ', segment_worker' END);
        IF everyones THEN
            EXECUTE format('CREATE POLICY worker ON %I TO segment_worker USING (true) WITH CHECK (true)', table_name);
        END IF;
        EXECUTE format('GRANT SELECT ON %I TO segment_app, segment_worker', table_name);
    END LOOP;
END $$;
CREATE POLICY administration ON organization_work TO segment_owner USING (true) WITH CHECK (true);
GRANT UPDATE ON organization_work TO segment_app, segment_worker;
GRANT INSERT, UPDATE, DELETE ON segment_schedules TO segment_app;
GRANT UPDATE ON segment_schedules TO segment_worker;
GRANT INSERT ON runs TO segment_worker;
GRANT INSERT ON run_causes, membership_causes TO segment_worker;
GRANT DELETE ON runs, membership_changes, membership_causes TO segment_worker;
GRANT UPDATE ON membership_changes TO segment_worker;
GRANT INSERT, UPDATE, DELETE ON segment_assertions, alert_rules TO segment_app;
GRANT INSERT, UPDATE ON alerts, alert_segments TO segment_app, segment_worker;
GRANT INSERT, UPDATE ON alert_deliveries TO segment_worker;
GRANT INSERT ON alert_deliveries TO segment_app;
GRANT DELETE ON alerts TO segment_worker;
-- Old runs go, except those that an audience was frozen from.
GRANT SELECT ON campaign_audiences TO segment_worker;
-- Checks and causes read what other segments and people's decisions say.
GRANT SELECT ON segment_assertions, segment_overrides, static_lists, static_list_blocks, organization_counters
    TO segment_worker;

RESET ROLE;
