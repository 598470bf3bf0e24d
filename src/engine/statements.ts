import { changeOf, countOf } from './entry-sums';
import { entriesUpTo, type TailedPage, type TailPosition } from './entry-tail';
import type { ListingShard } from './merged-entries';
import { type RunningShard, sumsBefore } from './running-sums';
import { type PastReader, settleReach } from './settled-reach';

/** A part of a statement: the entries from one moment (µs) up to another, oldest first. */
export interface StatementAsked {
  /** Inclusive; the account's beginning when absent. */
  readonly fromUs: number | undefined;
  /** Exclusive; as late as is settled when absent. */
  readonly toUs: number | undefined;
  readonly limit: number;
  /** Where the last page ended. The first one has the balances. */
  readonly after: TailPosition | undefined;
}

export interface StatementBalances {
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  /** How many entries there are between them. */
  readonly entries: number;
}

export type StatementRead =
  | {
      readonly kind: 'read';
      readonly fromUs: number | undefined;
      readonly toUs: number;
      readonly balances: StatementBalances | undefined;
      readonly page: TailedPage;
    }
  /** There are more entries before this statement's end than one call may sum up; before this moment there are not. */
  | { readonly kind: 'tooMany'; readonly countedToUs: number }
  /** Entries before the end that was asked for may still be written; before this moment none can. */
  | { readonly kind: 'unsettled'; readonly settledUs: number };

/**
 * What an account had at one moment, what changed it until another, and what it had then: opening + Σ entries = closing, exactly.
 *
 * Both moments are of the one order of all entries, and the end is one before which no shard can write any more: what a statement
 * says does not change. It is read from every shard that the account ever used; money in transit within the account is no entry.
 */
export async function readStatement(
  reader: PastReader<ListingShard & RunningShard>,
  accountId: string,
  { fromUs, toUs: askedToUs, limit, after }: StatementAsked,
): Promise<StatementRead> {
  const { shards, untilUs } = await settleReach(reader, accountId);
  const toUs = askedToUs ?? Math.floor(untilUs / 1_000) * 1_000;
  if (toUs > untilUs) return { kind: 'unsettled', settledUs: untilUs };
  let balances;
  if (!after) {
    const asked = { accountId, settledUs: untilUs };
    const opening = fromUs === undefined ? NOTHING : await sumsBefore(shards, { ...asked, beforeUs: fromUs });
    if (opening.kind === 'tooMany') return opening;
    const closing = await sumsBefore(shards, { ...asked, beforeUs: toUs });
    if (closing.kind === 'tooMany') return closing;
    balances = {
      openingMinor: changeOf(opening.sums),
      closingMinor: changeOf(closing.sums),
      entries: countOf(closing.sums) - countOf(opening.sums),
    };
  }
  const page = await entriesUpTo(shards, accountId, { limit, after, fromUs, toUs }, () => toUs);
  return { kind: 'read', fromUs, toUs, balances, page };
}

const NOTHING = { kind: 'summed', sums: new Map() } as const;
