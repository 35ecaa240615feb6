-- The first schema: tenants, catalog, contacts, events, segments, runs, membership, campaigns, sequences, audit.
-- Rules every table follows (ARCHITECTURE.md, Database): organization_id leads every key; composite foreign keys only;
-- row-level security enabled and forced; no foreign key from history to contacts or events, so that those two can be
-- distributed over several machines by (organization_id, contact number) later.

-- Roles ------------------------------------------------------------------------------------------------------------
-- Roles belong to the whole cluster, so another database of it may have made them already, even at this moment.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['segment_owner', 'segment_app', 'segment_worker'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
                EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE', role_name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another migration created it between the look and the act
        END;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname IN ('segment_app', 'segment_worker') AND NOT rolcanlogin) THEN
        ALTER ROLE segment_app LOGIN;
        ALTER ROLE segment_worker LOGIN;
    END IF;
    -- With a single DATABASE_URL the program connects as its user and takes one of these roles.
    EXECUTE format('GRANT segment_owner, segment_app, segment_worker TO %I', current_user);
END $$;

GRANT USAGE, CREATE ON SCHEMA public TO segment_owner;
GRANT USAGE ON SCHEMA public TO segment_app, segment_worker;

SET ROLE segment_owner;

-- Values that are either missing (NULL) or usable ------------------------------------------------------------------
-- The blanks are those of docs/criteria.md; a text of blanks alone is missing and therefore never stored.
CREATE DOMAIN present_text AS text CHECK (
    btrim(VALUE, U&'\0009\000A\000B\000C\000D\0020\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000\FEFF') <> ''
);
CREATE DOMAIN usable_date AS date CHECK (VALUE >= '1900-01-01' AND VALUE < '2201-01-01');
CREATE DOMAIN usable_instant AS timestamptz CHECK (
    VALUE >= '1900-01-01T00:00:00Z' AND VALUE < '2201-01-01T00:00:00Z'
);

-- Tenants ----------------------------------------------------------------------------------------------------------
-- An integer, not a UUID: it leads every key of tables with tens of millions of rows.
CREATE TABLE organizations (
    organization_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name present_text NOT NULL UNIQUE,
    time_zone text NOT NULL DEFAULT 'UTC',
    week_starts_on text NOT NULL DEFAULT 'monday' CHECK (week_starts_on IN ('monday', 'sunday', 'saturday')),
    fiscal_year_start_month integer NOT NULL DEFAULT 1 CHECK (fiscal_year_start_month BETWEEN 1 AND 12),
    leap_day text NOT NULL DEFAULT 'feb_28' CHECK (leap_day IN ('feb_28', 'mar_1')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Numbers given once and never again. Apart from organizations, so that an import blocks nobody who reads settings.
CREATE TABLE organization_counters (
    organization_id integer PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    last_contact_number integer NOT NULL DEFAULT 0,
    last_event_number bigint NOT NULL DEFAULT 0,
    last_event_type integer NOT NULL DEFAULT 0
);

-- A person may hold seats in several organizations, so this table alone has no organization.
CREATE TABLE people (
    person_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    display_name text,
    disabled_at timestamptz,
    signed_out_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (issuer, subject)
);

CREATE TABLE seats (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'campaign_manager', 'ops_lead', 'admin')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, person_id)
);
CREATE INDEX seats_of_person ON seats (person_id, organization_id);

-- Sources and the catalog ------------------------------------------------------------------------------------------
CREATE TABLE data_sources (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    data_source_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    stale_after_hours integer CHECK (stale_after_hours > 0),
    last_imported_at timestamptz,
    watermark timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, data_source_id),
    UNIQUE (organization_id, name)
);

CREATE TABLE event_types (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    number integer NOT NULL,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,62}$'),
    label present_text NOT NULL,
    date_only boolean NOT NULL DEFAULT false,
    data_source_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, number),
    UNIQUE (organization_id, key),
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE
);

-- column_name names a typed column of contacts or events; the compiler looks it up among the columns it knows.
CREATE TABLE fields (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$'),
    event_type integer,
    data_source_id uuid,
    label present_text NOT NULL,
    type text NOT NULL
        CHECK (type IN ('text', 'choice', 'integer', 'decimal', 'money', 'boolean', 'date', 'instant')),
    column_name text NOT NULL CHECK (column_name ~ '^[a-z][a-z0-9_]{0,62}$'),
    fold_column text CHECK (fold_column ~ '^[a-z][a-z0-9_]{0,62}$'),
    scale integer NOT NULL DEFAULT 0 CHECK (scale BETWEEN 0 AND 9),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    choice_values text[] NOT NULL DEFAULT '{}',
    ordered boolean NOT NULL DEFAULT false,
    sensitive boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, key),
    FOREIGN KEY (organization_id, event_type) REFERENCES event_types ON DELETE CASCADE,
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE,
    CHECK ((type = 'money') = (currency IS NOT NULL)),
    CHECK (scale = 0 OR type IN ('decimal', 'money'))
);
CREATE UNIQUE INDEX fields_one_use_of_a_column ON fields (organization_id, coalesce(event_type, 0), column_name);

CREATE TABLE imports (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    import_id uuid NOT NULL DEFAULT gen_random_uuid(),
    data_source_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('contacts', 'events')),
    file_name text NOT NULL,
    rows_read bigint NOT NULL DEFAULT 0,
    added bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    report jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, import_id),
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE,
    CHECK (rows_read = added + updated + unchanged + rejected)
);
CREATE INDEX imports_of_source ON imports (organization_id, data_source_id, finished_at);

-- Contacts ---------------------------------------------------------------------------------------------------------
-- Typed columns instead of JSON: a comparison costs 1 against 1.6–2, and a value is missing or usable, never odd.
-- The columns are ordered by use, because reading a late column walks past all earlier ones.
CREATE TABLE contacts (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    external_key text NOT NULL CHECK (external_key <> ''),
    email present_text, email_fold present_text,
    phone present_text,
    first_name present_text, first_name_fold present_text,
    last_name present_text, last_name_fold present_text,
    country present_text, country_fold present_text,
    city present_text, city_fold present_text,
    postal_code present_text,
    language present_text, language_fold present_text,
    birthday usable_date,
    signed_up_at usable_instant,
    PRIMARY KEY (organization_id, number)
);
-- The slots, interleaved so that the first of every kind stand early.
DO $$
DECLARE
    slot integer;
BEGIN
    FOR slot IN 1..32 LOOP
        EXECUTE format('ALTER TABLE contacts ADD COLUMN number_%s bigint', slot);
        IF slot <= 16 THEN
            EXECUTE format('ALTER TABLE contacts ADD COLUMN boolean_%s boolean', slot);
        END IF;
        IF slot <= 8 THEN
            EXECUTE format('ALTER TABLE contacts ADD COLUMN date_%s usable_date', slot);
            EXECUTE format('ALTER TABLE contacts ADD COLUMN instant_%s usable_instant', slot);
        END IF;
        EXECUTE format('ALTER TABLE contacts ADD COLUMN text_%s present_text', slot);
        EXECUTE format('ALTER TABLE contacts ADD COLUMN text_%s_fold present_text', slot);
    END LOOP;
END $$;
-- Members are listed and exported by key, in the byte order of the key.
CREATE UNIQUE INDEX contacts_by_key ON contacts (organization_id, external_key COLLATE "C", number);

-- How many blocks there are: without it the planner expects as many groups as contacts and avoids parallel plans.
CREATE STATISTICS contacts_blocks ON (number >> 12) FROM contacts;

CREATE TABLE identities (
    organization_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('key', 'email')),
    value text COLLATE "C" NOT NULL,
    contact_number integer NOT NULL,
    PRIMARY KEY (organization_id, kind, value),
    FOREIGN KEY (organization_id, contact_number) REFERENCES contacts ON DELETE CASCADE
);
CREATE INDEX identities_of_contact ON identities (organization_id, contact_number);

CREATE TABLE contact_channels (
    organization_id integer NOT NULL,
    contact_number integer NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'post', 'phone')),
    address present_text,
    address_valid boolean NOT NULL DEFAULT true,
    suppressed_at timestamptz,
    suppression text CHECK (suppression IN ('hard_bounce', 'complaint', 'global_stop')),
    PRIMARY KEY (organization_id, contact_number, channel),
    FOREIGN KEY (organization_id, contact_number) REFERENCES contacts ON DELETE CASCADE,
    CHECK ((suppressed_at IS NULL) = (suppression IS NULL))
);

CREATE TABLE consents (
    organization_id integer NOT NULL,
    contact_number integer NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'post', 'phone')),
    consent_number bigint NOT NULL,
    topic present_text,
    state text NOT NULL CHECK (state IN ('granted', 'pending', 'withdrawn')),
    recorded_at usable_instant NOT NULL,
    PRIMARY KEY (organization_id, contact_number, channel, consent_number),
    FOREIGN KEY (organization_id, contact_number) REFERENCES contacts ON DELETE CASCADE
);

-- Events -----------------------------------------------------------------------------------------------------------
-- event_key is made from the source's own id, or from the content, so that the same row twice is the same event.
-- event_number keeps the order of arrival and decides between events of equal time. The type names the source.
-- No foreign key to event_types: checking it row by row halved the rate of imports, and only the removal of a whole
-- organization deletes a type (nobody has the right to).
CREATE TABLE events (
    organization_id integer NOT NULL,
    contact_number integer NOT NULL,
    event_type integer NOT NULL,
    event_key uuid NOT NULL,
    event_number bigint NOT NULL,
    occurred_at usable_instant NOT NULL,
    PRIMARY KEY (organization_id, contact_number, event_key),
    FOREIGN KEY (organization_id, contact_number) REFERENCES contacts ON DELETE CASCADE
);
DO $$
DECLARE
    slot integer;
BEGIN
    FOR slot IN 1..12 LOOP
        EXECUTE format('ALTER TABLE events ADD COLUMN number_%s bigint', slot);
        EXECUTE format('ALTER TABLE events ADD COLUMN text_%s present_text', slot);
        IF slot <= 4 THEN
            EXECUTE format('ALTER TABLE events ADD COLUMN boolean_%s boolean', slot);
            EXECUTE format('ALTER TABLE events ADD COLUMN date_%s usable_date', slot);
            EXECUTE format('ALTER TABLE events ADD COLUMN instant_%s usable_instant', slot);
        END IF;
    END LOOP;
END $$;
-- Serves counts, sums and one contact's rows alike: 1.0–1.2 of the best index for each (docs/performance.md).
CREATE INDEX events_by_type ON events (organization_id, event_type, contact_number, occurred_at) INCLUDE (number_1);

-- Segments ---------------------------------------------------------------------------------------------------------
-- status, member_count and what was published last stand here, so that a list never computes anything (one row, one truth).
CREATE TABLE segments (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    segment_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    name_fold present_text NOT NULL,
    description text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('draft', 'active', 'inactive', 'archived')),
    version integer NOT NULL DEFAULT 1,
    revision integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'not_calculated'
        CHECK (status IN ('not_calculated', 'queued', 'processing', 'failed', 'success')),
    latest_run_id uuid,
    published_run_id uuid,
    published_version integer,
    published_sequence integer NOT NULL DEFAULT 0,
    member_count integer,
    last_calculated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, segment_id)
);
CREATE UNIQUE INDEX segments_name ON segments (organization_id, name_fold);

CREATE TABLE segment_versions (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    version integer NOT NULL,
    criteria jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, segment_id, version),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);

-- Runs -------------------------------------------------------------------------------------------------------------
-- The run table is the queue. attempt is the fencing token: every write of a worker names (run, attempt, processing).
CREATE TABLE runs (
    organization_id integer NOT NULL,
    run_id uuid NOT NULL DEFAULT gen_random_uuid(),
    segment_id uuid NOT NULL,
    version integer NOT NULL,
    criteria jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'processing', 'failed', 'success', 'cancelled')),
    reason text NOT NULL CHECK (reason IN ('created', 'edited', 'requested', 'scheduled')),
    requested_by uuid REFERENCES people ON DELETE SET NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    as_of timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    not_before timestamptz,
    worker text,
    lease_until timestamptz,
    step text,
    started_at timestamptz,
    finished_at timestamptz,
    published_sequence integer,
    member_count integer,
    joined_count integer,
    left_count integer,
    error_class text,
    error_sentence text,
    PRIMARY KEY (organization_id, run_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    CHECK ((status IN ('success', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'success') = (published_sequence IS NOT NULL)),
    CHECK ((status = 'success') = (member_count IS NOT NULL)),
    CHECK ((status = 'failed') <= (error_sentence IS NOT NULL))
);
CREATE UNIQUE INDEX runs_one_active ON runs (organization_id, segment_id) WHERE status IN ('queued', 'processing');
CREATE INDEX runs_of_segment ON runs (organization_id, segment_id, requested_at DESC);
CREATE UNIQUE INDEX runs_published ON runs (organization_id, segment_id, published_sequence)
    WHERE published_sequence IS NOT NULL;
-- The only index without the organization in front: a worker asks for the oldest run of anyone.
CREATE INDEX runs_waiting ON runs (requested_at) WHERE status IN ('queued', 'processing');

CREATE TABLE run_status_events (
    organization_id integer NOT NULL,
    run_id uuid NOT NULL,
    sequence integer NOT NULL,
    segment_id uuid NOT NULL,
    from_status text,
    to_status text NOT NULL,
    attempt integer NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail text,
    PRIMARY KEY (organization_id, run_id, sequence),
    FOREIGN KEY (organization_id, run_id) REFERENCES runs ON DELETE CASCADE
);
CREATE INDEX run_status_events_of_segment ON run_status_events (organization_id, segment_id, happened_at DESC);

-- Membership -------------------------------------------------------------------------------------------------------
-- Contact numbers are cut into blocks of 4,096; one row holds one block of one segment as bits (docs/performance.md:
-- 300,000 members with seven runs take 2.4 MB against 273 MB of rows). Contact n is bit n % 4096 of block n / 4096.
CREATE TABLE membership_blocks (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    block integer NOT NULL,
    members bit(4096) NOT NULL,
    PRIMARY KEY (organization_id, segment_id, block),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
) WITH (fillfactor = 50); -- a changed block finds room on its own page
ALTER TABLE membership_blocks ALTER COLUMN members SET STORAGE MAIN;
CREATE INDEX membership_blocks_by_block ON membership_blocks (organization_id, block);

-- What each run changed, per block. An earlier state is today's blocks with the later changes taken back (exclusive or).
CREATE TABLE membership_changes (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    published_sequence integer NOT NULL,
    block integer NOT NULL,
    joined bit(4096) NOT NULL,
    departed bit(4096) NOT NULL,
    PRIMARY KEY (organization_id, segment_id, published_sequence, block),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
ALTER TABLE membership_changes ALTER COLUMN joined SET STORAGE MAIN, ALTER COLUMN departed SET STORAGE MAIN;
-- Most bits of a change are zero: compress rows this small too (the default looks at rows above 2 kB only).
ALTER TABLE membership_changes SET (toast_tuple_target = 128);

-- Campaigns and sequences ------------------------------------------------------------------------------------------
CREATE TABLE campaigns (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    campaign_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'post', 'phone')),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'scheduled', 'running', 'finished', 'archived')),
    starts_on date,
    ends_on date,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, campaign_id),
    UNIQUE (organization_id, name)
);

CREATE TABLE campaign_segments (
    organization_id integer NOT NULL,
    campaign_id uuid NOT NULL,
    segment_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('included', 'excluded')),
    PRIMARY KEY (organization_id, campaign_id, segment_id),
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns ON DELETE CASCADE,
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments -- restricts: a used segment is not deleted
);
CREATE INDEX campaign_segments_of_segment ON campaign_segments (organization_id, segment_id);

-- An audience is frozen from named runs; run_id has no foreign key, because history outlives the segment.
CREATE TABLE campaign_audiences (
    organization_id integer NOT NULL,
    campaign_id uuid NOT NULL,
    frozen_at timestamptz NOT NULL,
    segment_id uuid NOT NULL,
    run_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('included', 'excluded')),
    contact_count integer NOT NULL,
    PRIMARY KEY (organization_id, campaign_id, frozen_at, segment_id),
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns ON DELETE CASCADE
);

CREATE TABLE campaign_audience_blocks (
    organization_id integer NOT NULL,
    campaign_id uuid NOT NULL,
    frozen_at timestamptz NOT NULL,
    block integer NOT NULL,
    members bit(4096) NOT NULL,
    PRIMARY KEY (organization_id, campaign_id, frozen_at, block),
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns ON DELETE CASCADE
);

CREATE TABLE campaign_daily_metrics (
    organization_id integer NOT NULL,
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    sent integer NOT NULL DEFAULT 0 CHECK (sent >= 0),
    delivered integer NOT NULL DEFAULT 0 CHECK (delivered >= 0),
    opened integer NOT NULL DEFAULT 0 CHECK (opened >= 0),
    clicked integer NOT NULL DEFAULT 0 CHECK (clicked >= 0),
    converted integer NOT NULL DEFAULT 0 CHECK (converted >= 0),
    unsubscribed integer NOT NULL DEFAULT 0 CHECK (unsubscribed >= 0),
    bounced integer NOT NULL DEFAULT 0 CHECK (bounced >= 0),
    PRIMARY KEY (organization_id, campaign_id, day),
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns ON DELETE CASCADE
);

CREATE TABLE sequences (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    sequence_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'paused', 'archived')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, sequence_id),
    UNIQUE (organization_id, name)
);

CREATE TABLE sequence_segments (
    organization_id integer NOT NULL,
    sequence_id uuid NOT NULL,
    segment_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('included', 'excluded')),
    PRIMARY KEY (organization_id, sequence_id, segment_id),
    FOREIGN KEY (organization_id, sequence_id) REFERENCES sequences ON DELETE CASCADE,
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments
);
CREATE INDEX sequence_segments_of_segment ON sequence_segments (organization_id, segment_id);

-- Audit ------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_events (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    audit_number bigint GENERATED ALWAYS AS IDENTITY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    person_id uuid,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id text NOT NULL,
    result text NOT NULL DEFAULT 'done' CHECK (result IN ('done', 'refused')),
    detail jsonb NOT NULL DEFAULT '{}',
    request_id text,
    PRIMARY KEY (organization_id, audit_number)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
-- TRUNCATE and UPDATE are refused to everyone; DELETE is granted to nobody but happens when an organization is removed.
CREATE TRIGGER audit_events_append_only BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_not_truncated BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The life of a run (docs/promises.md, Runs) -----------------------------------------------------------------------
CREATE FUNCTION guard_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- History may be loaded (a demo, a restore) with its final status; a live run begins queued.
        IF NEW.status = 'processing' THEN
            RAISE EXCEPTION 'a run begins queued' USING ERRCODE = 'check_violation', CONSTRAINT = 'runs_transition';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.attempt < OLD.attempt OR OLD.status IN ('success', 'failed', 'cancelled')
        OR (OLD.status, NEW.status) NOT IN (
            ('queued', 'queued'), ('queued', 'processing'), ('queued', 'cancelled'), ('processing', 'processing'),
            ('processing', 'queued'), ('processing', 'success'), ('processing', 'failed'), ('processing', 'cancelled'))
    THEN
        RAISE EXCEPTION 'a run cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'runs_transition';
    END IF;
    IF (NEW.organization_id, NEW.run_id, NEW.segment_id, NEW.version, NEW.criteria)
        IS DISTINCT FROM (OLD.organization_id, OLD.run_id, OLD.segment_id, OLD.version, OLD.criteria)
        OR (OLD.as_of IS NOT NULL AND NEW.as_of IS DISTINCT FROM OLD.as_of)
    THEN
        RAISE EXCEPTION 'what a run computes is fixed when it is requested'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'runs_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER runs_guard BEFORE INSERT OR UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION guard_run();

-- Every transition becomes a row of history, and the segment's own row says the same in the same transaction.
CREATE FUNCTION record_run_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before_status text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- History that is loaded may bring its earlier steps along; the last of them is where this one came from.
        SELECT earlier.to_status INTO before_status FROM run_status_events AS earlier
        WHERE earlier.organization_id = NEW.organization_id AND earlier.run_id = NEW.run_id
        ORDER BY earlier.sequence DESC LIMIT 1;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = NEW.status AND OLD.attempt = NEW.attempt THEN
        RETURN NULL; -- a heartbeat or a step
    END IF;
    INSERT INTO run_status_events
        (organization_id, run_id, sequence, segment_id, from_status, to_status, attempt, happened_at, detail)
    SELECT NEW.organization_id, NEW.run_id, coalesce(max(sequence), 0) + 1, NEW.segment_id, before_status, NEW.status,
        NEW.attempt, coalesce(CASE WHEN TG_OP = 'INSERT' THEN coalesce(NEW.finished_at, NEW.requested_at) END,
        clock_timestamp()), coalesce(NEW.error_sentence, NEW.worker)
    FROM run_status_events WHERE organization_id = NEW.organization_id AND run_id = NEW.run_id;

    UPDATE segments SET latest_run_id = NEW.run_id, status = CASE
        WHEN NEW.status <> 'cancelled' THEN NEW.status
        ELSE coalesce((
            SELECT earlier.status FROM runs AS earlier
            WHERE earlier.organization_id = NEW.organization_id AND earlier.segment_id = NEW.segment_id
                AND earlier.status IN ('success', 'failed')
            ORDER BY earlier.finished_at DESC LIMIT 1), 'not_calculated') END
    WHERE organization_id = NEW.organization_id AND segment_id = NEW.segment_id;
    IF NEW.status = 'queued' THEN
        PERFORM pg_notify('segment_runs', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_history AFTER INSERT OR UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION record_run_status();

-- Row-level security -----------------------------------------------------------------------------------------------
-- A missing setting is an error, not an empty answer: a forgotten context is noticed at once. The sub-select is computed
-- once per statement. Every query also names its organization itself; the two locks are tested apart.
DO $$
DECLARE
    table_name text;
BEGIN
    FOR table_name IN
        SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname = 'organization_id'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
        IF table_name IN ('organizations', 'organization_counters', 'seats') THEN
            -- Who creates organizations and gives the first seat is the owner, on the command line.
            EXECUTE format('CREATE POLICY administration ON %I TO segment_owner USING (true) WITH CHECK (true)', table_name);
        END IF;
        IF table_name NOT IN ('organizations', 'seats') THEN
            EXECUTE format(
                'CREATE POLICY tenant ON %I TO segment_app%s '
                'USING (organization_id = (SELECT current_setting(''app.organization'')::integer)) '
                'WITH CHECK (organization_id = (SELECT current_setting(''app.organization'')::integer))',
                table_name, CASE WHEN table_name = 'runs' THEN '' ELSE ', segment_worker' END);
        END IF;
    END LOOP;
END $$;

-- The one thing a worker sees across organizations: which runs wait.
CREATE POLICY worker ON runs TO segment_worker USING (true) WITH CHECK (true);

-- A person finds the seats of their own before an organization is chosen; afterwards only the chosen one counts.
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY administration ON people TO segment_owner USING (true) WITH CHECK (true);
CREATE POLICY seat_holder ON seats FOR SELECT TO segment_app, segment_worker USING (
    organization_id = (SELECT nullif(current_setting('app.organization', true), '')::integer)
    OR person_id = (SELECT nullif(current_setting('app.person', true), '')::uuid)
);
CREATE POLICY seat_holder ON organizations FOR SELECT TO segment_app, segment_worker USING (
    organization_id = (SELECT nullif(current_setting('app.organization', true), '')::integer)
    OR EXISTS (
        SELECT FROM seats WHERE seats.organization_id = organizations.organization_id
            AND person_id = (SELECT nullif(current_setting('app.person', true), '')::uuid))
);
CREATE POLICY known_person ON people FOR SELECT TO segment_app, segment_worker USING (
    (issuer = current_setting('app.issuer', true) AND subject = current_setting('app.subject', true))
    OR EXISTS (
        SELECT FROM seats WHERE seats.person_id = people.person_id
            AND seats.organization_id = (SELECT nullif(current_setting('app.organization', true), '')::integer))
);

-- Rights -----------------------------------------------------------------------------------------------------------
GRANT SELECT ON organizations, people, seats TO segment_app, segment_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON fields, contacts, identities, contact_channels, consents, events, segments,
    campaigns, campaign_segments, sequences, sequence_segments TO segment_app;
GRANT SELECT, INSERT, UPDATE ON data_sources, event_types TO segment_app;
GRANT SELECT, UPDATE ON organization_counters TO segment_app;
GRANT SELECT, INSERT ON imports, segment_versions, run_status_events, campaign_audiences, campaign_audience_blocks,
    audit_events TO segment_app;
GRANT SELECT, INSERT, UPDATE ON runs, campaign_daily_metrics TO segment_app;
GRANT SELECT ON membership_blocks, membership_changes TO segment_app;
GRANT SELECT ON data_sources, event_types, fields, contacts, identities, contact_channels, consents, events, imports,
    segment_versions, campaigns, campaign_segments TO segment_worker;
GRANT SELECT, UPDATE ON segments, runs TO segment_worker;
GRANT SELECT, INSERT ON run_status_events, audit_events TO segment_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON membership_blocks TO segment_worker;
GRANT SELECT, INSERT ON membership_changes TO segment_worker;

-- From 17 on a role may keep the planner's figures true without owning the table: imports need that.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON contacts, events, identities TO segment_app';
    END IF;
END $$;

RESET ROLE;
