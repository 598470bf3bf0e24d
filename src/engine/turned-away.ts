import type { Entry } from '../ledger/entry';
import type { NotAdmitted } from './balance-limit';
import type { EngineOutcome } from './engine-outcome';

/** What took effect under the key of what is turned away, and where. */
export interface EarlierEntry {
  readonly shard: string;
  readonly entry: Entry;
}

/** What a credit or a reversal comes to that its account has no room for: a found key outranks the limit. */
export function turnedAway(
  { kind }: NotAdmitted,
  earlier: EarlierEntry | undefined,
  { fingerprint, home }: { readonly fingerprint: string; readonly home: string },
): EngineOutcome {
  if (earlier)
    return earlier.entry.fingerprint === fingerprint
      ? { kind: 'replayed', ...earlier }
      : { kind: 'keyReused' };
  return kind === 'above' ? { kind: 'balanceLimitExceeded' } : { kind: 'overloaded', shard: home };
}
