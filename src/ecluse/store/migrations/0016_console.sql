-- What the officer's page shows: the lanes by minute, what an alarm rests on, how low the budgets are.
-- The watch writes all of it; none of it is about a member.

-- Checks by minute, as the watch counts them while it reads the ledger.
CREATE TABLE watch_minute (
  minute        timestamptz NOT NULL,
  lane          text NOT NULL,
  released      boolean NOT NULL,
  checks        integer NOT NULL,
  PRIMARY KEY (minute, lane, released)
);

-- New subjects without a card by account and hour, for as long as a day can touch the hour.
CREATE TABLE watch_hour (
  hour          timestamptz NOT NULL,
  account       bytea NOT NULL,
  organisation  bytea NOT NULL,
  typed         integer NOT NULL,
  PRIMARY KEY (hour, account)
);

-- The typed lane's budgets at each of four levels, in counts.
CREATE TABLE gauge (
  level         text PRIMARY KEY CHECK (level IN ('account', 'organisation', 'region', 'platform')),
  at            timestamptz NOT NULL,
  asked         integer NOT NULL,        -- how many of this level asked within the day
  low           integer NOT NULL,        -- of those, with half of their cap or less left
  dry           integer NOT NULL,        -- of those, with nothing left
  used          bigint NOT NULL,         -- of the one with the least left
  cap           bigint NOT NULL,
  fullest       text NOT NULL DEFAULT '' -- that one, when it is a region
);

-- Numbers for the sentence in the officer's language, and the entries as the watch was told of them.
ALTER TABLE alarm
  ADD COLUMN facts text NOT NULL DEFAULT '{}',
  ADD COLUMN evidence text NOT NULL DEFAULT '[]';

GRANT SELECT, INSERT, UPDATE, DELETE ON watch_minute, watch_hour TO ecluse_watch;
GRANT SELECT, INSERT, UPDATE ON gauge TO ecluse_watch;
GRANT SELECT ON lease_pool TO ecluse_watch;
GRANT SELECT (organisation, professionals) ON organisation TO ecluse_watch;
GRANT SELECT ON watch_minute, gauge TO ecluse_officer;
-- Two officers end a brake.
GRANT UPDATE (braked_until) ON platform TO ecluse_officer;
