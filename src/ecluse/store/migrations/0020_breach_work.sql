-- What officers ask the breach part for from the console, and what it found: counts, never a member.

CREATE TABLE breach_work (
  work          bytea PRIMARY KEY,       -- 16 random bytes
  incident      integer NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('picture', 'notices')),
  asked_by      bytea NOT NULL,
  asked_at      timestamptz NOT NULL,
  ended_at      timestamptz,
  problem       text,                    -- why it was not done
  result        text                     -- JSON
);
CREATE INDEX breach_work_incident ON breach_work (incident, asked_at);

-- The documents in a notice, as JSON: what two persons read before they approve it.
ALTER TABLE notice ADD COLUMN documents text NOT NULL DEFAULT '{}';

GRANT SELECT, INSERT (work, incident, kind, asked_by, asked_at) ON breach_work TO ecluse_officer;
GRANT SELECT, UPDATE (ended_at, problem, result) ON breach_work TO ecluse_breach;
