import type { Entry } from '../../../src/ledger/entry';
import { shardOfSubAccount } from '../../../src/ledger/routing';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { amountOf, type Sequence } from '../measure/requests';
import type { Tally } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import type { Site } from '../stage/site';
import { openEntryWriter } from '../yardsticks/open-entry-writer';
import { nowUs } from '../yardsticks/sqlite-connection';
import type { EntryTable } from './entry-table';
import { FILL_ROWS_MAX, type Stretch } from './fill-statement';
import { type IdKind, REQUEST_IDS } from './request-ids';

/** How full inserts leave the pages of an index: nearly, where each goes to the end; by ln 2, where they are scattered. */
const FILL_PERCENT: Readonly<Record<IdKind, number>> = { ordered: 94, random: 69 };
const PROGRESS_EVERY_MS = 10_000;

export interface Growing {
  readonly site: Site;
  readonly account: AccountRecord;
  readonly tables: readonly EntryTable[];
  readonly ids: IdKind;
  readonly sequence: Sequence;
  readonly tally: Tally;
  readonly print: (line: string) => void;
}

/**
 * Gives the account a longer past: deductions, and one credit that covers them, so that no balance changes and every
 * audit counts them in. Times and positions go on from what is there.
 */
export async function grow(entries: number, growing: Growing): Promise<void> {
  const { site, tables, ids, sequence, tally, print } = growing;
  if (entries <= 0) return;
  const firstPosition = sequence.reserve(entries + 1);
  const firstCreatedAtUs = nowUs();
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(0);
  let written = 0;
  const timer = setInterval(() => {
    print(
      `  growing: ${written.toLocaleString('en-US')} of ${entries.toLocaleString('en-US')}, ${seconds()} s`,
    );
  }, PROGRESS_EVERY_MS);
  try {
    const share = Math.ceil(entries / tables.length);
    await Promise.all(
      tables.map(async (table, shard) => {
        await table.dropKey();
        const end = Math.min(entries, (shard + 1) * share);
        for (let from = shard * share; from < end; from += FILL_ROWS_MAX) {
          const rows = Math.min(FILL_ROWS_MAX, end - from);
          await table.fill({
            ids,
            firstPosition: firstPosition + from,
            rows,
            firstCreatedAtUs: firstCreatedAtUs + from,
            subAccounts: subAccountsOn(shard, growing),
          });
          written += rows;
        }
      }),
    );
    const filled = seconds();
    await Promise.all(tables.map((table) => table.addKey(FILL_PERCENT[ids])));
    print(
      `  grown by ${entries.toLocaleString('en-US')} in ${filled} s, with their unique index in ${seconds()} s`,
    );
  } finally {
    clearInterval(timer);
  }
  let amountMinor = 0;
  for (let n = 0; n < entries; n += 1) amountMinor += amountOf(firstPosition + n);
  tally.add({ count: entries, amountMinor, unknownCount: 0, unknownAmountMinor: 0 });
  await cover(site, { position: firstPosition + entries, amountMinor, createdAtUs: firstCreatedAtUs, ids });
}

/** The lowest sub-account on a shard, and how those on it follow each other. */
function subAccountsOn(shard: number, { site, account }: Growing): Stretch['subAccounts'] {
  const { placement, subAccounts } = account;
  const name = site.shards[shard]?.name ?? '';
  const first = placement.shards.indexOf(name);
  const step = placement.shards.length;
  if (first < 0 || shardOfSubAccount(first, placement) !== name || subAccounts < step)
    throw new RangeError('the account must have a sub-account on every shard');
  return { first, step, count: Math.floor(subAccounts / step) };
}

/** The credit that paid for all of it. */
async function cover(
  site: Site,
  paid: { position: number; amountMinor: number; createdAtUs: number; ids: IdKind },
): Promise<void> {
  const [shard] = site.shards;
  if (!shard) throw new RangeError('a site has at least one shard');
  const writer = await openEntryWriter(shard.location);
  const credit: Entry = {
    accountId: HOT_ACCOUNT,
    createdAtUs: paid.createdAtUs - 1,
    subAccount: 0,
    version: paid.position,
    requestId: REQUEST_IDS[paid.ids](paid.position),
    kind: 'credit',
    amountMinor: BigInt(paid.amountMinor),
    epoch: 1,
    fingerprint: '0123456789abcdef0123456789abcdef',
    reference: null,
    metadata: null,
  };
  try {
    await writer.write([credit]);
  } finally {
    await writer.close();
  }
}
