-- name: record
-- One line per act, in the transaction of the act.
INSERT INTO audit_events (organization_id, person_id, action, object_kind, object_id, result, detail, request_id)
VALUES (:organization, :person, :action, :object_kind, :object_id, :result, cast(:detail AS jsonb), :request);
