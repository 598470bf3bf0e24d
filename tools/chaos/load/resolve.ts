import { type Clock, pause } from '../../kernel/clock';
import type { Dice } from '../../kernel/dice';
import type { Clients, Op } from './clients';

const AT_ONCE = 24;
const MS_MAX = 90_000;
const AGAIN_MS = 200;
const SAMPLE = 600;

export interface Resolution {
  /** Keys some call of which ended without saying what it had done. */
  readonly indefinite: number;
  /** Of those, that turned out to have taken effect, or to have none. */
  readonly tookEffect: number;
  readonly refused: number;
  /** Nobody could say within the time. */
  readonly unresolved: number;
}

/** Sends every key whose fate is unknown until it is known, and a sample of those that succeeded once more. */
export async function resolveAll(parts: {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly services: number;
}): Promise<Resolution> {
  const { clients, clock, dice, services } = parts;
  const received = clients.ops.filter(({ isLater }) => isLater);
  const indefinite = clients.ops.filter((op) => op.isIndefinite);
  const unknown = indefinite.filter((op) => !op.succeeded);
  const known = dice.shuffled(clients.ops.filter((op) => op.succeeded).slice(-SAMPLE * 10)).slice(0, SAMPLE);
  const deadline = clock.nowMs() + MS_MAX;
  let refused = 0;
  let unresolved = 0;

  const resolve = async (op: Op): Promise<void> => {
    for (let service = dice.between(0, services - 1); ; service = (service + 1) % services) {
      const result = await clients.send(op, service);
      if (result === 'refused') refused += 1;
      if (result !== 'indefinite') return;
      if (clock.nowMs() > deadline) {
        unresolved += 1;
        return;
      }
      await pause(AGAIN_MS);
    }
  };
  const lookUp = async (op: Op): Promise<void> => {
    for (
      let service = dice.between(0, services - 1);
      clock.nowMs() <= deadline;
      service = (service + 1) % services
    ) {
      if (await clients.outcome(op, service)) return;
      await pause(AGAIN_MS);
    }
  };
  await inTurns(received, lookUp);
  await inTurns(unknown, resolve);
  await inTurns(known, async (op) => {
    await clients.send(op, dice.between(0, services - 1));
  });
  const tookEffect = indefinite.length - refused - unresolved;
  return { indefinite: indefinite.length, tookEffect, refused, unresolved };
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
