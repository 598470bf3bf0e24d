import { type Command, dependsOnIntake } from '../ledger/command';

/**
 * Whose commands these are. Lanes share their batches among flows: the single requests of each key are one, the items of its
 * large batches another, and what the service does by itself a third.
 */
export type Flow = string;

/** `single`: somebody waits for each. `bulk`: many that came together. `own`: nobody's but the service's. */
export type FlowKind = 'single' | 'bulk' | 'own';

const OWN: Flow = '';

/** Charges of what was received: they may come by the thousand, and nobody waits for one of them. */
const INTAKE: Flow = ' intake';

/** So many that came together are no more in the way than as many single requests. */
const SMALL_MAX = 64;

/** The flow of items that came together. No id of a key has a blank in it. */
export function flowOfMany(keyId: string, items: number): Flow {
  return items > SMALL_MAX ? `${keyId} bulk` : keyId;
}

export function flowKind(flow: Flow): FlowKind {
  if (flow === OWN) return 'own';
  return flow.includes(' ') ? 'bulk' : 'single';
}

export function flowOf(command: Command): Flow {
  if (command.kind === 'deduct' && dependsOnIntake(command)) return INTAKE;
  return ('flow' in command ? command.flow : undefined) ?? OWN;
}
