-- Between operators: peers, what they were told, what they told, and who is watched harder for it.

-- Which professional an account belongs to, where an officer knows: a number of the shared register.
ALTER TABLE account ADD COLUMN rpps text;

-- Of these less is enough for an alarm until then; the empty account's is everybody's.
CREATE TABLE wary (
  account       bytea PRIMARY KEY,
  until         timestamptz NOT NULL
);

CREATE TABLE peer (
  peer          bytea PRIMARY KEY,       -- RFC 7638 thumbprint of its key, 32 bytes
  name          text NOT NULL,
  public_key    bytea NOT NULL,          -- P-256 point, uncompressed, 65 bytes
  collection    text NOT NULL,           -- address of its TAXII collection
  most          text NOT NULL,           -- the strongest measure that its word may bring
  added_at      timestamptz NOT NULL DEFAULT now(),
  removed_at    timestamptz,
  read_until    timestamptz NOT NULL DEFAULT 'epoch',  -- by the peer's own clock
  heard_at      timestamptz              -- of the last answer
);

-- STIX objects as they were signed, in the order in which peers find them.
CREATE TABLE told (
  object        text PRIMARY KEY,        -- STIX id
  alarm         bytea NOT NULL,          -- the alarm it tells of; empty for who and what we are
  added_at      timestamptz NOT NULL,
  version       timestamptz NOT NULL,
  body          text NOT NULL            -- canonical JSON (RFC 8785)
);
CREATE INDEX told_added ON told (added_at, object);
CREATE INDEX told_alarm ON told (alarm);

-- What was done on a peer's word: each alarm counts once for each account.
CREATE TABLE heard (
  peer          bytea NOT NULL,
  object        text NOT NULL,
  account       bytea NOT NULL,          -- empty: about nobody here, or about everybody
  measure       text NOT NULL,
  at            timestamptz NOT NULL,
  PRIMARY KEY (peer, object, account)
);

GRANT SELECT (alarm, account, organisation, kind, at, why) ON alarm TO ecluse_exchange;
GRANT INSERT ON alarm TO ecluse_exchange;
GRANT SELECT (account, organisation, rpps, role, locked, frozen_typed_until),
      UPDATE (locked, frozen_typed_until) ON account TO ecluse_exchange;
GRANT SELECT (organisation, finess, profession) ON organisation TO ecluse_exchange;
GRANT SELECT (account, expires_at, revoked_at), UPDATE (revoked_at) ON device TO ecluse_exchange;
GRANT SELECT, INSERT, UPDATE ON wary TO ecluse_exchange, ecluse_watch;
GRANT SELECT, UPDATE (read_until, heard_at) ON peer TO ecluse_exchange;
GRANT SELECT, INSERT ON told, heard TO ecluse_exchange;
GRANT SELECT, INSERT, DELETE ON nonce TO ecluse_exchange;
GRANT SELECT (one, policy) ON platform TO ecluse_exchange;
GRANT SELECT, UPDATE ON ledger_head TO ecluse_exchange;
GRANT INSERT ON ledger_entry TO ecluse_exchange;
GRANT USAGE ON SCHEMA public TO ecluse_exchange;

GRANT SELECT, INSERT, UPDATE (name, public_key, collection, most, removed_at)
   ON peer TO ecluse_officer;
GRANT SELECT (object, added_at) ON told TO ecluse_officer;
GRANT SELECT ON heard TO ecluse_officer;
GRANT SELECT (rpps), UPDATE (rpps) ON account TO ecluse_officer;

-- Like the watch, it closes and cannot open.
CREATE POLICY exchange_sees ON account FOR SELECT TO ecluse_exchange USING (true);
CREATE POLICY exchange_closes ON account FOR UPDATE TO ecluse_exchange
 USING (locked IS NULL) WITH CHECK (true);
