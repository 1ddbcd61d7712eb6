-- Deltas, loads that go on after a crash, feeds held for two officers, purge.
--
-- Several feeds of one insurer are in force at once: each answers for the dates of care from
-- answers_from up to, not including, answers_until (docs/decisions/0011-deltas-by-overlay.md).

ALTER TABLE feed
  ADD COLUMN base          integer,      -- the feed that a delta builds on; NULL for a full feed
  ADD COLUMN chunks        integer NOT NULL DEFAULT 0,  -- committed so far, while loading
  ADD COLUMN answers_from  date,
  ADD COLUMN answers_until date,         -- NULL: for ever
  ADD COLUMN superseded_at timestamptz,
  ADD COLUMN swept_at      timestamptz,  -- its records are deleted
  ADD COLUMN purged_at     timestamptz;  -- its member references too

ALTER TABLE feed DROP CONSTRAINT feed_state_check;
ALTER TABLE feed ADD CONSTRAINT feed_state_check CHECK (
  state IN ('held', 'loading', 'in_force', 'superseded', 'refused', 'abandoned'));

UPDATE feed SET answers_from = period_from, answers_until = period_to + 1
 WHERE state = 'in_force';
UPDATE feed SET superseded_at = ended_at, swept_at = ended_at WHERE state <> 'in_force';

-- How many members the contract says: what is usual before there is a history.
ALTER TABLE insurer ADD COLUMN members bigint CHECK (members > 0);

-- Rows of a load that was given up, and references past their retention; by feed alone.
GRANT DELETE ON member_reference TO ecluse_feed;
GRANT SELECT (insurer, feed) ON member_reference TO ecluse_feed;
CREATE INDEX member_reference_feed ON member_reference
 USING brin (insurer, feed) WITH (pages_per_range = 32, autosummarize = on);
