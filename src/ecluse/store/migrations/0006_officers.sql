-- Roles of accounts, acts that take two persons, and an officer's role narrowed to its columns.

-- Only a professional's account checks. A holder answers for one organisation; the other roles
-- belong to none, and an insurer's staff to one insurer.
ALTER TABLE account
  ADD COLUMN role text NOT NULL DEFAULT 'professional',
  ADD COLUMN insurer smallint,
  ALTER COLUMN organisation DROP NOT NULL,
  ADD CONSTRAINT account_role
    CHECK (role IN ('professional', 'holder', 'security', 'protection', 'insurer')),
  ADD CONSTRAINT account_organisation
    CHECK ((organisation IS NULL) = (role IN ('security', 'protection', 'insurer'))),
  ADD CONSTRAINT account_insurer CHECK ((insurer IS NULL) = (role <> 'insurer'));

-- What the passkey asks to be; an insurer's staff gives the insurer's AMC number.
ALTER TABLE enrolment
  ADD COLUMN role text NOT NULL DEFAULT 'professional',
  ADD COLUMN amc text,
  ALTER COLUMN finess DROP NOT NULL;

-- What takes two persons. `content` is canonical JSON (RFC 8785), so that both sign the same bytes.
CREATE TABLE act (
  act           bytea PRIMARY KEY,       -- 16 random bytes
  content       text NOT NULL,
  digest        bytea NOT NULL,          -- SHA-256 of content
  state         text NOT NULL CHECK (state IN ('proposed', 'seconded', 'done', 'withdrawn')),
  proposer      bytea NOT NULL,          -- account
  proposer_key  bytea NOT NULL,          -- the passkey's credential id
  proposed_at   timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,    -- after this nothing more happens to it
  seconder      bytea,
  seconder_key  bytea,
  ended_at      timestamptz
);

GRANT SELECT, INSERT ON act TO ecluse_officer;
GRANT UPDATE (state, seconder, seconder_key, ended_at) ON act TO ecluse_officer;
-- The loader releases a held feed, the gate takes a policy: each marks its own act as done.
GRANT SELECT ON act TO ecluse_feed, ecluse_gate;
GRANT UPDATE (state, ended_at) ON act TO ecluse_feed, ecluse_gate;

-- An officer's role no longer touches budgets or head counts, nor deletes anything.
REVOKE ALL ON organisation, account, enrolment, passkey, device, insurer FROM ecluse_officer;
GRANT SELECT (organisation, finess, name, profession, region, professionals, added_at),
      INSERT (organisation, finess, name, profession, region, professionals)
   ON organisation TO ecluse_officer;
GRANT SELECT (account, organisation, label, probation_until, locked, added_at, role, insurer),
      INSERT (account, organisation, label, probation_until, role, insurer),
      UPDATE (locked)
   ON account TO ecluse_officer;
GRANT SELECT, INSERT ON insurer TO ecluse_officer;
GRANT SELECT, UPDATE (state) ON enrolment TO ecluse_officer;
GRANT SELECT, INSERT, UPDATE (sign_count) ON passkey TO ecluse_officer;
GRANT SELECT, UPDATE (revoked_at) ON device TO ecluse_officer;

-- The console verifies signed requests, each nonce once.
GRANT SELECT, INSERT ON nonce TO ecluse_officer;
-- And tells a data-protection officer whether the tree is as it was signed: never an entry's text.
GRANT SELECT (shard, position, commitment) ON ledger_entry TO ecluse_officer;
