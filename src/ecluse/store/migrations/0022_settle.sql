-- From a check to its payment: what a reference entitles to, quotes, claims. No act stands here.

-- What a settlement reference stands for, sealed under the reference itself, which only the
-- organisation that asked has.
CREATE TABLE entitlement (
  reference     bytea PRIMARY KEY,       -- as in settlement
  sealed        bytea NOT NULL,          -- nonce 12 | AES-256-GCM ; AAD = reference
  expires_at    timestamptz NOT NULL
);
CREATE INDEX entitlement_expiry ON entitlement (expires_at);

-- What one person bore and was given, sealed under a key of the gates'; which person, likewise.
CREATE TABLE standing (
  person        bytea PRIMARY KEY,       -- keyed, 16 bytes
  sealed        bytea NOT NULL
);

CREATE TABLE quote (
  organisation  bytea NOT NULL,
  quote         bytea NOT NULL,          -- 16 bytes, drawn by who asks
  digest        bytea NOT NULL,          -- keyed: what was asked
  ends          date NOT NULL,           -- the last day of its guarantee
  priced        text NOT NULL,           -- amounts alone, as JSON
  given_at      timestamptz NOT NULL,
  PRIMARY KEY (organisation, quote)
);

CREATE TABLE claim (
  organisation  bytea NOT NULL,
  claim         bytea NOT NULL,          -- 16 bytes, drawn by who sends it
  digest        bytea NOT NULL,          -- keyed: what was sent, to tell the same from another
  same          bytea NOT NULL,          -- keyed: the care it is for, claimed once
  account       bytea NOT NULL,
  family        text NOT NULL,
  care_date     date NOT NULL,
  outcome       text NOT NULL,
  reason        text NOT NULL,
  price         numeric(12, 2) NOT NULL,
  amo           numeric(12, 2) NOT NULL, -- what the mandatory scheme pays to the professional
  due_now       numeric(12, 2) NOT NULL,
  commitment    bytea NOT NULL,          -- SHA-256(salt | acts); the insurer has both
  taken_at      timestamptz NOT NULL,
  PRIMARY KEY (organisation, claim)
);
CREATE UNIQUE INDEX claim_same ON claim (organisation, same);

-- What each insurer owes for it, and what it alone can read: the acts, and whose they are.
CREATE TABLE claim_part (
  organisation  bytea NOT NULL,
  claim         bytea NOT NULL,
  insurer       smallint NOT NULL,
  place         smallint NOT NULL,       -- 0 pays first
  amount        numeric(12, 2) NOT NULL,
  sealed        bytea NOT NULL,          -- age, to the insurer's recipient
  taken_at      timestamptz NOT NULL,
  PRIMARY KEY (organisation, claim, insurer)
);
CREATE INDEX claim_part_insurer ON claim_part (insurer, taken_at);

GRANT SELECT, INSERT, DELETE ON entitlement TO ecluse_gate;
GRANT SELECT, INSERT, UPDATE ON standing TO ecluse_gate;
GRANT SELECT, INSERT ON quote, claim, claim_part TO ecluse_gate;
-- A reference that is found by who has the person's index, and sealed under the insurer's own key.
GRANT EXECUTE ON FUNCTION references_of TO ecluse_gate;
GRANT SELECT ON claim, claim_part TO ecluse_officer;
