import type { MeasuredCase, Round } from '../cases/case';
import { findMeasured, ratioBy, ratioOf } from '../cases/run-interleaved';
import { median } from '../measure/median';
import type { Goal } from '../report/goals';
import { BALANCE_SUB_ACCOUNTS, type Meanwhile, queryName } from './balance-query';
import { COLLECTED, REBALANCED } from './rebalancing';
import { othersName } from './storm';

const REFUSALS_OVER_PAYMENTS = 0.5;
const OTHERS_BESIDE_STORM = 0.8;
const QUEUE_GROWTH_SHARE = 0.1;
const HEAP_GROWTH_MB = 8;
const COLLECTED_PERCENT = 0.1;
const BALANCE_P99_MS = 5;
const BALANCE_P99_SUB_ACCOUNTS = 64;
const BALANCE_GROWTH = 1.5;
const BALANCE_N_MAX = Math.max(...BALANCE_SUB_ACCOUNTS);
const MEANWHILE: readonly Meanwhile[] = ['idle', 'busy', 'hot'];

/** One sub-account lives on one shard, so more of them are also compared with the fewest that live on all shards. */
const GROWTHS = [1, 16].flatMap((few) =>
  BALANCE_SUB_ACCOUNTS.filter((many) => many > few).map((many) => [many, few] as const),
);

/** By name, all stores. */
export function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const store of storesOf(measured)) {
    const note = (one: string, other: string, ratio?: (one: MeasuredCase, other: MeasuredCase) => number) => {
      const [a, b] = [find(measured, store, one), find(measured, store, other)];
      if (a && b) ratios[ratioName(store, one, other)] = (ratio ?? ratioOf)(a, b);
    };
    note('refusals', 'payments');
    for (const manner of ['paced', 'closed'] as const) {
      note(othersName(manner, 'refusals'), othersName(manner, 'nothing'));
      note(othersName(manner, 'payments'), othersName(manner, 'nothing'));
      note(othersName(manner, 'refusals'), othersName(manner, 'payments'));
    }
    for (const meanwhile of MEANWHILE)
      for (const [many, few] of GROWTHS)
        note(queryName('current', meanwhile, many), queryName('current', meanwhile, few), (one, other) =>
          ratioBy(one, other, (round) => round.p50Ms),
        );
  }
  return ratios;
}

/** The goals that this run can say something about. */
export function goalsOf(measured: readonly MeasuredCase[]): Goal[] {
  const ratios = ratiosOf(measured);
  return storesOf(measured).flatMap((store) => {
    const ratioGoal = (one: string, other: string, bound: Pick<Goal, 'atLeast' | 'below'>): Goal[] => {
      const name = ratioName(store, one, other);
      const ratio = ratios[name];
      return ratio === undefined ? [] : [{ name, measured: ratio, ...bound }];
    };
    const of = (name: string, goals: (found: MeasuredCase) => Goal[]): Goal[] => {
      const found = find(measured, store, name);
      return found ? goals(found) : [];
    };
    return [
      ...of('drain', (found) => [
        { name: `${store} drain, wrongly refused`, measured: most(found, 'wrongly refused'), below: 1 },
      ]),
      ...ratioGoal('refusals', 'payments', { atLeast: REFUSALS_OVER_PAYMENTS }),
      ...ratioGoal(othersName('paced', 'refusals'), othersName('paced', 'nothing'), {
        atLeast: OTHERS_BESIDE_STORM,
      }),
      ...ratioGoal(othersName('closed', 'refusals'), othersName('closed', 'payments'), {
        atLeast: OTHERS_BESIDE_STORM,
      }),
      ...of('refusals', (found) => [
        {
          name: `${store} refusals, queue growth`,
          measured: middle(found, (round) => round.figures?.['queued, growth']),
          below: QUEUE_GROWTH_SHARE * found.case.inFlight,
        },
        {
          name: `${store} refusals, live heap growth MB`,
          measured: middle(found, (round) => round.figures?.['live heap growth MB']),
          below: HEAP_GROWTH_MB,
        },
      ]),
      ...of(REBALANCED, (found) => [
        {
          name: `${store} ${REBALANCED}, ${COLLECTED}`,
          measured: middle(found, (round) => round.figures?.[COLLECTED]),
          below: COLLECTED_PERCENT,
        },
      ]),
      ...MEANWHILE.flatMap((meanwhile) =>
        of(queryName('current', meanwhile, BALANCE_P99_SUB_ACCOUNTS), (found) => [
          {
            name: `${store} ${found.case.name}, p99 ms`,
            measured: middle(found, (round) => round.p99Ms),
            below: BALANCE_P99_MS,
          },
        ]),
      ),
      ...MEANWHILE.flatMap((meanwhile) =>
        ratioGoal(queryName('current', meanwhile, BALANCE_N_MAX), queryName('current', meanwhile, 1), {
          below: BALANCE_GROWTH,
        }),
      ),
    ];
  });
}

function ratioName(store: string, one: string, other: string): string {
  return `${store} ${one} / ${other}`;
}

function storesOf(measured: readonly MeasuredCase[]): string[] {
  return [...new Set(measured.map(({ case: what }) => what.store))];
}

function find(measured: readonly MeasuredCase[], store: string, name: string): MeasuredCase | undefined {
  return findMeasured(measured, { store, name });
}

function middle({ rounds }: MeasuredCase, value: (round: Round) => number | undefined): number {
  return median(rounds.map((round) => value(round) ?? Number.NaN));
}

/** What must never be is judged by the worst round. */
function most({ rounds }: MeasuredCase, figure: string): number {
  return Math.max(...rounds.map((round) => round.figures?.[figure] ?? Number.NaN));
}
