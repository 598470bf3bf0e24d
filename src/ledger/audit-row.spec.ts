import * as fc from 'fast-check';
import { row } from '../../test/models/commands';
import { RowTally } from './audit-row';
import { wrap64 } from './money';

const RUNS = { seed: 20_251_105, numRuns: 300 };

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('deduction', 'credit', 'transfer'),
    amountMinor: fc.oneof(fc.bigInt(1n, 9n), fc.bigInt(2n ** 59n, 2n ** 62n)),
  }),
  { maxLength: 40 },
);

describe('RowTally', () => {
  test('agrees with every state that a row went through, whatever came after it, modulo 2^64', () => {
    fc.assert(
      fc.property(changes, fc.nat({ max: 40 }), (made, at) => {
        const snapshot = Math.min(at, made.length);
        const signed = (change: (typeof made)[number]): bigint =>
          change.kind === 'deduction' ? -change.amountMinor : change.amountMinor;
        const sum = (ofTransfers: boolean): bigint =>
          made
            .slice(0, snapshot)
            .filter(({ kind }) => (kind === 'transfer') === ofTransfers)
            .reduce((total, change) => total + signed(change), 0n);
        const [netMinor, movedMinor] = [wrap64(sum(false)), wrap64(sum(true))];
        const availableMinor = BigInt.asUintN(63, wrap64(netMinor + movedMinor));
        fc.pre(availableMinor === wrap64(netMinor + movedMinor));

        const tally = new RowTally(
          row({ availableMinor, netMinor, movedMinor, version: snapshot, outsideVersion: snapshot }),
        );
        for (const [position, change] of made.entries()) {
          const version = position + 1;
          const { kind, amountMinor } = change;
          if (kind === 'transfer') tally.addTransfer(amountMinor, version);
          else tally.addEntry({ kind: kind, amountMinor, version });
        }
        expect(tally.findings('s0')).toEqual([]);
        expect(tally.newest).toBe(made.length);
      }),
      RUNS,
    );
  });

  test('remembers versions that came out of order, and counts them when told to', () => {
    const entries = [1, 2, 2, 5, 3].map((version) => ({ version, kind: 'credit' as const, amountMinor: 1n }));
    const first = new RowTally(row({ netMinor: 5n, availableMinor: 5n, version: 5, outsideVersion: 5 }));
    for (const entry of entries) first.addEntry(entry);
    expect(first.findings('s0')).toEqual([]);
    expect([...first.outOfOrder]).toEqual([2, 3]);

    const second = new RowTally(first.row, first.outOfOrder);
    for (const entry of entries) second.addEntry(entry);
    expect(second.findings('s0')).toEqual([
      {
        invariant: 'entryForEachChange',
        accountId: 'acme',
        shard: 's0',
        subAccount: 0,
        detail: 'entries of version 2',
        expected: '1',
        found: '2',
      },
    ]);
  });
});
