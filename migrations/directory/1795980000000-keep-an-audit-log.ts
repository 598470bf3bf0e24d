import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Who did what to the installation: lines that are only ever added, each with the hash of the one before. Only the oldest are
 * deleted, when their time is over.
 *
 * - `sequence`: without gaps, so that of two instances that add at once one finds its place taken and begins again.
 * - `line`: the JSON that is hashed; the other columns repeat what is asked for.
 */
export class KeepAnAuditLog1795980000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS audit_log (
    sequence BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    at_us    BIGINT UNSIGNED NOT NULL,
    actor    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    action   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    target   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    line     MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    hash     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY audit_log_actor (actor, sequence),
    KEY audit_log_action (action, sequence),
    KEY audit_log_target (target, sequence)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS audit_log (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at_us    INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    target   TEXT,
    line     TEXT NOT NULL,
    hash     TEXT NOT NULL
  ) STRICT`,
  `CREATE INDEX IF NOT EXISTS audit_log_actor ON audit_log (actor, sequence)`,
  `CREATE INDEX IF NOT EXISTS audit_log_action ON audit_log (action, sequence)`,
  `CREATE INDEX IF NOT EXISTS audit_log_target ON audit_log (target, sequence)`,
];
