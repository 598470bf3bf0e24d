import * as fc from 'fast-check';
import { AuditedLedger } from '../../test/models/audited-ledger';
import type { Invariant } from '../ledger/audit-finding';
import { ShardUnavailableError } from '../shards/faults';
import { audit, type AuditOptions, type AuditReport } from './audit';

const RUNS = { seed: 20_251_104, numRuns: 60 };

/** Pages so small that everything spans several. */
const pacing = { pageRows: 4, workMs: 0, sleep: () => Promise.resolve() };

function run(ledger: AuditedLedger, options: Partial<AuditOptions> = {}): Promise<AuditReport> {
  return audit({ shards: ledger.shards, directory: ledger.directory, pacing, ...options });
}

/** Accounts of all sizes, credited with spreads, drained by draws, partly in transit. */
async function usedLedger(): Promise<AuditedLedger> {
  const ledger = new AuditedLedger();
  ledger.create('acme', 7);
  ledger.create('ACME', 1, ['s1']);
  ledger.create('b:2', 3);
  ledger.create('duo', 2, ['s0', 's1']);
  ledger.create('empty', 2, ['s0', 's1']);
  for (const accountId of ['acme', 'ACME', 'b:2', 'duo']) {
    await ledger.submit('credit', accountId, 'topup', 700n);
    await ledger.settle();
    for (let n = 0; n < 20; n += 1) await ledger.submit('deduct', accountId, `k${n}`, BigInt(10 + n));
  }
  await ledger.submit('credit', 'acme', 'second topup', 70_000n);
  return ledger;
}

describe('audit', () => {
  test('finds nothing wrong with accounts in use, and counts them', async () => {
    const ledger = await usedLedger();
    const report = await run(ledger);

    expect(report).toMatchObject({ balanced: true, findings: [], findingsCount: 0, accounts: 5 });
    const count = (table: 'rows' | 'entries' | 'transfers'): number =>
      ledger.databases
        .flatMap((database) => [...database.accounts.values()])
        .reduce((sum, account) => sum + account[table].size, 0);
    expect(report).toMatchObject({
      subAccounts: count('rows'),
      entries: count('entries'),
      transfers: count('transfers'),
      inTransit: 2,
    });
    await ledger.settle();
    expect(await run(ledger)).toMatchObject({ balanced: true, inTransit: 0 });
  });

  test('is right however large its pages are and whatever happens between two of them', async () => {
    const step = fc.record({
      kind: fc.constantFrom('deduct', 'deduct', 'credit', 'settle', 'create' as const),
      account: fc.constantFrom('acme', 'b:2', 'z'),
      amountMinor: fc.bigInt(1n, 900n),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 40 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (pageRows, steps) => {
          const ledger = new AuditedLedger();
          ledger.create('acme', 8);
          ledger.create('b:2', 3);
          ledger.create('z', 1, ['s2']);
          let n = 0;
          const happen = async (): Promise<void> => {
            const { kind, account, amountMinor } = steps[n % steps.length] as (typeof steps)[number];
            n += 1;
            if (kind === 'settle') await ledger.settle(1);
            else if (kind === 'create') {
              ledger.create(`${account}.${n}`, 2, ['s0', 's1']);
              await ledger.submit('credit', `${account}.${n}`, 'k', amountMinor);
            } else await ledger.submit(kind, account, `k${n}`, amountMinor);
          };
          while (n < 2 * steps.length) await happen();

          // Something happens before whatever the audit reads of a shard, for longer than it takes.
          const shards = ledger.shardsAfter(() => (n < 1_500 ? happen() : undefined));
          const report = await run(ledger, { shards, pacing: { ...pacing, pageRows } });
          expect(n).toBeLessThan(1_500);
          expect(report.findings).toEqual([]);
          expect(report.balanced).toBe(true);
        },
      ),
      RUNS,
    );
  });

  describe('finds', () => {
    const outside = (ledger: AuditedLedger): void => {
      const account = ledger.accounts.get('ACME');
      if (account)
        ledger.accounts.set('ACME', { ...account, reach: ['s0'], placement: { epoch: 1, shards: ['s0'] } });
    };
    const faults: [string, Invariant[], (ledger: AuditedLedger) => void][] = [
      [
        'a changed balance',
        ['balanceIsNetPlusMoved'],
        (ledger) => ledger.changeRow('acme', { availableMinor: 123_456n }),
      ],
      [
        'a negative balance',
        ['balanceIsNetPlusMoved', 'balanceNotNegative'],
        (ledger) => ledger.changeRow('acme', { availableMinor: -1n }),
      ],
      [
        'a negative held',
        ['balanceIsNetPlusMoved', 'balanceNotNegative', 'heldIsSumOfHolds'],
        (ledger) => ledger.changeRow('acme', { heldMinor: -5n }),
      ],
      [
        'a changed net',
        ['balanceIsNetPlusMoved', 'netIsSumOfEntries'],
        (ledger) => ledger.changeRow('acme', { netMinor: 1n }),
      ],
      [
        'a changed moved',
        ['balanceIsNetPlusMoved', 'movedIsSumOfTransfers'],
        (ledger) => ledger.changeRow('acme', { movedMinor: 1n }),
      ],
      [
        'money made of nothing in all three',
        ['netIsSumOfEntries'],
        (ledger) => {
          const { row } = ledger.row('acme');
          ledger.changeRow('acme', {
            availableMinor: row.availableMinor + 9n,
            netMinor: row.netMinor + 9n,
          });
        },
      ],
      [
        'a missing entry',
        ['netIsSumOfEntries'],
        (ledger) => {
          const { database, entry } = ledger.entry('acme');
          (database.account('acme').entries as Map<string, unknown>).delete(entry.requestId);
        },
      ],
      [
        'an entry twice',
        ['entryForEachChange', 'netIsSumOfEntries'],
        (ledger) => {
          const { database, entry } = ledger.entry('acme');
          ledger.putEntry(database, { ...entry, requestId: 'copy', createdAtUs: entry.createdAtUs + 1 });
        },
      ],
      [
        'two entries that cancel each other',
        ['entryForEachChange'],
        (ledger) => {
          const { database, entry } = ledger.entry('acme');
          const plus = { ...entry, amountMinor: 5n, kind: 'credit' as const };
          ledger.putEntry(database, { ...plus, requestId: 'plus', createdAtUs: entry.createdAtUs + 1 });
          ledger.putEntry(database, {
            ...plus,
            requestId: 'minus',
            kind: 'deduction',
            createdAtUs: entry.createdAtUs + 2,
          });
        },
      ],
      [
        'a changed amount',
        ['netIsSumOfEntries'],
        (ledger) => {
          const { database, entry } = ledger.entry('acme');
          ledger.putEntry(database, { ...entry, amountMinor: entry.amountMinor + 1n });
        },
      ],
      [
        'an arrival whose departure is gone',
        ['arrivalHasDeparture', 'movedIsSumOfTransfers'],
        (ledger) => {
          const arrived = [...ledger.databases].flatMap((database) =>
            [...database.account('b:2').transfers.values()]
              .filter(({ direction, peerShard }) => direction === 'out' && peerShard !== database.name)
              .map((transfer) => ({ database, transfer })),
          )[0];
          arrived?.database.account('b:2').transfers.delete(`${arrived.transfer.transferId} out`);
        },
      ],
      [
        'a departure marked as arrived whose arrival is gone',
        ['departureArrives', 'movedIsSumOfTransfers'],
        (ledger) => {
          const { database, key } = ledger.transfer('b:2', 'in');
          database.account('b:2').transfers.delete(key);
        },
      ],
      [
        'a departure marked as arrived before it did',
        ['departureArrives'],
        (ledger) => {
          for (const database of ledger.databases) {
            const { transfers } = database.account('acme');
            const [key, pending] = [...transfers].find(([, { pending }]) => pending) ?? [];
            if (key !== undefined && pending) transfers.set(key, { ...pending, pending: false });
          }
        },
      ],
      [
        'a changed amount of a transfer',
        ['movedIsSumOfTransfers', 'transferHalvesAgree'],
        (ledger) => {
          const { database, key, transfer } = ledger.transfer('b:2', 'in');
          database.account('b:2').transfers.set(key, { ...transfer, amountMinor: transfer.amountMinor + 1n });
        },
      ],
      [
        'a transfer that left from a row that does not exist',
        ['movedIsSumOfTransfers', 'rowExists', 'transferHalvesAgree'],
        (ledger) => {
          const { database, key, transfer } = ledger.transfer('b:2', 'out');
          database
            .account('b:2')
            .transfers.set(key, { ...transfer, fromSubAccount: transfer.fromSubAccount + 3 });
        },
      ],
      [
        'a request id on two shards',
        ['entryForEachChange', 'netIsSumOfEntries', 'oneEffectPerKey'],
        (ledger) => {
          const { database, entry } = ledger.entry('duo');
          const other = ledger.databases.find((each) => each !== database && each.name !== 's2');
          const row = other && [...other.account('duo').rows.values()][0];
          if (row) ledger.putEntry(other, { ...entry, subAccount: row.index, version: 1 });
        },
      ],
      [
        'two entries for one change',
        ['entryForEachChange'],
        (ledger) => {
          const { database, entry } = ledger.entry('ACME');
          const [, , third] = [...database.account('ACME').entries.values()];
          if (third) ledger.putEntry(database, { ...third, version: entry.version });
        },
      ],
      ['an account outside its reach', ['shardIsInReach'], outside],
      [
        'an account that the directory does not know',
        ['accountIsKnown'],
        (ledger) => ledger.accounts.delete('ACME'),
      ],
      [
        'a row that is gone',
        ['rowExists'],
        (ledger) => {
          const { database, row } = ledger.row('ACME');
          database.account('ACME').rows.delete(row.index);
        },
      ],
      [
        'a row that was set back to before its last entry',
        ['rowKeepsUp'],
        (ledger) => {
          const { row } = ledger.row('ACME');
          const last = [...ledger.databases].flatMap((each) =>
            [...each.account('ACME').entries.values()].filter(({ version }) => version === row.version),
          )[0];
          const minor = last?.amountMinor ?? 0n;
          ledger.changeRow('ACME', {
            availableMinor: row.availableMinor + minor,
            netMinor: row.netMinor + minor,
            version: row.version - 1,
            outsideVersion: row.outsideVersion - 1,
          });
        },
      ],
      [
        'a row ahead of the directory',
        ['epochIsAnnounced'],
        (ledger) => ledger.changeRow('ACME', { epoch: 2 }),
      ],
      [
        'a closed row that holds money',
        ['closedRowIsEmpty'],
        (ledger) => ledger.changeRow('ACME', { state: 'closed' }),
      ],
    ];

    test.each(faults)('%s', async (_, invariants, plant) => {
      const ledger = await usedLedger();
      plant(ledger);
      const report = await run(ledger);
      expect([...new Set(report.findings.map(({ invariant }) => invariant))].sort()).toEqual(invariants);
      expect(report).toMatchObject({ balanced: false, findingsCount: report.findings.length });
      for (const { expected, found } of report.findings) expect(expected).not.toBe(found);
    });

    test('says what it expected and found, and where', async () => {
      const ledger = await usedLedger();
      const { database, row } = ledger.row('acme', ({ index }) => index === 2);
      ledger.changeRow('acme', { availableMinor: row.availableMinor + 5n }, ({ index }) => index === 2);
      expect((await run(ledger)).findings).toEqual([
        {
          invariant: 'balanceIsNetPlusMoved',
          accountId: 'acme',
          shard: database.name,
          subAccount: 2,
          detail: 'available + held',
          expected: String(row.availableMinor),
          found: String(row.availableMinor + 5n),
        },
      ]);
    });

    test('counts what it has no room to report', async () => {
      const ledger = new AuditedLedger();
      ledger.create('acme', 1, ['s0']);
      await ledger.submit('credit', 'acme', 'k', 1n);
      const { database, entry } = ledger.entry('acme');
      for (let n = 0; n < 1_200; n += 1)
        ledger.putEntry(database, { ...entry, requestId: `far ${n}`, subAccount: n + 1, createdAtUs: n });
      const report = await audit({ shards: ledger.shards, directory: ledger.directory });
      expect(report).toMatchObject({ balanced: false, findingsCount: 1_200 });
      expect(report.findings).toHaveLength(1_000);
    });
  });

  test('does not take a clock that went back for an entry written twice', async () => {
    const ledger = new AuditedLedger();
    ledger.create('acme', 1, ['s0']);
    for (let n = 0; n < 9; n += 1) await ledger.submit('credit', 'acme', `k${n}`, 5n);
    const { database } = ledger.entry('acme');
    const entries = [...database.account('acme').entries.values()];
    for (const entry of entries.slice(5)) ledger.putEntry(database, { ...entry, createdAtUs: entry.version });
    expect(await run(ledger)).toMatchObject({ balanced: true, entries: 9 });
  });

  test('counts transfers older than their versions into every row', async () => {
    const ledger = await usedLedger();
    await ledger.settle();
    for (const database of ledger.databases) {
      for (const { transfers } of database.accounts.values())
        for (const [key, row] of transfers)
          transfers.set(key, { ...row, fromVersion: null, toVersion: null });
    }
    expect(await run(ledger)).toMatchObject({ balanced: true });
  });

  test('fails by name when a shard cannot be read, and reports no balance', async () => {
    const ledger = await usedLedger();
    ledger.interfere['s1'] = (step) => (step === 'read' ? 'unavailable' : undefined);
    await expect(run(ledger)).rejects.toThrow(ShardUnavailableError);
    await expect(run(ledger)).rejects.toThrow('s1');
  });

  test('fails by name when it was not given a shard that an account may be on', async () => {
    const ledger = await usedLedger();
    await expect(run(ledger, { shards: ledger.shards.slice(1) })).rejects.toThrow('s0');
  });

  test('stops when it is told to', async () => {
    const ledger = await usedLedger();
    const controller = new AbortController();
    const progress = (): void => {
      controller.abort(new Error('enough'));
    };
    await expect(run(ledger, { signal: controller.signal, progress })).rejects.toThrow('enough');
  });

  test('tells how far it is, up to the end', async () => {
    const ledger = await usedLedger();
    const told: [number, number][] = [];
    await run(ledger, { progress: (done, total) => told.push([done, total]) });
    expect(told).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 5],
      [5, 5],
      [5, 5],
    ]);
  });
});
