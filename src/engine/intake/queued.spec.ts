import { promisesSettled } from '../../../test/models/turns';
import type { IntakeRecord } from '../../ledger/intake';
import type { AccountRecord } from '../../shards/directory/account-record';
import { NO_CREDIT } from '../../shards/directory/credit-line';
import type { EngineOutcome } from '../engine-outcome';
import type { PlainRequest } from '../router';
import { Queued } from './queued';
import type { Received } from './reception';

const ACCOUNT = { accountId: 'acme', credit: NO_CREDIT } as AccountRecord;
const REQUEST = { kind: 'deduct', accountId: 'acme', requestId: 'k', fingerprint: 'f' } as PlainRequest;

function record(given: Partial<IntakeRecord> = {}): IntakeRecord {
  const { accountId, requestId, fingerprint } = REQUEST;
  return { accountId, requestId, fingerprint, attempt: 1, state: 'received', ...given } as IntakeRecord;
}

const entry = { requestId: 'k', fingerprint: 'f', createdAtUs: 1_000 } as Extract<
  EngineOutcome,
  { kind: 'applied' }
>['entry'];
const applied = { kind: 'applied', shard: 's1', departures: [], entry } as const;
const short = { kind: 'insufficientFunds', availableMinor: 3n } as const;

/** An intake whose receipts and records are what a test says. Time passes while it sleeps, and nothing else. */
class Bench {
  readonly receipts: Received[] = [];
  found: IntakeRecord | undefined;
  readonly queued: Queued;
  #nowMs = 0;
  #sleepers: (() => void)[] = [];

  constructor(waitMsMax = 1_000) {
    this.queued = new Queued({
      accounts: { peek: () => ACCOUNT },
      engine: { findEntry: () => Promise.resolve({ entry, shard: 's1' }) },
      balances: { current: () => Promise.resolve({ availableMinor: 3n, grantedMinor: 0n } as never) },
      exhausted: () => Promise.reject(new Error('no budgets')),
      receive: () => {
        const next = this.receipts.shift();
        return next ? Promise.resolve(next) : Promise.reject(new Error('received once too often'));
      },
      find: () => Promise.resolve(this.found),
      now: () => this.#nowMs,
      sleep: (ms) =>
        new Promise((wake) => {
          this.#sleepers.push(() => {
            this.#nowMs += ms;
            wake();
          });
        }),
      waitMsMax,
    });
  }

  submit(...receipts: Received[]): Promise<EngineOutcome> {
    this.receipts.push(...receipts);
    return this.queued.submit(REQUEST, ACCOUNT);
  }

  /** The last who sleeps wakes up. */
  async wake(): Promise<void> {
    this.#sleepers.pop()?.();
    await promisesSettled();
  }
}

const received = (given: Partial<IntakeRecord> = {}, replayed = false): Received => ({
  kind: 'received',
  record: record(given),
  replayed,
});

describe('a deduction of an account with the strategy queued', () => {
  test('is answered with what the worker tells, as a replay where it was received before', async () => {
    for (const [replayed, kind] of [
      [false, 'applied'],
      [true, 'replayed'],
    ] as const) {
      const bench = new Bench();
      const told = bench.submit(received({}, replayed));
      await promisesSettled();
      bench.queued.ended(record(), applied);
      expect(await told).toMatchObject({ kind, shard: 's1' });
    }
  });

  test('is refused as the worker tells', async () => {
    const bench = new Bench();
    const told = bench.submit(received());
    await promisesSettled();
    bench.queued.ended(record(), short);
    expect(await told).toEqual(short);
  });

  test('is made anew where the attempt that stood already is refused: that may be older than the request', async () => {
    const bench = new Bench();
    const told = bench.submit(received({}, true), received({ attempt: 2 }));
    await promisesSettled();
    bench.queued.ended(record(), short);
    await promisesSettled();
    bench.queued.ended(record({ attempt: 2 }), applied);
    expect(await told).toMatchObject({ kind: 'applied' });
  });

  test('is not answered by the end of an earlier attempt', async () => {
    const bench = new Bench();
    const told = bench.submit(received({ attempt: 2 }));
    await promisesSettled();
    bench.queued.ended(record({ attempt: 1 }), short);
    await promisesSettled();
    bench.queued.ended(record({ attempt: 2 }), applied);
    expect(await told).toMatchObject({ kind: 'applied' });
  });

  test.each(['worker', 'record'])(
    'is a replay of the attempt that somebody else made after its own was refused, by the %s',
    async (by) => {
      const bench = new Bench();
      const told = bench.submit(received());
      await promisesSettled();
      if (by === 'worker') bench.queued.ended(record({ attempt: 2 }), applied);
      else bench.found = record({ attempt: 2, state: 'succeeded' });
      await bench.wake();
      expect(await told).toMatchObject({ kind: 'replayed' });
    },
  );

  test('is found in its record where another instance has ended it', async () => {
    const bench = new Bench();
    const told = bench.submit(received());
    await promisesSettled();
    await bench.wake();
    bench.found = record({ state: 'rejected', reason: 'INSUFFICIENT_FUNDS' });
    await bench.wake();
    expect(await told).toEqual(short);
  });

  test.each(['worker', 'record'])(
    'is new where its attempt has made the entry, and a replay where it found it, by the %s',
    async (by) => {
      for (const [sinceUs, kind] of [
        [entry.createdAtUs, 'applied'],
        [entry.createdAtUs + 1, 'replayed'],
      ] as const) {
        const bench = new Bench();
        const told = bench.submit(received());
        await promisesSettled();
        bench.found = record({ state: 'succeeded', sinceUs });
        if (by === 'worker') bench.queued.ended(record(), { kind: 'replayed', shard: 's1', entry });
        else await bench.wake();
        expect(await told).toMatchObject({ kind });
      }
    },
  );

  test('is received, and no more, when its outcome is not known in time', async () => {
    const bench = new Bench(0);
    const told = bench.submit(received());
    await promisesSettled();
    await bench.wake();
    expect(await told).toMatchObject({ kind: 'received', replayed: false });
  });

  test('is refused at once where it is not even received', async () => {
    expect(await new Bench().submit({ kind: 'overloaded', shard: 's1' })).toMatchObject({
      kind: 'overloaded',
    });
    expect(await new Bench().submit({ kind: 'keyReused' })).toEqual({ kind: 'keyReused' });
  });
});
