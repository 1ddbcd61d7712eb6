-- The whole schema of the daily job.
--
-- Rules kept so that the same schema runs on Citus unchanged: every primary key is led by its
-- distribution key, no unique index without that key, no trigger, no extension, no foreign key
-- between distributed tables. Reference tables (small, on every node): insurer, feed, cover_package,
-- organisation, platform.
--
-- What no table holds: an identifier in clear, an identity attribute, a contact, a bank detail.
-- `idx` is PRF(k, kind | identifier), 16 bytes (docs/decisions/0001-records-and-keys.md).

CREATE TABLE insurer (
  insurer       smallint PRIMARY KEY,
  amc           text NOT NULL UNIQUE,
  name          text NOT NULL,
  signing_key   bytea NOT NULL,          -- Ed25519, 32 bytes: signs its feeds
  age_recipient text NOT NULL,           -- what the insurer alone can open is sealed to this
  added_at      timestamptz NOT NULL DEFAULT now()
);

-- A feed is in force or it is not: `state` is the only switch, and it turns in one statement.
CREATE TABLE feed (
  insurer       smallint NOT NULL,
  feed          integer NOT NULL,        -- the insurer's own consecutive number
  manifest      bytea NOT NULL,          -- SHA-256 of the signed manifest
  state         text NOT NULL CHECK (state IN ('loading', 'in_force', 'superseded', 'refused')),
  row_count     bigint NOT NULL,
  accepted      bigint NOT NULL DEFAULT 0,
  rejected      bigint NOT NULL DEFAULT 0,
  rejects_file  text,
  period_from   date NOT NULL,
  period_to     date,
  began_at      timestamptz NOT NULL DEFAULT now(),
  ended_at      timestamptz,
  PRIMARY KEY (insurer, feed)
);

CREATE TABLE cover_package (
  insurer       smallint NOT NULL,
  feed          integer NOT NULL,
  code          text NOT NULL,
  content       jsonb NOT NULL,          -- the contract's table, about nobody in particular
  PRIMARY KEY (insurer, feed, code)
);

-- One person's cover with one insurer, sealed under a key of its own. Distributed by idx.
CREATE TABLE cover_record (
  idx           bytea NOT NULL,
  insurer       smallint NOT NULL,
  feed          integer NOT NULL,
  epoch         smallint NOT NULL,
  sealed        bytea NOT NULL,          -- nonce 12 | AES-256-GCM(cover) ; AAD = idx|insurer|feed|epoch
  PRIMARY KEY (idx, insurer, feed)
);

-- From a card to the same record; only the keyring opens it. Distributed by idx (the card's).
CREATE TABLE card_pointer (
  idx           bytea NOT NULL,
  insurer       smallint NOT NULL,
  feed          integer NOT NULL,
  epoch         smallint NOT NULL,
  sealed        bytea NOT NULL,
  PRIMARY KEY (idx, insurer, feed)
);

-- The insurer's own member number under the insurer's own key, 64 bytes. Kept when a record goes.
CREATE TABLE member_reference (
  idx           bytea NOT NULL,
  insurer       smallint NOT NULL,
  feed          integer NOT NULL,
  sealed        bytea NOT NULL CHECK (octet_length(sealed) = 64),
  PRIMARY KEY (idx, insurer, feed)
);

CREATE TABLE organisation (
  organisation  bytea PRIMARY KEY,       -- 16 random bytes
  finess        text NOT NULL,
  name          text NOT NULL,
  profession    text NOT NULL,           -- code of TRE_G15
  region        text NOT NULL,           -- INSEE region code
  professionals integer NOT NULL CHECK (professionals > 0),
  budget        bytea NOT NULL DEFAULT '',
  added_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE account (
  account       bytea PRIMARY KEY,       -- 16 random bytes
  organisation  bytea NOT NULL,
  label         text NOT NULL,           -- how the organisation calls this counter
  probation_until timestamptz NOT NULL,
  locked        text,                    -- the reason; NULL when open
  budget        bytea NOT NULL DEFAULT '',
  added_at      timestamptz NOT NULL DEFAULT now()
);

-- A passkey that asks to join; nothing until an officer accepts its fingerprint.
CREATE TABLE enrolment (
  fingerprint   text PRIMARY KEY,
  finess        text NOT NULL,
  label         text NOT NULL,
  account       bytea NOT NULL,
  credential    bytea NOT NULL,
  public_key    bytea NOT NULL,          -- COSE
  sign_count    bigint NOT NULL,
  state         text NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
  asked_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE passkey (
  account       bytea NOT NULL,
  credential    bytea NOT NULL,
  public_key    bytea NOT NULL,          -- COSE
  sign_count    bigint NOT NULL,
  added_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, credential)
);

CREATE TABLE device (
  account       bytea NOT NULL,
  thumbprint    bytea NOT NULL,          -- RFC 7638, SHA-256
  public_key    bytea NOT NULL,          -- P-256 point, uncompressed, 65 bytes
  credential    bytea NOT NULL,          -- the passkey that vouched for it
  registered_at timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  revoked_at    timestamptz,
  PRIMARY KEY (account, thumbprint)
);

-- A signature's nonce counts once; the row outlives the signature's validity.
CREATE TABLE nonce (
  account       bytea NOT NULL,
  nonce         bytea NOT NULL,
  expires_at    timestamptz NOT NULL,
  PRIMARY KEY (account, nonce)
);
CREATE INDEX nonce_expiry ON nonce (expires_at);

-- Which organisations a paper card was shown to in the last day, as keyed tokens.
CREATE TABLE card_use (
  card          bytea PRIMARY KEY,
  uses          bytea NOT NULL
);

-- Region and platform caps, leased to gates in blocks.
CREATE TABLE lease_pool (
  scope         text PRIMARY KEY,
  granted       bytea NOT NULL           -- the same hourly ring as every budget
);

-- The right to settle, found by the hash of what only the asking organisation holds.
CREATE TABLE settlement (
  reference     bytea PRIMARY KEY,       -- SHA-256(reference | organisation), 32 bytes
  wrapped       bytea NOT NULL,          -- the person's key, wrapped by the keyring under the reference
  care_date     date NOT NULL,
  expires_at    timestamptz NOT NULL
);

-- What holds for the whole platform. After a restore budgets count as spent until spent_until.
CREATE TABLE platform (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  spent_until   timestamptz NOT NULL DEFAULT '-infinity',
  policy        bytea NOT NULL DEFAULT ''  -- SHA-256 of the policy in force
);
INSERT INTO platform DEFAULT VALUES;

-- The ledger. Positions are consecutive per shard; an entry's text goes with its month's key.
CREATE TABLE ledger_head (
  shard         smallint PRIMARY KEY,
  size          bigint NOT NULL,
  last_at       timestamptz NOT NULL
);
INSERT INTO ledger_head VALUES (0, 0, '-infinity');

CREATE TABLE ledger_entry (
  shard         smallint NOT NULL,
  position      bigint NOT NULL,
  entry         bytea NOT NULL,          -- 16 random bytes; salts and binds the rest
  at            timestamptz NOT NULL,
  month         text NOT NULL,           -- which key seals it, e.g. 2026-11
  sealed        bytea,                   -- NULL once erased
  commitment    bytea NOT NULL,          -- SHA-256(salt | sealed), 32 bytes
  PRIMARY KEY (shard, position)
);

CREATE TABLE ledger_tile (
  shard         smallint NOT NULL,
  level         smallint NOT NULL,
  tile          bigint NOT NULL,
  hashes        bytea NOT NULL,          -- 256 hashes, 8192 bytes: full tiles only
  PRIMARY KEY (shard, level, tile)
);

CREATE TABLE ledger_checkpoint (
  shard         smallint NOT NULL,
  size          bigint NOT NULL,
  signed_at     timestamptz NOT NULL,
  note          text NOT NULL,           -- C2SP signed note
  PRIMARY KEY (shard, size)
);
