-- What check.sql works on: copies of the real tables, row for row, under keys that a pgbench script
-- can make up itself. Frozen together with it.

DROP SCHEMA IF EXISTS pgbench_check CASCADE;
CREATE SCHEMA pgbench_check;
SET search_path = pgbench_check;

CREATE TABLE organisation (LIKE public.organisation INCLUDING ALL);
CREATE TABLE account (LIKE public.account INCLUDING ALL);
CREATE TABLE device (LIKE public.device INCLUDING ALL);
CREATE TABLE card_pointer (LIKE public.card_pointer INCLUDING ALL);
CREATE TABLE cover_record (LIKE public.cover_record INCLUDING ALL);
CREATE TABLE card_use (LIKE public.card_use INCLUDING ALL);
CREATE TABLE feed (LIKE public.feed INCLUDING ALL);
CREATE TABLE nonce (LIKE public.nonce INCLUDING ALL);
CREATE TABLE settlement (LIKE public.settlement INCLUDING ALL);
CREATE TABLE platform (LIKE public.platform INCLUDING ALL);
CREATE TABLE ledger_head (LIKE public.ledger_head INCLUDING ALL);
CREATE TABLE ledger_entry (LIKE public.ledger_entry INCLUDING ALL);

INSERT INTO feed SELECT * FROM public.feed;
INSERT INTO platform SELECT * FROM public.platform;
INSERT INTO ledger_head SELECT * FROM public.ledger_head;

INSERT INTO organisation (organisation, finess, name, profession, region, professionals, budget)
SELECT decode(md5('organisation/' || row_number() OVER (ORDER BY organisation)), 'hex'),
       finess, name, profession, region, professionals, budget
  FROM public.organisation;

INSERT INTO account (account, organisation, label, probation_until, locked, budget)
SELECT decode(md5('account/' || number), 'hex'),
       decode(md5('organisation/' || number % organisations + 1), 'hex'),
       label, probation_until, locked, budget
  FROM (SELECT *, row_number() OVER (ORDER BY account) AS number FROM public.account) AS numbered,
       (SELECT count(*) AS organisations FROM public.organisation) AS counted;

INSERT INTO device (account, thumbprint, public_key, credential, registered_at, expires_at)
SELECT decode(md5('account/' || number), 'hex'), sha256(convert_to('device/' || number, 'UTF8')),
       public_key, credential, registered_at, expires_at
  FROM (SELECT *, row_number() OVER (ORDER BY account) AS number FROM public.device) AS numbered;

INSERT INTO card_pointer
SELECT decode(md5('card/' || row_number() OVER (ORDER BY idx)), 'hex'), insurer, feed, epoch, sealed
  FROM public.card_pointer;

INSERT INTO cover_record
SELECT decode(md5('person/' || row_number() OVER (ORDER BY idx)), 'hex'),
       insurer, feed, epoch, sealed
  FROM public.cover_record;

RESET search_path;
