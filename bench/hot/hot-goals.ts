import type { MeasuredCase, Subject } from '../cases/case';
import { findMeasured, ratioOf } from '../cases/run-interleaved';
import type { Goal } from '../report/goals';
import { recordOf } from '../report/run-record';

const MERGED_OVER_ATOMIC = 12;
const MERGED_OVER_BULK_INSERT = 0.6;
const HTTP_OVER_NOOP = 0.6;
const HTTP_PER_SECOND = 10_000;
const HTTP_P99_MS = 100;
const RSS_MB = 400;

/** Every run of the product beside the yardsticks of its store, by name. */
export function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const one of measured) {
    for (const yardstick of yardsticksOf(one.case, measured)) {
      ratios[ratioName(one.case, yardstick.case.name)] = ratioOf(one, yardstick);
    }
  }
  return ratios;
}

function yardsticksOf({ name, store, inFlight }: Subject, measured: readonly MeasuredCase[]): MeasuredCase[] {
  const candidates =
    name === 'merged'
      ? [
          findMeasured(measured, { name: 'bulk-insert', store }),
          findMeasured(measured, { name: 'atomic', store }),
        ]
      : name === 'http'
        ? [findMeasured(measured, { name: 'http-noop', store, inFlight })]
        : [];
  return candidates.filter((candidate) => candidate !== undefined);
}

function ratioName({ store, name, inFlight }: Subject, yardstick: string): string {
  return `${store} ${name} @${inFlight} / ${yardstick}`;
}

/** The goals that this run can say something about. */
export function goalsOf(measured: readonly MeasuredCase[]): Goal[] {
  const ratios = ratiosOf(measured);
  return measured.flatMap((each) => {
    const { case: what } = each;
    const ratioGoal = (yardstick: string, atLeast: number): Goal[] => {
      const name = ratioName(what, yardstick);
      const ratio = ratios[name];
      return ratio === undefined ? [] : [{ name, measured: ratio, atLeast }];
    };
    if (what.name === 'merged' && what.store === 'mariadb-2' && what.inFlight === 512)
      return [
        ...ratioGoal('atomic', MERGED_OVER_ATOMIC),
        ...ratioGoal('bulk-insert', MERGED_OVER_BULK_INSERT),
      ];
    if (what.name === 'http' && what.inFlight === 256)
      return [...ratioGoal('http-noop', HTTP_OVER_NOOP), ...httpGoals(each)];
    return [];
  });
}

function httpGoals(measured: MeasuredCase): Goal[] {
  const { store, name, inFlight, opsPerSecond, p99Ms, rssMb } = recordOf('', measured);
  const title = `${store} ${name} @${inFlight}`;
  return [
    { name: `${title}, deductions/s`, measured: opsPerSecond, atLeast: HTTP_PER_SECOND },
    { name: `${title}, p99 ms`, measured: p99Ms, below: HTTP_P99_MS },
    ...(rssMb ? [{ name: `${title}, RSS MB at most`, measured: rssMb.peak, below: RSS_MB }] : []),
  ];
}
