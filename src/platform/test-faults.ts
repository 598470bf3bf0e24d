import { FAULT_POINTS, type FaultPoint } from '../engine/fault-points';

/** Places outside of the engine, which are reached only beside servers of other products. */
const OUTER_POINTS = [
  /** What messages of a topic came to is durable, and their offsets are not committed. */
  'kafka.settled',
  /** Events are acknowledged by the brokers, and the publisher's cursor is where it was. */
  'kafka.published',
] as const;

type AnyPoint = FaultPoint | (typeof OUTER_POINTS)[number];

export type ReachAnyPoint = (point: AnyPoint) => Promise<void> | undefined;

const FAULT = /^([a-z.]+):(crash|fail)(?::([1-9][0-9]{0,3}))?$/;

/** A call that a test let fail. */
export class InjectedFault extends Error {
  readonly code = 'INJECTED_FAULT';

  constructor(point: AnyPoint) {
    super(`a fault was injected at ${point}`);
    this.name = 'InjectedFault';
  }
}

/**
 * Reads `HOTSPLIT_TEST_FAULT`: `point:crash` ends the process there as `kill -9` would, `point:fail` rejects; with `:n`
 * the n-th time the point is reached. For tests; without the variable nothing is watched.
 *
 * @throws RangeError for anything else, so that a test that asks for a fault gets it
 */
export function faultsOf(value: string | undefined): ReachAnyPoint | undefined {
  if (value === undefined || value === '') return undefined;
  const [, point, fault, count = '1'] = FAULT.exec(value) ?? [];
  const points: readonly AnyPoint[] = [...FAULT_POINTS, ...OUTER_POINTS];
  if (!points.includes(point as AnyPoint))
    throw new RangeError(
      `HOTSPLIT_TEST_FAULT must be point:crash or point:fail, with a point of ${points.join(', ')}`,
    );
  let left = Number(count);
  return (reached) => {
    if (reached !== point || --left !== 0) return undefined;
    if (fault === 'crash') process.kill(process.pid, 'SIGKILL');
    return Promise.reject(new InjectedFault(reached));
  };
}

/**
 * Reads `HOTSPLIT_TEST_FENCE_MS`: after how long a fence is given up. A machine that is busy with other tests may not
 * complete one within the time that is right for a service. For tests.
 *
 * @throws RangeError for anything but a whole number
 */
export function fenceMsOf(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (!/^[1-9][0-9]{0,6}$/.test(value)) throw new RangeError('HOTSPLIT_TEST_FENCE_MS must be a whole number');
  return Number(value);
}

/**
 * Reads `HOTSPLIT_TEST_READ_ROUNDS`: how many rounds of the collector go by readings before all shards are locked. With
 * `0` the locks, otherwise the rare way out of a chase, are the only way. For tests.
 *
 * @throws RangeError for anything but one digit
 */
export function readRoundsOf(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (!/^[0-9]$/.test(value)) throw new RangeError('HOTSPLIT_TEST_READ_ROUNDS must be a digit');
  return Number(value);
}
