import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Webhooks, and what became of their deliveries.
 *
 * - `webhook.secrets`: JSON, the newest first; an older one signs too until its `untilUs`. `revision` rises with every change.
 * - `webhook_delivery` has the body, so that a delivery is sent again as it was. `next_at_us` is NULL where nothing is to be sent.
 *   An event is delivered once for each webhook, whoever reads it twice.
 */
export class KeepWebhooks1795970000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS webhook (
    webhook_id    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    url           VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    types         TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    account_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    secrets       TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    disabled      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    revision      BIGINT UNSIGNED NOT NULL DEFAULT 1,
    created_at_us BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS webhook_delivery (
    delivery_id   BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    webhook_id    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    body          MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state         VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempts      INT UNSIGNED NOT NULL,
    answer        VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    tried_at_us   BIGINT UNSIGNED NOT NULL,
    next_at_us    BIGINT UNSIGNED NULL,
    UNIQUE KEY webhook_delivery_event (webhook_id, event_id),
    KEY webhook_delivery_list (webhook_id, delivery_id),
    KEY webhook_delivery_due (webhook_id, next_at_us)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS webhook (
    webhook_id    TEXT NOT NULL PRIMARY KEY,
    url           TEXT NOT NULL,
    types         TEXT,
    account_id    TEXT,
    secrets       TEXT NOT NULL,
    disabled      TEXT,
    revision      INTEGER NOT NULL DEFAULT 1,
    created_at_us INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS webhook_delivery (
    delivery_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id    TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    body          TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    answer        TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    tried_at_us   INTEGER NOT NULL,
    next_at_us    INTEGER,
    UNIQUE (webhook_id, event_id)
  ) STRICT`,
  `CREATE INDEX IF NOT EXISTS webhook_delivery_list ON webhook_delivery (webhook_id, delivery_id)`,
  `CREATE INDEX IF NOT EXISTS webhook_delivery_due ON webhook_delivery (webhook_id, next_at_us) WHERE next_at_us IS NOT NULL`,
];
