import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * What limits an API key beside its scopes.
 *
 * - `scope_set`: what the scopes mean. 1, which the keys made before this migration have and those that an older build makes
 *   beside it: `deduct` includes `refund`. 2: it does not.
 * - `account_prefixes`: the prefixes, one of which the id of every account must have that the key is used on, with commas
 *   between. NULL: any account.
 * - `expires_at_us`, `last_used_at_us`: by the directory's clock, as all times here. NULL: never.
 */
export class LimitKeys1765700000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE api_key
    ADD COLUMN scope_set TINYINT UNSIGNED NOT NULL DEFAULT 1,
    ADD COLUMN account_prefixes TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN expires_at_us BIGINT UNSIGNED NULL,
    ADD COLUMN last_used_at_us BIGINT UNSIGNED NULL`,
];

const SQLITE = [
  `ALTER TABLE api_key ADD COLUMN scope_set INTEGER NOT NULL DEFAULT 1`,
  `ALTER TABLE api_key ADD COLUMN account_prefixes TEXT`,
  `ALTER TABLE api_key ADD COLUMN expires_at_us INTEGER`,
  `ALTER TABLE api_key ADD COLUMN last_used_at_us INTEGER`,
];
