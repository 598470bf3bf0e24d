import { Injectable } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';

/** `full`: it answers, and has no room left to write. */
export type DatabaseState = 'up' | 'down' | 'full';

export interface Readiness {
  readonly status: 'ready' | 'unavailable' | 'stopping';
  readonly directory: DatabaseState;
  readonly shards: Readonly<Record<string, DatabaseState>>;
  /** Why shards are refused, as codes by their names; only while there are any. */
  readonly refused?: Readonly<Record<string, string>>;
}

const PING_MS_MAX = 2_000;

/** An answer is told to whoever asks within so long. */
const REMEMBERED_MS = 500;

type States = Omit<Readiness, 'status'>;

/** Whether this instance can serve: asks the directory and every shard, once for all who want to know at the same time. */
@Injectable()
export class Health {
  #stopping = false;
  #look: { readonly states: Promise<States>; endedAt: number | undefined } | undefined;

  constructor(private readonly runtime: EngineRuntime) {}

  /** From now on a load balancer should send nothing more here. */
  stopping(): void {
    this.#stopping = true;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  async readiness(): Promise<Readiness> {
    const states = await this.#states();
    const allUp = [states.directory, ...Object.values(states.shards)].every((state) => state === 'up');
    return { status: this.#stopping ? 'stopping' : allUp ? 'ready' : 'unavailable', ...states };
  }

  /** Asks each shard anew, for an administrator who has just added one. */
  async shards(): Promise<States['shards']> {
    return (await this.#ask()).shards;
  }

  /** Of a look that is under way, or that ended just now. */
  #states(): Promise<States> {
    const known = this.#look;
    const { surroundings } = this.runtime;
    if (known && (known.endedAt === undefined || surroundings.now() < known.endedAt + REMEMBERED_MS))
      return known.states;
    const look = { states: this.#ask(), endedAt: undefined as number | undefined };
    this.#look = look;
    return look.states.finally(() => {
      look.endedAt = surroundings.now();
    });
  }

  async #ask(): Promise<States> {
    const shards = this.runtime.shards.all.map(({ shard }) => shard);
    const [directory, ...states] = await Promise.all([
      this.#state('directory', () => this.runtime.directory.ping()),
      ...shards.map((shard) => this.#state(shard.name, () => shard.ping())),
    ]);
    const refused = [...this.runtime.registry.refused].map(([name, { code }]) => [name, code] as const);
    return {
      directory,
      shards: Object.fromEntries(shards.map((shard, position) => [shard.name, states[position] ?? 'down'])),
      ...(refused.length > 0 && { refused: Object.fromEntries(refused) }),
    };
  }

  async #state(database: string, ping: () => Promise<void>): Promise<DatabaseState> {
    const state = await this.#answers(ping);
    return state === 'up' && this.runtime.room.isFull(database) ? 'full' : state;
  }

  /** Never rejects. */
  #answers(ping: () => Promise<void>): Promise<'up' | 'down'> {
    return new Promise((resolve) => {
      const callOff = this.runtime.surroundings.later(PING_MS_MAX, () => {
        resolve('down');
      });
      ping()
        .then(
          () => {
            resolve('up');
          },
          () => {
            resolve('down');
          },
        )
        .finally(callOff);
    });
  }
}
