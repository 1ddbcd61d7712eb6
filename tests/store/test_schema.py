"""The schema's rules and the roles' rights, read back from PostgreSQL's own catalogue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database

# Small, on every node: any key will do.
REFERENCE_TABLES = {"insurer", "feed", "cover_package", "organisation", "platform", "peer", "told"}

# Everything else is distributed by the column named here.
DISTRIBUTED_BY = {
    "cover_record": "idx",
    "card_pointer": "idx",
    "member_reference": "idx",
    "account": "account",
    "enrolment": "fingerprint",
    "act": "act",
    "passkey": "account",
    "device": "account",
    "nonce": "account",
    "card_use": "card",
    "lease_pool": "scope",
    "settlement": "reference",
    "phone_pointer": "idx",
    "presentation": "use",
    "ledger_head": "shard",
    "ledger_entry": "shard",
    "ledger_tile": "shard",
    "ledger_checkpoint": "shard",
    "ledger_cosignature": "shard",
    "ledger_witness": "shard",
    "ledger_refusal": "shard",
    "watch_account": "account",
    "watch_place": "organisation",
    "watch_state": "shard",
    "alarm": "alarm",
    "watch_minute": "minute",
    "watch_hour": "hour",
    "gauge": "level",
    "wary": "account",
    "heard": "peer",
    "incident": "incident",
    "notice_round": "incident",
    "breach_work": "work",
    "entitlement": "reference",
    "standing": "person",
    "quote": "organisation",
    "claim": "organisation",
    "claim_part": "organisation",
    "notice": "incident",
}

BOOK = "ecluse_migration"  # the migrations' own, on the coordinator alone

# r: select, a: insert, w: update, d: delete; a column list narrows what stands before it.
GRANTS = {
    "feed": """
        insurer r, feed raw, cover_package rad, cover_record ad r(insurer feed),
        card_pointer ad r(insurer feed), member_reference ad r(insurer feed),
        act r w(ended_at state), ledger_head rw, ledger_entry a, incident r(closed_at incident)
    """,
    "gate": """
        insurer r, feed r, cover_package r, cover_record r, organisation rw, account rw,
        enrolment ra, passkey rw, device raw, nonce rad, card_use raw, lease_pool raw,
        settlement ad r(expires_at), phone_pointer ad r(card granted idx insurer),
        presentation rawd, platform rw, act r w(ended_at state), ledger_head rw,
        ledger_entry a r(commitment entry position shard), ledger_tile r, ledger_checkpoint r,
        ledger_cosignature r, ledger_refusal r w(told_at),
        entitlement rad, standing raw, quote ra, claim ra, claim_part ra
    """,
    "keyring": """
        feed r, card_pointer r, phone_pointer r, settlement r(expires_at reference wrapped),
        organisation r(finess organisation region), ledger_head r, ledger_entry r
    """,
    "ledger": """
        ledger_head r, ledger_entry r, ledger_tile ra, ledger_checkpoint ra, platform r(one policy),
        ledger_cosignature raw, ledger_witness raw, ledger_refusal ra
    """,
    "watch": """
        ledger_head rw, ledger_entry a, watch_account raw, watch_place raw, watch_state raw,
        watch_minute rawd, watch_hour rawd, gauge raw, lease_pool r,
        organisation r(organisation professionals),
        alarm ra, account r(account frozen_typed_until locked role shrunk_until),
        account w(frozen_typed_until locked shrunk_until),
        device r(account expires_at revoked_at), device w(revoked_at),
        platform r(braked_until one policy), platform w(braked_until), wary raw
    """,
    "exchange": """
        alarm a r(account alarm at kind organisation why),
        account r(account frozen_typed_until locked organisation role rpps),
        account w(frozen_typed_until locked), organisation r(finess organisation profession),
        device r(account expires_at revoked_at), device w(revoked_at), wary raw,
        peer r w(heard_at read_until), told ra, heard ra, nonce rad, platform r(one policy),
        ledger_head rw, ledger_entry a
    """,
    "officer": """
        insurer ra, feed r,
        organisation r(added_at finess name organisation profession professionals region),
        organisation a(finess name organisation profession professionals region),
        account r(account added_at frozen_typed_until insurer label locked organisation
                  probation_until role rpps shrunk_until),
        account a(account insurer label organisation probation_until role),
        account w(frozen_typed_until locked rpps shrunk_until), alarm r, watch_state r(position),
        enrolment r w(state), passkey ra w(sign_count), device ra w(revoked_at), nonce ra,
        act ra w(ended_at seconder seconder_key state), platform r(braked_until page_release witnessed),
        platform w(braked_until page_release), watch_minute r, gauge r,
        peer ra w(collection most name public_key removed_at), told r(added_at object), heard r,
        ledger_head rw, ledger_entry a r(commitment position shard), ledger_tile r,
        ledger_checkpoint r, incident ra w(closed_at content statement), notice_round r w(sent_at),
        notice r w(acknowledged_at fetched_at),
        breach_work r a(asked_at asked_by incident kind work),
        ledger_cosignature r, ledger_witness r, ledger_refusal r, claim r, claim_part r
    """,
    "breach": """
        incident r, insurer r(age_recipient amc insurer name), organisation r(organisation profession),
        ledger_head rw, ledger_entry a r(at commitment position shard), ledger_tile r,
        ledger_checkpoint r, notice_round ra, notice a, ledger_cosignature r,
        breach_work r w(ended_at problem result)
    """,
}

LETTERS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}

INDEXES = """
SELECT t.relname AS table, x.indisprimary AS primary,
       array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_index x
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
WHERE x.indisunique
GROUP BY t.relname, x.indexrelid, x.indisprimary
"""

RIGHTS = """
SELECT t.relname AS table, NULL AS column, g.grantee::regrole::text AS role, g.privilege_type
FROM pg_class t, aclexplode(t.relacl) g
WHERE t.relnamespace = 'public'::regnamespace AND g.grantee <> t.relowner
UNION ALL
SELECT t.relname, a.attname, g.grantee::regrole::text, g.privilege_type
FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) g
WHERE t.relnamespace = 'public'::regnamespace
"""


async def _ask(database: Database, sql: str, role: Role = Role.OWNER) -> list[Any]:
    connection = await database.connect(role)
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


def ask(database: Database, sql: str, role: Role = Role.OWNER) -> list[Any]:
    return asyncio.run(_ask(database, sql, role))


def tables(database: Database) -> set[str]:
    sql = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    return {row["relname"] for row in ask(database, sql)} - {BOOK}


def intended(text: str) -> set[tuple[str, str]]:
    """Read one role's line of GRANTS into {(table or table.column, letter)}."""
    rights = set()
    for grant in text.split(","):
        table, *words = grant.replace("(", " ( ").replace(")", " ) ").split()
        narrow = words.index("(") if "(" in words else len(words)
        whole = words[: narrow - 1] if "(" in words else words
        rights |= {(table, letter) for letter in "".join(whole)}
        for column in words[narrow + 1 : -1]:
            rights.add((f"{table}.{column}", words[narrow - 1]))
    return rights


def check_keys(database: Database) -> None:
    assert tables(database) == REFERENCE_TABLES | DISTRIBUTED_BY.keys()
    indexes = [row for row in ask(database, INDEXES) if row["table"] != BOOK]
    primary = {row["table"]: row["columns"] for row in indexes if row["primary"]}
    assert primary.keys() == tables(database)
    for table, column in DISTRIBUTED_BY.items():
        assert primary[table][0] == column, table
    for row in indexes:
        if row["table"] in DISTRIBUTED_BY:
            assert DISTRIBUTED_BY[row["table"]] in row["columns"], row["table"]


def check_plainness(database: Database) -> None:
    assert ask(database, "SELECT tgname FROM pg_trigger") == []
    extensions = ask(database, "SELECT extname FROM pg_extension")
    assert [row["extname"] for row in extensions] == ["plpgsql"]
    assert ask(database, "SELECT conname FROM pg_constraint WHERE contype = 'f'") == []


def check_rights(database: Database) -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for row in ask(database, RIGHTS):
        where = f"{row['table']}.{row['column']}" if row["column"] else row["table"]
        role = row["role"].removeprefix("ecluse_")
        found.setdefault(role, set()).add((where, LETTERS[row["privilege_type"]]))
    assert found == {role: intended(text) for role, text in GRANTS.items()}


def test_every_key_is_led_by_its_distribution_key(database: Database) -> None:
    check_keys(database)


def test_the_schema_has_no_trigger_no_extension_and_no_foreign_key(database: Database) -> None:
    check_plainness(database)


def test_each_role_has_exactly_the_rights_intended(database: Database) -> None:
    check_rights(database)


def test_the_same_schema_stands_on_the_oldest_postgresql(external: Database) -> None:
    asyncio.run(external.prepare())
    check_keys(external)
    check_plainness(external)
    check_rights(external)


def test_no_column_is_named_like_what_must_not_be_held(database: Database) -> None:
    sql = "SELECT attname FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0"
    columns = {row["attname"] for row in ask(database, sql)}
    assert "idx" in columns
    assert not columns & {"nir", "birth_date", "surname", "given_name", "iban", "phone", "email"}


def test_the_portal_has_no_role(database: Database) -> None:
    roles = ask(database, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'ecluse%' ORDER BY 1")
    assert [row["rolname"] for row in roles] == sorted(
        [*(role.login for role in Role), "ecluse_superuser"]
    )


PROCESSES = [role for role in Role if role is not Role.OWNER]


@pytest.mark.parametrize("role", PROCESSES)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE hoard (nir text)",
        "CREATE TEMPORARY TABLE hoard (nir text)",
        "CREATE SCHEMA hoard",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry SET sealed = NULL",
        "TRUNCATE ledger_entry",
        "SELECT * FROM member_reference",
        "SELECT * FROM ecluse_migration",
        "SELECT * FROM settlement",
        "COPY (SELECT 1) TO '/tmp/hoard'",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
        "SET ROLE ecluse_owner",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET log_statement = 'all'",
    ],
)
def test_no_process_may(database: Database, role: Role, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(database, statement, role)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.FEED, "SELECT sealed FROM cover_record"),
        (Role.FEED, "SELECT idx FROM cover_record"),
        (Role.FEED, "SELECT idx FROM card_pointer"),
        (Role.GATE, "SELECT sealed FROM ledger_entry"),
        (Role.GATE, "SELECT sealed FROM card_pointer"),
        (Role.GATE, "UPDATE cover_record SET sealed = ''"),
        (Role.KEYRING, "SELECT sealed FROM cover_record"),
        (Role.KEYRING, "INSERT INTO ledger_entry DEFAULT VALUES"),
        (Role.WATCH, "SELECT sealed FROM cover_record"),
        (Role.WATCH, "SELECT sealed FROM ledger_entry"),
        (Role.WATCH, "SELECT budget FROM account"),
        (Role.WATCH, "UPDATE alarm SET why = ''"),
        (Role.EXCHANGE, "SELECT sealed FROM cover_record"),
        (Role.EXCHANGE, "SELECT positions FROM alarm"),
        (Role.EXCHANGE, "SELECT budget FROM account"),
        (Role.EXCHANGE, "UPDATE peer SET most = 'lock'"),
        (Role.OFFICER, "SELECT sealed FROM cover_record"),
        (Role.OFFICER, "SELECT sealed FROM ledger_entry"),
        (Role.OFFICER, "SELECT budget FROM account"),
        (Role.OFFICER, "SELECT granted FROM lease_pool"),
        (Role.OFFICER, "SELECT account FROM watch_hour"),
        (Role.OFFICER, "UPDATE account SET budget = ''"),
        (Role.OFFICER, "UPDATE account SET role = 'security'"),
        (Role.OFFICER, "UPDATE account SET probation_until = now()"),
        (Role.OFFICER, "UPDATE organisation SET professionals = 1000"),
        (Role.OFFICER, "UPDATE passkey SET public_key = ''"),
        (Role.OFFICER, "DELETE FROM enrolment"),
        (Role.FEED, "UPDATE act SET seconder = ''"),
        (Role.GATE, "INSERT INTO act DEFAULT VALUES"),
        (Role.LEDGER, "UPDATE ledger_checkpoint SET note = ''"),
    ],
)
def test_no_role_can_do_anothers_part(database: Database, role: Role, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(database, statement, role)
