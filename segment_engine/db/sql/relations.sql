-- name: next_relation
-- Numbers of relations are given once and never again.
UPDATE organization_counters SET last_relation = last_relation + 1
WHERE organization_id = :organization RETURNING last_relation;

-- name: create_relation
-- A related table that was not known before.
INSERT INTO relations (organization_id, number, key, label, parent, time, data_source_id)
VALUES (:organization, :number, :key, :label, :parent, :time, :source);
