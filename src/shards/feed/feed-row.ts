import type { FeedChange, FeedRange, FeedRejection } from '../../ledger/feed-change';
import type { RejectionReason } from '../../ledger/intake';
import type { Screened } from '../../ledger/screened';

/** A feed row as a transaction writes it. */
export interface NewFeedRow {
  readonly createdAtUs: number;
  readonly changes: string;
}

/** `[account, first µs, last µs, entries, [[sub-account, first version, last version], …]]`, times from the row's own. */
type RangeText = readonly [string, number, number, number, readonly (readonly [number, number, number])[]];

/** `[account, 1 for what rises + 2 for what falls, available as digits]`. */
type TouchText = readonly [string, number, string | null];

/** `[account, request, attempt, amount as digits, reason, received µs, what is attached, verdict, budgets]`, the time from the row's own. */
type RejectionText = readonly [
  ...[account: string, request: string, attempt: number, amount: string, reason: RejectionReason | null],
  ...[receivedUs: number, reference: string | null, metadata: string | null, screening: Screened | null],
  budgets?: readonly string[],
];

/** `[ranges, expired holds, touches, rejections]`. More kinds of changes are appended, each a list of its own; older rows have fewer. */
type ChangeText = readonly [
  readonly RangeText[],
  readonly (readonly [string, string])[],
  (readonly TouchText[])?,
  (readonly RejectionText[])?,
];

const RISES = 1;
const FALLS = 2;

/** @param nowUs the transaction's time */
export function toFeedRow(
  { ranges, expiredHolds, touches, rejections }: FeedChange,
  nowUs: number,
): NewFeedRow {
  const text: ChangeText = [
    ranges.map(({ accountId, fromUs, toUs, entries, versions }) => [
      accountId,
      fromUs - nowUs,
      toUs - nowUs,
      entries,
      versions.map(({ subAccount, fromVersion, toVersion }) => [subAccount, fromVersion, toVersion]),
    ]),
    expiredHolds.map(({ accountId, holdId }) => [accountId, holdId]),
    touches.map(({ accountId, rises, falls, availableMinor }) => [
      accountId,
      (rises ? RISES : 0) + (falls ? FALLS : 0),
      availableMinor === null ? null : availableMinor.toString(),
    ]),
  ];
  if (rejections.length === 0) return { createdAtUs: nowUs, changes: JSON.stringify(text) };
  const rejected = rejections.map((rejection) => rejectionText(rejection, nowUs));
  return { createdAtUs: nowUs, changes: inAscii(JSON.stringify([...text, rejected])) };
}

export function readFeedRow({ createdAtUs, changes }: NewFeedRow): FeedChange {
  const [ranges, expiredHolds, touches = [], rejections = []] = JSON.parse(changes) as ChangeText;
  return {
    ranges: ranges.map(([accountId, from, to, entries, versions]): FeedRange => ({
      accountId,
      fromUs: createdAtUs + from,
      toUs: createdAtUs + to,
      entries,
      versions: versions.map(([subAccount, fromVersion, toVersion]) => ({
        subAccount,
        fromVersion,
        toVersion,
      })),
    })),
    expiredHolds: expiredHolds.map(([accountId, holdId]) => ({ accountId, holdId })),
    touches: touches.map(([accountId, ways, available]) => ({
      accountId,
      rises: (ways & RISES) !== 0,
      falls: (ways & FALLS) !== 0,
      availableMinor: available === null ? null : BigInt(available),
    })),
    rejections: rejections.map((rejection) => readRejection(rejection, createdAtUs)),
  };
}

function rejectionText(rejection: FeedRejection, nowUs: number): RejectionText {
  const { accountId, requestId, attempt, amountMinor, reason } = rejection;
  const { receivedAtUs, reference, metadata, screening, budgets } = rejection;
  const text = [
    ...([accountId, requestId, attempt, amountMinor.toString(), reason] as const),
    ...([receivedAtUs - nowUs, reference, metadata, screening] as const),
  ] as const;
  return budgets ? [...text, budgets] : text;
}

function readRejection(text: RejectionText, createdAtUs: number): FeedRejection {
  const [accountId, requestId, attempt, amount, reason, receivedUs, reference, metadata, screening, budgets] =
    text;
  return {
    ...{ accountId, requestId, attempt, amountMinor: BigInt(amount), reason, reference, metadata, screening },
    ...{ receivedAtUs: createdAtUs + receivedUs, sinceUs: createdAtUs },
    ...(budgets && { budgets }),
  };
}

/** The table keeps ASCII; what clients attach may be anything. */
function inAscii(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
