import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineRuntime } from '../engine/runtime';

export interface Readiness {
  readonly status: 'ready' | 'unavailable' | 'stopping';
  readonly directory: 'up' | 'down';
  readonly shards: Readonly<Record<string, 'up' | 'down'>>;
}

const PING_MS_MAX = 2_000;

/** Whether this instance can serve: asks the directory and every shard. */
@Injectable()
export class Health {
  #stopping = false;

  constructor(private readonly runtime: EngineRuntime) {}

  /** From now on a load balancer should send nothing more here. */
  stopping(): void {
    this.#stopping = true;
  }

  async readiness(): Promise<Readiness> {
    const shards = this.runtime.shards.all.map(({ shard }) => shard);
    const [directory, ...states] = await Promise.all([
      answers(() => this.runtime.directory.ping()),
      ...shards.map((shard) => answers(() => shard.ping())),
    ]);
    const allUp = [directory, ...states].every((state) => state === 'up');
    return {
      status: this.#stopping ? 'stopping' : allUp ? 'ready' : 'unavailable',
      directory,
      shards: Object.fromEntries(shards.map((shard, position) => [shard.name, states[position] ?? 'down'])),
    };
  }
}

async function answers(ping: () => Promise<void>): Promise<'up' | 'down'> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      ping().then(() => 'up' as const),
      sleep(PING_MS_MAX, 'down' as const, { signal: timer.signal }),
    ]);
  } catch {
    return 'down';
  } finally {
    timer.abort();
  }
}
