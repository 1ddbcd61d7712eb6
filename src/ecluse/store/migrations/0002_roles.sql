-- The fewest rights each process can work with. Roles are made (with their passwords) before
-- migrations run; the portal has none.

GRANT USAGE ON SCHEMA public TO ecluse_feed, ecluse_gate, ecluse_keyring, ecluse_ledger, ecluse_watch, ecluse_officer;

GRANT SELECT ON insurer TO ecluse_feed, ecluse_gate, ecluse_officer;
GRANT SELECT, INSERT, UPDATE ON feed TO ecluse_feed;
GRANT SELECT ON feed TO ecluse_gate, ecluse_keyring, ecluse_officer;
GRANT SELECT, INSERT, DELETE ON cover_package TO ecluse_feed;
GRANT SELECT ON cover_package TO ecluse_gate;

-- The loader writes records it can never open again, and sweeps superseded ones by feed alone.
GRANT INSERT, DELETE ON cover_record, card_pointer TO ecluse_feed;
GRANT SELECT (insurer, feed) ON cover_record, card_pointer TO ecluse_feed;
GRANT INSERT ON member_reference TO ecluse_feed;

GRANT SELECT ON cover_record TO ecluse_gate;
GRANT SELECT ON card_pointer TO ecluse_keyring;

GRANT SELECT, UPDATE ON organisation, account TO ecluse_gate;
GRANT SELECT, INSERT, UPDATE ON organisation, account TO ecluse_officer;
GRANT SELECT, INSERT ON enrolment TO ecluse_gate;
GRANT SELECT, UPDATE, DELETE ON enrolment TO ecluse_officer;
GRANT SELECT, UPDATE ON passkey TO ecluse_gate;
GRANT SELECT, INSERT, DELETE ON passkey TO ecluse_officer;
GRANT SELECT, INSERT, UPDATE ON device TO ecluse_gate;
GRANT SELECT, UPDATE ON device TO ecluse_officer;
GRANT SELECT, INSERT, DELETE ON nonce TO ecluse_gate;
GRANT SELECT, INSERT, UPDATE ON card_use, lease_pool TO ecluse_gate;
GRANT INSERT, DELETE ON settlement TO ecluse_gate;
GRANT SELECT, UPDATE ON platform TO ecluse_gate;
GRANT INSERT, UPDATE ON insurer TO ecluse_officer;

-- Everybody appends; nobody changes or deletes what stands.
GRANT SELECT, UPDATE ON ledger_head TO ecluse_feed, ecluse_gate, ecluse_officer;
GRANT INSERT ON ledger_entry TO ecluse_feed, ecluse_gate, ecluse_officer;
GRANT SELECT ON ledger_head, ledger_entry TO ecluse_keyring, ecluse_watch;
GRANT SELECT ON ledger_head, ledger_entry TO ecluse_ledger;
GRANT SELECT, INSERT ON ledger_tile, ledger_checkpoint TO ecluse_ledger;
GRANT SELECT ON ledger_tile, ledger_checkpoint TO ecluse_gate, ecluse_watch, ecluse_officer;
-- Inclusion proofs need positions and commitments, never the sealed text.
GRANT SELECT (shard, position, entry, commitment) ON ledger_entry TO ecluse_gate;
