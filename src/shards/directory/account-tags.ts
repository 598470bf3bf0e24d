import { accountColumns, type AccountRecord, toAccountRecord } from './account-record';
import type { DirectoryDatabase } from './directory-database';
import { idRange } from './id-range';
import { metadataTag, metadataTags } from './metadata-tags';

/** A pair of an account's metadata, and where to look for accounts that have it. */
export interface TaggedPage {
  readonly key: string;
  readonly value: string;
  /** Behind this id. */
  readonly after: string;
  /** Only ids that begin with this. */
  readonly prefix: string;
  readonly limit: number;
}

/**
 * The index of accounts by their metadata. It may name accounts that have a pair no more, and never lacks one that has it: a change
 * adds its rows before it is made, and afterwards removes those that it made stale.
 *
 * Every row carries the revision that its change makes, and a change of metadata is a compare-and-set on the revision before: of
 * changes that were decided side by side one is made, and no other's rows are older than the revision that it made.
 */
export class AccountTags {
  constructor(private readonly database: DirectoryDatabase) {}

  /** @param revision that the change is going to make */
  async add(accountId: string, metadata: string | null, revision: number): Promise<void> {
    const tags = metadataTags(metadata);
    if (tags.length === 0) return;
    const isMysql = this.database.dialect === 'mysql';
    const known = isMysql
      ? 'ON DUPLICATE KEY UPDATE revision = GREATEST(revision, VALUES(revision))'
      : 'ON CONFLICT (tag, account_id) DO UPDATE SET revision = MAX(revision, excluded.revision)';
    await this.database.write(
      `INSERT INTO account_tag (tag, account_id, revision) VALUES ${tags.map(() => '(?, ?, ?)').join(', ')} ${known}`,
      tags.flatMap((tag) => [tag, accountId, revision]),
    );
  }

  /** Removes what the account has no more. @param revision that the change has made */
  async removeStale(accountId: string, metadata: string | null, revision: number): Promise<void> {
    const tags = metadataTags(metadata);
    const others = tags.length === 0 ? '' : `AND tag NOT IN (${tags.map(() => '?').join(', ')})`;
    await this.database.write(`DELETE FROM account_tag WHERE account_id = ? AND revision <= ? ${others}`, [
      accountId,
      revision,
      ...tags,
    ]);
  }

  /** Accounts that have, or had, a pair in their metadata, by id. Rides on the primary keys. */
  async find({ key, value, after, prefix, limit }: TaggedPage): Promise<AccountRecord[]> {
    const { dialect, now } = this.database;
    const range = idRange({ after, prefix });
    const rows = await this.database.read(
      `SELECT ${accountColumns(now)} FROM (
         SELECT account_id AS tagged_id FROM account_tag ${dialect === 'mysql' ? 'FORCE INDEX (PRIMARY)' : ''}
         WHERE tag = ? AND ${range.sql} ORDER BY account_id LIMIT ?
       ) AS tagged JOIN account ON account.account_id = tagged.tagged_id`,
      [metadataTag(key, value), ...range.parameters, limit],
    );
    return rows.map(toAccountRecord).sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
  }
}
