import { Problem } from '../../contract/problem';
import { bigintOf, type Int64 } from './int64';

/** google.protobuf.Timestamp as the codec makes and takes it. */
export interface Timestamp {
  readonly seconds: Int64 | number;
  readonly nanos: number;
}

/** The years that RFC 3339 can name, in seconds since 1970. */
const SECONDS_MIN = -62_135_596_800n;
const SECONDS_MAX = 253_402_300_799n;
const TIMESTAMP_RULE = 'a time of the years 0001 to 9999, with nanos from 0 to 999999999';

/** Whole milliseconds, as over REST. */
export function timestampOf(us: number): Timestamp {
  const ms = Math.floor(us / 1_000);
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: (ms - seconds * 1_000) * 1_000_000 };
}

/**
 * Whole milliseconds, and times before 1970 as good as 1970, as over REST.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function microsecondsOf(field: string, { seconds: given, nanos }: Timestamp): number {
  const seconds = typeof given === 'number' ? BigInt(given) : bigintOf(given);
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos > 999_999_999)
    throw new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: TIMESTAMP_RULE }] });
  return Math.max(0, Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000)) * 1_000;
}
