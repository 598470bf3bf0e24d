import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * A registered shard that no account ever used can be removed. Until `removing_until_us` no account is placed on it; a removal
 * that dies lets go of it by that time. Adds a column with a default: no row is written for it.
 */
export class RemoveShards1765800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, {
      mysql: ['ALTER TABLE shard ADD COLUMN removing_until_us BIGINT UNSIGNED NOT NULL DEFAULT 0'],
      sqlite: ['ALTER TABLE shard ADD COLUMN removing_until_us INTEGER NOT NULL DEFAULT 0'],
    });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}
