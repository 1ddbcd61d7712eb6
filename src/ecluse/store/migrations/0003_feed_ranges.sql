-- A feed's rows lie together, as they were copied. A block-range index finds them again for a few
-- pages of its own, and costs a load nothing; without it superseding one insurer's feed would read
-- every insurer's records.
CREATE INDEX cover_record_feed ON cover_record
 USING brin (insurer, feed) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX card_pointer_feed ON card_pointer
 USING brin (insurer, feed) WITH (pages_per_range = 32, autosummarize = on);
