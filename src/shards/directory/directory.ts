import { bytes, type Cell, type Database, integer, text, textOrNull, type Parameter } from '../database';
import { DatabaseRefusedError, type NoteFault } from '../faults';
import { NEVER_IDENTIFIED } from '../shard-identity';
import { REAL_SURROUNDINGS } from '../surroundings';
import {
  accountColumns,
  type AccountRecord,
  type NewAccountRecord,
  type NextPlacement,
  toAccountRecord,
} from './account-record';
import type { PastPlacement } from '../../ledger/routing';
import type { AccountStatus } from '../../ledger/sub-account';
import { behind } from '../statements/behind';
import { AuditLogStore } from './audit-log-store';
import { autoSplitText, readAutoSplit } from './auto-split';
import { DirectoryDatabase, type DirectoryWatch } from './directory-database';
import { CreditLineStore } from './credit-line-store';
import { DirectoryFeed } from './directory-feed';
import { FeedReaders } from './feed-readers';
import { AccountTags } from './account-tags';
import { HeatStore } from './heat-store';
import { idRange } from './id-range';
import { WebhookStore } from './webhook-store';
import { SessionStore } from './session-store';
import { paddedList } from '../padded-list';
import { LeaseStore } from './lease-store';
import { ASKED, OperationStore } from './operation-store';
import { BalanceLevels } from './balance-levels';
import { BudgetStore } from './budget-store';
import { isAllowanceId } from '../../ledger/allowance';
import { type AccountEventType, becomes, becomesSql, type ChangedColumns, toldChange } from './told-change';

export { DirectoryOverloadedError, DirectoryUnavailableError } from './directory-database';

const COUNTED_TOGETHER_MAX = 10_000;

export type Scope = 'read' | 'deduct' | 'refund' | 'credit' | 'accounts' | 'admin';

/**
 * What the scopes of a key mean, by when it was made: in the first set, which builds of that time record by default,
 * `deduct` includes `refund`.
 */
const SCOPE_SETS = { refundInDeduct: 1, refundApart: 2 } as const;

/** What an API key may do, and for how long. */
export interface ApiKeyLimits {
  readonly scopes: readonly Scope[];
  /** The id of every account that the key is used on begins with one of these; `null` for any account. */
  readonly accounts: readonly string[] | null;
  /** By the directory's clock. */
  readonly expiresAtUs: number | null;
  /** How often the key may come, and how many deductions it may make; `null` for as often as it likes. */
  readonly requestsPerSecond: number | null;
  readonly deductionsPerSecond: number | null;
}

export interface ApiKeyRecord extends ApiKeyLimits {
  readonly keyId: string;
  readonly name: string;
  /** A minute or so older than the last use at most. */
  readonly lastUsedAtUs: number | null;
  readonly createdAtUs: number;
}

export interface NewApiKey extends ApiKeyLimits {
  readonly keyId: string;
  readonly name: string;
  readonly secretHash: Buffer;
}

/** A key as it was found under its secret. */
export interface FoundApiKey extends ApiKeyRecord {
  readonly secretHash: Buffer;
  /** The directory's clock when the key was read. */
  readonly nowUs: number;
}

/** What users may change of an account; `undefined` for what stays. */
export interface AccountChange {
  readonly lowBalanceMinor?: bigint | null;
  readonly metadata?: string | null;
  readonly requestsPerSecond?: number | null;
  readonly deductionsPerSecond?: number | null;
  readonly autoSplit?: string;
  readonly creditLimitMinor?: bigint | null;
}

/** More changes than an account sees between a backup of the directory and its restore. */
const REVISION_LEAP = 1_000_000;

/** How long a removal of a shard may take. Accounts are counted within it. */
const REMOVAL_US_MAX = 60_000_000;
/** More than a statement waits for a lock: who deletes the row must do so before accounts may be placed again. */
const REMOVAL_MARGIN_US = 10_000_000;
const PLACEMENTS_TOGETHER_MAX = 5_000;

/**
 * The database of accounts, placements, shards and API keys. Every method is one statement and its own transaction.
 *
 * Methods reject with `DirectoryUnavailableError` when the database cannot be asked.
 */
export class Directory {
  readonly operations: OperationStore;
  readonly leases: LeaseStore;
  /** Who did what to the installation. */
  readonly auditLog: AuditLogStore;
  /** What happens to accounts, for whoever wants to be told. */
  readonly feed: DirectoryFeed;
  /** Whether accounts have much, little or nothing. */
  readonly levels: BalanceLevels;
  /** How changes of credit lines get to the rows. */
  readonly creditLines: CreditLineStore;
  /** Which accounts are hot. */
  readonly heat: HeatStore;
  /** How far readers of the feed have come that the service runs. */
  readonly readers: FeedReaders;
  readonly webhooks: WebhookStore;
  /** Accounts by their metadata. */
  readonly tags: AccountTags;
  readonly budgets: BudgetStore;
  /** Who is signed in to the console. */
  readonly sessions: SessionStore;
  readonly #database: DirectoryDatabase;
  #clusterId: string | undefined;

  /** @param newId names a new installation */
  constructor(
    database: Database,
    private readonly newId: () => string = () => REAL_SURROUNDINGS.newId(),
    noteFault?: NoteFault,
    /** Whether changes of accounts are kept for the feed. */
    private readonly keepsFeed = true,
    watch?: DirectoryWatch,
  ) {
    this.#database = new DirectoryDatabase(database, noteFault, watch);
    this.operations = new OperationStore(this.#database);
    this.leases = new LeaseStore(this.#database);
    this.auditLog = new AuditLogStore(this.#database);
    this.feed = new DirectoryFeed(this.#database);
    this.levels = new BalanceLevels(this.#database);
    this.creditLines = new CreditLineStore(this.#database, keepsFeed);
    this.heat = new HeatStore(this.#database, keepsFeed);
    this.readers = new FeedReaders(this.#database);
    this.webhooks = new WebhookStore(this.#database, keepsFeed);
    this.sessions = new SessionStore(this.#database);
    this.tags = new AccountTags(this.#database);
    this.budgets = new BudgetStore(this.#database);
  }

  get #accountColumns(): string {
    return accountColumns(this.#database.now);
  }

  open(): Promise<void> {
    return this.#database.open();
  }

  /** Names this installation; made once. Shards carry it, so that two installations cannot share one by mistake. */
  async clusterId(): Promise<string> {
    if (this.#clusterId !== undefined) return this.#clusterId;
    await this.#database.insertOnce('INSERT INTO cluster (id, cluster_id) VALUES (1, ?)', [this.newId()]);
    const [row] = await this.#database.read('SELECT cluster_id FROM cluster WHERE id = 1');
    return (this.#clusterId = text(row?.[0]));
  }

  /**
   * Records the configured shards, and refuses to go on when one that may hold money is neither among them nor
   * registered with an address of its own.
   *
   * @throws DatabaseRefusedError `SHARD_NOT_CONFIGURED`
   */
  async registerShards(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#database.insertOnce(
        `INSERT INTO shard (name, incarnation, created_at_us) VALUES (?, ?, ${this.#database.now})`,
        [name, NEVER_IDENTIFIED],
      );
    }
    const missing = (await this.listShards()).filter(
      ({ name, url }) => url === null && !names.includes(name),
    );
    if (missing.length > 0) {
      throw new DatabaseRefusedError(
        'SHARD_NOT_CONFIGURED',
        `the directory knows shards that HOTSPLIT_SHARDS does not name: ${missing.map(({ name }) => name).join(', ')}`,
      );
    }
  }

  /** See `KnownShards`. */
  async incarnationOf(name: string): Promise<string | undefined> {
    const [row] = await this.#database.read('SELECT incarnation FROM shard WHERE name = ?', [name]);
    return row && text(row[0]);
  }

  /** See `KnownShards`. */
  async recordIncarnation(name: string, from: string, to: string): Promise<boolean> {
    const matched = await this.#database.write(
      'UPDATE shard SET incarnation = ? WHERE name = ? AND incarnation = ?',
      [to, name, from],
    );
    return matched > 0;
  }

  /** Gives a shard's database up, for good: the next one found empty under its name is a new one. */
  async declareLost(name: string, incarnation: string): Promise<void> {
    await this.#database.insertOnce(
      `INSERT INTO lost_shard (name, incarnation, declared_at_us) VALUES (?, ?, ${this.#database.now})`,
      [name, incarnation],
    );
    await this.recordIncarnation(name, incarnation, NEVER_IDENTIFIED);
  }

  /** Shards whose databases were lost for good and that were begun anew. */
  async lostShards(): Promise<string[]> {
    const rows = await this.#database.read('SELECT DISTINCT name FROM lost_shard ORDER BY name');
    return rows.map((row) => text(row[0]));
  }

  /** See `KnownShards`. */
  async isLost(name: string, incarnation: string): Promise<boolean> {
    const rows = await this.#database.read('SELECT 1 FROM lost_shard WHERE name = ? AND incarnation = ?', [
      name,
      incarnation,
    ]);
    return rows.length > 0;
  }

  /** Records a shard with its address, for every instance to connect to. @returns false when its name is taken */
  registerShard(name: string, url: string): Promise<boolean> {
    return this.#database.insertOnce(
      `INSERT INTO shard (name, url, created_at_us) VALUES (?, ?, ${this.#database.now})`,
      [name, url],
    );
  }

  /**
   * Lets nothing be placed on a registered shard for a while, in which its removal is decided. It is exact without a
   * transaction: whoever places an account locks the shard's row while it does, so that an account is either committed before
   * this and found by `isShardUsed`, or not placed.
   *
   * @returns false when there is no shard of this name with an address of its own
   */
  async beginShardRemoval(name: string): Promise<boolean> {
    const matched = await this.#database.write(
      `UPDATE shard SET removing_until_us = ${this.#database.now} + ? WHERE name = ? AND url IS NOT NULL`,
      [REMOVAL_US_MAX, name],
    );
    return matched > 0;
  }

  async giveUpShardRemoval(name: string): Promise<void> {
    await this.#database.write('UPDATE shard SET removing_until_us = 0 WHERE name = ?', [name]);
  }

  /** @returns false when it has taken too long since it was begun, and accounts may have been placed again */
  async finishShardRemoval(name: string): Promise<boolean> {
    const matched = await this.#database.write(
      `DELETE FROM shard WHERE name = ? AND removing_until_us > ${this.#database.now} + ?`,
      [name, REMOVAL_MARGIN_US],
    );
    return matched > 0;
  }

  /** Whether any placement of any account ever named the shard. Looks page by page, so that no statement goes through more. */
  async isShardUsed(name: string): Promise<boolean> {
    for (let after = ''; ;) {
      const rows = await this.#database.read(
        'SELECT account_id, shards, reach FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?',
        [after, PLACEMENTS_TOGETHER_MAX],
      );
      const isNamed = ([, shards, reach]: readonly Cell[]): boolean =>
        [text(shards), textOrNull(reach ?? null) ?? ''].some((list) => list.split(',').includes(name));
      if (rows.some(isNamed)) return true;
      if (rows.length < PLACEMENTS_TOGETHER_MAX) return false;
      after = text(rows.at(-1)?.[0]);
    }
  }

  /** All shards by age; `url` only of those registered while the service ran. */
  async listShards(): Promise<{ name: string; url: string | null }[]> {
    const rows = await this.#database.read('SELECT name, url FROM shard ORDER BY created_at_us, name');
    return rows.map(([name, url]) => ({ name: text(name), url: textOrNull(url ?? null) }));
  }

  /** @returns false when an account of this id exists already, or a shard that it is placed on does not, or is being removed */
  insertAccount(account: NewAccountRecord): Promise<boolean> {
    const placeable = this.#placeable(account.placement.shards);
    return this.#database.insertOnce(
      `INSERT INTO account (account_id, asset, status, status_version, strategy, sub_accounts, epoch, shards, revision,
         low_balance, metadata, auto_split, credit_limit, credit_unsettled, opening_balance, creation, fingerprint, created_at_us)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${this.#database.now} FROM (${placeable.sql}) AS placeable
       WHERE placeable.shards = ?`,
      [
        account.accountId,
        account.asset,
        account.status,
        account.statusVersion,
        account.strategy,
        account.subAccounts,
        account.placement.epoch,
        account.placement.shards.join(','),
        account.revision,
        account.lowBalanceMinor,
        account.metadata,
        account.autoSplit,
        account.credit.limitMinor,
        account.credit.isUnsettled ? 1 : null,
        account.openingBalanceMinor,
        account.creation,
        Buffer.from(account.fingerprint, 'hex'),
        ...placeable.parameters,
      ],
    );
  }

  /** Counts the shards that accounts may be placed on, and locks their rows, so that none is removed meanwhile. */
  #placeable(shards: readonly string[]): { readonly sql: string; readonly parameters: Parameter[] } {
    const { dialect, now } = this.#database;
    const names = [...new Set(shards)];
    return {
      sql: `SELECT COUNT(*) AS shards FROM shard
         WHERE name IN (${names.map(() => '?').join(', ')}) AND removing_until_us <= ${now}${dialect === 'mysql' ? ' LOCK IN SHARE MODE' : ''}`,
      parameters: [...names, names.length],
    };
  }

  /** An account, or what a budget of one may spend in a period. */
  async findAccount(accountId: string): Promise<AccountRecord | undefined> {
    if (isAllowanceId(accountId)) return (await this.budgets.findAllowances([accountId]))[0];
    const [row] = await this.#database.read(
      `SELECT ${this.#accountColumns} FROM account WHERE account_id = ?`,
      [accountId],
    );
    return row && toAccountRecord(row);
  }

  /** The accounts and allowances of these ids that there are, in any order. At most `LOOKED_UP_MAX` ids. */
  async findAccounts(accountIds: readonly string[]): Promise<AccountRecord[]> {
    const allowanceIds = accountIds.filter(isAllowanceId);
    if (allowanceIds.length === 0) return this.#findAccounts(accountIds);
    const others = accountIds.filter((id) => !isAllowanceId(id));
    const found = await Promise.all([
      this.budgets.findAllowances(allowanceIds),
      others.length > 0 ? this.#findAccounts(others) : [],
    ]);
    return found.flat();
  }

  async #findAccounts(accountIds: readonly string[]): Promise<AccountRecord[]> {
    const ids = paddedList(accountIds);
    const rows = await this.#database.read(
      `SELECT ${this.#accountColumns} FROM account WHERE account_id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    return rows.map(toAccountRecord);
  }

  /** Accounts by id, those behind `after` first. A range of the primary key. */
  async listAccounts(page: { after: string; limit: number; prefix?: string }): Promise<AccountRecord[]> {
    const { after, limit, prefix = '' } = page;
    const range = idRange({ after, prefix });
    const rows = await this.#database.read(
      `SELECT ${this.#accountColumns} FROM account WHERE ${range.sql} ORDER BY account_id LIMIT ?`,
      [...range.parameters, limit],
    );
    return rows.map(toAccountRecord);
  }

  /** Counts page by page: no statement goes through more than a page, however many accounts there are. */
  async countAccounts(): Promise<number> {
    let counted = 0;
    for (let after = ''; ;) {
      const [row] = await this.#database.read(
        `SELECT COUNT(*), COALESCE(MAX(account_id), '')
         FROM (SELECT account_id FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?) AS page`,
        [after, COUNTED_TOGETHER_MAX],
      );
      const count = integer(row?.[0]);
      counted += count;
      if (count < COUNTED_TOGETHER_MAX) return counted;
      after = text(row?.[1]);
    }
  }

  async finishCreation(accountId: string): Promise<void> {
    const told = this.#told('account.created', {});
    await this.#database.write(
      `UPDATE account SET ${told.sql} creation = 'done',
         level = CASE WHEN level IS NULL AND opening_balance > COALESCE(low_balance, 0) THEN 'ample' ELSE level END
       WHERE account_id = ? AND creation = 'creating'`,
      [...told.parameters, accountId],
    );
  }

  /**
   * Accounts whose creation was cut short, older than the given age, the oldest first; and last those that were created while
   * the directory's clock was ahead, whose age is not known. Plain read; rides on `account_creation`.
   */
  async unfinishedCreations(options: {
    readonly limit: number;
    readonly olderThanMs: number;
    /** Where the last page ended. */
    readonly after?: Pick<AccountRecord, 'createdAtUs' | 'accountId'> | undefined;
  }): Promise<AccountRecord[]> {
    const { limit, olderThanMs, after } = options;
    const { dialect, statementNow } = this.#database;
    const index = dialect === 'mysql' ? 'FORCE INDEX (account_creation)' : 'INDEXED BY account_creation';
    const place = after ?? { createdAtUs: 0, accountId: '' };
    const further = behind(dialect, ['created_at_us', 'account_id'], [place.createdAtUs, place.accountId]);
    const rows = await this.#database.read(
      `SELECT ${this.#accountColumns} FROM account ${index}
       WHERE creation = 'creating' AND ${further.sql}
         AND (created_at_us <= ${statementNow} - ? OR created_at_us > ${statementNow} + ?)
       ORDER BY created_at_us, account_id LIMIT ?`,
      [...further.parameters, olderThanMs * 1_000, olderThanMs * 1_000, limit],
    );
    return rows.map(toAccountRecord);
  }

  /**
   * Begins a change of an account's size or placement, once: a runner that stalled over it comes too late when another has
   * carried it on, even to its end.
   *
   * @returns whether the account has this operation under way now, whoever began it; false when it has changed, or has another one
   */
  beginOperation(account: AccountRecord, operationId: string): Promise<boolean> {
    return this.#begin(account, operationId, `AND creation = 'done'`);
  }

  /**
   * The same for a change of the account's size. One that somebody asked for fixes the size: the account is not split by
   * itself any more, and that is told.
   */
  beginResize(
    account: AccountRecord,
    operationId: string,
    { fixesSize }: { readonly fixesSize: boolean },
  ): Promise<boolean> {
    const autoSplit = readAutoSplit(account.autoSplit);
    if (!fixesSize || !autoSplit.enabled) return this.beginOperation(account, operationId);
    return this.#begin(
      account,
      operationId,
      `AND creation = 'done'`,
      autoSplitText({ ...autoSplit, enabled: false }),
    );
  }

  /** The same for a repair, which an account may need whose backup was made while it was being created. */
  beginRepair(account: AccountRecord, operationId: string): Promise<boolean> {
    return this.#begin(account, operationId, '');
  }

  async #begin(
    account: AccountRecord,
    operationId: string,
    condition: string,
    autoSplit?: string,
  ): Promise<boolean> {
    const told =
      autoSplit === undefined
        ? NOTHING_TOLD
        : this.#told('account.changed', { auto_split: becomes(autoSplit) });
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} ${autoSplit === undefined ? '' : 'auto_split = ?,'} operation_id = ?, operation = operation + 1, revision = revision + 1
       WHERE account_id = ? AND revision = ? AND operation_id IS NULL ${condition}
         AND EXISTS (SELECT 1 FROM operation WHERE operation_id = ? AND step = '${ASKED}')`,
      [
        ...told.parameters,
        ...(autoSplit === undefined ? [] : [autoSplit]),
        ...[operationId, account.accountId, account.revision, operationId],
      ],
    );
    if (matched > 0) return true;
    // Another runner may have begun it in the same moment: then the record has changed, and names this very operation.
    return (await this.findAccount(account.accountId))?.operationId === operationId;
  }

  /** Ends an operation that changes nothing. */
  async dropOperation(accountId: string, operationId: string): Promise<void> {
    await this.#database.write(
      `UPDATE account SET operation_id = NULL, next_placement = NULL, revision = revision + 1
       WHERE account_id = ? AND operation_id = ?`,
      [accountId, operationId],
    );
  }

  /** From now on every reader of the account knows where its money may be next. */
  async announcePlacement(
    accountId: string,
    operationId: string,
    announced: { readonly next: NextPlacement; readonly reach: readonly string[] },
  ): Promise<boolean> {
    const placeable = this.#placeable(announced.next.shards);
    const matched = await this.#database.write(
      `UPDATE account SET next_placement = ?, reach = ?, revision = revision + 1
       WHERE account_id = ? AND operation_id = ? AND epoch = ? AND (${placeable.sql}) = ?`,
      [
        JSON.stringify(announced.next),
        announced.reach.join(','),
        accountId,
        operationId,
        announced.next.epoch - 1,
        ...placeable.parameters,
      ],
    );
    return matched > 0;
  }

  /**
   * Lifts a record that is behind its rows: what they must follow is announced, and where the account's money and keys may
   * be is known from now on. Its revision leaps ahead of any that was given out before the directory was restored, so that
   * no instance goes on with what it remembers, and no ETag comes twice.
   *
   * @returns false when the account has changed, or the operation is not under way any more
   */
  async announceRepair(
    account: AccountRecord,
    operationId: string,
    lifted: {
      readonly next: NextPlacement;
      readonly reach: readonly string[];
      readonly past: readonly PastPlacement[];
      readonly operation: number;
      readonly status: AccountStatus;
      readonly statusVersion: number;
    },
  ): Promise<boolean> {
    const told = this.#told('account.changed', {
      status: becomes(lifted.status),
      revision: becomesSql(`revision + ${REVISION_LEAP}`),
    });
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} next_placement = ?, reach = ?, past_placements = ?, operation = ?, status = ?,
         status_version = ?, closing_from = NULL, revision = revision + ${REVISION_LEAP}
       WHERE account_id = ? AND operation_id = ? AND revision = ?`,
      [
        ...told.parameters,
        JSON.stringify(lifted.next),
        lifted.reach.join(','),
        JSON.stringify(lifted.past),
        lifted.operation,
        lifted.status,
        lifted.statusVersion,
        account.accountId,
        operationId,
        account.revision,
      ],
    );
    return matched > 0;
  }

  /** Lifts the version of an account's status above one that its rows have. @returns false when it has changed meanwhile */
  async liftStatusVersion(account: AccountRecord, above: number): Promise<boolean> {
    const matched = await this.#database.write(
      `UPDATE account SET status_version = ?, revision = revision + 1 WHERE account_id = ? AND status_version = ?`,
      [above + 1, account.accountId, account.statusVersion],
    );
    return matched > 0;
  }

  /**
   * Makes a size and placement the account's own and ends the operation. Nothing happens unless the account still has
   * the revision that was read, so that what was prepared for it is what holds.
   */
  async activate(
    account: AccountRecord,
    active: { readonly placement: NextPlacement; readonly past: readonly PastPlacement[] },
  ): Promise<boolean> {
    const { placement, past } = active;
    const told = this.#told('account.changed', {
      epoch: becomes(placement.epoch),
      sub_accounts: becomes(placement.subAccounts),
    });
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} epoch = ?, shards = ?, sub_accounts = ?, past_placements = ?, next_placement = NULL,
         operation_id = NULL, revision = revision + 1
       WHERE account_id = ? AND revision = ? AND operation_id = ?`,
      [
        ...told.parameters,
        placement.epoch,
        placement.shards.join(','),
        placement.subAccounts,
        past.length === 0 ? null : JSON.stringify(past),
        account.accountId,
        account.revision,
        account.operationId,
      ],
    );
    return matched > 0;
  }

  /** @returns false when the account has another revision than the one given */
  async setStrategy(accountId: string, strategy: string, revision: number | undefined): Promise<boolean> {
    const told = this.#told('account.changed', { strategy: becomes(strategy) });
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} strategy = ?, revision = revision + 1
       WHERE account_id = ? AND revision = COALESCE(?, revision)`,
      [...told.parameters, strategy, accountId, revision ?? null],
    );
    return matched > 0;
  }

  /**
   * Changes what is given of an account, and nothing else. Where the bound of its balance changes, somebody looks at the balance
   * soon, and what was found by the old bound decides nothing any more.
   *
   * @returns false when the account has another revision than the one given
   */
  async changeAccount(
    accountId: string,
    change: AccountChange,
    revision: number | undefined,
  ): Promise<boolean> {
    const { lowBalanceMinor, metadata, requestsPerSecond, deductionsPerSecond, autoSplit, creditLimitMinor } =
      change;
    const told = this.#told('account.changed', {
      ...(lowBalanceMinor !== undefined && { low_balance: becomes(lowBalanceMinor) }),
      ...(metadata !== undefined && { metadata: becomes(metadata) }),
      ...(autoSplit !== undefined && { auto_split: becomes(autoSplit) }),
      ...(creditLimitMinor !== undefined && {
        credit_limit: becomes(creditLimitMinor),
        credit_unsettled: becomesSql('1'),
      }),
    });
    const sets: (readonly [string, Parameter])[] = [];
    if (lowBalanceMinor !== undefined)
      sets.push([
        `level_version = level_version + 1, look_at_us = ${this.#database.now}, low_balance = ?`,
        lowBalanceMinor,
      ]);
    if (metadata !== undefined) sets.push(['metadata = ?', metadata]);
    if (requestsPerSecond !== undefined) sets.push(['requests_per_second = ?', requestsPerSecond]);
    if (deductionsPerSecond !== undefined) sets.push(['deductions_per_second = ?', deductionsPerSecond]);
    if (autoSplit !== undefined) sets.push(['auto_split = ?', autoSplit]);
    if (creditLimitMinor !== undefined)
      sets.push([
        'credit_version = credit_version + 1, credit_unsettled = 1, credit_limit = ?',
        creditLimitMinor,
      ]);
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} ${sets.map(([set]) => `${set}, `).join('')} revision = revision + 1
       WHERE account_id = ? AND revision = COALESCE(?, revision)`,
      [...told.parameters, ...sets.map(([, value]) => value), accountId, revision ?? null],
    );
    return matched > 0;
  }

  /** Sets the account's status under a newer version. @returns false when another change of it came first */
  async setStatus(
    account: AccountRecord,
    to: { readonly status: AccountStatus; readonly closingFrom: AccountStatus | null },
  ): Promise<boolean> {
    const shown = to.closingFrom ?? to.status;
    // One that is being closed is shown as before: it may go back.
    const told =
      shown === (account.closingFrom ?? account.status)
        ? NOTHING_TOLD
        : this.#told('account.changed', { status: becomes(shown) });
    const matched = await this.#database.write(
      `UPDATE account SET ${told.sql} status = ?, closing_from = ?, status_version = status_version + 1, revision = revision + 1
       WHERE account_id = ? AND status_version = ?`,
      [...told.parameters, to.status, to.closingFrom, account.accountId, account.statusVersion],
    );
    return matched > 0;
  }

  /** The beginning of an UPDATE's list that tells the feed of it; nothing where no feed is kept. */
  #told(type: AccountEventType, changed: ChangedColumns): typeof NOTHING_TOLD {
    if (!this.keepsFeed) return NOTHING_TOLD;
    const revision = type === 'account.created' ? {} : { revision: becomesSql('revision + 1') };
    const { sql, parameters } = toldChange(this.#database, type, { ...revision, ...changed });
    return { sql: `${sql},`, parameters };
  }

  /** Microseconds since 1970 by the directory's clock. */
  async nowUs(): Promise<number> {
    const [row] = await this.#database.read(`SELECT ${this.#database.now}`);
    return integer(row?.[0]);
  }

  async insertApiKey(key: NewApiKey): Promise<void> {
    const { keyId, name, secretHash, scopes, accounts, expiresAtUs, requestsPerSecond, deductionsPerSecond } =
      key;
    await this.#database.write(
      `INSERT INTO api_key (key_id, name, secret_hash, scopes, scope_set, account_prefixes, expires_at_us,
         requests_per_second, deductions_per_second, created_at_us)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${this.#database.now})`,
      [
        ...[keyId, name, secretHash, scopes.join(','), SCOPE_SETS.refundApart],
        accounts && accounts.join(','),
        ...[expiresAtUs, requestsPerSecond, deductionsPerSecond],
      ],
    );
  }

  /** Changes what is given of a key's limits, and nothing else. @returns the key as it is then, if there is one */
  async changeApiKey(keyId: string, change: Partial<ApiKeyLimits>): Promise<ApiKeyRecord | undefined> {
    const { scopes, accounts, expiresAtUs, requestsPerSecond, deductionsPerSecond } = change;
    const sets: (readonly [string, Parameter])[] = [];
    if (scopes) sets.push(['scopes = ?', scopes.join(',')], ['scope_set = ?', SCOPE_SETS.refundApart]);
    if (accounts !== undefined) sets.push(['account_prefixes = ?', accounts && accounts.join(',')]);
    if (expiresAtUs !== undefined) sets.push(['expires_at_us = ?', expiresAtUs]);
    if (requestsPerSecond !== undefined) sets.push(['requests_per_second = ?', requestsPerSecond]);
    if (deductionsPerSecond !== undefined) sets.push(['deductions_per_second = ?', deductionsPerSecond]);
    if (sets.length > 0)
      await this.#database.write(
        `UPDATE api_key SET ${sets.map(([set]) => set).join(', ')} WHERE key_id = ?`,
        [...sets.map(([, value]) => value), keyId],
      );
    return this.findApiKey(keyId);
  }

  /**
   * Notes that these keys are in use, of which that was not noted for a while. Rides on the primary key.
   *
   * @param keyIds at most `LOOKED_UP_MAX`
   */
  async noteKeyUses(keyIds: readonly string[], olderThanMs: number): Promise<void> {
    const ids = paddedList([...keyIds].sort());
    const { now } = this.#database;
    await this.#database.write(
      `UPDATE api_key SET last_used_at_us = ${now} WHERE key_id IN (${ids.map(() => '?').join(', ')})
         AND (last_used_at_us IS NULL OR last_used_at_us NOT BETWEEN ${now} - ? AND ${now})`,
      [...ids, olderThanMs * 1_000],
    );
  }

  /** The keys with these secrets that there are, in any order. At most `LOOKED_UP_MAX` hashes. */
  async findApiKeys(secretHashes: readonly Buffer[]): Promise<FoundApiKey[]> {
    const hashes = paddedList(secretHashes);
    const rows = await this.#database.read(
      `SELECT ${KEY_COLUMNS}, ${this.#database.now}, secret_hash FROM api_key
       WHERE secret_hash IN (${hashes.map(() => '?').join(', ')})`,
      hashes,
    );
    return rows.map((row) => ({
      ...toApiKeyRecord(row),
      nowUs: integer(row.at(-2)),
      secretHash: bytes(row.at(-1)),
    }));
  }

  async listApiKeys(page: { after: string; limit: number }): Promise<ApiKeyRecord[]> {
    const rows = await this.#database.read(
      `SELECT ${KEY_COLUMNS} FROM api_key WHERE key_id > ? ORDER BY key_id LIMIT ?`,
      [page.after, page.limit],
    );
    return rows.map(toApiKeyRecord);
  }

  async findApiKey(keyId: string): Promise<ApiKeyRecord | undefined> {
    const [row] = await this.#database.read(`SELECT ${KEY_COLUMNS} FROM api_key WHERE key_id = ?`, [keyId]);
    return row && toApiKeyRecord(row);
  }

  /** @returns false when there was no such key */
  async deleteApiKey(keyId: string): Promise<boolean> {
    return (await this.#database.write('DELETE FROM api_key WHERE key_id = ?', [keyId])) > 0;
  }

  async ping(): Promise<void> {
    await this.#database.read('SELECT 1');
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

const NOTHING_TOLD: { readonly sql: string; readonly parameters: readonly Parameter[] } = {
  sql: '',
  parameters: [],
};

function integerOrNull(cell: Cell | undefined): number | null {
  return cell === null ? null : integer(cell);
}

const KEY_COLUMNS =
  'key_id, name, scopes, scope_set, created_at_us, account_prefixes, expires_at_us, last_used_at_us, ' +
  'requests_per_second, deductions_per_second';

function toApiKeyRecord(row: readonly Cell[]): ApiKeyRecord {
  const scopes = text(row[2]).split(',') as Scope[];
  const includesRefund = integer(row[3]) === SCOPE_SETS.refundInDeduct && scopes.includes('deduct');
  return {
    keyId: text(row[0]),
    name: text(row[1]),
    scopes: includesRefund ? [...scopes, 'refund'] : scopes,
    createdAtUs: integer(row[4]),
    accounts: textOrNull(row[5])?.split(',') ?? null,
    expiresAtUs: integerOrNull(row[6]),
    lastUsedAtUs: integerOrNull(row[7]),
    requestsPerSecond: integerOrNull(row[8]),
    deductionsPerSecond: integerOrNull(row[9]),
  };
}
