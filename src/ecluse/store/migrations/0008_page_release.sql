-- Where the ledger holds the latest release of the portal's pages; NULL before the first. The entry
-- is what counts: this only says where to look.
ALTER TABLE platform ADD COLUMN page_release bigint;
GRANT SELECT (page_release), UPDATE (page_release) ON platform TO ecluse_officer;
