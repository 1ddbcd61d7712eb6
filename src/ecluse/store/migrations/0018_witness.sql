-- Witnesses of the ledger: what they cosigned, how each stands, and what one refused.
-- Who they are stands in the policy.

CREATE TABLE ledger_cosignature (
  shard         smallint NOT NULL,
  size          bigint NOT NULL,         -- of the checkpoint
  witness       text NOT NULL,           -- its verifier key
  at            timestamptz NOT NULL,    -- by the witness's clock
  line          text NOT NULL,           -- of the note
  PRIMARY KEY (shard, size, witness)
);

CREATE TABLE ledger_witness (
  shard         smallint NOT NULL,
  witness       text NOT NULL,           -- its verifier key
  size          bigint NOT NULL,         -- what it cosigned last, as far as is known here
  asked_at      timestamptz NOT NULL,
  cosigned_at   timestamptz,
  problem       text NOT NULL,           -- of the last attempt; empty when it cosigned
  PRIMARY KEY (shard, witness)
);

-- Evidence that the log is not the one that a witness saw: two notes that the log's key signed.
CREATE TABLE ledger_refusal (
  shard         smallint NOT NULL,
  digest        bytea NOT NULL,          -- SHA-256 over witness and both notes
  witness       text NOT NULL,           -- its verifier key
  kind          text NOT NULL CHECK (kind IN ('forked', 'rolled_back')),
  cosigned      text NOT NULL,           -- what the witness cosigned last
  offered       text NOT NULL,           -- what it was offered here
  at            timestamptz NOT NULL,
  told_at       timestamptz,             -- when the ledger was told
  PRIMARY KEY (shard, digest)
);

-- Whether enough witnesses cosigned lately, as the gates last found.
ALTER TABLE platform ADD COLUMN witnessed boolean NOT NULL DEFAULT true;

GRANT SELECT (one, policy) ON platform TO ecluse_ledger;
GRANT SELECT, INSERT, UPDATE ON ledger_cosignature, ledger_witness TO ecluse_ledger;
GRANT SELECT, INSERT ON ledger_refusal TO ecluse_ledger;
GRANT SELECT ON ledger_cosignature TO ecluse_gate, ecluse_breach;
GRANT SELECT, UPDATE (told_at) ON ledger_refusal TO ecluse_gate;
GRANT SELECT ON ledger_cosignature, ledger_witness, ledger_refusal TO ecluse_officer;
GRANT SELECT (witnessed) ON platform TO ecluse_officer;
