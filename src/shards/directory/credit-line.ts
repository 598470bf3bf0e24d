import { type Cell, exact, integer, textOrNull } from '../database';

/** An account's credit line as the directory knows it. */
export interface CreditLine {
  /** So much may the account be in debt for; `null` for nothing. */
  readonly limitMinor: bigint | null;
  /** Rises with every step of a change of the line. */
  readonly version: number;
  /** What the rows are being told just now; `null` where nothing is under way. */
  readonly round: CreditRound | null;
  /** The account has used more than its limit: its rows refuse debits. */
  readonly isOver: boolean;
  /** The rows do not have what the limit says yet. */
  readonly isUnsettled: boolean;
}

/** One step of a change: what each shard's rows are granted, or, below zero, what is taken back from them. */
export interface CreditRound {
  /** By which rows know it. */
  readonly version: number;
  /** Every shard in the account's reach, those too of which nothing changes. */
  readonly parts: ReadonlyMap<string, bigint>;
}

export const NO_CREDIT: CreditLine = {
  limitMinor: null,
  version: 0,
  round: null,
  isOver: false,
  isUnsettled: false,
};

export const CREDIT_LINE_COLUMNS = 'credit_limit, credit_version, credit_round, over_limit, credit_unsettled';

export function toCreditLine([limit, version, round, over, unsettled]: readonly Cell[]): CreditLine {
  const text = textOrNull(round ?? null);
  return {
    limitMinor: limit === null ? null : exact(limit),
    version: integer(version),
    round: text === null ? null : readRound(text),
    isOver: integer(over) !== 0,
    isUnsettled: unsettled !== null,
  };
}

export function roundText({ version, parts }: CreditRound): string {
  const digits = [...parts].map(([shard, minor]) => [shard, minor.toString()]);
  return JSON.stringify({ version, parts: Object.fromEntries(digits) as Record<string, string> });
}

function readRound(text: string): CreditRound {
  const { version, parts } = JSON.parse(text) as { version: number; parts: Record<string, string> };
  return { version, parts: new Map(Object.entries(parts).map(([shard, digits]) => [shard, BigInt(digits)])) };
}
