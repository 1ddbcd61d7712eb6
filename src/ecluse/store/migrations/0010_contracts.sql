-- What an insurer's contract says beside its members: how many days may lie between two feeds. The
-- members are in 0004; beyond these days the insurer counts as late.
ALTER TABLE insurer ADD COLUMN feed_days integer NOT NULL DEFAULT 35 CHECK (feed_days > 0);
