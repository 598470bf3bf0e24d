import type { DeductCommand } from '../ledger/command';
import type { Carried, DeductionSession, DeductionWay } from '../shards/deduction-way';
import type { DeductionSettings } from '../shards/run-deduction';
import type { Surroundings } from '../shards/surroundings';
import type { LockService } from './lock-service';
import { NamedQueues } from './named-queues';
import { plainDeduction, takenEntry } from './plain-deduction';
import { entryWrites } from './statements/insert-entry';
import { readRow } from './statements/read-row';
import { readTaken, takeIfEnough } from './statements/take-if-enough';

export interface RedisLockParts {
  readonly locks: LockService;
  readonly settings: DeductionSettings & { readonly lockMs: number };
  readonly surroundings: Surroundings;
}

/**
 * Takes a lock outside the database, reads, decides, writes. The lock only keeps others from trying in vain: it may expire
 * before the transaction has ended, its server may forget it, and lanes never ask for it. So the row is written by the
 * guarded UPDATE, and when the lock cannot be had because its server is away, the deduction goes on without.
 *
 * Within this process whoever wants the same lock waits in a queue, so that its server is asked by one at a time.
 */
export class RedisLock implements DeductionWay {
  readonly name = 'redis-lock';
  readonly #queues: NamedQueues;

  constructor(private readonly parts: RedisLockParts) {
    this.#queues = new NamedQueues(parts.settings, (ms, run) => parts.surroundings.later(ms, run));
  }

  async around(shard: string, command: DeductCommand, deduct: () => Promise<Carried>): Promise<Carried> {
    const name = `hotsplit:lock:${shard}:${command.accountId}:${command.subAccount}`;
    return (await this.#queues.alone(name, () => this.#withLock(name, deduct))) ?? { kind: 'crowded' };
  }

  async deduct(session: DeductionSession, command: DeductCommand): Promise<Carried> {
    const { dialect } = session;
    if (!plainDeduction(await session.read(readRow(command, dialect)), command)) return { kind: 'handOver' };
    const [taken, row] = await session.begin([takeIfEnough(command), readTaken(command, dialect)]);
    // A lane came between, or somebody to whom the lock was given too early.
    if (!row || taken?.matched !== 1) return { kind: 'conflict' };
    const entry = takenEntry(row, command);
    await session.commit([...entryWrites(session, entry)]);
    return { kind: 'committed', entry };
  }

  async #withLock(name: string, deduct: () => Promise<Carried>): Promise<Carried> {
    const { locks, settings, surroundings } = this.parts;
    const deadline = surroundings.now() + settings.waitMsMax;
    const token = surroundings.newId();
    for (let tries = 1; ; tries += 1) {
      const taken = await locks.take(name, token, settings.lockMs);
      if (taken === undefined) return deduct();
      if (taken) break;
      if (surroundings.now() > deadline) return { kind: 'crowded' };
      const pauseMsMax = Math.min(settings.backoffMsMax, settings.backoffMsBase * 2 ** tries);
      await surroundings.sleep(surroundings.random() * pauseMsMax);
    }
    try {
      return await deduct();
    } finally {
      await locks.release(name, token);
    }
  }
}
