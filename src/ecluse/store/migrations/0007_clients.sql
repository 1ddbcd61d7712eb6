-- Practice software: an account that checks with a key of its own, registered as it is accepted.

ALTER TABLE account
  DROP CONSTRAINT account_role,
  ADD CONSTRAINT account_role
    CHECK (role IN ('professional', 'client', 'holder', 'security', 'protection', 'insurer'));

-- A client has no passkey. `device.credential` holds the thumbprint of the key that vouched for it:
-- its own, which an officer accepted, or the one before it.
GRANT INSERT ON device TO ecluse_officer;
