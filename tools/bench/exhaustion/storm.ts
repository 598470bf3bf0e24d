import type { Figures, Round, Subject } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import type { SubjectRound } from '../cases/run-together';
import { type Operation, runClosedLoop } from '../measure/closed-loop';
import { liveHeapMb } from '../measure/live-heap';
import type { Measurement, Timing } from '../measure/measurement';
import { runPacedLoop } from '../measure/paced-loop';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { OPENING_BALANCE_MINOR } from '../stage/runtime';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { Bank, type BankAccount } from './bank';
import { DepthSamples } from './depth-samples';
import type { ExhaustionPlan } from './exhaustion-plan';

const OTHERS = 8;

/** What is under way for the other accounts together, and how much they ask for when they are paced. */
export const OTHERS_IN_FLIGHT = 4 * OTHERS;
export const OTHERS_PER_SECOND = 100 * OTHERS;

/** What goes on beside the other accounts' load. `payments` is the control: as many requests, all of which are paid. */
const BESIDE = ['nothing', 'refusals', 'payments'] as const;
export type Beside = (typeof BESIDE)[number];

/** How the other accounts ask: at a fixed rate, or as fast as they are answered. */
const MANNERS = ['paced', 'closed'] as const;
export type Manner = (typeof MANNERS)[number];

export function othersName(manner: Manner, beside: Beside): string {
  return `others ${manner}, beside ${beside}`;
}

/**
 * Hundreds of requests against an account that has nothing, beside other accounts on the same shards. One engine and one
 * set of databases for all phases of a round.
 */
export function measureStorm(
  store: StoreKind,
  plan: ExhaustionPlan,
  surroundings: Surroundings,
): Promise<SubjectRound[]> {
  return Bank.with(store, surroundings, async (bank) => {
    const accountOf = (accountId: string, balanceMinor: number): Promise<BankAccount> =>
      bank.createAccount(accountId, { subAccounts: plan.subAccounts, balanceMinor });
    const ample = Number(OPENING_BALANCE_MINOR);
    const stage: Stage = {
      bank,
      empty: await accountOf('empty', 0),
      paying: await accountOf('paying', ample),
      others: [],
      inFlight: plan.stormInFlight,
      timing: timingOf(plan.seconds),
    };
    for (let n = 0; n < OTHERS; n += 1) stage.others.push(await accountOf(`other-${n}`, ample));

    const measured: { name: string; inFlight: number; paced: boolean; round: Omit<Round, 'audit'> }[] = [];
    for (const manner of MANNERS) {
      for (const beside of BESIDE) {
        const phase = await runPhase(stage, manner, beside);
        measured.push({
          name: othersName(manner, beside),
          inFlight: OTHERS_IN_FLIGHT,
          paced: manner === 'paced',
          round: phase.others,
        });
        // The storms are compared where what goes on beside them is the same: while the others are paced.
        if (manner === 'paced' && phase.storm)
          measured.push({ name: beside, inFlight: plan.stormInFlight, paced: false, round: phase.storm });
      }
    }
    const audit = await bank.audit();
    const subject = { store, shards: shardCountOf(store), subAccounts: plan.subAccounts };
    return measured.map(({ name, inFlight, paced, round }) => ({
      subject: { ...subject, name, inFlight, paced } satisfies Subject,
      round: { ...round, audit },
    }));
  });
}

interface Stage {
  readonly bank: Bank;
  readonly empty: BankAccount;
  readonly paying: BankAccount;
  readonly others: BankAccount[];
  readonly inFlight: number;
  readonly timing: Timing;
}

interface Phase {
  readonly others: Omit<Round, 'audit'>;
  readonly storm?: Omit<Round, 'audit'>;
}

async function runPhase(stage: Stage, manner: Manner, beside: Beside): Promise<Phase> {
  const { bank, timing, others, inFlight } = stage;
  const errors = (): number => bank.accounts.reduce((sum, account) => sum + account.errors, 0);
  const answered = (): number =>
    bank.accounts.reduce((sum, account) => sum + account.refusals + account.deducted.total.count, 0);
  const before = { errors: errors(), answered: answered(), heapMb: liveHeapMb(), cpu: process.cpuUsage() };
  bank.counter.reset();
  const depths = new DepthSamples(() => [
    ...bank.runtime.shards.all.flatMap((lanes) => lanes.depths),
    bank.runtime.collector.waiting,
  ]);

  const plan = { ...timing, inFlight: OTHERS_IN_FLIGHT, perSecond: OTHERS_PER_SECOND };
  const load: Operation = (worker) => payOne(others[worker % others.length] as BankAccount);
  const storming = beside === 'nothing' ? undefined : stormOf(stage, beside);
  const [othersRound, stormRound] = await Promise.all([
    manner === 'paced' ? runPacedLoop(plan, load) : runClosedLoop(plan, load),
    storming && runClosedLoop({ ...timing, inFlight }, storming),
  ]).finally(() => {
    depths.stop();
  });
  const answers = answered() - before.answered;
  const cpuMicrosPerOp = microsSince(before.cpu) / answers;
  const common = { errors: errors() - before.errors, cpuMicrosPerOp, batches: bank.counter.figures };
  const whole = (measured: Omit<Measurement, 'errors'>, figures: Figures = {}): Omit<Round, 'audit'> => ({
    ...measured,
    ...common,
    figures,
  });
  if (!stormRound) return { others: whole(othersRound) };
  const { rounds, requests, lockedRounds } = bank.counter.collector;
  const figures = {
    'collector rounds': rounds,
    'requests a round': rounds === 0 ? 0 : requests / rounds,
    'locked rounds': lockedRounds,
    'queued at most': depths.most,
    'queued, growth': depths.growth,
    'live heap growth MB': liveHeapMb() - before.heapMb,
  };
  return { others: whole(othersRound), storm: whole(stormRound, figures) };
}

function stormOf({ empty, paying }: Stage, beside: 'refusals' | 'payments'): Operation {
  return beside === 'payments' ? () => payOne(paying) : () => refuseOne(empty);
}

async function payOne(account: BankAccount): Promise<number> {
  const outcome = await account.deductLittle();
  return outcome.kind === 'applied' ? 1 : 0;
}

async function refuseOne(account: BankAccount): Promise<number> {
  const outcome = await account.deductLittle();
  return outcome.kind === 'insufficientFunds' ? 1 : 0;
}
