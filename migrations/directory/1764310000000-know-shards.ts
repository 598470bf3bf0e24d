import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The directory knows which database a shard is: '' until one was first identified, `unknown` where that was before this
 * migration or by an older build, which does not name the column. Either of the last two may hold money, so that only '' lets
 * an empty database be taken for a new shard. `lost_shard` keeps what a shard was begun anew without.
 */
export class KnowShards1764310000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE shard ADD COLUMN incarnation VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'unknown'`,
  `CREATE TABLE IF NOT EXISTS lost_shard (
    name           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    incarnation    VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    declared_at_us BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (name, incarnation)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `ALTER TABLE shard ADD COLUMN incarnation TEXT NOT NULL DEFAULT 'unknown'`,
  `CREATE TABLE IF NOT EXISTS lost_shard (
    name           TEXT NOT NULL,
    incarnation    TEXT NOT NULL,
    declared_at_us INTEGER NOT NULL,
    PRIMARY KEY (name, incarnation)
  ) STRICT, WITHOUT ROWID`,
];
