import { Problem } from './problem';
import { FIELD_RULES } from './fields';

/** Beyond it, a number does not hold microseconds exactly. */
const EXPIRY_END_US = Date.UTC(2255, 0) * 1_000;

/** Whose clock keys expire by. */
interface KeyClock {
  nowUs(): Promise<number>;
}

/** When a key ends that is changed: a time that is over ends it now. @throws Problem INVALID_ARGUMENT */
export function checkedExpiry(expiresAtUs: number): number {
  if (expiresAtUs >= EXPIRY_END_US) throw invalidExpiry();
  return expiresAtUs;
}

/** When a new key ends. @throws Problem INVALID_ARGUMENT for a time that is over by the clock that decides */
export async function expiryToCome(expiresAtUs: number, clock: KeyClock): Promise<number> {
  if (checkedExpiry(expiresAtUs) <= (await clock.nowUs())) throw invalidExpiry();
  return expiresAtUs;
}

function invalidExpiry(): Problem {
  const rule = FIELD_RULES['expiresAt'] ?? '';
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'expiresAt', rule }] });
}
