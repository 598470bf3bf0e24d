import { row } from '../../test/models/commands';
import { AuditedLedger } from '../../test/models/audited-ledger';
import type { TransferHalf } from '../ledger/audit-transfer';
import { Found } from './found';
import { TransferPairs } from './pair-transfers';

/** 1,200 departures from s0 to s1, and the pairs of the account with nothing read of them yet. */
async function departed() {
  const ledger = new AuditedLedger();
  ledger.create('acme', 2, ['s0', 's1']);
  const [source] = ledger.databases;
  source?.account('acme').rows.set(0, row({ availableMinor: 10_000n, version: 1 }));
  for (let n = 0; n < 1_200; n += 1) {
    const transferId = `t${n}`;
    await ledger.run('s0', {
      kind: 'transferOut',
      accountId: 'acme',
      transferId,
      amountMaxMinor: 2n,
      toShard: 's1',
      toSubAccount: 1,
    });
  }
  const found = new Found(10);
  const asked: number[] = [];
  const shard = ledger.shard('s1');
  const peer = {
    name: 's1',
    findTransfers: (ids: Parameters<typeof shard.findTransfers>[0]) => {
      asked.push(ids.transferIds.length);
      return shard.findTransfers(ids);
    },
  };
  const halves = [...(source?.account('acme').transfers.values() ?? [])].map((transfer): TransferHalf => ({
    ...transfer,
    shard: 's0',
  }));
  return { ledger, found, asked, halves, pairs: new TransferPairs(new Map([['s1', peer]]), found) };
}

describe('TransferPairs', () => {
  test('asks the peer for halves that arrived after its pages were read, 500 at a time', async () => {
    const { ledger, found, asked, halves, pairs } = await departed();
    await ledger.settle(700);
    for (const half of halves) await pairs.add([half]);
    await pairs.finish();
    expect(asked).toEqual([500, 500, 200]);
    expect(found.count).toBe(0);
    expect(pairs.inTransit).toBe(500);
  });

  test('asks nothing about halves that meet', async () => {
    const { ledger, found, asked, halves, pairs } = await departed();
    await ledger.settle();
    const arrived = ledger.databases[1]?.account('acme').transfers;
    for (const half of halves) {
      const other = arrived?.get(`${half.transferId} in`);
      await pairs.add(other ? [half, { ...other, shard: 's1' }] : [half]);
    }
    await pairs.finish();
    expect({ asked, count: found.count, inTransit: pairs.inTransit }).toEqual({
      asked: [],
      count: 0,
      inTransit: 0,
    });
  });

  test('finds halves whose peer is no shard at all', async () => {
    const { found, halves, pairs } = await departed();
    for (const half of halves.slice(0, 2))
      await pairs.add([{ ...half, pending: false, peerShard: 'nowhere' }]);
    await pairs.finish();
    expect(found.kept.map(({ invariant }) => invariant)).toEqual(['departureArrives', 'departureArrives']);
  });
});
