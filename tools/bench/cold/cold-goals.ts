import type { MeasuredCase } from '../cases/case';
import { findMeasured, ratioOf } from '../cases/run-interleaved';
import type { Goal } from '../report/goals';
import { ATOMIC, COLD_DOORS, nameOf, START_SECONDS } from './measure-cold';

const TIMES_ATOMIC = 2;
const RSS_MB_MAX = 600;
const START_SECONDS_MAX = 3;

const MERGING = COLD_DOORS.filter(({ merges }) => merges);

/** Each door and cache against one row an account, on the same accounts. */
export function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  return Object.fromEntries(
    besideAtomic(measured).map(({ one, atomic }) => [
      `${one.case.store} ${one.case.name} / ${ATOMIC}`,
      ratioOf(one, atomic),
    ]),
  );
}

/** What merges requests must be faster than one transaction for each; memory and start must not grow with accounts. */
export function goalsOf(measured: readonly MeasuredCase[]): Goal[] {
  const merging = new Set(MERGING.flatMap((door) => [nameOf(door, 'cold'), nameOf(door, 'warm')]));
  const rates = besideAtomic(measured)
    .filter(({ one }) => merging.has(one.case.name))
    .map(({ one, atomic }) => ({
      name: `${one.case.store} ${one.case.name} / ${ATOMIC}`,
      measured: ratioOf(one, atomic),
      atLeast: TIMES_ATOMIC,
    }));
  const stores = [...new Set(measured.map(({ case: { store } }) => store))];
  return [
    ...rates,
    ...stores.flatMap((store) => {
      const rounds = measured.filter((each) => each.case.store === store).flatMap((each) => each.rounds);
      const most = (values: readonly (number | undefined)[]): number =>
        Math.max(...values.filter((value) => value !== undefined));
      return [
        {
          name: `${store} RSS MB`,
          measured: most(rounds.map(({ rssMb }) => rssMb?.peak)),
          below: RSS_MB_MAX,
        },
        {
          name: `${store} ${START_SECONDS}`,
          measured: most(rounds.map(({ figures }) => figures?.[START_SECONDS])),
          below: START_SECONDS_MAX,
        },
      ];
    }),
  ];
}

function besideAtomic(measured: readonly MeasuredCase[]) {
  return measured.flatMap((one) => {
    const atomic = findMeasured(measured, { name: ATOMIC, store: one.case.store });
    return atomic && one !== atomic ? [{ one, atomic }] : [];
  });
}
