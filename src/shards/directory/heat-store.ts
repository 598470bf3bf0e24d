import { integer, text, textOrNull } from '../database';
import { paddedList } from '../padded-list';
import { ACCOUNT_COLUMNS_COUNT, accountColumns, type AccountRecord, toAccountRecord } from './account-record';
import type { DirectoryDatabase } from './directory-database';
import { type HeatFound, toldChange } from './told-change';

/** A size and the shards that it is on. */
export interface SplitLayout {
  readonly subAccounts: number;
  readonly shards: readonly string[];
}

/** What was decided about an account's size by itself. */
export interface SplitDecision {
  readonly kind: 'split' | 'merge';
  readonly atUs: number;
  readonly reason: string;
  readonly from: SplitLayout;
  readonly to: SplitLayout;
}

/** What is kept of an account's heat. Times are of the directory's clock. */
export interface HeatState {
  readonly hotSinceUs: number | null;
  readonly cooledAtUs: number | null;
  /** As it was before it was split by itself; `null` while it is not. */
  readonly unsplit: SplitLayout | null;
  /** The last decision. */
  readonly decision: SplitDecision | null;
  /** How often it was split of late: each time it stays so for longer. */
  readonly splits: number;
}

export const COLD: HeatState = {
  hotSinceUs: null,
  cooledAtUs: null,
  unsplit: null,
  decision: null,
  splits: 0,
};

/** An account and its heat, read together. */
export interface HeatRecord {
  readonly account: AccountRecord;
  readonly state: HeatState;
  /** Rises with every change of the state. */
  readonly version: number;
}

/** Reports of instances that are gone, deleted by one statement. */
const DELETED_MAX = 100;

/**
 * Which accounts are hot, what was decided about them, and what each instance is busy with. Every change of an account's heat is a
 * compare-and-set on its version, and carries its event in the same statement: of all who find an account hot, one says so.
 */
export class HeatStore {
  constructor(
    private readonly database: DirectoryDatabase,
    /** Whether what happens to accounts is kept for the feed. */
    private readonly keepsFeed: boolean,
  ) {}

  /** Accounts that are hot, or were split by themselves; those first that have been for longest. A range of `account_heat`. */
  async watched(limit: number): Promise<HeatRecord[]> {
    const index =
      this.database.dialect === 'mysql' ? 'FORCE INDEX (account_heat)' : 'INDEXED BY account_heat';
    const rows = await this.database.read(
      `SELECT ${this.#columns} FROM account ${index} WHERE heat_since_us > 0
       ORDER BY heat_since_us, account_id LIMIT ?`,
      [limit],
    );
    return rows.map(toHeatRecord);
  }

  /** The accounts of these ids that there are, in any order. At most `LOOKED_UP_MAX` ids. */
  async find(accountIds: readonly string[]): Promise<HeatRecord[]> {
    if (accountIds.length === 0) return [];
    const ids = paddedList(accountIds);
    const rows = await this.database.read(
      `SELECT ${this.#columns} FROM account WHERE account_id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    return rows.map(toHeatRecord);
  }

  get #columns(): string {
    return `${accountColumns(this.database.now)}, heat, heat_version`;
  }

  /** @returns false when somebody else has changed the account's heat meanwhile */
  async step(
    { account: { accountId }, version }: Pick<HeatRecord, 'account' | 'version'>,
    state: HeatState,
    told?: { readonly type: 'account.hot' | 'account.cooled'; readonly heat: HeatFound },
  ): Promise<boolean> {
    const event =
      told && this.keepsFeed ? toldChange(this.database, told.type, {}, { heat: told.heat }) : undefined;
    const isWatched = state.hotSinceUs !== null || state.unsplit !== null;
    const since = isWatched ? `COALESCE(heat_since_us, ${this.database.now})` : 'NULL';
    const matched = await this.database.write(
      `UPDATE account SET ${event ? `${event.sql},` : ''} heat = ?, heat_since_us = ${since}, heat_version = heat_version + 1
       WHERE account_id = ? AND heat_version = ?`,
      [...(event?.parameters ?? []), JSON.stringify(state), accountId, version],
    );
    return matched > 0;
  }

  /** What an instance is busy with, in place of what it said before. */
  async report(instanceId: string, report: string): Promise<void> {
    const { now, dialect } = this.database;
    const again =
      dialect === 'mysql'
        ? 'ON DUPLICATE KEY UPDATE at_us = VALUES(at_us), report = VALUES(report)'
        : 'ON CONFLICT (instance_id) DO UPDATE SET at_us = excluded.at_us, report = excluded.report';
    await this.database.writeUnsynced(
      `INSERT INTO heat_report (instance_id, at_us, report) VALUES (?, ${now}, ?) ${again}`,
      [instanceId, report],
    );
  }

  /** What instances said of late; what they said long ago, or under a clock that was ahead, is deleted. */
  async reports(youngerThanMs: number, limit: number): Promise<string[]> {
    const { now } = this.database;
    const rows = await this.database.read(
      `SELECT instance_id, report, at_us, ${now} FROM heat_report WHERE instance_id > '' ORDER BY instance_id LIMIT ?`,
      [limit],
    );
    const isYoung = (atUs: number, nowUs: number): boolean => Math.abs(nowUs - atUs) <= youngerThanMs * 1_000;
    const old = rows.filter(([, , atUs, nowUs]) => !isYoung(integer(atUs), integer(nowUs)));
    if (old.length > 0)
      await this.#delete(
        old.map(([instanceId]) => text(instanceId)),
        youngerThanMs,
      );
    return rows
      .filter(([, , atUs, nowUs]) => isYoung(integer(atUs), integer(nowUs)))
      .map(([, report]) => text(report));
  }

  async #delete(instanceIds: readonly string[], olderThanMs: number): Promise<void> {
    const ids = instanceIds.slice(0, DELETED_MAX);
    const { now } = this.database;
    await this.database.write(
      `DELETE FROM heat_report WHERE instance_id IN (${ids.map(() => '?').join(', ')})
         AND at_us NOT BETWEEN ${now} - ? AND ${now} + ?`,
      [...ids, olderThanMs * 1_000, olderThanMs * 1_000],
    );
  }
}

function toHeatRecord(row: Parameters<typeof toAccountRecord>[0]): HeatRecord {
  const [heat, version] = row.slice(ACCOUNT_COLUMNS_COUNT + 1);
  const state = textOrNull(heat ?? null);
  return {
    account: toAccountRecord(row),
    state: state === null ? COLD : { ...COLD, ...(JSON.parse(state) as Partial<HeatState>) },
    version: integer(version),
  };
}
