import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * A database gets an incarnation with its identity. The directory keeps it too, so that an empty database, or another one
 * under the same name, is not taken for the shard. It is NULL until the shard is next opened where the identity is older.
 */
export class IncarnateShards1764310000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE shard_identity ADD COLUMN incarnation CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL`,
];

const SQLITE = [`ALTER TABLE shard_identity ADD COLUMN incarnation TEXT`];
