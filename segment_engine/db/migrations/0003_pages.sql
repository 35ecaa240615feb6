-- What the pages show and the engine must remember for it: who owns a segment, what it reads, what a run read, how a
-- result was checked, saved views, sequences beside campaigns, profiles of imports, old names of fields, live workers.
-- The rules of 0001 hold: organization_id leads every key; row-level security enabled and forced on every table.

SET ROLE segment_owner;

-- Rows are copied below: without this the owner, held by row-level security like everyone, would see none of them.
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'segments', 'segment_versions', 'fields', 'event_types', 'relations', 'campaigns', 'campaign_segments',
        'sequences', 'sequence_segments'
    ] LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', table_name);
    END LOOP;
END $$;

-- Organizations ----------------------------------------------------------------------------------------------------
-- Older than the first a result is used with care, older than the second not at all.
ALTER TABLE organizations
    ADD COLUMN stale_after_hours integer NOT NULL DEFAULT 26 CHECK (stale_after_hours > 0),
    ADD COLUMN unusable_after_hours integer NOT NULL DEFAULT 168 CHECK (unusable_after_hours > 0);

-- Segments ---------------------------------------------------------------------------------------------------------
-- previous_member_count is that of the result before the published one; checks sums up those of the published run;
-- archived_from is the state that leaving the archive restores.
ALTER TABLE segments
    ADD COLUMN owner_id uuid REFERENCES people ON DELETE SET NULL,
    ADD COLUMN notes text NOT NULL DEFAULT '',
    ADD COLUMN review_on date,
    ADD COLUMN previous_member_count integer,
    ADD COLUMN checks text NOT NULL DEFAULT 'none' CHECK (checks IN ('none', 'passed', 'warned', 'failed')),
    ADD COLUMN archived_from text CHECK (archived_from IN ('draft', 'active', 'inactive'));

CREATE TABLE segment_tags (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    tag present_text NOT NULL,
    tag_fold present_text NOT NULL,
    PRIMARY KEY (organization_id, segment_id, tag_fold),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
CREATE INDEX segment_tags_of_tag ON segment_tags (organization_id, tag_fold);

-- What the current version reads. Written with every version; lists ask these instead of reading documents.
CREATE TABLE segment_sources (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    data_source_id uuid NOT NULL,
    PRIMARY KEY (organization_id, segment_id, data_source_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE
);
CREATE INDEX segment_sources_of_source ON segment_sources (organization_id, data_source_id);

CREATE TABLE segment_uses (
    organization_id integer NOT NULL,
    segment_id uuid NOT NULL,
    used_segment_id uuid NOT NULL,
    PRIMARY KEY (organization_id, segment_id, used_segment_id),
    FOREIGN KEY (organization_id, segment_id) REFERENCES segments ON DELETE CASCADE,
    FOREIGN KEY (organization_id, used_segment_id) REFERENCES segments (organization_id, segment_id) ON DELETE CASCADE
);
CREATE INDEX segment_uses_of_used ON segment_uses (organization_id, used_segment_id);

-- For what is stored already, every string of a document that is a key or an id; the next save is exact.
CREATE TEMPORARY TABLE stored_strings ON COMMIT DROP AS
SELECT DISTINCT segments.organization_id, segments.segment_id, found.value #>> '{}' AS word
FROM segments JOIN segment_versions
    ON segment_versions.organization_id = segments.organization_id
    AND segment_versions.segment_id = segments.segment_id AND segment_versions.version = segments.version
CROSS JOIN LATERAL jsonb_path_query(segment_versions.criteria, '$.** ? (@.type() == "string")') AS found (value);

INSERT INTO segment_sources (organization_id, segment_id, data_source_id)
SELECT DISTINCT stored_strings.organization_id, stored_strings.segment_id, owner.data_source_id
FROM stored_strings JOIN (
    SELECT organization_id, key, data_source_id FROM fields
    UNION ALL SELECT organization_id, key, data_source_id FROM event_types
    UNION ALL SELECT organization_id, key, data_source_id FROM relations) AS owner
    ON owner.organization_id = stored_strings.organization_id AND owner.key = stored_strings.word
WHERE owner.data_source_id IS NOT NULL;

INSERT INTO segment_uses (organization_id, segment_id, used_segment_id)
SELECT stored_strings.organization_id, stored_strings.segment_id, used.segment_id
FROM stored_strings JOIN segments AS used
    ON used.organization_id = stored_strings.organization_id AND cast(used.segment_id AS text) = stored_strings.word
WHERE used.segment_id <> stored_strings.segment_id;

-- Runs -------------------------------------------------------------------------------------------------------------
-- What was checked of the result: [{"code": …, "level": "warned" | "failed", "sentence": …}]; empty when all is well.
ALTER TABLE runs ADD COLUMN checks jsonb NOT NULL DEFAULT '[]';
CREATE INDEX runs_finished ON runs (organization_id, finished_at) WHERE finished_at IS NOT NULL;

-- How far every source that a successful run read had been delivered at that moment.
CREATE TABLE run_sources (
    organization_id integer NOT NULL,
    run_id uuid NOT NULL,
    data_source_id uuid NOT NULL,
    import_id uuid,
    imported_at timestamptz,
    watermark timestamptz,
    PRIMARY KEY (organization_id, run_id, data_source_id),
    FOREIGN KEY (organization_id, run_id) REFERENCES runs ON DELETE CASCADE,
    FOREIGN KEY (organization_id, data_source_id) REFERENCES data_sources ON DELETE CASCADE
);

-- Who computes. A worker serves every organization, so this table has none, and it names no organization's work.
CREATE TABLE workers (
    worker text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stopped_at timestamptz,
    runs_done bigint NOT NULL DEFAULT 0
);

-- Saved views ------------------------------------------------------------------------------------------------------
-- The address of a list under a name: `query` is what stands behind the question mark.
CREATE TABLE saved_views (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    view_id uuid NOT NULL DEFAULT gen_random_uuid(),
    name present_text NOT NULL,
    name_fold present_text NOT NULL,
    query text NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    PRIMARY KEY (organization_id, view_id),
    UNIQUE (organization_id, created_by, name_fold)
);

-- Campaigns and sequences ------------------------------------------------------------------------------------------
-- A sequence is a campaign that contacts enter one by one, as they join its segments: same audience, same reach, same
-- guards, so it lives in the same tables. The tables of 0001 for sequences stay behind, empty: a migration drops nothing.
ALTER TABLE campaigns
    ADD COLUMN kind text NOT NULL DEFAULT 'campaign' CHECK (kind IN ('campaign', 'sequence')),
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN created_by uuid REFERENCES people ON DELETE SET NULL,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN updated_by uuid REFERENCES people ON DELETE SET NULL,
    ADD COLUMN launched_at timestamptz;
ALTER TABLE campaigns DROP CONSTRAINT campaigns_organization_id_name_key, DROP CONSTRAINT campaigns_state_check;
ALTER TABLE campaigns
    ADD CONSTRAINT campaigns_name UNIQUE (organization_id, kind, name),
    ADD CONSTRAINT campaigns_state_check
        CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'finished', 'archived'));

INSERT INTO campaigns (organization_id, campaign_id, name, channel, state, created_at, kind)
SELECT organization_id, sequence_id, name, 'email', state, created_at, 'sequence' FROM sequences;
INSERT INTO campaign_segments (organization_id, campaign_id, segment_id, part)
SELECT organization_id, sequence_id, segment_id, part FROM sequence_segments;
DELETE FROM sequence_segments;
DELETE FROM sequences;
REVOKE ALL ON sequences, sequence_segments FROM segment_app, segment_worker;

-- How many contacts each gate let through when an audience was frozen, in the order of the gates.
CREATE TABLE campaign_reach (
    organization_id integer NOT NULL,
    campaign_id uuid NOT NULL,
    frozen_at timestamptz NOT NULL,
    place integer NOT NULL,
    gate text NOT NULL,
    contacts integer NOT NULL CHECK (contacts >= 0),
    PRIMARY KEY (organization_id, campaign_id, frozen_at, place),
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns ON DELETE CASCADE
);
CREATE INDEX campaign_audiences_of_segment ON campaign_audiences (organization_id, segment_id, frozen_at);

-- Data sources -----------------------------------------------------------------------------------------------------
-- file_columns: [{"name": …, "type": …, "field": key or null}]; row_total is what the source held afterwards.
ALTER TABLE imports
    ADD COLUMN file_columns jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN row_total bigint,
    ADD COLUMN watermark timestamptz,
    ADD COLUMN imported_by uuid REFERENCES people ON DELETE SET NULL;

-- What a field looked like right after an import: drift compares two of these. Figures of a sample say so; all are
-- scaled to the rows of the source. distribution: [{"value": …, "share": …}] of the commonest, or of ten ranges.
CREATE TABLE field_profiles (
    organization_id integer NOT NULL,
    import_id uuid NOT NULL,
    key text NOT NULL,
    label text NOT NULL,
    type text NOT NULL,
    row_total bigint NOT NULL,
    missing bigint NOT NULL,
    distinct_count bigint NOT NULL,
    lowest text,
    highest text,
    distribution jsonb NOT NULL DEFAULT '[]',
    sampled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, import_id, key),
    FOREIGN KEY (organization_id, import_id) REFERENCES imports ON DELETE CASCADE,
    CHECK (missing BETWEEN 0 AND row_total)
);

-- A renamed field is still found under the names it had: nothing that was stored ever has to be rewritten.
CREATE TABLE field_aliases (
    organization_id integer NOT NULL,
    alias text NOT NULL,
    key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by uuid REFERENCES people ON DELETE SET NULL,
    PRIMARY KEY (organization_id, alias),
    FOREIGN KEY (organization_id, key) REFERENCES fields ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX field_aliases_of_field ON field_aliases (organization_id, key);

-- Row-level security and rights ------------------------------------------------------------------------------------
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'segments', 'segment_versions', 'fields', 'event_types', 'relations', 'campaigns', 'campaign_segments',
        'sequences', 'sequence_segments'
    ] LOOP
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY ARRAY[
        'segment_tags', 'segment_sources', 'segment_uses', 'run_sources', 'saved_views', 'campaign_reach',
        'field_profiles', 'field_aliases'
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
GRANT INSERT, DELETE ON segment_tags, segment_sources, segment_uses TO segment_app;
GRANT INSERT, DELETE ON segment_sources, segment_uses TO segment_worker;
GRANT INSERT ON run_sources TO segment_worker, segment_app;
GRANT INSERT, UPDATE, DELETE ON saved_views TO segment_app;
GRANT INSERT ON campaign_reach, field_profiles TO segment_app;
GRANT INSERT, DELETE ON field_aliases TO segment_app;
GRANT SELECT ON workers TO segment_app, segment_worker;
GRANT INSERT, UPDATE, DELETE ON workers TO segment_worker;
GRANT SELECT ON relations TO segment_worker;

RESET ROLE;
