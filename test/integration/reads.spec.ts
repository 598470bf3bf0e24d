import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Mover } from '../../src/engine/mover';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { requestAt } from '../models/engine-requests';
import { chanceOf } from '../models/engine-time';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';
import { untilServed } from '../setup/until-served';

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
  /** Of either kind, at least; HOTSPLIT_TEST_READS names another number. */
  const reads = Number(process.env['HOTSPLIT_TEST_READS'] ?? (store.mark === 'sqlite' ? 4_000 : 1_000));
  let resizes: number;
  let moves: number;

  beforeAll(async () => {
    site = await EngineSite.make(store, 4);
    engine = await site.start();
  });

  beforeEach(() => {
    running = true;
    resizes = 0;
    moves = 0;
  });

  afterAll(() => site.end());

  const known = (accountId: string): AccountRecord => {
    const account = engine.runtime.accounts.peek(accountId);
    if (!account) throw new Error(`${accountId} is not known here`);
    return account;
  };
  /** Reads so many times, and on until enough has happened beside that. */
  const readMany = async (read: () => Promise<bigint>, isEnough = () => true): Promise<bigint[]> => {
    const totals: bigint[] = [];
    const reader = async (): Promise<void> => {
      while (totals.length < reads || !isEnough()) {
        // SQLite answers without letting the event loop turn: nothing else would happen between two reads.
        await turn();
        totals.push(await untilServed(read));
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return totals;
  };
  const tallyOf = (totals: readonly bigint[]): Record<string, number> => {
    const tally: Record<string, number> = {};
    for (const total of totals) tally[String(total)] = (tally[String(total)] ?? 0) + 1;
    return tally;
  };
  /** Resizes, up and down and across shards, one after the other. */
  const resize = async (accountId: string): Promise<void> => {
    for (; running; resizes += 1)
      await engine.resizeSurely(accountId, LAYOUTS[resizes % LAYOUTS.length] ?? { subAccounts: 1 });
  };
  /** Sends parts of what a shard has to another, levels now and then. */
  const move = async (accountId: string): Promise<void> => {
    const mover = new Mover(engine.runtime.shards, randomUUID);
    const chance = chanceOf(1);
    while (running) {
      const { placement } = known(accountId);
      const some = (): number => Math.floor(chance() * placement.shards.length);
      const [from, to] = [some(), some()];
      const departure = await mover.send({
        by: 'rebalancer',
        accountId,
        fromShard: placement.shards[from] as string,
        toShard: placement.shards[to] as string,
        toSubAccount: to,
        amountMaxMinor: BigInt(Math.floor(chance() * Number(TOTAL_MINOR))),
      });
      if (departure)
        moves += await engine.runtime.transfers.forward(placement.shards[from] as string, [departure]);
      if (chance() < 0.2) await engine.runtime.rebalancer.level(known(accountId), true);
    }
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
    const [totals] = await Promise.all([
      whileRunning(
        readMany(
          async () => {
            const { totalMinor, availableMinor, heldMinor } = await balances.current(known('still'));
            expect([availableMinor, heldMinor]).toEqual([totalMinor, 0n]);
            return totalMinor;
          },
          () => resizes > 1 && moves > 10,
        ),
      ),
      resize('still'),
      move('still'),
    ]);
    expect(tallyOf(totals)).toEqual({ [String(TOTAL_MINOR)]: totals.length });
    console.log(
      `current [${store.mark}]: ${totals.length} reads during ${resizes} resizes, ${moves} transfers`,
    );
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
        readMany(async () => {
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
      `snapshot [${store.mark}]: ${totals.length} reads, all of them ${legal.join(' or ')}; ` +
        `current ones beside them: ${JSON.stringify(tallyOf(torn))}`,
    );
    await expectAtRest(engine, 'used', { totalMinor: TOTAL_MINOR });
  });
});
