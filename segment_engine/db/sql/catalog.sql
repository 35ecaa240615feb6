-- name: event_types
-- Every event type of the organization with the source that delivers it.
SELECT event_types.number, event_types.key, event_types.label, event_types.date_only, event_types.interaction,
    data_sources.name AS source, data_sources.retention_days
FROM event_types JOIN data_sources
    ON data_sources.organization_id = event_types.organization_id
    AND data_sources.data_source_id = event_types.data_source_id
WHERE event_types.organization_id = :organization
ORDER BY event_types.key COLLATE "C";

-- name: relations
-- Every related table with the source that delivers it and the key of the table its rows hang on.
SELECT relations.number, relations.key, relations.label, relations.time, parents.key AS parent,
    data_sources.name AS source, data_sources.retention_days
FROM relations JOIN data_sources
    ON data_sources.organization_id = relations.organization_id
    AND data_sources.data_source_id = relations.data_source_id
LEFT JOIN relations AS parents
    ON parents.organization_id = relations.organization_id AND parents.number = relations.parent
WHERE relations.organization_id = :organization
ORDER BY relations.key COLLATE "C";

-- name: fields
-- Every field; standard contact fields have a row too as soon as one import delivered them.
SELECT fields.key, fields.event_type, fields.relation, fields.label, fields.type, fields.column_name, fields.fold_column, fields.scale,
    fields.currency, fields.choice_values, fields.ordered, fields.sensitive, data_sources.name AS source,
    (SELECT array_agg(field_aliases.alias ORDER BY field_aliases.created_at, field_aliases.alias COLLATE "C")
        FROM field_aliases
        WHERE field_aliases.organization_id = :organization AND field_aliases.key = fields.key) AS aliases
FROM fields LEFT JOIN data_sources
    ON data_sources.organization_id = fields.organization_id
    AND data_sources.data_source_id = fields.data_source_id
WHERE fields.organization_id = :organization
ORDER BY fields.key COLLATE "C";

-- name: create_source
-- The first import of a name creates its source; every later one finds it.
INSERT INTO data_sources (organization_id, name) VALUES (:organization, :name)
ON CONFLICT (organization_id, name) DO NOTHING;

-- name: source_id
-- The source of a name.
SELECT data_source_id FROM data_sources WHERE organization_id = :organization AND name = :name;

-- name: next_event_type
-- Numbers of event types are given once and never again.
UPDATE organization_counters SET last_event_type = last_event_type + 1
WHERE organization_id = :organization RETURNING last_event_type;

-- name: create_event_type
-- A kind of event that was not known before.
INSERT INTO event_types (organization_id, number, key, label, date_only, interaction, data_source_id)
VALUES (:organization, :number, :key, :label, :date_only, :interaction, :source);

-- name: create_field
-- A field takes one typed column of contacts, of the events of its type, or of the rows of its relation.
INSERT INTO fields (organization_id, key, event_type, relation, data_source_id, label, type, column_name, fold_column,
    scale, currency, choice_values, ordered)
VALUES (:organization, :key, :event_type, :relation, :source, :label, :type, :column, :fold_column, :scale, :currency,
    :choice_values, :ordered);
