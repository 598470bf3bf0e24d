import { FeedLog } from '../feed/feed-log';
import type { FeedStore, UnpublishedRow } from '../feed/feed-store';
import type { DirectoryDatabase } from './directory-database';
import { UntoldRows } from './untold-rows';

/** The feed of the directory: rows of accounts and webhooks carry what has happened to them until that is published. */
export class DirectoryFeed extends FeedLog implements FeedStore {
  readonly #accounts: UntoldRows;
  readonly #webhooks: UntoldRows;

  constructor(directory: DirectoryDatabase) {
    super(
      {
        dialect: directory.dialect,
        read: ({ sql, parameters }) => directory.read(sql, parameters),
        look: ({ sql, parameters }) => directory.read(sql, parameters),
        write: ({ sql, parameters }) => directory.writeUnsynced(sql, parameters),
        insertOnce: ({ sql, parameters }) => directory.insertOnceUnsynced(sql, parameters),
      },
      'directory_feed_log',
    );
    this.#accounts = new UntoldRows(directory, {
      ...{ name: 'account', id: 'account_id', mark: '' },
      from: {
        mysql: 'account FORCE INDEX (account_untold) WHERE is_untold = 1',
        sqlite: `account INDEXED BY account_untold WHERE untold IS NOT NULL AND account_id > ''`,
      },
    });
    const webhooks = `webhook WHERE webhook_id > '' AND untold IS NOT NULL`;
    this.#webhooks = new UntoldRows(directory, {
      ...{ name: 'webhook', id: 'webhook_id', mark: '@' },
      from: { mysql: webhooks, sqlite: webhooks },
    });
  }

  /** What happened to webhooks comes first: there is little of it. */
  async unpublished(limit: number): Promise<UnpublishedRow[]> {
    const ofWebhooks = await this.#webhooks.read(limit);
    if (ofWebhooks.length >= limit) return ofWebhooks.slice(0, limit);
    const ofAccounts = await this.#accounts.read(limit - ofWebhooks.length);
    return [...ofWebhooks, ...ofAccounts].slice(0, limit);
  }

  async forget(keys: readonly string[]): Promise<boolean> {
    for (const rows of [this.#accounts, this.#webhooks]) await rows.forget(numbersOf(keys, rows));
    return true;
  }
}

/** Of each row of one table the last event that was published. The row before the first has a key that names none. */
function numbersOf(keys: readonly string[], { table: { mark } }: UntoldRows): ReadonlyMap<string, number> {
  const upTo = new Map<string, number>();
  for (const key of keys) {
    if (key.startsWith('@') !== (mark === '@')) continue;
    const [id = '', number = '0'] = key.slice(mark.length).split(' ');
    upTo.set(id, Math.max(Number(number), upTo.get(id) ?? 0));
  }
  return upTo;
}
