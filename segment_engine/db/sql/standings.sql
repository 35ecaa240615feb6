-- name: of_segments
-- How these segments stand, or all of them when no ids are given.
WITH
-- include: standing
SELECT * FROM standing;
