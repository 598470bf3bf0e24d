import * as fc from 'fast-check';
import { WatchedCalls } from '../../test/models/engine-calls';
import {
  cancellationOf,
  confirmationOf,
  creditOf,
  deduction,
  holdOf,
  reversalOf,
} from '../../test/models/engine-requests';
import { EngineSite, type ResizeWish, type SiteInstance } from '../../test/models/engine-site';
import { type EngineTime } from '../../test/models/engine-time';
import { signedAmount } from '../ledger/entry';
import type { Hold, HoldState } from '../ledger/hold';
import type { EngineOutcome } from './engine-outcome';

const SHARDS = ['s0', 's1', 's2', 's3'];
const SPAN_MS = 4_000;

interface Step {
  readonly atMs: number;
  readonly instance: number;
  readonly kind: 'hold' | 'confirm' | 'part' | 'cancel' | 'deduct' | 'reverse' | 'credit';
  /** Which hold or deduction it is about. */
  readonly id: number;
  readonly amount: number;
}

interface History {
  readonly seed: number;
  readonly from: ResizeWish & { readonly shards: readonly string[] };
  readonly steps: readonly Step[];
  readonly moves: readonly { readonly atMs: number; readonly wish: ResizeWish }[];
  /** Some holds last shorter than the run. */
  readonly lastsMs: readonly number[];
}

/**
 * Random histories of holds, confirms, cancels, expiries, deductions and reversals, in any order and at once, through two
 * instances, while the account is resized and moved. Whatever happens:
 *
 * - Every answer about one hold agrees with what became of it in the end: it was taken at most once and settled once.
 * - What is refused for funds the account could not pay, held money not counted, at some instant of the call.
 * - The reversals of a deduction never exceed it.
 * - Σ net is Σ entries, `held` is Σ of the open holds, and in the end nothing is held and every unit can be paid.
 */
test('holds and reversals in random histories', async () => {
  await fc.assert(fc.asyncProperty(histories(), keptApart), { numRuns: 60 });
});

function histories(): fc.Arbitrary<History> {
  const shards = fc.shuffledSubarray(SHARDS, { minLength: 1 });
  const wish = fc
    .record({ shards, more: fc.nat({ max: 6 }) })
    .map(({ shards: chosen, more }) => ({ shards: chosen, subAccounts: chosen.length + more }));
  return fc.record({
    seed: fc.nat(),
    from: wish,
    steps: fc.array(
      fc.record<Step>({
        atMs: fc.nat({ max: SPAN_MS }),
        instance: fc.nat({ max: 1 }),
        kind: fc.constantFrom('hold', 'hold', 'confirm', 'part', 'cancel', 'deduct', 'reverse', 'credit'),
        id: fc.nat({ max: 11 }),
        amount: fc.integer({ min: 1, max: 60 }),
      }),
      { minLength: 20, maxLength: 120, size: 'max' },
    ),
    moves: fc.array(fc.record({ atMs: fc.nat({ max: SPAN_MS }), wish }), { maxLength: 3 }),
    lastsMs: fc.array(fc.constantFrom(400, 1_500, 900_000), { minLength: 12, maxLength: 12 }),
  });
}

async function keptApart({ seed, from, steps, moves, lastsMs }: History): Promise<void> {
  const site = await EngineSite.open(SHARDS, { seed });
  try {
    const { world } = site;
    const { time } = world;
    await site.account(from, () => 30n);
    const started = world.total();
    const options = {
      interfereAt: async () => {
        await time.sleep(time.random() < 0.05 ? 30 : time.random() * 3);
        return undefined;
      },
    };
    const instances = [site.instance(options), site.instance(options)] as const;
    const calls = new WatchedCalls(world);
    const answers: Answered[] = [];
    const operations: string[] = [];
    let over = false;
    const expiring = expireUntil(() => over, instances, time);

    await Promise.all([
      ...steps.map(async (step) => {
        await time.sleep(step.atMs);
        const instance = instances[step.instance] as SiteInstance;
        const beganMs = time.now();
        const outcome = await carryOut(step, { instance, calls, lastsUs: (lastsMs[step.id] ?? 0) * 1_000 });
        answers.push({ step, outcome, beganMs, endedMs: time.now() });
      }),
      ...moves.map(async ({ atMs, wish }) => {
        await time.sleep(atMs);
        const { operationId, run } = await site.start(instances[0], 'resize', { ...wish });
        operations.push(operationId);
        await run;
      }),
    ]);
    for (const operationId of operations) await site.end(instances[0], operationId);
    over = true;
    await expiring;

    expect(calls.wronglyRefused).toEqual([]);
    // Nobody waits for money that is held until he is turned away.
    const unanswered = ['rejected', 'failed', 'overloaded'];
    expect(answers.filter(({ outcome }) => unanswered.includes(outcome.kind))).toEqual([]);
    expect([...world.effects().values()].every((times) => times === 1)).toBe(true);
    const holds = new Map(
      SHARDS.flatMap((name) => [...world.database(name).account('acme').holds.values()]).map(
        (hold) => [hold.holdId, hold] as const,
      ),
    );
    for (const { step, outcome } of answers) expectAgreement(step, outcome, holds);
    expectNothingLost(answers);
    const open = [...holds.values()].filter(({ state }) => state === 'held');
    expect(world.held()).toBe(open.reduce((sum, { amountMinor }) => sum + amountMinor, 0n));

    await time.sleep(900_000);
    for (const instance of instances) await instance.holdExpiry.tick();
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      await time.sleep(5_000);
      await instances[0].recovery.recover();
      await instances[0].sweeper.sweep('acme');
    }
    expectReversalsWithin(world);
    const entries = SHARDS.flatMap((name) => [...world.database(name).account('acme').entries.values()]);
    const total = started + entries.reduce((sum, entry) => sum + signedAmount(entry), 0n);
    expect([world.total(), world.inRows(), world.held()]).toEqual([total, total, 0n]);
    const out = world.rows().filter(({ row }) => row.state === 'draining');
    expect(out).toEqual([]);
    if (total > 0n)
      expect(await instances[1].submit(deduction('last', total))).toMatchObject({ kind: 'applied' });
  } finally {
    await site.close();
  }
}

interface Answered {
  readonly step: Step;
  readonly outcome: EngineOutcome | { readonly kind: 'rejected'; readonly error: unknown };
  readonly beganMs: number;
  readonly endedMs: number;
}

/** What was told to be there before a call began is not unknown to it, wherever the account has moved. */
function expectNothingLost(answers: readonly Answered[]): void {
  const doneMs = new Map<string, number>();
  const isDone = ({ kind }: Answered['outcome']): boolean =>
    ['held', 'holdSettled', 'applied', 'replayed'].includes(kind);
  for (const { step, outcome, endedMs } of answers) {
    const id = idOf(step);
    if (isDone(outcome) && step.kind !== 'reverse')
      doneMs.set(id, Math.min(endedMs, doneMs.get(id) ?? Infinity));
  }
  const lost = answers.filter(({ step, outcome, beganMs }) => {
    if (outcome.kind === 'holdNotHere') return (doneMs.get(idOf(step)) ?? Infinity) < beganMs;
    const isPlain = step.kind === 'reverse' && idOf(step).startsWith('d');
    return outcome.kind === 'deductionNotHere' && isPlain && (doneMs.get(idOf(step)) ?? Infinity) < beganMs;
  });
  expect(lost).toEqual([]);
}

function idOf({ kind, id, amount }: Step): string {
  if (kind === 'deduct' || (kind === 'reverse' && amount % 2 === 0)) return `d${id}`;
  return kind === 'credit' ? `c${amount}` : `h${id}`;
}

async function expireUntil(
  isOver: () => boolean,
  instances: readonly SiteInstance[],
  time: EngineTime,
): Promise<void> {
  while (!isOver()) {
    await time.sleep(200);
    await Promise.all(instances.map(({ holdExpiry }) => holdExpiry.tick()));
  }
}

async function carryOut(
  step: Step,
  at: { readonly instance: SiteInstance; readonly calls: WatchedCalls; readonly lastsUs: number },
): Promise<Answered['outcome']> {
  const { instance, calls, lastsUs } = at;
  const { kind, id, amount } = step;
  const follow = (followUp: Parameters<SiteInstance['follow']>[0]) =>
    instance.follow(followUp).catch((error: unknown) => ({ kind: 'rejected' as const, error }));
  // The same amount whenever the same thing is asked for, so that a repeated request is a retry.
  const minor = BigInt(5 + id * 4);
  switch (kind) {
    case 'hold':
      return (await calls.submit(instance, holdOf(`h${id}`, minor, lastsUs))).outcome;
    case 'confirm':
      return follow(confirmationOf(`h${id}`));
    case 'part':
      return follow(confirmationOf(`h${id}`, minor / 2n));
    case 'cancel':
      return follow(cancellationOf(`h${id}`));
    case 'deduct':
      return (await calls.submit(instance, deduction(`d${id}`, minor))).outcome;
    case 'reverse':
      return follow(reversalOf(idOf(step), `r${amount % 7}`, 3n));
    case 'credit':
      return (await calls.submit(instance, creditOf(`c${amount}`, 40n))).outcome;
  }
}

const ENDS: Readonly<Record<string, readonly HoldState[]>> = {
  holdAlreadyConfirmed: ['confirmed'],
  holdAlreadyCancelled: ['cancelled', 'expired'],
};

/** What was said of a hold stays true: it is settled once and for all. */
function expectAgreement(
  { kind, id }: Step,
  outcome: { readonly kind: string; readonly hold?: Hold },
  holds: ReadonlyMap<string, Hold>,
): void {
  const end = holds.get(`h${id}`);
  if (kind === 'deduct' || kind === 'reverse' || kind === 'credit') return;
  if (outcome.kind === 'held')
    expect(end).toMatchObject({ amountMinor: outcome.hold?.amountMinor, version: outcome.hold?.version });
  if (outcome.kind === 'holdSettled') {
    expect(end).toEqual(outcome.hold);
    expect(outcome.hold?.state === 'confirmed').toBe(kind !== 'cancel');
  }
  // A hold whose time is over is refused before it is released: by now it is.
  const ends = ENDS[outcome.kind];
  if (ends && end?.state !== 'held') expect(ends).toContain(end?.state);
}

function expectReversalsWithin(world: EngineSite['world']): void {
  for (const name of SHARDS) {
    const { entries, reversals } = world.database(name).account('acme');
    for (const [reverses, all] of reversals) {
      const own = entries.get(reverses);
      const took = own?.kind === 'hold' ? entries.get(`confirmation ${reverses}`) : own;
      const back = [...entries.values()]
        .filter(({ requestId }) => requestId.startsWith(`reversal ${reverses} `))
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
      expect(all.at(-1)?.reversedMinor).toBe(back);
      expect(back).toBeLessThanOrEqual(took?.amountMinor ?? 0n);
    }
  }
}
