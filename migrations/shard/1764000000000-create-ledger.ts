import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The ledger of a shard.
 *
 * - Every id column compares by bytes (`ascii_bin`; SQLite does so anyway): `abc` is not `ABC`.
 * - `sub_account` carries `net` and `moved` beside the balance, so that `available + held = net + moved` can be checked
 *   in every row at every instant; the checks on `available` and `held` are the last guard behind the state machine.
 * - `entry` is clustered by account and time: a hot account appends. One unique index (account, key) guards the keys of
 *   all kinds. `request_id` is wide enough for internal keys built from two request ids and a blank. New kinds are
 *   appended to the ENUM, which MySQL and MariaDB do without touching a row; SQLite, which could not, has no such check.
 * - `transfer` holds the two halves of money moving between sub-accounts (`out` pending or done, `in`), and the moves
 *   within the shard (`local`). Rows are never deleted.
 * - `shard_identity` says which shard this database is, so that a swapped address is noticed before money is.
 */
export class CreateLedger1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never dropped by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS sub_account (
    account_id             VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    idx                    SMALLINT UNSIGNED NOT NULL,
    available              BIGINT NOT NULL DEFAULT 0,
    held                   BIGINT NOT NULL DEFAULT 0,
    net                    BIGINT NOT NULL DEFAULT 0,
    moved                  BIGINT NOT NULL DEFAULT 0,
    epoch                  INT UNSIGNED NOT NULL,
    version                BIGINT UNSIGNED NOT NULL DEFAULT 0,
    outside_version        BIGINT UNSIGNED NOT NULL DEFAULT 0,
    account_status         ENUM('active', 'frozen', 'closed') NOT NULL,
    account_status_version INT UNSIGNED NOT NULL,
    state                  ENUM('open', 'draining', 'closed') NOT NULL DEFAULT 'open',
    operation              BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, idx),
    CONSTRAINT sub_account_available_not_negative CHECK (available >= 0),
    CONSTRAINT sub_account_held_not_negative CHECK (held >= 0)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS entry (
    account_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    sub_account   SMALLINT UNSIGNED NOT NULL,
    version       BIGINT UNSIGNED NOT NULL,
    request_id    VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind          ENUM('deduction', 'credit') NOT NULL,
    amount        BIGINT NOT NULL,
    epoch         INT UNSIGNED NOT NULL,
    fingerprint   BINARY(16) NOT NULL,
    reference     VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    metadata      TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (account_id, created_at_us, sub_account, version),
    UNIQUE KEY entry_request (account_id, request_id),
    CONSTRAINT entry_amount_not_negative CHECK (amount >= 0)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS transfer (
    account_id       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    transfer_id      VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    direction        ENUM('out', 'in', 'local') NOT NULL,
    from_sub_account SMALLINT UNSIGNED NOT NULL,
    to_sub_account   SMALLINT UNSIGNED NOT NULL,
    peer_shard       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    amount           BIGINT NOT NULL,
    pending          TINYINT NULL,
    created_at_us    BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, transfer_id, direction),
    KEY transfer_pending (pending, created_at_us),
    CONSTRAINT transfer_amount_positive CHECK (amount > 0)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS shard_identity (
    id         TINYINT NOT NULL PRIMARY KEY,
    name       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    cluster_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    CONSTRAINT shard_identity_single CHECK (id = 1)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS sub_account (
    account_id             TEXT NOT NULL,
    idx                    INTEGER NOT NULL,
    available              INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    held                   INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    net                    INTEGER NOT NULL DEFAULT 0,
    moved                  INTEGER NOT NULL DEFAULT 0,
    epoch                  INTEGER NOT NULL,
    version                INTEGER NOT NULL DEFAULT 0,
    outside_version        INTEGER NOT NULL DEFAULT 0,
    account_status         TEXT NOT NULL CHECK (account_status IN ('active', 'frozen', 'closed')),
    account_status_version INTEGER NOT NULL,
    state                  TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'draining', 'closed')),
    operation              INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, idx)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS entry (
    account_id    TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    sub_account   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    request_id    TEXT NOT NULL,
    kind          TEXT NOT NULL,
    amount        INTEGER NOT NULL CHECK (amount >= 0),
    epoch         INTEGER NOT NULL,
    fingerprint   BLOB NOT NULL,
    reference     TEXT,
    metadata      TEXT,
    PRIMARY KEY (account_id, created_at_us, sub_account, version)
  ) STRICT, WITHOUT ROWID`,
  `CREATE UNIQUE INDEX IF NOT EXISTS entry_request ON entry (account_id, request_id)`,
  `CREATE TABLE IF NOT EXISTS transfer (
    account_id       TEXT NOT NULL,
    transfer_id      TEXT NOT NULL,
    direction        TEXT NOT NULL CHECK (direction IN ('out', 'in', 'local')),
    from_sub_account INTEGER NOT NULL,
    to_sub_account   INTEGER NOT NULL,
    peer_shard       TEXT,
    amount           INTEGER NOT NULL CHECK (amount > 0),
    pending          INTEGER,
    created_at_us    INTEGER NOT NULL,
    PRIMARY KEY (account_id, transfer_id, direction)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS transfer_pending ON transfer (pending, created_at_us) WHERE pending IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS shard_identity (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name       TEXT NOT NULL,
    cluster_id TEXT NOT NULL
  ) STRICT`,
];
