import { hashId } from '../ledger/routing';
import { type Command, isAccountWide } from '../ledger/command';
import type { Shard } from '../shards/shard';
import type { Later, Surroundings } from '../shards/surroundings';
import { Breaker } from './breaker';
import type { LaneOutcome } from './engine-outcome';
import { Lane } from './lane';
import type { LaneSettings } from './lane-settings';
import type { EngineObserver } from './observer';
import { withinMs } from './within-ms';

/** A probe of a shard that takes longer has failed. */
const PROBE_MS_MAX = 2_000;

/** What the lanes of all shards share. */
export interface LaneEnvironment {
  readonly settings: LaneSettings;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly turn: () => Promise<void>;
  readonly sleep: Surroundings['sleep'];
  readonly later: Later;
  readonly newId: () => string;
}

/**
 * The lanes of one shard. Each sub-account belongs to one lane, so lanes run side by side and rarely wait for each
 * other's locks; commands of different accounts share a lane and its batches.
 */
export class ShardLanes {
  readonly #lanes: Lane[];
  readonly #breaker: Breaker;

  constructor(
    readonly shard: Shard,
    parts: LaneEnvironment,
  ) {
    const { settings, observer, now, turn, newId, sleep, later } = parts;
    const breaker = (this.#breaker = new Breaker({
      breakMs: settings.breakMs,
      later,
      probe: () => withinMs(sleep, { msMax: PROBE_MS_MAX, shard: shard.name }, shard.ping()),
      changed: (up) => observer.shardState(shard.name, up),
    }));
    this.#lanes = Array.from(
      { length: shard.parallelism },
      (_, number) => new Lane({ shard, number, settings, breaker, observer, now, turn, newId, sleep }),
    );
  }

  submit(command: Command): Promise<LaneOutcome> {
    return this.#laneOf(command).submit(command);
  }

  /** Whether commands of this account wait apart from the others, because somebody else has it locked. */
  isSetAside(accountId: string): boolean {
    return this.#lanes.some((lane) => lane.isSetAside(accountId));
  }

  /** A command whose account was just found locked by somebody else. */
  submitAside(command: Command): Promise<LaneOutcome> {
    return this.#laneOf(command).submitAside(command);
  }

  /** Commands of one account that are merged into the same transaction, in this order. */
  submitTogether(commands: readonly Command[]): Promise<LaneOutcome[]> {
    const [first] = commands;
    return first ? this.#laneOf(first).submitTogether(commands) : Promise.resolve([]);
  }

  /** The shard could not be reached just now: what is asked of it is turned away. */
  get isDown(): boolean {
    return this.#breaker.isOpen;
  }

  /** Commands waiting, by lane. */
  get depths(): number[] {
    return this.#lanes.map((lane) => lane.depth);
  }

  /** A shard that is down is not looked after any more. */
  stop(): void {
    this.#breaker.stop();
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.whenIdle()));
  }

  /** Hashed, because an account's sub-accounts on one shard are S apart and would otherwise meet in one lane. */
  #laneOf(command: Command): Lane {
    if (this.#lanes.length === 1) return this.#lanes[0] as Lane;
    const row = isAccountWide(command) ? 'account' : command.subAccount;
    const slot = hashId(`${command.accountId} ${row}`);
    return this.#lanes[slot % this.#lanes.length] as Lane;
  }
}
