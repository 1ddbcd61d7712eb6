-- Members' phones that stand for their cards, and what phones presented lately.

-- Distributed by idx, the PRF of the phone's public key. Only the keyring opens what is sealed: the
-- card's secret, whose it is, when it was granted.
CREATE TABLE phone_pointer (
  idx           bytea PRIMARY KEY,
  card          bytea NOT NULL,          -- PRF of the card's secret: a later phone replaces this one
  insurer       smallint NOT NULL,
  sealed        bytea NOT NULL,
  granted       bytea NOT NULL           -- SHA-256 of the insurer's word
);
CREATE INDEX phone_pointer_card ON phone_pointer (card);

-- A presentation is used up by the first check that finds somebody with it.
CREATE TABLE presentation (
  use           bytea PRIMARY KEY,       -- hash of the phone's key and the second, 16 bytes
  check_key     bytea NOT NULL,          -- hash of account, device and check id: a retry is no use
  expires_at    timestamptz NOT NULL
);
CREATE INDEX presentation_expiry ON presentation (expires_at);

-- The gate binds and unbinds, and cannot read what it bound.
GRANT INSERT, DELETE, SELECT (idx, card, insurer, granted) ON phone_pointer TO ecluse_gate;
GRANT SELECT ON phone_pointer TO ecluse_keyring;
GRANT SELECT, INSERT, UPDATE, DELETE ON presentation TO ecluse_gate;

-- A presentation may be bound to one organisation, by its number.
GRANT SELECT (finess) ON organisation TO ecluse_keyring;
