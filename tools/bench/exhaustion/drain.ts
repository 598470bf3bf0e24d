import type { Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import { within } from '../measure/closed-loop';
import { LatencyHistogram } from '../measure/latency-histogram';
import { summarize } from '../measure/measurement';
import { amountOf } from '../measure/requests';
import type { Surroundings } from '../scenario';
import type { StoreKind } from '../stage/store-kind';
import { Bank, type BankAccount } from './bank';
import type { ExhaustionPlan } from './exhaustion-plan';
import { RefusalWatch } from './refusal-watch';

export const DRAIN_CLIENTS = 64;

const OPENING_MINOR = 1_000_000_000;
const DRAIN_MS_MAX = 60_000;

/** Asked for when nothing is left; every one of them must be refused. */
const LATE_REQUESTS = 4_096;

/** Most requests are small; every n-th asks for three times an equal share of what is left. */
const SHARES = 3;

/** Takes everything an account has, to the last unit, and then asks for more. */
export function measureDrain(
  store: StoreKind,
  plan: ExhaustionPlan,
  surroundings: Surroundings,
): Promise<Round> {
  return Bank.with(store, surroundings, async (bank) => {
    const account = await bank.createAccount('drained', {
      subAccounts: plan.subAccounts,
      balanceMinor: OPENING_MINOR,
    });
    bank.counter.reset();
    const drain = new Drain(account, plan);
    await within(2 * DRAIN_MS_MAX, drain.run(), 'a drain');
    const { rounds, lockedRounds, requests } = bank.counter.collector;
    const refusals = account.refusals;
    const batches = bank.counter.figures;
    const late = await askLate(account);
    return {
      ...drain.measurement,
      errors: account.errors,
      cpuMicrosPerOp: drain.cpuMicros / drain.paid,
      batches,
      figures: {
        paid: drain.paid,
        refused: refusals,
        'wrongly refused': drain.watch.wrong,
        'collector rounds': rounds,
        'requests a round': rounds === 0 ? 0 : requests / rounds,
        'locked rounds': lockedRounds,
        'refusals/s when empty': late.perSecond,
      },
      audit: await bank.audit([...drain.findings(), ...late.findings]),
    };
  });
}

class Drain {
  readonly watch = new RefusalWatch(OPENING_MINOR);
  readonly #latencies = new LatencyHistogram();
  #asked = 0;
  #paid = 0;
  #seconds = 0;
  #cpuMicros = 0;

  constructor(
    private readonly account: BankAccount,
    private readonly plan: ExhaustionPlan,
  ) {}

  get paid(): number {
    return this.#paid;
  }

  get cpuMicros(): number {
    return this.#cpuMicros;
  }

  get measurement() {
    return summarize({ seconds: this.#seconds, ops: this.#paid, latencies: this.#latencies, errors: 0 });
  }

  async run(): Promise<void> {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const deadline = started + DRAIN_MS_MAX;
    const client = async (): Promise<void> => {
      while (this.#leftMinor > 0 && performance.now() < deadline) await this.#deductOnce();
    };
    await Promise.all(Array.from({ length: DRAIN_CLIENTS }, client));
    this.#seconds = (performance.now() - started) / 1_000;
    this.#cpuMicros = microsSince(cpu);
  }

  findings(): string[] {
    const findings = [];
    if (this.#leftMinor > 0) findings.push(`${this.#leftMinor} could not be drained`);
    if (this.watch.wrong > 0) findings.push(`${this.watch.wrong} refused while the total could pay`);
    return findings;
  }

  /** As far as it is known to the clients. */
  get #leftMinor(): number {
    return OPENING_MINOR - this.account.deducted.total.amountMinor;
  }

  async #deductOnce(): Promise<void> {
    const amount = this.#nextAmount();
    this.watch.began(amount);
    const began = performance.now();
    const outcome = await this.account.deduct(amount);
    switch (outcome.kind) {
      case 'applied':
        this.#paid += 1;
        this.#latencies.record((performance.now() - began) * 1_000);
        return;
      case 'insufficientFunds':
        this.watch.refused(amount);
        return;
      case 'overloaded':
        this.watch.tookNothing(amount);
        return;
      default:
    }
  }

  #nextAmount(): number {
    this.#asked += 1;
    if (this.#asked % this.plan.drainLargeEvery !== 0) return amountOf(this.#asked);
    return Math.max(1, Math.floor((SHARES * this.#leftMinor) / this.plan.subAccounts));
  }
}

async function askLate(account: BankAccount): Promise<{ perSecond: number; findings: string[] }> {
  const started = performance.now();
  let asked = 0;
  let otherwise = 0;
  const client = async (): Promise<void> => {
    while (asked < LATE_REQUESTS) {
      asked += 1;
      const outcome = await account.deductLittle();
      if (outcome.kind !== 'insufficientFunds' || outcome.availableMinor !== 0n) otherwise += 1;
    }
  };
  await within(
    DRAIN_MS_MAX,
    Promise.all(Array.from({ length: DRAIN_CLIENTS }, client)),
    'asking an empty account',
  );
  return {
    perSecond: asked / ((performance.now() - started) / 1_000),
    findings:
      otherwise === 0 ? [] : [`${otherwise} of ${asked} not refused for want of funds when nothing was left`],
  };
}
