import type { CallOptions, Entry, EntryKind, ListQuery } from './shapes';

export interface AccountsQuery extends ListQuery {
  /** Only accounts whose ids begin with this. */
  readonly prefix?: string;
  /** Only accounts that have exactly this attached: up to 5 pairs, the rarest first. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface EntriesFilter {
  readonly accountId: string;
  /** One kind, or several. */
  readonly kind?: EntryKind | readonly EntryKind[];
  /** Only entries with exactly this reference. */
  readonly reference?: string;
  /** Inclusive. */
  readonly from?: Date | string;
  /** Exclusive. */
  readonly to?: Date | string;
}

export interface EntriesQuery extends EntriesFilter, ListQuery {
  /** `desc`, the newest first, by default. */
  readonly order?: 'asc' | 'desc';
}

export interface TailQuery extends EntriesFilter, CallOptions {
  /** `nextCursor` of the page before; from the oldest entry without. */
  readonly cursor?: string;
  /** 1–1000, by default 50. */
  readonly limit?: number;
}

/** Entries, the oldest first. */
export interface TailPage {
  readonly items: readonly Entry[];
  /** Goes on behind this page, also at the end of the list, with what is written later. */
  readonly nextCursor: string;
  /** More is there already; else ask again after a while. */
  readonly hasMore: boolean;
}

/** What an entry belongs to, where its request id alone does not name it. */
export interface EntryOf extends CallOptions {
  /** Of a reversal: the request id of what it reverses. */
  readonly reverses?: string;
  /** Of a capture: its hold. Of a capture's reversal: the hold, beside `reverses`. */
  readonly holdId?: string;
  /** Of an incoming transfer: the account that paid. */
  readonly counterparty?: string;
}

export interface StatementQuery extends CallOptions {
  readonly accountId: string;
  /** Inclusive; the account's beginning by default. */
  readonly from?: Date | string;
  /** Exclusive; now by default. */
  readonly to?: Date | string;
  /** `nextCursor` of the page before, which has both times. */
  readonly cursor?: string;
  /** 1–1000, by default 50. */
  readonly limit?: number;
}

/** A page of a statement: `opening` and the entries of all pages make `closing`. */
export interface StatementPage {
  readonly accountId: string;
  readonly asset: string;
  /** Absent where it begins with the account. */
  readonly openingAt?: Date;
  readonly closingAt: Date;
  /** What the account had in all, held money included; on the first page. */
  readonly opening?: bigint;
  /** What it had in all at the end; on the first page. */
  readonly closing?: bigint;
  /** Oldest first. */
  readonly items: readonly Entry[];
  readonly nextCursor?: string;
}

export type Period = 'total' | 'hour' | 'day' | 'month';

export interface SummaryQuery extends CallOptions {
  readonly accountId: string;
  /** Inclusive. */
  readonly from?: Date | string;
  /** Exclusive. */
  readonly to?: Date | string;
  /** What is summed up together: `total` by default. */
  readonly period?: Period;
  /** By whose clocks periods begin, such as `Europe/Berlin`; `UTC` by default. */
  readonly timeZone?: string;
}

/** Sums of an account's entries. */
export interface Summary {
  readonly accountId: string;
  readonly asset: string;
  readonly period: Period;
  readonly timeZone: string;
  /** How many entries are summed up. */
  readonly entries: number;
  /** What they changed the total by; may be below zero. */
  readonly change: bigint;
  /** By time and then by kind. */
  readonly items: readonly SummaryItem[];
}

/** What the entries of a kind came to in a period. */
export interface SummaryItem {
  /** Such as `2026-03`, `2026-03-29` or `2026-03-29T02+01:00`; absent where all is one period. */
  readonly period?: string;
  readonly kind: EntryKind;
  readonly count: number;
  /** Their sum; the kind says which way it went. */
  readonly amount: bigint;
}
