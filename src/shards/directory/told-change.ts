import type { Crossing } from '../../ledger/balance-level';
import type { Dialect, Parameter } from '../database';

/** What happens to accounts apart from their entries. */
export type AccountEventType = 'account.created' | 'account.changed' | HeatEventType | LevelEventType;

/** An account is used so much that it is hot, or no more. */
export type HeatEventType = 'account.hot' | 'account.cooled';

/** A balance has crossed a bound. */
export type LevelEventType = `balance.${Crossing}`;

/** What the balance was when it was found to have crossed a bound; digits. */
export interface BalanceFound {
  readonly available: string;
  /** A request for so much was refused. */
  readonly refused: string | null;
}

/** How much an account was used when it was found to be hot, or no more. */
export interface HeatFound {
  readonly perSecond: number;
  /** By the directory's clock. */
  readonly hotSinceUs: number;
}

/** What an event says beside the account. */
export interface FoundBeside {
  readonly balance?: BalanceFound | undefined;
  readonly heat?: HeatFound | undefined;
}

/** A webhook is sent nothing any more. */
export interface WebhookEvent {
  /** Rises with the events of the webhook. */
  readonly number: number;
  readonly type: 'webhook.disabled';
  /** By the directory's clock. */
  readonly atUs: number;
  readonly webhook: { readonly webhookId: string; readonly because: string };
}

/** What is published of the directory. */
export type DirectoryEvent = AccountEvent | WebhookEvent;

/** A line of `account.untold`, and what is published of it. */
export interface AccountEvent {
  /** Numbers the events of the account. */
  readonly number: number;
  readonly type: AccountEventType;
  /** By the directory's clock. */
  readonly atUs: number;
  /** As the account is after the change. */
  readonly account: {
    readonly accountId: string;
    readonly asset: string;
    /** As it is shown: one that is being closed is not closed. */
    readonly status: string;
    readonly strategy: string;
    readonly subAccounts: number;
    readonly epoch: number;
    /** Digits. */
    readonly lowBalance: string | null;
    readonly createdAtUs: number;
    readonly revision: number;
    /** A map as JSON; not in events of builds that had none. */
    readonly metadata?: string | null;
    /** JSON; not in events of builds that had none. */
    readonly autoSplit?: string | null;
    /** Digits; not in events of builds that had no credit lines. */
    readonly creditLimit?: string | null;
    /** 1 where it has used more than that. */
    readonly overLimit?: number;
    /** 1 where not every row has it yet. */
    readonly creditUnsettled?: number | null;
  };
  /** Of crossings. */
  readonly balance?: BalanceFound | null;
  /** Of accounts that are hot, or no more. */
  readonly heat?: HeatFound | null;
}

/** What a statement makes of the columns that users see: an expression over the columns as they were. */
export type ChangedColumns = Partial<Readonly<Record<keyof typeof SHOWN, Changed>>>;

interface Changed {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** A column's new value. */
export function becomes(value: Parameter): Changed {
  return { sql: '?', parameters: [value] };
}

/** A column's new value, computed. */
export function becomesSql(sql: string): Changed {
  return { sql, parameters: [] };
}

const SHOWN = {
  status: 'COALESCE(closing_from, status)',
  strategy: 'strategy',
  sub_accounts: 'sub_accounts',
  epoch: 'epoch',
  low_balance: 'low_balance',
  metadata: 'metadata',
  auto_split: 'auto_split',
  credit_limit: 'credit_limit',
  over_limit: 'over_limit',
  credit_unsettled: 'credit_unsettled',
  revision: 'revision',
} as const;

/**
 * Appends to what is to be published of a webhook that it is disabled, if it is not disabled already, in the statement that disables
 * it. Comes first in the list of SET, as `toldChange` does; takes one parameter, the reason.
 */
export function toldDisabling({ dialect, now }: { readonly dialect: Dialect; readonly now: string }): string {
  const event = `JSON_OBJECT('number', revision + 1, 'type', 'webhook.disabled', 'atUs', ${now},
    'webhook', JSON_OBJECT('webhookId', webhook_id, 'because', ?))`;
  return `untold = CASE WHEN disabled IS NULL THEN ${appended(dialect, event)} ELSE untold END`;
}

/**
 * Appends an event to what is to be published of an account, in the very statement that changes the account: there is no
 * change without its event and no event without its change, whoever crashes, and no second statement.
 *
 * Comes first in the list of SET: MySQL evaluates that from left to right, and every column here is meant as it was before.
 */
export function toldChange(
  { dialect, now }: { readonly dialect: Dialect; readonly now: string },
  type: AccountEventType,
  changed: ChangedColumns,
  { balance, heat }: FoundBeside = {},
): { readonly sql: string; readonly parameters: readonly Parameter[] } {
  const column = (name: keyof typeof SHOWN): Changed => changed[name] ?? becomesSql(SHOWN[name]);
  const digits = (name: keyof typeof SHOWN): Changed => {
    const { sql, parameters } = column(name);
    return { sql: `CAST(${sql} AS CHAR)`, parameters };
  };
  const account: readonly (readonly [string, Changed])[] = [
    ['accountId', becomesSql('account_id')],
    ['asset', becomesSql('asset')],
    ['status', column('status')],
    ['strategy', column('strategy')],
    ['subAccounts', column('sub_accounts')],
    ['epoch', column('epoch')],
    ['lowBalance', digits('low_balance')],
    ['createdAtUs', becomesSql('created_at_us')],
    ['revision', column('revision')],
    ['metadata', column('metadata')],
    ['autoSplit', column('auto_split')],
    ['creditLimit', digits('credit_limit')],
    ['overLimit', column('over_limit')],
    ['creditUnsettled', column('credit_unsettled')],
  ];
  const found =
    (balance ? `, 'balance', JSON_OBJECT('available', ?, 'refused', ?)` : '') +
    (heat
      ? `, 'heat', JSON_OBJECT('perSecond', ${integral(heat.perSecond)}, 'hotSinceUs', ${integral(heat.hotSinceUs)})`
      : '');
  const pairs = account.map(([name, { sql }]) => `'${name}', ${sql}`).join(', ');
  const event = `JSON_OBJECT('number', events + 1, 'type', '${type}', 'atUs', ${now}, 'account', JSON_OBJECT(${pairs})${found})`;
  return {
    sql: `untold = ${appended(dialect, event)}, events = events + 1`,
    parameters: [
      ...account.flatMap(([, { parameters }]) => parameters),
      ...(balance ? [balance.available, balance.refused] : []),
    ],
  };
}

/** What is to be published, with one more line. */
function appended(dialect: Dialect, event: string): string {
  const lines = [`COALESCE(untold, '')`, event, dialect === 'mysql' ? 'CHAR(10 USING utf8mb4)' : 'char(10)'];
  return dialect === 'mysql' ? `CONCAT(${lines.join(', ')})` : lines.join(' || ');
}

/** A number as it may stand in a statement: MySQL makes texts of bound ones. */
function integral(value: number): string {
  return Math.round(value).toString();
}

/** The lines of an `untold`. */
export function linesOf(untold: string): string[] {
  return untold.split('\n').filter((line) => line !== '');
}

export function readDirectoryEvent(line: string): DirectoryEvent {
  return JSON.parse(line) as DirectoryEvent;
}

/** Of a line of `account.untold`. */
export function readAccountEvent(line: string): AccountEvent {
  return JSON.parse(line) as AccountEvent;
}
