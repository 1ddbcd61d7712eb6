-- The day after: incidents, and notices that only an insurer can open.

CREATE TABLE incident (
  incident      integer PRIMARY KEY,     -- consecutive, from 1
  statement     bigint NOT NULL,         -- position of the ledger entry that says what it is about
  content       text NOT NULL,           -- what is shown of it, as JSON; the entry is what counts
  opened_at     timestamptz NOT NULL,
  closed_at     timestamptz
);

-- What was built for all insurers at once, and what two persons approve.
CREATE TABLE notice_round (
  incident      integer NOT NULL,
  version       integer NOT NULL,        -- consecutive in the incident, from 1
  statement     bigint NOT NULL,         -- what the scope answers, and which entries it was read from
  first_entry   bigint NOT NULL,
  end_entry     bigint NOT NULL,
  digest        bytea NOT NULL,          -- SHA-256 over the files
  summary       text NOT NULL,           -- counts alone, as JSON
  built_at      timestamptz NOT NULL,
  sent_at       timestamptz,
  PRIMARY KEY (incident, version)
);

CREATE TABLE notice (
  incident      integer NOT NULL,
  version       integer NOT NULL,
  insurer       smallint NOT NULL,
  file          bytea NOT NULL,          -- age, to the insurer alone
  sha256        bytea NOT NULL,
  fetched_at    timestamptz,
  acknowledged_at timestamptz,
  PRIMARY KEY (incident, version, insurer)
);

-- A member reference is found by who already has the person's index, which only the keyring tells,
-- and only of an incident that stands in the ledger. The table itself stays closed: nobody lists it.
CREATE FUNCTION references_of(bytea[], smallint[], integer[])
RETURNS TABLE (idx bytea, insurer smallint, feed integer, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT r.idx, r.insurer, r.feed, r.sealed
    FROM member_reference AS r JOIN unnest($1, $2, $3) AS wanted (idx, insurer, feed)
   USING (idx, insurer, feed)
$$;
REVOKE ALL ON FUNCTION references_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION references_of TO ecluse_breach;

GRANT USAGE ON SCHEMA public TO ecluse_breach;
GRANT SELECT ON incident, ledger_head, ledger_tile, ledger_checkpoint TO ecluse_breach;
GRANT SELECT (insurer, amc, name, age_recipient) ON insurer TO ecluse_breach;
GRANT SELECT (organisation, profession) ON organisation TO ecluse_breach;
GRANT SELECT (shard, position, at, commitment), INSERT ON ledger_entry TO ecluse_breach;
GRANT UPDATE ON ledger_head TO ecluse_breach;
GRANT SELECT, INSERT ON notice_round TO ecluse_breach;
GRANT INSERT ON notice TO ecluse_breach;

GRANT SELECT, INSERT, UPDATE (statement, content, closed_at) ON incident TO ecluse_officer;
GRANT SELECT, UPDATE (sent_at) ON notice_round TO ecluse_officer;
GRANT SELECT, UPDATE (fetched_at, acknowledged_at) ON notice TO ecluse_officer;

-- While an incident is open nothing that may tell who was concerned is purged.
GRANT SELECT (incident, closed_at) ON incident TO ecluse_feed;
