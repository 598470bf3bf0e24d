import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Mover } from '../../src/engine/mover';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { requestAt } from '../models/engine-requests';
import { chanceOf } from '../models/engine-time';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { inTurns } from '../setup/in-turns';
import { STORES } from '../setup/stores';

const TOTAL_MINOR = 800_000n;
const STEP_MINOR = 5n;
const READERS = 16;

const LAYOUTS = [
  { subAccounts: 8, shards: ['s0', 's1', 's2', 's3'] },
  { subAccounts: 32, shards: ['s0', 's1', 's2', 's3'] },
  { subAccounts: 3, shards: ['s1', 's3'] },
  { subAccounts: 6, shards: ['s0', 's1', 's2'] },
];

/** Balances are totals that the account had: money that moves inside it never shows. */
describe.each(STORES)('[$mark] balances', (store) => {
  let site: EngineSite;
  let engine: EngineInstance;
  let running: boolean;
  /** Of either kind. */
  const reads = store.mark === 'sqlite' ? 10_000 : 2_000;

  beforeAll(async () => {
    site = await EngineSite.make(store, 4);
    engine = await site.start();
  });

  beforeEach(() => {
    running = true;
  });

  afterAll(() => site.end());

  const known = (accountId: string): AccountRecord => {
    const account = engine.runtime.accounts.peek(accountId);
    if (!account) throw new Error(`${accountId} is not known here`);
    return account;
  };
  const readMany = (count: number, read: () => Promise<bigint>): Promise<bigint[]> =>
    inTurns(Array.from({ length: count }), READERS, async () => {
      // SQLite answers without letting the event loop turn: nothing else would happen between two reads.
      await turn();
      return read();
    });
  const tallyOf = (totals: readonly bigint[]): Record<string, number> => {
    const tally: Record<string, number> = {};
    for (const total of totals) tally[String(total)] = (tally[String(total)] ?? 0) + 1;
    return tally;
  };
  /** Resizes, up and down and across shards, one after the other. @returns how many */
  const resize = async (accountId: string): Promise<number> => {
    let resizes = 0;
    for (; running; resizes += 1) {
      const operation = await engine.resize(
        accountId,
        LAYOUTS[resizes % LAYOUTS.length] ?? { subAccounts: 1 },
      );
      expect(operation).toMatchObject({ status: 'done' });
    }
    return resizes;
  };
  /** Sends parts of what a shard has to another, levels now and then. @returns how many transfers arrived */
  const move = async (accountId: string): Promise<number> => {
    const mover = new Mover(engine.runtime.shards, randomUUID);
    const chance = chanceOf(1);
    let arrived = 0;
    while (running) {
      const { placement } = known(accountId);
      const some = (): number => Math.floor(chance() * placement.shards.length);
      const [from, to] = [some(), some()];
      const departure = await mover.send({
        accountId,
        fromShard: placement.shards[from] as string,
        toShard: placement.shards[to] as string,
        toSubAccount: to,
        amountMaxMinor: BigInt(Math.floor(chance() * Number(TOTAL_MINOR))),
      });
      if (departure)
        arrived += await engine.runtime.transfers.forward(placement.shards[from] as string, [departure]);
      if (chance() < 0.2) await engine.runtime.rebalancer.level(known(accountId), true);
    }
    return arrived;
  };
  const whileRunning = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      running = false;
    }
  };

  it(`that are current are the exact total, ${reads} times while money moves inside`, async () => {
    await engine.create('still', 8, TOTAL_MINOR);
    const { balances } = engine.runtime;
    const [totals, resizes, moves] = await Promise.all([
      whileRunning(
        readMany(reads, async () => {
          const { totalMinor, availableMinor, heldMinor } = await balances.current(known('still'));
          expect([availableMinor, heldMinor]).toEqual([totalMinor, 0n]);
          return totalMinor;
        }),
      ),
      resize('still'),
      move('still'),
    ]);
    expect(tallyOf(totals)).toEqual({ [String(TOTAL_MINOR)]: reads });
    expect(resizes).toBeGreaterThan(1);
    expect(moves).toBeGreaterThan(10);
    console.log(`current [${store.mark}]: ${reads} reads during ${resizes} resizes, ${moves} transfers`);
    await expectAtRest(engine, 'still', { totalMinor: TOTAL_MINOR });
  });

  it(`that are snapshots are totals the account had, ${reads} times while it is used`, async () => {
    const account = await engine.create('used', 8, TOTAL_MINOR);
    const { balances } = engine.runtime;
    // In comes a step on one shard, then the same goes out on another: any other total was torn out of two moments.
    const comeAndGo = async (): Promise<void> => {
      for (let step = 0; running; step += 1) {
        const [into, outOf] = [0, 1].map((n) => account.placement.shards[(step + n) % 4] as string);
        const credited = requestAt(into as string, account, 0, `in-${step}-`);
        expect((await engine.credit('used', credited, STEP_MINOR)).kind).toBe('applied');
        const deducted = requestAt(outOf as string, account, 0, `out-${step}-`);
        expect((await engine.deduct('used', deducted, STEP_MINOR)).kind).toBe('applied');
      }
    };
    const torn: bigint[] = [];
    const [totals] = await Promise.all([
      whileRunning(
        readMany(reads, async () => {
          const { totalMinor } = await balances.snapshot(known('used'));
          torn.push((await balances.current(known('used'))).totalMinor);
          return totalMinor;
        }),
      ),
      comeAndGo(),
      move('used'),
    ]);
    const legal = [String(TOTAL_MINOR), String(TOTAL_MINOR + STEP_MINOR)];
    expect(Object.keys(tallyOf(totals)).sort()).toEqual(legal);
    console.log(
      `snapshot [${store.mark}]: ${reads} reads, all of them ${legal.join(' or ')}; ` +
        `current ones beside them: ${JSON.stringify(tallyOf(torn))}`,
    );
    await expectAtRest(engine, 'used', { totalMinor: TOTAL_MINOR });
  });
});
