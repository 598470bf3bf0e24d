import type { Balance } from '../../../src/engine/reading';
import type { Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import type { SubjectRound } from '../cases/run-together';
import { type Operation, runClosedLoop } from '../measure/closed-loop';
import { LatencyHistogram } from '../measure/latency-histogram';
import { type Measurement, summarize } from '../measure/measurement';
import { runPacedLoop } from '../measure/paced-loop';
import { amountOf } from '../measure/requests';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { OPENING_BALANCE_MINOR } from '../stage/runtime';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { Bank, type BankAccount } from './bank';
import type { ExhaustionPlan } from './exhaustion-plan';

export const BALANCE_SUB_ACCOUNTS = [1, 16, 64, 256, 1_024];

/** What the account pays meanwhile: nothing, a fixed rate that is high for one account, or all it can. */
const LOADS = {
  idle: undefined,
  busy: { inFlight: 64, perSecond: 500 },
  hot: { inFlight: 64, perSecond: undefined },
} as const;
export type Meanwhile = keyof typeof LOADS;

const QUERIES = { inFlight: 8, perSecond: 200 };
const IDLE_QUERIES = 500;

type Call = 'current' | 'snapshot';

const MEASURED: readonly { call: Call; meanwhile: Meanwhile }[] = [
  { call: 'current', meanwhile: 'idle' },
  { call: 'current', meanwhile: 'busy' },
  { call: 'current', meanwhile: 'hot' },
  { call: 'snapshot', meanwhile: 'idle' },
  { call: 'snapshot', meanwhile: 'busy' },
];

export function queryName(call: Call, meanwhile: Meanwhile, subAccounts: number): string {
  return `${call} ${meanwhile}, N = ${subAccounts}`;
}

/** How long an account's balance takes to read, alone and while deductions go on, by its number of sub-accounts. */
export async function measureBalanceQueries(
  store: StoreKind,
  plan: ExhaustionPlan,
  surroundings: Surroundings,
): Promise<SubjectRound[]> {
  const measured: SubjectRound[] = [];
  for (const subAccounts of BALANCE_SUB_ACCOUNTS)
    measured.push(...(await measureOne(store, subAccounts, plan, surroundings)));
  return measured;
}

function measureOne(
  store: StoreKind,
  subAccounts: number,
  plan: ExhaustionPlan,
  surroundings: Surroundings,
): Promise<SubjectRound[]> {
  return Bank.with(store, surroundings, async (bank) => {
    const account = await bank.createAccount('asked', {
      subAccounts,
      balanceMinor: Number(OPENING_BALANCE_MINOR),
    });
    const queries = new Queries(bank, account);
    const rounds: { name: string; inFlight: number; round: Omit<Round, 'audit'> }[] = [];
    for (const { call, meanwhile } of MEASURED) {
      const load = LOADS[meanwhile];
      rounds.push({
        name: queryName(call, meanwhile, subAccounts),
        inFlight: load ? QUERIES.inFlight : 1,
        round: await (load ? queries.measureLoaded(call, load, plan.seconds) : queries.measureIdle(call)),
      });
    }
    const audit = await bank.audit(queries.findings());
    return rounds.map(({ name, inFlight, round }) => ({
      subject: {
        name,
        store,
        shards: Math.min(subAccounts, shardCountOf(store)),
        subAccounts,
        inFlight,
        paced: true,
      },
      round: { ...round, audit },
    }));
  });
}

class Queries {
  #begunMinor = 0;
  #outside = 0;
  #asked = 0;

  constructor(
    private readonly bank: Bank,
    private readonly account: BankAccount,
  ) {}

  async measureIdle(call: Call): Promise<Omit<Round, 'audit'>> {
    const latencies = new LatencyHistogram();
    const cpu = process.cpuUsage();
    const started = performance.now();
    for (let n = 0; n < IDLE_QUERIES; n += 1) {
      const began = performance.now();
      await this.#ask(call);
      latencies.record((performance.now() - began) * 1_000);
    }
    const seconds = (performance.now() - started) / 1_000;
    const measured = summarize({ seconds, ops: IDLE_QUERIES, latencies, errors: 0 });
    return { ...measured, cpuMicrosPerOp: microsSince(cpu) / IDLE_QUERIES };
  }

  /** The figure `deductions/s` tells what went on meanwhile; CPU is that of a query and its share of deductions. */
  async measureLoaded(
    call: Call,
    pace: { readonly inFlight: number; readonly perSecond: number | undefined },
    seconds: number,
  ): Promise<Omit<Round, 'audit'>> {
    const timing = timingOf(seconds);
    const errors = this.account.errors;
    const cpu = process.cpuUsage();
    this.bank.counter.reset();
    const [load, queries]: Omit<Measurement, 'errors'>[] = await Promise.all([
      pace.perSecond === undefined
        ? runClosedLoop({ ...timing, inFlight: pace.inFlight }, this.#deduct)
        : runPacedLoop({ ...timing, inFlight: pace.inFlight, perSecond: pace.perSecond }, this.#deduct),
      runPacedLoop({ ...timing, ...QUERIES }, async () => {
        await this.#ask(call);
        return 1;
      }),
    ]);
    if (!load || !queries) throw new TypeError('two loops, two measurements');
    return {
      ...queries,
      errors: this.account.errors - errors,
      cpuMicrosPerOp: microsSince(cpu) / (queries.ops + load.ops),
      batches: this.bank.counter.figures,
      figures: { 'deductions/s': load.opsPerSecond, 'deduction p99 ms': load.p99Ms },
    };
  }

  findings(): string[] {
    return this.#outside === 0 ? [] : [`${this.#outside} balances that the account cannot have had`];
  }

  readonly #deduct: Operation = async () => {
    const amount = amountOf((this.#asked += 1));
    this.#begunMinor += amount;
    const outcome = await this.account.deduct(amount);
    return outcome.kind === 'applied' ? 1 : 0;
  };

  /** What was paid before the call is gone; what had not begun by its end is still there. */
  async #ask(call: Call): Promise<Balance> {
    const { runtime } = this.bank;
    const highest = Number(OPENING_BALANCE_MINOR) - this.account.deducted.total.amountMinor;
    const balance = await runtime.balances[call](this.account.record);
    const lowest = Number(OPENING_BALANCE_MINOR) - this.#begunMinor;
    const total = Number(balance.totalMinor);
    if (total < lowest || total > highest) this.#outside += 1;
    return balance;
  }
}
