import type { Entry } from '../../../src/ledger/entry';
import { shardOfSubAccount } from '../../../src/ledger/routing';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import type { Ground, Load } from '../cases/in-process-case';
import type { Operation } from '../measure/closed-loop';
import { amountOf, requestIdOf, type Sequence } from '../measure/requests';
import { HOT_ACCOUNT, prepareSite, settingsOf } from '../stage/runtime';
import type { Site } from '../stage/site';
import type { EntryWriter, Spending } from './entry-writer';
import { openEntryWriter } from './open-entry-writer';
import { nowUs } from './sqlite-connection';

export const BULK_ROWS = 512;

/** The product's fingerprints differ by amount; the bytes do not matter to the table. */
const FINGERPRINT = '0123456789abcdef0123456789abcdef';

interface Lane {
  readonly writer: EntryWriter;
  /** Sub-accounts that only this lane writes entries of, so that their versions are unique. */
  readonly subAccounts: readonly number[];
}

/**
 * The ceiling: what the same entry rows cost in the same table when nothing else is done. Multi-row INSERTs of 512 that
 * commit by themselves, as many side by side on each shard as the product has lanes.
 */
export async function prepareBulkInsert({ site, subAccounts, sequence, tally }: Ground): Promise<Load> {
  const account = await prepareSite(site, subAccounts);
  const lanes = await openLanes(site, account);
  const spent = new Map<number, Spending>();
  const operation: Operation = async (worker) => {
    const { writer, subAccounts: own } = lanes[worker] as Lane;
    const entries = nextEntries(own, sequence, spent);
    await writer.write(entries);
    for (const entry of entries) tally.acknowledged(Number(entry.amountMinor));
    return entries.length;
  };
  return {
    inFlight: lanes.length,
    operation,
    end: async () => {
      for (const { writer, subAccounts: own } of lanes) {
        await writer.settle(
          HOT_ACCOUNT,
          own.map((subAccount) => spent.get(subAccount)).filter((spending) => spending !== undefined),
        );
        await writer.close();
      }
    },
  };
}

async function openLanes(site: Site, { placement, subAccounts }: AccountRecord): Promise<Lane[]> {
  const perShard = site.kind === 'sqlite' ? 1 : settingsOf(site).lanesPerShard;
  const indices = Array.from({ length: subAccounts }, (_, index) => index);
  const lanes = site.shards.flatMap(({ name, location }) => {
    const onShard = indices.filter((index) => shardOfSubAccount(index, placement) === name);
    return Array.from({ length: perShard }, async (_, lane) => ({
      writer: await openEntryWriter(location),
      subAccounts: onShard.filter((_index, position) => position % perShard === lane),
    }));
  });
  return (await Promise.all(lanes)).filter((lane) => lane.subAccounts.length > 0);
}

function nextEntries(own: readonly number[], sequence: Sequence, spent: Map<number, Spending>): Entry[] {
  const createdAtUs = nowUs();
  return Array.from({ length: BULK_ROWS }, (_, row) => {
    const position = sequence.next();
    const amountMinor = BigInt(amountOf(position));
    const subAccount = own[row % own.length] as number;
    const before = spent.get(subAccount) ?? { subAccount, amountMinor: 0n, entries: 0 };
    const version = before.entries + 1;
    spent.set(subAccount, { subAccount, amountMinor: before.amountMinor + amountMinor, entries: version });
    return {
      accountId: HOT_ACCOUNT,
      createdAtUs,
      subAccount,
      version,
      requestId: requestIdOf(position),
      kind: 'deduction',
      amountMinor,
      epoch: 1,
      fingerprint: FINGERPRINT,
      reference: null,
      metadata: null,
    } satisfies Entry;
  });
}
