-- One check in the card lane, as PostgreSQL alone does it: what `ecluse bench check` is measured
-- against. The same reads and writes as the gate and the keyring cause, one transaction for each
-- check, sent as a pipeline so that no round trip counts. Without what makes checks wait for each
-- other: no lock on the ledger's head, each client has positions of its own.
--
-- Frozen: it was committed before anything was tuned, and a change makes figures incomparable.
--
-- Given with -D: members, accounts, organisations (how many rows there are), and n, beyond any
-- position that an earlier run used.

\set member random(1, :members)
\set account random(1, :accounts)
\set organisation :account % :organisations + 1
\set n :n + 1
\set position :client_id * 1000000000000 + :n

\startpipeline
BEGIN;
SELECT pointer.idx, pointer.insurer, pointer.feed, pointer.sealed FROM card_pointer AS pointer JOIN feed USING (insurer, feed) WHERE pointer.idx = decode(md5('card/' || :member), 'hex') AND feed.state = 'in_force';
INSERT INTO nonce (account, nonce, expires_at) VALUES (decode(md5('account/' || :account), 'hex'), uuid_send(gen_random_uuid()), now() + interval '2 minutes') ON CONFLICT DO NOTHING RETURNING account, nonce;
SELECT record.idx, record.insurer, record.feed, record.epoch, record.sealed FROM cover_record AS record JOIN feed USING (insurer, feed) WHERE record.idx = decode(md5('person/' || :member), 'hex') AND feed.state = 'in_force';
SELECT account, organisation, probation_until, locked, budget FROM account WHERE account = decode(md5('account/' || :account), 'hex') FOR UPDATE;
SELECT organisation, professionals, region, profession, budget FROM organisation WHERE organisation = decode(md5('organisation/' || :organisation), 'hex') FOR UPDATE;
SELECT account, thumbprint, expires_at FROM device WHERE account = decode(md5('account/' || :account), 'hex') AND thumbprint = sha256(convert_to('device/' || :account, 'UTF8')) AND revoked_at IS NULL;
SELECT clock_timestamp(), last_at, spent_until FROM ledger_head, platform WHERE shard = 0;
INSERT INTO card_use (card, uses) VALUES (decode(md5('use/' || :member), 'hex'), convert_to(rpad('', 28, 'u'), 'UTF8')) ON CONFLICT (card) DO UPDATE SET uses = excluded.uses RETURNING uses;
UPDATE account SET budget = convert_to(rpad('', 10, 'b'), 'UTF8') WHERE account = decode(md5('account/' || :account), 'hex');
UPDATE organisation SET budget = convert_to(rpad('', 10, 'b'), 'UTF8') WHERE organisation = decode(md5('organisation/' || :organisation), 'hex');
INSERT INTO settlement (reference, wrapped, care_date, expires_at) VALUES (sha256(uuid_send(gen_random_uuid())), convert_to(rpad('', 78, 'w'), 'UTF8'), current_date, now() + interval '730 days');
INSERT INTO ledger_entry (shard, position, entry, at, month, sealed, commitment) VALUES (0, :position, uuid_send(gen_random_uuid()), clock_timestamp(), '2026-11', convert_to(rpad('', 349, 's'), 'UTF8'), sha256(uuid_send(gen_random_uuid())));
COMMIT;
SELECT position, entry, month, sealed, commitment FROM ledger_entry WHERE shard = 0 AND position = :position;
\endpipeline
