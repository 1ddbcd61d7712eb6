-- The watch: what it remembers, what it saw, what it takes from whom.

-- 'epoch' is long over: nothing taken.
ALTER TABLE account
  ADD COLUMN frozen_typed_until timestamptz NOT NULL DEFAULT 'epoch',
  ADD COLUMN shrunk_until timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE platform ADD COLUMN braked_until timestamptz NOT NULL DEFAULT 'epoch';

-- What is remembered of each account and organisation, and up to which entry: written together.
CREATE TABLE watch_account (
  account       bytea PRIMARY KEY,
  habits        bytea NOT NULL,
  standing      bytea NOT NULL           -- its alarms of late, for the policy's ladders
);
CREATE TABLE watch_place (
  organisation  bytea PRIMARY KEY,
  habits        bytea NOT NULL
);
CREATE TABLE watch_state (
  shard         smallint PRIMARY KEY,
  position      bigint NOT NULL,         -- of the next entry to read
  everybody     bytea NOT NULL
);

CREATE TABLE alarm (
  alarm         bytea PRIMARY KEY,       -- 16 random bytes
  account       bytea NOT NULL,          -- empty: an organisation's, or the platform's
  organisation  bytea NOT NULL,
  kind          text NOT NULL,
  score         double precision NOT NULL,
  at            timestamptz NOT NULL,
  positions     bigint[] NOT NULL,       -- the ledger entries that it rests on
  why           text NOT NULL,
  measure       text NOT NULL,
  until         timestamptz              -- NULL: until two officers end it
);
CREATE INDEX alarm_at ON alarm (at);

-- The keyring reads entries for the watch, and tells it nothing of subjects.
REVOKE ALL ON ledger_entry, ledger_tile, ledger_checkpoint FROM ecluse_watch;
GRANT INSERT ON ledger_entry TO ecluse_watch;
GRANT UPDATE ON ledger_head TO ecluse_watch;
GRANT SELECT, INSERT, UPDATE ON watch_account, watch_place, watch_state TO ecluse_watch;
GRANT SELECT, INSERT ON alarm TO ecluse_watch;
GRANT SELECT (account, role, locked, frozen_typed_until, shrunk_until),
      UPDATE (locked, frozen_typed_until, shrunk_until) ON account TO ecluse_watch;
GRANT SELECT (account, expires_at, revoked_at), UPDATE (revoked_at) ON device TO ecluse_watch;
GRANT SELECT (one, policy, braked_until), UPDATE (braked_until) ON platform TO ecluse_watch;

GRANT SELECT ON alarm TO ecluse_officer;
GRANT SELECT (position) ON watch_state TO ecluse_officer;
GRANT SELECT (braked_until) ON platform TO ecluse_officer;
GRANT SELECT (frozen_typed_until, shrunk_until), UPDATE (frozen_typed_until, shrunk_until)
   ON account TO ecluse_officer;

-- The watch closes and cannot open: an account that is locked is out of its reach.
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY others ON account TO ecluse_gate, ecluse_officer USING (true) WITH CHECK (true);
CREATE POLICY watch_sees ON account FOR SELECT TO ecluse_watch USING (true);
CREATE POLICY watch_closes ON account FOR UPDATE TO ecluse_watch
 USING (locked IS NULL) WITH CHECK (true);
