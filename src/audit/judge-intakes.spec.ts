import type { IntakeRecord } from '../ledger/intake';
import { IDEMPOTENCY_WINDOW_MS } from '../ledger/routing';
import type { Shard } from '../shards/shard';
import { Found } from './found';
import { ReceivedRecords } from './judge-intakes';

const NOW_US = 2_000_000_000_000_000;

function shardOf(name: string): Shard {
  return {
    name,
    clockUs: () => Promise.resolve(NOW_US),
    findEntries: () => Promise.resolve([]),
    findIntakes: () => Promise.resolve([]),
  } as unknown as Shard;
}

async function findingsAbout(given: Partial<IntakeRecord>): Promise<number> {
  const found = new Found(10);
  const records = new ReceivedRecords(shardOf('left'), [shardOf('reached')], found);
  await records.add({
    accountId: 'a',
    requestId: 'k',
    subAccount: 0,
    amountMinor: 1n,
    ...given,
  } as IntakeRecord);
  await records.finish();
  return found.count;
}

/** How long ago, in idempotency windows. */
const ago = (windows: number): number => NOW_US - windows * IDEMPOTENCY_WINDOW_MS * 1_000;

describe('what was received', () => {
  it('is missed where it has moved and is known nowhere else, as long as it must be', async () => {
    expect(await findingsAbout({ state: 'moved', sinceUs: ago(0.9) })).toBe(1);
    expect(await findingsAbout({ state: 'moved', sinceUs: ago(1) })).toBe(0);
  });

  it('is missed without its entry, however long ago', async () => {
    expect(await findingsAbout({ state: 'succeeded', sinceUs: ago(2) })).toBe(1);
  });

  it('is not missed while it waits, and where it was rejected', async () => {
    expect(await findingsAbout({ state: 'received', sinceUs: ago(0) })).toBe(0);
    expect(await findingsAbout({ state: 'rejected', sinceUs: ago(0) })).toBe(0);
  });
});
