import type { FaultVerdict } from '../../../src/shards/faults';
import type { Dice } from '../../kernel/dice';

/** What may go wrong on the way to a database, each with its probability at one step of one call. */
export interface Hazards {
  /** The transaction is the victim of a deadlock. */
  readonly deadlock: number;
  /** The request is lost, or refused with an error that nobody knows; nothing was done. */
  readonly requestLost: number;
  /** It is given up while it is on its way, and is carried out later all the same. */
  readonly requestLate: number;
  /** It was carried out, and the answer is lost, or is an error that nobody knows. */
  readonly answerLost: number;
  /** A step takes tens of milliseconds. */
  readonly slow: number;
  /** A step takes seconds. */
  readonly stall: number;
}

export const CALM: Hazards = {
  deadlock: 0,
  requestLost: 0,
  requestLate: 0,
  answerLost: 0,
  slow: 0.01,
  stall: 0,
};

/** Some hazards and not others: a mix that has everything always hides what needs one thing often. */
export function someHazards(chance: Dice): Hazards {
  const at = (most: number): number => (chance.happens(0.45) ? chance.next() * most : 0);
  return {
    deadlock: at(0.15),
    requestLost: at(0.1),
    requestLate: at(0.06),
    answerLost: at(0.12),
    slow: at(0.2),
    stall: at(0.03),
  };
}

const LATENCY_MS_MEAN = 0.6;
const SLOW_MS = { from: 20, to: 120 };
const STALL_MS = { from: 1_000, to: 7_000 };

/** How long a step takes. */
export function latencyMs(hazards: Hazards, chance: Dice): number {
  if (chance.happens(hazards.stall)) return chance.between(STALL_MS.from, STALL_MS.to);
  if (chance.happens(hazards.slow)) return chance.between(SLOW_MS.from, SLOW_MS.to);
  return chance.spanMs(LATENCY_MS_MEAN);
}

/** Of what is lost, the share that is answered with an error that no table knows. */
const UNCLASSIFIED_SHARE = 0.3;

/** What goes wrong with a step besides the time it takes. */
export function mishap(
  step: 'request' | 'lock' | 'commit' | 'answer',
  hazards: Hazards,
  chance: Dice,
): FaultVerdict | 'late' | undefined {
  switch (step) {
    case 'lock':
      if (chance.happens(hazards.deadlock)) return 'again';
      return chance.happens(hazards.requestLost) ? lost(chance) : undefined;
    case 'commit':
      if (chance.happens(hazards.deadlock / 2)) return 'again';
      if (chance.happens(hazards.requestLate)) return 'late';
      return chance.happens(hazards.requestLost) ? lost(chance) : undefined;
    case 'answer':
      return chance.happens(hazards.answerLost) ? lost(chance) : undefined;
    case 'request':
      return chance.happens(hazards.requestLost / 2) ? lost(chance) : undefined;
  }
}

function lost(chance: Dice): FaultVerdict {
  return chance.happens(UNCLASSIFIED_SHARE) ? 'unclassified' : 'outcomeUnknown';
}
