import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * `webhook.untold`: that the webhook was disabled, a line of JSON each time, until it is published. The statement that disables the
 * webhook appends the line. There are a hundred webhooks at most, so whoever looks for lines goes through all of them.
 */
export class TellOfWebhooks1796000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE webhook ADD COLUMN untold MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL`,
];

const SQLITE = [`ALTER TABLE webhook ADD COLUMN untold TEXT`];
