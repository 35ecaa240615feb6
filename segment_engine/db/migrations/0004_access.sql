-- Signing in and administration: invitations, seats that the application itself may give and take, settings of an
-- organization, and an audit log that can be searched. The rules of 0001 hold.

SET ROLE segment_owner;

-- People -----------------------------------------------------------------------------------------------------------
-- email is only ever one that the sign-in provider calls verified.
ALTER TABLE people ADD COLUMN last_signed_in_at timestamptz;

-- Whoever signs in may add and correct the row of their own issuer and subject, and no other; a row without a seat
-- opens nothing. disabled_at is the operator's alone.
GRANT INSERT (issuer, subject, email, display_name, last_signed_in_at) ON people TO segment_app;
GRANT UPDATE (email, display_name, last_signed_in_at, signed_out_at) ON people TO segment_app;
CREATE POLICY arriving ON people FOR INSERT TO segment_app WITH CHECK (
    issuer = (SELECT current_setting('app.issuer', true)) AND subject = (SELECT current_setting('app.subject', true))
);
CREATE POLICY oneself ON people FOR UPDATE TO segment_app
    USING (issuer = (SELECT current_setting('app.issuer', true))
        AND subject = (SELECT current_setting('app.subject', true)))
    WITH CHECK (issuer = (SELECT current_setting('app.issuer', true))
        AND subject = (SELECT current_setting('app.subject', true)));

-- Seats ------------------------------------------------------------------------------------------------------------
ALTER TABLE seats
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN given_by uuid REFERENCES people ON DELETE SET NULL;
GRANT INSERT, UPDATE, DELETE ON seats TO segment_app;
CREATE POLICY given ON seats FOR INSERT TO segment_app
    WITH CHECK (organization_id = (SELECT current_setting('app.organization')::integer));
CREATE POLICY changed ON seats FOR UPDATE TO segment_app
    USING (organization_id = (SELECT current_setting('app.organization')::integer))
    WITH CHECK (organization_id = (SELECT current_setting('app.organization')::integer));
CREATE POLICY taken ON seats FOR DELETE TO segment_app
    USING (organization_id = (SELECT current_setting('app.organization')::integer));

-- Invitations ------------------------------------------------------------------------------------------------------
-- A seat that waits for whoever signs in with this verified address, once, until it expires.
CREATE TABLE invitations (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    invitation_id uuid NOT NULL DEFAULT gen_random_uuid(),
    email present_text NOT NULL,
    email_fold present_text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'campaign_manager', 'ops_lead', 'admin')),
    invited_by uuid REFERENCES people ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES people ON DELETE SET NULL,
    revoked_at timestamptz,
    PRIMARY KEY (organization_id, invitation_id),
    CHECK (expires_at > created_at),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_open ON invitations (organization_id, email_fold)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY administration ON invitations TO segment_owner USING (true) WITH CHECK (true);
-- Before an organization is chosen, whoever signs in sees the open invitations to their verified address.
CREATE POLICY tenant ON invitations TO segment_app
    USING (organization_id = (SELECT nullif(current_setting('app.organization', true), '')::integer))
    WITH CHECK (organization_id = (SELECT nullif(current_setting('app.organization', true), '')::integer));
CREATE POLICY invited ON invitations FOR SELECT TO segment_app USING (
    email_fold = (SELECT nullif(current_setting('app.verified_email', true), ''))
    AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
);
GRANT SELECT, INSERT, UPDATE ON invitations TO segment_app;

-- Organizations ----------------------------------------------------------------------------------------------------
ALTER TABLE organizations ADD COLUMN revision integer NOT NULL DEFAULT 1;
GRANT UPDATE (time_zone, week_starts_on, fiscal_year_start_month, leap_day, stale_after_hours, unusable_after_hours,
    revision) ON organizations TO segment_app;
CREATE POLICY settings ON organizations FOR UPDATE TO segment_app
    USING (organization_id = (SELECT current_setting('app.organization')::integer))
    WITH CHECK (organization_id = (SELECT current_setting('app.organization')::integer));

-- Audit ------------------------------------------------------------------------------------------------------------
-- The name stands beside the id: a person may lose the seat, or the account, but not what was done.
ALTER TABLE audit_events ADD COLUMN person_name text;
-- Seats given and people shut out on the command line are in the log too; the owner writes there, and cannot read it.
CREATE POLICY operator ON audit_events FOR INSERT TO segment_owner WITH CHECK (true);
CREATE INDEX audit_events_by_time ON audit_events (organization_id, happened_at);
CREATE INDEX audit_events_of_person ON audit_events (organization_id, person_id, audit_number);
CREATE INDEX audit_events_of_object ON audit_events (organization_id, object_kind, object_id, audit_number);
CREATE INDEX audit_events_of_action ON audit_events (organization_id, action, audit_number);
CREATE INDEX audit_events_refused ON audit_events (organization_id, audit_number) WHERE result = 'refused';

RESET ROLE;
