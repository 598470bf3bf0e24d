import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** `webhook.missed_at_us`: when the webhook last passed over events that the feed had deleted before they were sent to it. */
export class NoteMissedEvents1796000000600 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [`ALTER TABLE webhook ADD COLUMN missed_at_us BIGINT UNSIGNED NULL`];

const SQLITE = [`ALTER TABLE webhook ADD COLUMN missed_at_us INTEGER`];
