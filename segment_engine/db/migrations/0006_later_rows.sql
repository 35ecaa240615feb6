-- Which rows came in since a result, asked where very many members changed: their numbers rise with the pages they are
-- written to, so that an index of a few kilobytes, which costs imports next to nothing, finds them.
SET ROLE segment_owner;

CREATE INDEX events_later ON events USING brin (organization_id, event_number);
CREATE INDEX related_rows_later ON related_rows USING brin (organization_id, row_number);
CREATE INDEX consents_later ON consents USING brin (organization_id, consent_number);

RESET ROLE;
