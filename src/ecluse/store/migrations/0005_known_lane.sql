-- The known lane: a settlement reference of one's own in place of the card.

-- The keyring alone reads what a reference wraps; the gate still cannot.
GRANT SELECT (reference, wrapped, expires_at) ON settlement TO ecluse_keyring;

-- The gate forgets references that have ended, and sees nothing of them but when they do.
GRANT SELECT (expires_at) ON settlement TO ecluse_gate;
CREATE INDEX settlement_expiry ON settlement (expires_at);
