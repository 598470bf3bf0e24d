import type { MeasuredCase } from '../cases/case';
import { findMeasured } from '../cases/run-interleaved';
import type { Goal } from '../report/goals';
import { recordOf } from '../report/run-record';
import { BESIDE_SLOW_READER, WITHOUT_SLOW_READER } from './slow-reader-beside';

/** Spans of minutes on a machine that others share differ by some percent with nothing changed. */
const RATE_OF_OTHERS = 0.9;
const P99_OF_OTHERS = 1.25;
const GROWN_MB = 48;

/** What one slow reader must leave of everybody else's rate, latency and memory; nothing where there was none. */
export function slowReaderGoals(measured: readonly MeasuredCase[]): Goal[] {
  const beside = findMeasured(measured, { name: BESIDE_SLOW_READER });
  const without = findMeasured(measured, { name: WITHOUT_SLOW_READER });
  if (!beside || !without) return [];
  const [slow, alone] = [recordOf('', beside), recordOf('', without)];
  const title = `${slow.store} ${BESIDE_SLOW_READER}`;
  const [first, last] = [beside.rounds[0]?.rssMb, beside.rounds.at(-1)?.rssMb];
  return [
    {
      name: `${title}, rate / without`,
      measured: slow.opsPerSecond / alone.opsPerSecond,
      atLeast: RATE_OF_OTHERS,
    },
    { name: `${title}, p99 / without`, measured: slow.p99Ms / alone.p99Ms, below: P99_OF_OTHERS },
    ...(first && last
      ? [{ name: `${title}, RSS grown, MB`, measured: last.end - first.end, below: GROWN_MB }]
      : []),
  ];
}
