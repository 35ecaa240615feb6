-- name: find
-- Invitations nobody has accepted or revoked, the newest first; one of them when it is named.
SELECT invitations.invitation_id, invitations.email, invitations.role, invitations.created_at, invitations.expires_at,
    invitations.expires_at <= clock_timestamp() AS expired, invitations.invited_by,
    coalesce(people.display_name, people.email) AS inviter
FROM invitations LEFT JOIN people ON people.person_id = invitations.invited_by
WHERE invitations.organization_id = :organization AND invitations.accepted_at IS NULL
    AND invitations.revoked_at IS NULL
    AND (cast(:invitation AS uuid) IS NULL OR invitations.invitation_id = cast(:invitation AS uuid))
    AND (cast(:email AS text) IS NULL OR invitations.email_fold = cast(:email AS text))
ORDER BY invitations.created_at DESC, invitations.invitation_id;

-- name: add
-- A seat that waits for whoever signs in with this address.
INSERT INTO invitations (organization_id, email, email_fold, role, invited_by, expires_at)
VALUES (:organization, :email, :email_fold, :role, cast(:invited_by AS uuid),
    clock_timestamp() + make_interval(days => cast(:days AS integer)))
RETURNING invitation_id;

-- name: revoke
-- Ends an invitation nobody has accepted.
UPDATE invitations SET revoked_at = clock_timestamp()
WHERE organization_id = :organization AND invitation_id = :invitation AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: waiting_for
-- Before any organization is chosen: which ones wait for whoever signs in with this verified address.
SELECT invitations.organization_id, invitations.invitation_id FROM invitations
WHERE invitations.email_fold = :email AND invitations.accepted_at IS NULL AND invitations.revoked_at IS NULL
    AND invitations.expires_at > clock_timestamp()
ORDER BY invitations.organization_id;

-- name: lock_open
-- Holds an invitation that can still be accepted; whoever comes second waits here and then finds it accepted.
SELECT invitations.role, invitations.invited_by FROM invitations
WHERE invitations.organization_id = :organization AND invitations.invitation_id = :invitation
    AND invitations.email_fold = :email AND invitations.accepted_at IS NULL AND invitations.revoked_at IS NULL
    AND invitations.expires_at > clock_timestamp()
FOR UPDATE;

-- name: accept
-- Closes an invitation, once.
UPDATE invitations SET accepted_at = clock_timestamp(), accepted_by = :person
WHERE organization_id = :organization AND invitation_id = :invitation AND accepted_at IS NULL AND revoked_at IS NULL;
