-- What the whole criteria language reads: sets, campaign history, related tables, static lists, members by hand.
-- The rules of 0001 hold: organization_id leads every key; row-level security enabled and forced on every table.

SET ROLE segment_owner;

-- Sets -------------------------------------------------------------------------------------------------------------
-- A set is missing (NULL) or usable: at least one element, each present and once, so that its size is its length.
CREATE FUNCTION is_usable_set(elements text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT count(*) > 0 AND count(*) = count(DISTINCT element COLLATE "C")
        AND bool_and(element IS NOT NULL AND btrim(element, U&'\0009\000A\000B\000C\000D\0020\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000\FEFF') <> '')
    FROM unnest(elements) AS listed (element)
$$;
CREATE DOMAIN usable_set AS text[] CHECK (VALUE IS NULL OR is_usable_set(VALUE));

-- The folded twin may be shorter: elements that differ in case only are one.
DO $$
DECLARE
    slot integer;
BEGIN
    FOR slot IN 1..8 LOOP
        EXECUTE format('ALTER TABLE contacts ADD COLUMN set_%s usable_set, ADD COLUMN set_%s_fold usable_set', slot, slot);
    END LOOP;
    FOR slot IN 1..2 LOOP
        EXECUTE format('ALTER TABLE events ADD COLUMN set_%s usable_set, ADD COLUMN set_%s_fold usable_set', slot, slot);
    END LOOP;
END $$;

ALTER TABLE fields DROP CONSTRAINT fields_type_check;
ALTER TABLE fields ADD CONSTRAINT fields_type_check
    CHECK (type IN ('text', 'choice', 'integer', 'decimal', 'money', 'boolean', 'date', 'instant', 'set'));

-- How long a source keeps its rows: a window that reaches further back sees less than it says.
ALTER TABLE data_sources ADD COLUMN retention_days integer CHECK (retention_days > 0);

-- Campaign history -------------------------------------------------------------------------------------------------
-- Every kind of interaction is an event type of its own, whose events name their campaign. No foreign key from events,
-- for the reason event types have none: checking it row by row halves the rate of imports.
ALTER TABLE event_types ADD COLUMN interaction text CHECK (interaction IN (
    'entered', 'received', 'delivered', 'opened', 'clicked', 'converted', 'replied', 'bounced', 'complained',
    'unsubscribed'));
CREATE UNIQUE INDEX event_types_interaction ON event_types (organization_id, interaction);
ALTER TABLE events ADD COLUMN campaign_id uuid;

-- Related tables ---------------------------------------------------------------------------------------------------
CREATE TABLE relations (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    number integer NOT NULL,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,62}$'),
    label present_text NOT NULL,
    parent integer,
    time text CHECK (time IN ('date', 'instant')),
    data_source_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, number),
    UNIQUE (organization_id, key),
    FOREIGN KEY (organization_id, parent) REFERENCES relations,
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE,
    CHECK (parent <> number)
);

-- One row of a related table. A row of a second hop carries the contact of its parent, so that nothing is joined to
-- find whose it is. row_key is the source's own id; row_number is given once and never again.
CREATE TABLE related_rows (
    organization_id integer NOT NULL,
    contact_number integer NOT NULL,
    row_number bigint NOT NULL,
    relation integer NOT NULL,
    parent_number bigint,
    row_key text COLLATE "C" NOT NULL,
    occurred_at usable_instant,
    PRIMARY KEY (organization_id, contact_number, row_number),
    FOREIGN KEY (organization_id, contact_number) REFERENCES contacts ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_number, parent_number)
        REFERENCES related_rows (organization_id, contact_number, row_number) ON DELETE CASCADE
);
DO $$
DECLARE
    slot integer;
BEGIN
    FOR slot IN 1..8 LOOP
        EXECUTE format('ALTER TABLE related_rows ADD COLUMN number_%s bigint', slot);
        EXECUTE format('ALTER TABLE related_rows ADD COLUMN text_%s present_text', slot);
        -- How often a text occurs whatever its case: without it two hops are joined as if hardly any row matched.
        EXECUTE format('CREATE STATISTICS related_rows_text_%s ON (lower(text_%s COLLATE "C")) FROM related_rows', slot, slot);
        IF slot <= 4 THEN
            EXECUTE format('ALTER TABLE related_rows ADD COLUMN boolean_%s boolean', slot);
            EXECUTE format('ALTER TABLE related_rows ADD COLUMN date_%s usable_date', slot);
            EXECUTE format('ALTER TABLE related_rows ADD COLUMN instant_%s usable_instant', slot);
        END IF;
    END LOOP;
END $$;
CREATE UNIQUE INDEX related_rows_key ON related_rows (organization_id, relation, row_key);
-- With the parent, because whichever way two hops are joined, a contact with many rows must not be walked for each.
CREATE INDEX related_rows_by_relation
    ON related_rows (organization_id, relation, contact_number, parent_number, occurred_at);

ALTER TABLE organization_counters ADD COLUMN last_relation integer NOT NULL DEFAULT 0,
    ADD COLUMN last_related_number bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_consent_number bigint NOT NULL DEFAULT 0;

-- A field belongs to contacts, to an event type, or to a relation.
ALTER TABLE fields ADD COLUMN relation integer,
    ADD FOREIGN KEY (organization_id, relation) REFERENCES relations ON DELETE CASCADE,
    ADD CHECK (event_type IS NULL OR relation IS NULL);
DROP INDEX fields_one_use_of_a_column;
CREATE UNIQUE INDEX fields_one_use_of_a_column
    ON fields (organization_id, coalesce(event_type, 0), coalesce(relation, 0), column_name);

ALTER TABLE imports DROP CONSTRAINT imports_kind_check;
ALTER TABLE imports ADD CONSTRAINT imports_kind_check
    CHECK (kind IN ('contacts', 'events', 'related_rows', 'consents', 'channels'));

-- Static lists -----------------------------------------------------------------------------------------------------
-- A list that was delivered as keys; its report adds up. Members are kept as blocks, like those of segments.
CREATE TABLE static_lists (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    list_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    name_fold present_text NOT NULL,
    rows_read bigint NOT NULL,
    matched bigint NOT NULL,
    duplicate bigint NOT NULL,
    unknown bigint NOT NULL,
    invalid bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, list_id),
    UNIQUE (organization_id, name_fold),
    CHECK (rows_read = matched + duplicate + unknown + invalid)
);

CREATE TABLE static_list_blocks (
    organization_id integer NOT NULL,
    list_id uuid NOT NULL,
    block integer NOT NULL,
    members bit(4096) NOT NULL,
    PRIMARY KEY (organization_id, list_id, block),
    FOREIGN KEY (organization_id, list_id) REFERENCES static_lists ON DELETE CASCADE
);
ALTER TABLE static_list_blocks ALTER COLUMN members SET STORAGE MAIN;

-- Members by hand --------------------------------------------------------------------------------------------------
-- A person's decision about one contact and one segment. It outlasts every run until a person ends it, and stays on
-- record afterwards. No foreign key to contacts: history does not hold contacts fast.
CREATE TABLE segment_overrides (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    override_id uuid NOT NULL DEFAULT gen_random_uuid(),
    contact_number integer NOT NULL,
    decision text NOT NULL CHECK (decision IN ('put_in', 'taken_out')),
    reason present_text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    ended_at timestamptz,
    ended_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, segment_id, override_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
CREATE UNIQUE INDEX segment_overrides_open ON segment_overrides (organization_id, segment_id, contact_number)
    WHERE ended_at IS NULL;

-- Versions and runs ------------------------------------------------------------------------------------------------
-- The hash of the canonical form finds the same definition under another name; NULL until it was computed.
ALTER TABLE segment_versions ADD COLUMN criteria_hash text,
    ADD COLUMN accepted_warnings jsonb NOT NULL DEFAULT '[]';
CREATE INDEX segment_versions_hash ON segment_versions (organization_id, criteria_hash);

-- Which run of which segment was read where the criteria name other segments: {"segment id": "run id"}.
ALTER TABLE runs ADD COLUMN read_runs jsonb NOT NULL DEFAULT '{}';

-- Row-level security and rights ------------------------------------------------------------------------------------
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'relations', 'related_rows', 'static_lists', 'static_list_blocks', 'segment_overrides'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO segment_app, segment_worker '
            'USING (organization_id = (SELECT current_setting(''app.organization'')::integer)) '
            'WITH CHECK (organization_id = (SELECT current_setting(''app.organization'')::integer))', table_name);
        EXECUTE format('GRANT SELECT ON %I TO segment_app, segment_worker', table_name);
    END LOOP;
END $$;
GRANT INSERT, UPDATE ON relations TO segment_app;
GRANT INSERT, UPDATE, DELETE ON related_rows, static_lists, static_list_blocks TO segment_app;
GRANT INSERT, UPDATE ON segment_overrides TO segment_app;
GRANT UPDATE (criteria_hash) ON segment_versions TO segment_app;
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON related_rows, consents, contact_channels TO segment_app';
    END IF;
END $$;

RESET ROLE;
