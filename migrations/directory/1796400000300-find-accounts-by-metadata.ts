import type { MigrationInterface, QueryRunner } from 'typeorm';
import { metadataTags } from '../../src/shards/directory/metadata-tags';
import { runStatements } from '../dialect';

/**
 * Finds accounts by what is attached to them.
 *
 * - `account_tag`: a row for each pair of an account's metadata. `tag` is a hash of the pair, so that the index stays narrow; whoever
 *   finds an account compares its metadata. `revision` is that of the account which the change made that wrote the row.
 *
 * Accounts that have metadata already get their rows here, page by page.
 */
export class FindAccountsByMetadata1796400000300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
    await tagAccounts(queryRunner);
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS account_tag (
    tag        BINARY(16) NOT NULL,
    account_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    revision   INT UNSIGNED NOT NULL,
    PRIMARY KEY (tag, account_id),
    KEY account_tag_account (account_id, tag)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS account_tag (
    tag        BLOB NOT NULL,
    account_id TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    PRIMARY KEY (tag, account_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS account_tag_account ON account_tag (account_id, tag)`,
];

/** Accounts that are read by one statement. */
const ACCOUNTS_TOGETHER = 500;

interface Attached {
  readonly account_id: string;
  readonly metadata: string | null;
  readonly revision: number | bigint;
}

async function tagAccounts(queryRunner: QueryRunner): Promise<void> {
  const isMysql = queryRunner.dataSource.options.type === 'mysql';
  const insert = isMysql ? 'INSERT IGNORE INTO' : 'INSERT OR IGNORE INTO';
  for (let after: string | undefined = ''; after !== undefined;) {
    const accounts = (await queryRunner.query(
      'SELECT account_id, metadata, revision FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?',
      [after, ACCOUNTS_TOGETHER],
    )) as Attached[];
    for (const { account_id, metadata, revision } of accounts) {
      const tags = metadataTags(metadata);
      if (tags.length === 0) continue;
      await queryRunner.query(
        `${insert} account_tag (tag, account_id, revision) VALUES ${tags.map(() => '(?, ?, ?)').join(', ')}`,
        tags.flatMap((tag) => [tag, account_id, revision]),
      );
    }
    after = accounts.length < ACCOUNTS_TOGETHER ? undefined : accounts.at(-1)?.account_id;
  }
}
