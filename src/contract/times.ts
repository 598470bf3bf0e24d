import { Problem } from './problem';
import { FIELD_RULES } from './fields';

/** RFC 3339 UTC with milliseconds. */
export function timeView(us: number): string {
  return new Date(us / 1_000).toISOString();
}

/**
 * Times before 1970 are as good as 1970 here.
 *
 * @throws Problem INVALID_ARGUMENT for a leap second or an offset without minutes, which pass the format and are no date
 */
export function microseconds(field: string, time: string): number {
  const ms = Date.parse(time);
  if (Number.isNaN(ms))
    throw new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: FIELD_RULES[field] ?? '' }] });
  return Math.max(0, ms) * 1_000;
}

/**
 * The range of time that a query names, from inclusive, to exclusive.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function rangeOf({
  from,
  to,
}: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
} {
  return {
    fromUs: from === undefined ? undefined : microseconds('from', from),
    toUs: to === undefined ? undefined : microseconds('to', to),
  };
}
