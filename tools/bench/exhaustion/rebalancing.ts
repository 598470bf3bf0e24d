import { routeRequest } from '../../../src/ledger/routing';
import type { Case, Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import type { Operation } from '../measure/closed-loop';
import { runPacedLoop } from '../measure/paced-loop';
import { amountOf } from '../measure/requests';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { Bank, type BankAccount } from './bank';
import type { ExhaustionPlan } from './exhaustion-plan';

export const REBALANCED = 'rebalancer on';
export const NOT_REBALANCED = 'rebalancer off';

/** Figure: how many of a hundred deductions had to wait for the collector. */
export const COLLECTED = 'collected %';

const PER_SECOND = 1_000;
const IN_FLIGHT = 64;
const MEAN_AMOUNT = 5;

/** The account has what it spends in this time: little, but more than a look of the rebalancer apart. */
const FUNDED_SECONDS = 2;

/**
 * A lopsided life: every credit is small and comes in on the first shard, where it stays; half of all deductions have
 * their home on the last, which starts with nothing. What comes in is what goes out, so the money is always there and
 * never where it is needed.
 */
export function rebalancingCases(store: StoreKind, plan: ExhaustionPlan, surroundings: Surroundings): Case[] {
  return [NOT_REBALANCED, REBALANCED].map((name) => ({
    name,
    store,
    shards: shardCountOf(store),
    subAccounts: plan.subAccounts,
    inFlight: IN_FLIGHT,
    paced: true,
    measure: () =>
      Bank.with(store, surroundings, async (bank) => {
        const account = await bank.createAccount('lopsided', {
          subAccounts: plan.subAccounts,
          balanceMinor: PER_SECOND * MEAN_AMOUNT * FUNDED_SECONDS,
        });
        await emptyLastShard(account);
        if (name === REBALANCED) bank.runtime.rebalancer.start();
        const round = await measureLopsided(bank, account, plan.seconds);
        return { ...round, audit: await bank.audit(account.refusals > 0 ? [refused(account)] : []) };
      }),
  }));
}

function refused({ refusals }: BankAccount): string {
  return `${refusals} refused while the total could pay`;
}

async function emptyLastShard(account: BankAccount): Promise<void> {
  const { shards } = account.record.placement;
  const share = Math.floor((PER_SECOND * MEAN_AMOUNT * FUNDED_SECONDS) / shards.length);
  const outcome = await account.deduct(share, idWithHome(account, shards.length - 1));
  if (outcome.kind !== 'applied')
    throw new Error(`the last shard's share could not be taken: ${outcome.kind}`);
}

async function measureLopsided(
  { counter }: Bank,
  account: BankAccount,
  seconds: number,
): Promise<Omit<Round, 'audit'>> {
  const timing = timingOf(seconds);
  const cpu = process.cpuUsage();
  let before = account.deducted.total.count;
  // The warm-up is the rebalancer's too: it learns from two looks how fast a shard is spent.
  const warm = setTimeout(() => {
    before = account.deducted.total.count;
    counter.reset();
  }, timing.warmUpMs);
  const result = await runPacedLoop(
    { ...timing, inFlight: IN_FLIGHT, perSecond: PER_SECOND },
    deductAndCredit(account),
  ).finally(() => {
    clearTimeout(warm);
  });
  const { rounds, lockedRounds, requests } = counter.collector;
  return {
    ...result,
    errors: account.errors,
    cpuMicrosPerOp: microsSince(cpu) / account.deducted.total.count,
    batches: counter.figures,
    figures: {
      [COLLECTED]: (100 * requests) / (account.deducted.total.count - before),
      'collector rounds': rounds,
      'requests a round': rounds === 0 ? 0 : requests / rounds,
      'locked rounds': lockedRounds,
    },
  };
}

function deductAndCredit(account: BankAccount): Operation {
  const { length } = account.record.placement.shards;
  let asked = 0;
  return async () => {
    const position = (asked += 1);
    const amount = amountOf(position);
    // Every other deduction goes to the last shard, the rest to all of them in turn.
    const home = position % 2 === 0 ? length - 1 : ((position - 1) / 2) % length;
    const deducted = await account.deduct(amount, idWithHome(account, home));
    if (deducted.kind !== 'applied') return 0;
    const credited = await account.credit(amount, idWithHome(account, 0));
    return credited.kind === 'applied' ? 1 : 0;
  };
}

/** The next request id that has its home on the n-th shard of the placement. */
function idWithHome(account: BankAccount, position: number): string {
  const { placement, subAccounts } = account.record;
  const wanted = placement.shards[position];
  for (;;) {
    const requestId = account.nextRequestId();
    if (routeRequest(requestId, placement, subAccounts).shard === wanted) return requestId;
  }
}
